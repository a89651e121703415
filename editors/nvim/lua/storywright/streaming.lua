--- Applies the edits of a chunk that streams into its buffer as one step of undo, and follows the text.

local M = {}

--- The last edit of a chunk that streams into a buffer: the label of its page, and the buffer's
--- change tick after it.
---@type table<integer, { label: string, tick: integer }>
local streamed = {}

--- The windows that show the end of a buffer with the cursor elsewhere than in them: those are scrolled along.
local function following(buffer)
  local last = vim.api.nvim_buf_line_count(buffer)
  return vim.tbl_filter(function(window)
    return window ~= vim.api.nvim_get_current_win() and vim.fn.line("w$", window) >= last
  end, vim.fn.win_findbuf(buffer))
end

--- Applies an edit of the server's. The edits of one chunk are one step of undo, as long as
--- nothing else changes the buffer in between.
function M.apply_edit(err, params, ctx)
  local apply = vim.lsp.handlers["workspace/applyEdit"]
  local label = params and params.label
  if not label or not vim.startswith(label, "storywright/") then
    return apply(err, params, ctx)
  end
  params.label = nil -- Neovim would show a message for each edit
  local buffer = vim.uri_to_bufnr(params.edit.documentChanges[1].textDocument.uri)
  local last = streamed[buffer]
  if last and last.label == label and last.tick == vim.api.nvim_buf_get_changedtick(buffer) then
    vim.api.nvim_buf_call(buffer, function()
      vim.cmd("silent! undojoin")
    end)
  end
  local windows = following(buffer)
  local result = apply(err, params, ctx)
  streamed[buffer] = { label = label, tick = vim.api.nvim_buf_get_changedtick(buffer) }
  for _, window in ipairs(windows) do
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(buffer), 0 })
  end
  return result
end

return M
