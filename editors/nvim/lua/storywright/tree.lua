--- The story as a list of its chapters and chunks, in a buffer of its own.

local M = {}

local client_of = require("storywright.client")
local messages = require("storywright.messages")
local scratch = require("storywright.scratch")
local statusline = require("storywright.statusline")

local NAME = "storywright://story"

local marks = { complete = "●", partial = "◐", failed = "✗", missing = "○" }

--- What the list is of, and what stands on its lines.
---@type { buffer: integer, uri: string, client: integer, lines: table<integer, table>, brief: string }?
local shown

--- The lines of a status, and the chunk of each line that has one.
---@return string[], table<integer, table>
function M.lines(status)
  local lines = { ("%s: %d of %d words"):format(status.story, status.words, status.target_words) }
  local chunks, chapter = {}, nil
  for _, chunk in ipairs(status.chunks) do
    if chunk.chapter and chunk.chapter ~= chapter then
      chapter = chunk.chapter
      table.insert(lines, "  " .. chapter)
    end
    local words = { chunk.status == "missing" and "" or ("%d/%d"):format(chunk.words, chunk.target_words) }
    for _, reason in ipairs(chunk.stale_reasons or {}) do
      table.insert(words, "≠ " .. (type(reason) == "table" and (reason.message or reason.code or "stale") or reason))
    end
    for _, word in ipairs({ "edited", "locked" }) do
      if chunk[word] then
        table.insert(words, word)
      end
    end
    if chunk.has_revision then
      table.insert(words, "revision waits")
    end
    local line = ("  %s%s %2d %-32s %s"):format(
      chunk.chapter and "  " or "",
      marks[chunk.status] or "?",
      chunk.number,
      chunk.title,
      table.concat(words, " · ")
    )
    table.insert(lines, (line:gsub("%s+$", "")))
    chunks[#lines] = chunk
  end
  return lines, chunks
end

--- Reads the status again, where the list is shown.
function M.refresh()
  local client = shown and vim.lsp.get_client_by_id(shown.client)
  if not client or not vim.api.nvim_buf_is_valid(shown.buffer) then
    shown = nil
    return
  end
  client_of.status(client, shown.uri, function(status)
    if status and shown and vim.api.nvim_buf_is_valid(shown.buffer) then
      local lines, chunks = M.lines(status)
      shown.lines = chunks
      scratch.fill(shown.buffer, lines)
      statusline.note_status(shown.buffer, status)
    end
  end)
end

local function chunk_here()
  local chunk = shown and shown.lines[vim.api.nvim_win_get_cursor(0)[1]]
  if not chunk then
    messages.say("Storywright: no chunk on this line", 2)
  end
  return chunk
end

--- Opens the chunk of the line, or the brief where that is not written yet.
local function open_chunk()
  local chunk = chunk_here()
  if not chunk then
    return
  end
  local file = chunk.status == "missing" and shown.brief or chunk.file
  local path = client_of.file_of_story(shown.uri, shown.brief, file)
  vim.cmd("wincmd p")
  vim.cmd.edit(vim.fn.fnameescape(path))
  if chunk.status == "missing" then
    vim.fn.search("\\V" .. vim.fn.escape(chunk.title, "\\"), "w")
  end
end

--- Runs a command on the chunk of the line.
local function on_chunk(name)
  return function()
    local chunk = chunk_here()
    local client = chunk and vim.lsp.get_client_by_id(shown.client)
    if chunk and client then
      client_of.execute(client, name, { uri = shown.uri, beat = chunk.beat }, M.refresh)
    end
  end
end

local keys = {
  { "<CR>", open_chunk, "Open the chunk" },
  { "w", on_chunk("writeChunk"), "Write the chunk, or go on with it" },
  { "r", on_chunk("rewriteChunk"), "Rewrite the chunk" },
  { "f", on_chunk("refine"), "Refine the chunk" },
  { "a", on_chunk("acceptRevision"), "Accept its revision" },
  { "x", on_chunk("rejectRevision"), "Reject its revision" },
  { "k", on_chunk("keep"), "Keep the chunk as it is" },
  { "l", on_chunk("lock"), "Lock the chunk" },
  { "u", on_chunk("unlock"), "Unlock the chunk" },
  { "R", function() M.refresh() end, "Read the status again" },
}

--- Shows the story of a document.
---@param client vim.lsp.Client
---@param uri string
function M.open(client, uri)
  client_of.status(client, uri, function(status)
    if not status then
      messages.say("Storywright: this document belongs to no story that can be read; :Storywright showStatus says why", 2)
      return
    end
    local lines, chunks = M.lines(status)
    local buffer = scratch.open(NAME, lines, "storywright")
    statusline.note_status(buffer, status)
    shown = { buffer = buffer, uri = uri, client = client.id, lines = chunks, brief = status.brief }
    for _, key in ipairs(keys) do
      vim.keymap.set("n", key[1], key[2], { buffer = buffer, nowait = true, desc = key[3] })
    end
    vim.wo.wrap = false
    vim.wo.cursorline = true
  end)
end

return M
