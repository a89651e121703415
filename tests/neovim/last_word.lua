--- What the author saves after seeing a chunk is final; what was never saved is there on return.
---
--- Second argument: "shorter" (the last paragraph is deleted), "undone" (a rewrite is undone), or
--- "left" (Neovim leaves without saving; a third argument "back" comes back to it).

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local SESSION = "generated/the-lamp-keeper-01"
local CHUNK = SESSION .. "/chunks/chunk_01.md"
local how, back = _G.arg[2], _G.arg[3] == "back"
local OLD = "---\nchunk: 1\nbeat: logbook\nstatus: complete\n---\nThe old text, which was good.\n"

--- The texts of all kept versions of the chunk, and its journal.
local function kept()
  local folder = vim.fs.joinpath(driver.workspace, SESSION, "history", "chunk_01")
  local texts = {}
  for name in vim.fs.dir(folder) do
    table.insert(texts, driver.read(SESSION .. "/history/chunk_01/" .. name))
  end
  return table.concat(texts, "\n")
end

local function status()
  return driver.execute("storywright.showStatus").chunks[1]
end

if back then
  driver.setup()
  local chunk = driver.open(CHUNK)
  driver.equal(status().status, "complete", "the status after coming back")
  local shown = driver.chunk(driver.text(chunk))
  driver.equal(shown.fields.status, "complete", "the status in the buffer after coming back")
  driver.check(#driver.words(shown.prose) >= 112, "the buffer shows a part only: " .. shown.prose)
  vim.api.nvim_buf_set_lines(chunk, -1, -1, true, { "", "One word." })
  vim.cmd.write()
  driver.equal(status().status, "complete", "the status after one typed word")
  driver.finish()
  return
end

vim.fn.mkdir(vim.fs.joinpath(driver.workspace, SESSION, "chunks"), "p")
if how == "undone" then
  local file = assert(io.open(vim.fs.joinpath(driver.workspace, CHUNK), "w"))
  file:write(OLD)
  file:close()
end
driver.setup()
local chunk = driver.open(CHUNK)
driver.execute(how == "undone" and "storywright.rewriteChunk" or "storywright.writeChunk", {
  { uri = vim.uri_from_bufnr(chunk) },
})
driver.wait_for_jobs(1, 60)
local whole = driver.chunk(driver.text(chunk))
driver.equal(whole.fields.status, "complete", "the status when all is written")

if how == "left" then
  -- As `:qa!` does it: the server hears of the end, and of nothing else.
  vim.cmd.qall({ bang = true })
  return
end

if how == "undone" then
  vim.cmd("undo 0")
  driver.equal(driver.text(chunk), OLD, "the buffer after undoing everything")
else
  vim.cmd("normal! Gdd")
  driver.check(driver.chunk(driver.text(chunk)).prose ~= whole.prose, "nothing was deleted")
end
local saved = driver.text(chunk)
vim.cmd.write()
driver.equal(driver.read(CHUNK), saved, "the saved file")
vim.cmd.bdelete()
driver.open("story.md")
driver.execute("storywright.showStatus")
driver.equal(driver.read(CHUNK), saved, "the file after the buffer was closed")
driver.go_to_line("# Outline")
driver.run_action("storywright.write")
driver.wait_for_jobs(2, 60)
driver.equal(driver.read(CHUNK), saved, "the file after the next write")
driver.check(kept():find(whole.prose, 1, true), "what was written is not in history")
driver.check(not driver.read(SESSION .. "/.work/chunk_01.journal"), "a journal is left")
driver.finish()
