--- A chunk that is opened while it is being written to disk goes on in the buffer.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local SESSION = "generated/the-lamp-keeper-01"
local CHUNK = SESSION .. "/chunks/chunk_01.md"

driver.setup()
driver.open("story.md")
driver.go_to_line("# Outline")
driver.run_action("storywright.write")
driver.wait_for("a partial chunk on disk", function()
  return #driver.words(driver.chunk(driver.read(CHUNK) or "").prose) >= 5
end)

local chunk = driver.open(CHUNK)
local at_opening = driver.chunk(driver.text(chunk))
driver.equal(at_opening.fields.status, "partial", "status when the chunk was opened")
driver.wait_for_jobs(1, 60)

local whole = driver.chunk(driver.text(chunk))
driver.equal(whole.fields.status, "complete", "status in the buffer at the end")
driver.check(vim.startswith(whole.prose, at_opening.prose), "what was on disk at opening is not at the start")
local words = #driver.words(whole.prose)
driver.check(words >= 112 and words <= 188, words .. " words in the chunk, 150 were asked for")

-- The last save to disk may fall between Neovim's reading and the server's hearing of it, so this
-- is the one case where the file may be newer than the buffer thinks: the buffer has more.
vim.cmd("silent write!")
driver.equal(driver.read(CHUNK), driver.text(chunk), "the chunk's file after saving")
driver.check(
  (driver.read(SESSION .. "/full_story.md") or ""):find(whole.prose, 1, true),
  "full_story.md does not hold the chunk"
)
driver.finish()
