--- Storywright for Neovim 0.11 and later: `vim.lsp.enable("storywright")`.

--- The folder of the nearest brief above, so that a chunk deep in generated/ and its brief
--- share one server.
local function is_story_root(name)
  return name == "storywright.toml" or name == "story.md" or vim.endswith(name, ".story.md")
end

--- The last edit of a chunk that streams into a buffer: the label of its page, and the buffer's
--- change tick after it.
---@type table<integer, { label: string, tick: integer }>
local streamed = {}

--- Applies an edit of the server's. The edits of one chunk are one step of undo, as long as
--- nothing else changes the buffer in between.
local function apply_edit(err, params, ctx)
  local apply = vim.lsp.handlers["workspace/applyEdit"]
  local label = params and params.label
  if not label or not vim.startswith(label, "storywright/") then
    return apply(err, params, ctx)
  end
  params.label = nil -- Neovim would show a message for each edit
  local buffer = vim.uri_to_bufnr(params.edit.documentChanges[1].textDocument.uri)
  local last = streamed[buffer]
  if last and last.label == label and last.tick == vim.api.nvim_buf_get_changedtick(buffer) then
    vim.api.nvim_buf_call(buffer, function()
      vim.cmd("silent! undojoin")
    end)
  end
  local result = apply(err, params, ctx)
  streamed[buffer] = { label = label, tick = vim.api.nvim_buf_get_changedtick(buffer) }
  return result
end

---@type vim.lsp.Config
return {
  cmd = { "storywright", "lsp" },
  filetypes = { "markdown" },
  capabilities = { experimental = { storywright = { joinsEdits = true } } },
  handlers = { ["workspace/applyEdit"] = apply_edit },
  root_dir = function(buffer, use)
    local root = vim.fs.root(buffer, is_story_root) or vim.fs.root(buffer, ".git")
    local file = vim.api.nvim_buf_get_name(buffer)
    use(root or (file ~= "" and vim.fs.dirname(file)) or vim.uv.cwd())
  end,
}
