--- Where the author is, as the protocol has it. The server can't know: a cursor that moves sends no message.

local M = {}

--- A place of the buffer: a line from 1, and a column in bytes from 0.
local function place(row, column, encoding)
  local line = vim.api.nvim_buf_get_lines(0, row - 1, row, false)[1] or ""
  local character = vim.str_utfindex(line, encoding, math.min(column, #line), false)
  return { line = row - 1, character = character }
end

--- What is selected: what Visual mode selected last where the command was given that, else whole lines; the
--- cursor where neither was.
---@param opts { range: integer, line1: integer, line2: integer }
function M.selection(opts, encoding)
  if opts.range < 2 then
    local here = vim.api.nvim_win_get_cursor(0)
    local cursor = place(here[1], here[2], encoding)
    return { start = cursor, ["end"] = cursor }
  end
  local first, last = vim.api.nvim_buf_get_mark(0, "<"), vim.api.nvim_buf_get_mark(0, ">")
  local is_visual = opts.line1 == first[1] and opts.line2 == last[1] and vim.fn.visualmode() == "v"
  if not is_visual then
    first, last = { opts.line1, 0 }, { opts.line2, vim.v.maxcol }
  end
  local line = vim.api.nvim_buf_get_lines(0, last[1] - 1, last[1], false)[1] or ""
  -- The mark is on the first byte of the last character.
  local behind = last[2] >= #line and #line or last[2] + #vim.fn.matchstr(line:sub(last[2] + 1), ".")
  return { start = place(first[1], first[2], encoding), ["end"] = place(last[1], behind, encoding) }
end

--- Where text goes on: at the cursor, which in Normal mode is on the last character of a line and means its end.
function M.continuing(encoding)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local line = vim.api.nvim_get_current_line()
  local behind = cursor[2] + #vim.fn.matchstr(line:sub(cursor[2] + 1), ".")
  return place(cursor[1], behind >= #line and #line or cursor[2], encoding)
end

--- The cursor.
function M.cursor(encoding)
  local cursor = vim.api.nvim_win_get_cursor(0)
  return place(cursor[1], cursor[2], encoding)
end

return M
