--- What other configuration may call; see |storywright|.

local M = {}

--- The text for a status line: what is being written, else how far the story of the buffer is, else nothing.
---@return string
function M.statusline()
  return require("storywright.statusline").text()
end

--- Whether a job is at work.
---@return boolean
function M.is_busy()
  return require("storywright.statusline").is_busy()
end

--- Runs a command, as `:Storywright` does.
---@param name string such as "write"
---@param opts { args: string?, count: integer?, range: integer?, line1: integer?, line2: integer? }?
function M.run(name, opts)
  local none = { args = "", count = 0, range = 0, line1 = 0, line2 = 0 }
  require("storywright.commands").run(name, vim.tbl_extend("force", none, opts or {}))
end

return M
