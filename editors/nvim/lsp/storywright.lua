--- Storywright for Neovim 0.11 and later: `vim.lsp.enable("storywright")`.

--- The folder of the nearest brief above, so that a chunk deep in generated/ and its brief
--- share one server.
local function is_story_root(name)
  return name == "storywright.toml" or name == "story.md" or vim.endswith(name, ".story.md")
end

--- A handler of a module that is loaded when it is needed.
local function lazily(module, name)
  return function(...)
    return require(module)[name](...)
  end
end

---@type vim.lsp.Config
return {
  cmd = { "storywright", "lsp" },
  filetypes = { "markdown" },
  capabilities = { experimental = { storywright = { joinsEdits = true } } },
  handlers = {
    ["workspace/applyEdit"] = lazily("storywright.streaming", "apply_edit"),
    ["window/showMessage"] = lazily("storywright.messages", "show"),
  },
  root_dir = function(buffer, use)
    local root = vim.fs.root(buffer, is_story_root) or vim.fs.root(buffer, ".git")
    local file = vim.api.nvim_buf_get_name(buffer)
    use(root or (file ~= "" and vim.fs.dirname(file)) or vim.uv.cwd())
  end,
}
