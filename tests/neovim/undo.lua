--- A chunk that streamed into its buffer is one step of undo; what the author types is another.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local CHUNK = "generated/the-lamp-keeper-01/chunks/chunk_01.md"

driver.setup()
local brief = driver.open("story.md")
local chunk = driver.open(CHUNK)
local function write_first()
  vim.api.nvim_set_current_buf(brief)
  driver.execute("storywright.writeChunk", { { uri = vim.uri_from_bufnr(brief), chunk = 1 } })
  vim.api.nvim_set_current_buf(chunk)
end
local function undo()
  vim.api.nvim_set_current_buf(chunk)
  vim.cmd("silent undo")
  return driver.text(chunk)
end

local before = driver.text(chunk)
write_first()
driver.wait_for_jobs(1, 60)
local whole = driver.text(chunk)
driver.equal(driver.chunk(whole).fields.status, "complete", "status in the buffer at the end")
local steps = vim.fn.undotree().entries
driver.equal(undo(), before, ("the text after one undo, of %d steps"):format(#steps))

vim.cmd("silent redo")
driver.equal(driver.text(chunk), whole, "the text after redo")
vim.api.nvim_buf_set_lines(chunk, -1, -1, true, { "Mine." })
driver.equal(undo(), whole, "the text after the author's own step is undone")
driver.finish()
