--- A story begins in a Neovim that shows nothing; its status line tells how far the writing is at every look.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

driver.setup()
local storywright = require("storywright")
driver.equal(storywright.statusline(), "", "the status line of nothing")
vim.cmd("Storywright newStory The Glass Harbour")
local brief = driver.wait_for("the brief", function()
  local name = vim.api.nvim_buf_get_name(0)
  return name:find("story.md", 1, true) and vim.api.nvim_get_current_buf()
end)
driver.wait_for("the server in it", function()
  return driver.client(brief)
end)
driver.check(driver.text(brief):find('title: "The Glass Harbour"', 1, true), driver.text(brief))
driver.equal(#vim.lsp.get_clients({ name = "storywright" }), 1, "servers")

vim.cmd([[silent %s/^target_words: \d\+/target_words: 600/]])
vim.cmd([[silent %s/^chunk_words: \d\+/chunk_words: 150/]])
vim.cmd.write()
vim.cmd("Storywright write")
driver.wait_for("the writing to begin", storywright.is_busy)
local looks, empty, percents = 0, 0, {}
driver.wait_for("some progress", function()
  if storywright.is_busy() then
    looks = looks + 1
    local text = storywright.statusline()
    empty = empty + (text == "" and 1 or 0)
    percents[text:match("^(%d+) %%") or "none"] = true
  end
  return vim.tbl_count(percents) > 3
end)
driver.equal(empty, 0, ("empty status lines in %d looks"):format(looks))
vim.cmd("Storywright cancel")
driver.wait_for_jobs(1, 60)
driver.check(not storywright.is_busy(), "nothing is at work")
driver.wait_for("how far the story is", function()
  return storywright.statusline():match("^%d+/%d+ words, %d+/%d+ chunks$")
end)
driver.wait_for("a sign of the part that is written", function()
  return vim.tbl_contains(vim.tbl_values(require("storywright.signs").get(brief)), "…")
end)
driver.finish()
