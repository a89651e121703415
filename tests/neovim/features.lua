--- What Neovim shows of a story by its own means: a definition that is jumped to, a hover that is opened, names in
--- colours, lenses and hints.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

driver.setup()
local brief = driver.open("story.md")
driver.go_to_line("# Outline")
driver.run_action("storywright.write")
driver.wait_for_jobs(1, 60)

vim.lsp.buf.document_symbol({ on_list = function(list) vim.g.symbols = #list.items end })
driver.wait_for("symbols", function()
  return (vim.g.symbols or 0) > 8
end)

-- From the heading of a beat to its chunk, and from a name in that to the cast.
driver.go_to_line('## The Empty Boat {#boat cast="Mara Voss"}')
vim.lsp.buf.definition()
local chunk = driver.wait_for("the chunk of a beat", function()
  local name = vim.api.nvim_buf_get_name(0)
  return name:find("chunk_03.md", 1, true) and vim.api.nvim_get_current_buf()
end)
driver.wait_for("the server in the chunk", function()
  return driver.client(chunk)
end)
driver.check(vim.fn.search("Mara") > 0, "no Mara in chunk 3")
vim.lsp.buf.hover()
driver.wait_for("a hover", function()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      return table.concat(lines, "\n"):find("forty%-one years old")
    end
  end
end)
driver.wait_for("names in colours", function()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local tokens = vim.lsp.semantic_tokens.get_at_pos(chunk, row - 1, column) or {}
  return tokens[1] and tokens[1].type == "class"
end)
vim.lsp.buf.definition()
driver.wait_for("the cast", function()
  return vim.api.nvim_get_current_buf() == brief and vim.api.nvim_get_current_line() == "## Mara Voss"
end)

vim.lsp.inlay_hint.enable(true, { bufnr = brief })
driver.wait_for("hints", function()
  local hints = vim.lsp.inlay_hint.get({ bufnr = brief })
  return #hints == 4 and hints[1].inlay_hint.label:find("/ 150 words")
end)
vim.lsp.codelens.refresh({ bufnr = brief })
driver.wait_for("lenses", function()
  return #vim.lsp.codelens.get(brief) >= 8
end)
driver.save_all()
driver.finish()
