--- Signs beside what is stale, partial or failed: the headings of a brief's beats, and findings in a chunk.

local M = {}

local namespace = vim.api.nvim_create_namespace("storywright.signs")

local signs = {
  stale = { text = "≠", highlight = "DiagnosticSignWarn" },
  partial = { text = "…", highlight = "DiagnosticSignInfo" },
  failed = { text = "✗", highlight = "DiagnosticSignError" },
}

--- The signs of a chunk, from the server's findings in it, by line from 0.
local function of_findings(buffer)
  local found = {}
  for _, finding in ipairs(vim.diagnostic.get(buffer)) do
    local kind = type(finding.code) == "string" and finding.code:match("^(%a+)%-chunk$")
    found[finding.lnum] = found[finding.lnum] or (signs[kind] and kind)
  end
  return found
end

--- The signs of a brief, from how far the chunks of its beats are. Beats are in the order of their chunks.
local function of_beats(buffer, status)
  local found, line = {}, 0
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  for _, chunk in ipairs(status.chunks) do
    for at = line + 1, #lines do
      local title = lines[at]:match("^##+%s+(.-)%s*$")
      if title and vim.startswith(title, chunk.title) then
        local kind = signs[chunk.status] and chunk.status or (chunk.stale and "stale")
        found[at - 1], line = kind or nil, at
        break
      end
    end
  end
  return found
end

--- Puts the signs of a buffer where they belong.
---@param buffer integer
---@param status table? how far its story is, where that is known and the buffer is its brief
function M.refresh(buffer, status)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  if vim.g.storywright_signs == false then
    return
  end
  local last = vim.api.nvim_buf_line_count(buffer) - 1
  for line, kind in pairs(status and of_beats(buffer, status) or of_findings(buffer)) do
    if line <= last then
      vim.api.nvim_buf_set_extmark(buffer, namespace, line, 0, {
        sign_text = signs[kind].text,
        sign_hl_group = signs[kind].highlight,
        priority = 20, -- above the signs of the findings themselves, which have 10
      })
    end
  end
end

--- The signs of a buffer by line, from 1.
---@return table<integer, string>
function M.get(buffer)
  local found = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, { details = true })) do
    found[mark[2] + 1] = vim.trim(mark[4].sign_text)
  end
  return found
end

return M
