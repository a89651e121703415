--- Buffers without a file, which are there to be read.

local M = {}

--- Shows lines in the buffer of a name; returns it. One that is shown already is used again.
---@param name string
---@param lines string[]
---@param filetype string?
---@return integer
function M.open(name, lines, filetype)
  local buffer = vim.fn.bufnr("^" .. vim.fn.escape(name, "[]*?.") .. "$")
  if buffer < 0 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
    vim.bo[buffer].bufhidden = "wipe"
    vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buffer, desc = "Close" })
  end
  M.fill(buffer, lines)
  if filetype then
    vim.bo[buffer].filetype = filetype
  end
  local window = vim.fn.bufwinid(buffer)
  if window > 0 then
    vim.api.nvim_set_current_win(window)
  else
    vim.cmd("botright split")
    vim.api.nvim_win_set_buf(0, buffer)
  end
  return buffer
end

--- Gives a buffer other lines.
function M.fill(buffer, lines)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
end

return M
