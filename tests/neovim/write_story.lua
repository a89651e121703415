--- The story is written by a code action on its outline; nothing but the brief is open.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local SESSION = "generated/the-lamp-keeper-01"
local CHUNKS = 4

driver.setup()
local brief = driver.open("story.md")
local before = driver.text(brief)
driver.equal(driver.diagnostics(brief), {}, "diagnostics of a good brief")

driver.go_to_line("# Outline")
driver.run_action("storywright.write")
driver.wait_for_jobs(1, 60)

local shown = 0
for _, entry in ipairs(driver.progress) do
  if entry.value.percentage and (entry.value.message or ""):find("%d+ words") then
    shown = shown + 1
  end
end
driver.check(shown >= 1, "no progress told percentage and words")

local story = driver.read(SESSION .. "/full_story.md")
driver.check(story, "no full_story.md")
for number = 1, CHUNKS do
  local file = ("%s/chunks/chunk_%02d.md"):format(SESSION, number)
  local chunk = driver.chunk(driver.read(file) or "")
  driver.equal(chunk.fields.status, "complete", file)
  driver.equal(chunk.fields.chunk, tostring(number), file)
  local words = #driver.words(chunk.prose)
  driver.check(words >= 112 and words <= 188, ("%s has %d words, 150 were asked for"):format(file, words))
  driver.check(story:find(chunk.prose, 1, true), file .. " is not in full_story.md as it stands")
end

local status = driver.execute("storywright.showStatus")
driver.equal(#status.chunks, CHUNKS, "chunks in the status")
for _, chunk in ipairs(status.chunks) do
  driver.equal(chunk.status, "complete", "status of chunk " .. chunk.number)
end

vim.cmd("Storywright showStatus")
driver.wait_for("the list of chunks to be shown", function()
  return driver.text(0):find("●  4 What the Ink Said +%d+/150")
end)
vim.cmd.close()
vim.api.nvim_set_current_buf(brief)

driver.equal(driver.text(brief), before, "the brief")
driver.save_all()
driver.finish()
