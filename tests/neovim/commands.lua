--- The plug-in's commands act where the cursor is, whatever the server was last told of; the list, the versions and the
--- signs show the story.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local SESSION = "generated/the-lamp-keeper-01"
local function file(number)
  return ("%s/chunks/chunk_%02d.md"):format(SESSION, number)
end
local function texts()
  return vim.tbl_map(function(number)
    return driver.read(file(number))
  end, { 1, 2, 3, 4 })
end
--- The numbers of the chunks that differ between two looks.
local function changed(before, after)
  return vim.tbl_filter(function(number)
    return before[number] ~= after[number]
  end, { 1, 2, 3, 4 })
end

driver.setup()
local brief = driver.open("story.md")
driver.check(vim.wo.wrap and vim.wo.linebreak, "a brief is wrapped between words")
vim.cmd("Storywright write")
driver.wait_for_jobs(1, 60)
driver.save_all()
-- A sentence of the author's in each, so that a rewrite is another text.
for number = 1, 4 do
  local handle = assert(io.open(vim.fs.joinpath(driver.workspace, file(number)), "a"))
  handle:write("\nMine.\n")
  handle:close()
end

-- The server hears of chunk 1 last; the cursor is on the third beat.
local chunk = driver.open(file(1))
driver.check(vim.wo.wrap and vim.wo.linebreak, "a chunk is wrapped between words")
vim.lsp.buf_request_sync(chunk, "textDocument/hover", vim.lsp.util.make_position_params(0, "utf-16"), 5000)
vim.cmd.bdelete()
vim.api.nvim_set_current_buf(brief)
vim.fn.search("^## The Empty Boat")
local before = texts()
vim.cmd("Storywright rewriteChunk")
driver.wait_for_jobs(2, 60)
driver.equal(changed(before, texts()), { 3 }, "what a rewrite at the third beat changed")

-- A count says which, wherever the cursor is.
before = texts()
vim.cmd("2Storywright rewritechunk colder")
driver.wait_for_jobs(3, 60)
driver.equal(changed(before, texts()), { 2 }, "what a rewrite of chunk 2 changed")

driver.equal(vim.fn.getcompletion("Storywright rewrite", "cmdline"), {
  "rewriteChunk", "rewriteFrom", "rewriteSelection", "rewriteStale",
}, "completion")
driver.equal(vim.fn.getcompletion("Storywright export ", "cmdline"), { "docx", "epub", "html", "md", "txt", "zip" }, "completion of formats")

-- The story as a list.
vim.cmd("Storywright")
driver.wait_for("the list", function()
  return vim.api.nvim_buf_get_name(0) == "storywright://story"
end)
local list = vim.api.nvim_get_current_buf()
local lines = vim.api.nvim_buf_get_lines(list, 0, -1, true)
driver.equal(#lines, 5, "lines of the list: " .. vim.inspect(lines))
driver.check(lines[2]:find("● +1 The Logbook") and lines[4]:find("The Empty Boat", 1, true), vim.inspect(lines))
vim.api.nvim_win_set_cursor(0, { 4, 0 })
vim.api.nvim_feedkeys(vim.keycode("<CR>"), "xt", false)
driver.check(vim.endswith(vim.api.nvim_buf_get_name(0), "chunk_03.md"), vim.api.nvim_buf_get_name(0))
driver.wait_for("the server in chunk 3", function()
  return driver.client(0)
end)

-- What changed since the last version, in a tab; and the version brought back.
vim.cmd("Storywright showDiff")
driver.wait_for("a tab with two texts", function()
  return #vim.api.nvim_list_tabpages() == 2 and #vim.api.nvim_tabpage_list_wins(0) == 2
end)
driver.check(vim.wo.diff, "the window shows differences")
local shown = vim.tbl_map(function(window)
  return vim.fs.basename(vim.api.nvim_buf_get_name(vim.api.nvim_win_get_buf(window)))
end, vim.api.nvim_tabpage_list_wins(0))
driver.check(shown[1]:find("version_2", 1, true) and shown[2] == "chunk_03.md", vim.inspect(shown))
local left = driver.text(vim.api.nvim_win_get_buf(vim.api.nvim_tabpage_list_wins(0)[1]))
driver.check(left:find("^%-%-%-\nchunk: 3\nbeat: boat\nstatus: complete\n%-%-%-\n"), left)
vim.cmd.tabclose()
before = texts()
local buffer = vim.api.nvim_get_current_buf()
local now = driver.text(buffer)
vim.cmd("2Storywright restoreVersion")
driver.wait_for("the version in the buffer", function()
  return driver.text(buffer) ~= now
end)
driver.save_all()
driver.equal(changed(before, texts()), { 3 }, "what a restore at chunk 3 changed")

-- An early version is chosen from a list.
vim.ui.select = function(items, options, chosen)
  vim.g.prompt = options.prompt
  chosen(items[#items])
end
vim.cmd("Storywright showVersions")
driver.wait_for("the chosen version beside the text", function()
  return #vim.api.nvim_list_tabpages() == 2
end)
driver.check(vim.g.prompt:find("Version of chunk 3", 1, true), vim.g.prompt)
vim.cmd.tabclose()

-- A rule that changes makes chunks stale; a sign stands beside them.
vim.api.nvim_set_current_buf(brief)
vim.cmd([[silent %s/^1\. .*/1. Nobody may ever whistle./]])
vim.cmd.write()
local line = vim.fn.search("^## The Logbook")
driver.wait_for("a sign of what is stale", function()
  return require("storywright.signs").get(brief)[line] == "≠"
end)

-- No message took more than a line, and all can be read.
vim.cmd("Storywright messages")
driver.check(vim.api.nvim_buf_line_count(0) > 3, "messages are kept")
vim.cmd.close()
for _, message in ipairs(vim.split(vim.fn.execute("messages"), "\n")) do
  driver.check(vim.fn.strdisplaywidth(message) <= vim.o.columns, "too long for one line: " .. message)
end
vim.cmd("checkhealth storywright")
local report = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n")
driver.check(not report:find("ERROR", 1, true) and report:find("A server runs for", 1, true), report)
vim.cmd("help storywright-tree")
driver.check(vim.bo.filetype == "help", "help is there")
vim.cmd("%bwipeout!")
driver.open("story.md")
driver.finish()
