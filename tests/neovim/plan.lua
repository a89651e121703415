--- A brief without beats is planned into its open buffer, while its author types elsewhere in it.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

driver.setup()
-- The fixture's beats are taken out before the server sees it.
local path = vim.fs.joinpath(driver.workspace, "story.md")
local text = driver.check(driver.read("story.md"), "no brief"):gsub("## [^\n]*{#.-\n# Notes", "# Notes")
driver.check(not text:find("{#", 1, true), "there are beats left in\n" .. text)
vim.fn.writefile(vim.split(text, "\n"), path, "b")
local on_disk = driver.read("story.md")

local brief = driver.open("story.md")
driver.wait_for("the problem of an outline without beats", function()
  return vim.iter(vim.diagnostic.get(brief)):any(function(diagnostic)
    return diagnostic.code == "no-outline"
  end)
end)

local function beats()
  return select(2, driver.text(brief):gsub("\n## [^\n]*{#", ""))
end

driver.go_to_line("# Outline")
driver.run_action("storywright.plan")
driver.wait_for("the first beat", function()
  return beats() >= 1
end)
-- Above the outline, where every later edit is shifted by it.
local premise = vim.fn.search("^# Premise", "nw")
vim.api.nvim_buf_set_lines(brief, premise, premise, true, { "Typed meanwhile.", "" })
driver.wait_for_jobs(1, 60)

driver.equal(beats(), 4, "beats")
driver.check(driver.text(brief):find("Typed meanwhile.", 1, true), "what the author typed is gone")
driver.equal(driver.read("story.md"), on_disk, "the file before it is saved")
driver.check(vim.bo[brief].modified, "the buffer is not saved yet")

driver.save_all()
local status = driver.execute("storywright.showStatus")
driver.equal(#status.chunks, 4, "chunks")
driver.finish()
