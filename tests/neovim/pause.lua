--- A Neovim that is busy for longer than the rest of a chunk takes ends no job, and catches up.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local SESSION = "generated/the-lamp-keeper-01"
local CHUNK = SESSION .. "/chunks/chunk_01.md"

driver.setup()
local brief = driver.open("story.md")
local chunk = driver.open(CHUNK)
vim.api.nvim_set_current_buf(brief)
driver.execute("storywright.writeChunk", { { uri = vim.uri_from_bufnr(brief), chunk = 1 } })
vim.api.nvim_set_current_buf(chunk)
driver.wait_for("the first words", function()
  return #driver.words(driver.chunk(driver.text(chunk)).prose) > 8
end)
vim.cmd("silent !sleep 7")
driver.wait_for_jobs(1, 60)
driver.wait_for("the whole text", function()
  return driver.chunk(driver.text(chunk)).fields.status == "complete"
end)
local journal = driver.read(SESSION .. "/.work/chunk_01.journal") or ""
local shown = driver.chunk(driver.text(chunk)).prose
driver.equal(shown, driver.chunk(journal).prose, "the buffer, beside what was written")
driver.check(not vim.fn.execute("messages"):find("was edited"), "the author was blamed")
driver.save_all()
driver.equal(driver.read(CHUNK), driver.text(chunk), "the chunk's file after saving")
driver.finish()
