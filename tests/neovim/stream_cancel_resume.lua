--- An open chunk streams into its buffer, cancel keeps what is there, the same action goes on.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local SESSION = "generated/the-lamp-keeper-01"
local CHUNK = SESSION .. "/chunks/chunk_01.md"
local save_after_cancel = _G.arg[2] == "save"

--- Starts the job from the brief's outline, then shows the chunk.
local function write_and_show(brief, chunk)
  vim.api.nvim_set_current_buf(brief)
  driver.go_to_line("# Outline")
  driver.run_action("storywright.write")
  vim.api.nvim_set_current_buf(chunk)
end

--- The prose in the chunk's buffer each time that it had grown, until it has `times` over.
local function watch(chunk, times)
  local seen = {}
  driver.wait_for("the buffer to grow " .. times .. " times", function()
    local prose = driver.chunk(driver.text(chunk)).prose
    local last = seen[#seen] or ""
    driver.check(vim.startswith(prose, last), "text in the buffer changed while more came")
    if #prose > #last then
      table.insert(seen, prose)
    end
    return #seen >= times
  end)
  return seen
end

driver.setup()
local brief = driver.open("story.md")
local chunk = driver.open(CHUNK)

-- The first run streams into the buffer until it is cancelled.
write_and_show(brief, chunk)
local seen = watch(chunk, 3)
local state = driver.chunk(driver.text(chunk)).fields.status
driver.equal(state, "partial", "the chunk's status while it streams")
driver.check(not driver.read(CHUNK), "the file of an open chunk was written behind the editor's back")
driver.execute("storywright.cancel")
driver.wait_for_jobs(1)

local partial = driver.chunk(driver.text(chunk))
driver.equal(partial.fields.status, "partial", "status in the buffer after cancel")
driver.check(vim.startswith(partial.prose, seen[#seen]), "text went when the job was cancelled")
if save_after_cancel then
  vim.cmd.write()
  driver.equal(driver.chunk(driver.read(CHUNK)).prose, partial.prose, "the saved text")
else
  local journal = driver.read(SESSION .. "/.work/chunk_01.journal") or ""
  local tail = partial.prose:sub(-40)
  driver.check(journal:find(tail, 1, true), "the journal does not hold the text that is not saved yet")
end
local status = driver.execute("storywright.showStatus")
driver.equal(status.chunks[1].status, "partial", "the status of the cancelled chunk")

-- The second run goes on from there and finishes the story.
write_and_show(brief, chunk)
driver.wait_for_jobs(2, 60)

local whole = driver.chunk(driver.text(chunk))
driver.equal(whole.fields.status, "complete", "status in the buffer at the end")
if not vim.startswith(whole.prose, partial.prose) then
  driver.equal(whole.prose, partial.prose, "the chunk should begin with what was there at cancel")
end
local words = #driver.words(whole.prose)
driver.check(words >= 112 and words <= 188, words .. " words in the chunk, 150 were asked for")

-- The seam: the last words from before it do not come again right after it.
local rest = whole.prose:sub(#partial.prose + 1)
local tail = driver.words(partial.prose)
local echo = table.concat(vim.list_slice(tail, #tail - 4), " ")
driver.check(not rest:sub(1, 200):find(echo, 1, true), "the seam repeats: " .. echo)
driver.check(not rest:match("^%s*\n%s*%l"), "the seam breaks the line in mid-sentence: " .. rest:sub(1, 60))

driver.save_all()
driver.equal(driver.read(CHUNK), driver.text(chunk), "the chunk's file after saving")
local story = driver.read(SESSION .. "/full_story.md") or ""
driver.check(story:find(whole.prose, 1, true), "full_story.md does not hold the chunk")
for number = 2, 4 do
  local file = ("%s/chunks/chunk_%02d.md"):format(SESSION, number)
  driver.equal(driver.chunk(driver.read(file) or "").fields.status, "complete", file)
end
driver.finish()
