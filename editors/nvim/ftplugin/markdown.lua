--- Prose is written a paragraph a line: briefs and what is generated of them are wrapped between words.

if vim.g.storywright_wrap == false then
  return
end

local file = vim.api.nvim_buf_get_name(0):gsub("\\", "/")
local is_brief = file:match("/story%.md$") or file:match("%.story%.md$")
local is_generated = file:match("/generated/[^/]+/") ~= nil
if is_brief or is_generated then
  vim.opt_local.wrap = true
  vim.opt_local.linebreak = true
  vim.opt_local.breakindent = true
  local undo = "setlocal wrap< linebreak< breakindent<"
  vim.b.undo_ftplugin = vim.b.undo_ftplugin and (vim.b.undo_ftplugin .. " | " .. undo) or undo
end
