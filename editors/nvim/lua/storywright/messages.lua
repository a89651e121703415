--- Shows what the server says on one line, so that no message asks for a key; the whole of it can be read
--- with `:Storywright messages`.

local M = {}

--- So many messages are kept.
local KEPT = 100

---@type string[]
local kept = {}

local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }
local highlights = { "ErrorMsg", "WarningMsg" }

--- Whether messages go to the line at the bottom, and not to a plug-in that shows them elsewhere.
local function is_plain()
  return vim.endswith(debug.getinfo(vim.notify, "S").source, "_editor.lua")
end

--- A text in as many cells as there are, with an ellipsis where it is cut.
local function fitted(text, cells)
  if vim.fn.strdisplaywidth(text) <= cells then
    return text
  end
  local cut = text
  while cut ~= "" and vim.fn.strdisplaywidth(cut) > cells - 1 do
    cut = vim.fn.strcharpart(cut, 0, vim.fn.strchars(cut) - 1)
  end
  return cut .. "…"
end

--- Keeps a message, and shows as much of it as fits.
---@param text string
---@param kind integer? as the protocol has it: 1 error, 2 warning, 3 information
function M.say(text, kind)
  kind = kind or 3
  table.insert(kept, os.date("%H:%M:%S ") .. text)
  if #kept > KEPT then
    table.remove(kept, 1)
  end
  if not is_plain() then
    vim.notify(text, levels[kind] or vim.log.levels.INFO)
    return
  end
  local line = fitted((text:gsub("%s*\n%s*", " · ")), math.max(vim.v.echospace, 20))
  vim.api.nvim_echo({ { line, highlights[kind] } }, true, {})
end

--- Handles `window/showMessage`.
function M.show(_, params)
  M.say(params.message, params.type)
  return vim.NIL
end

--- Shows all messages in a buffer of their own.
function M.open()
  local lines = vim.split(table.concat(kept, "\n"), "\n")
  require("storywright.scratch").open("storywright://messages", lines)
  vim.cmd("normal! G")
end

return M
