-- A Neovim as editors/nvim/README.md sets it up, for the pictures.
vim.opt.runtimepath:append(vim.env.STORYWRIGHT_NVIM)
vim.lsp.config("storywright", {
  cmd = { vim.env.STORYWRIGHT_BIN, "lsp" },
  settings = { storywright = { provider = "demo", demo = { words_per_second = tonumber(vim.env.WORDS_PER_SECOND) } } },
})
vim.lsp.enable("storywright")
vim.diagnostic.config({ virtual_text = true })
vim.o.termguicolors = true
vim.o.background = "dark"
vim.o.swapfile = false
vim.o.laststatus = 3
vim.o.statusline = " %t %m %= %{v:lua.require'storywright'.statusline()} "
