--- The command `:Storywright`, maps to choose keys for, and what keeps status line and signs up to date.

if vim.g.loaded_storywright then
  return
end
vim.g.loaded_storywright = true

vim.api.nvim_create_user_command("Storywright", function(opts)
  require("storywright.commands").typed(opts)
end, {
  desc = "Write a story; without a name, show it as a list",
  nargs = "*",
  count = 0,
  complete = function(lead, line)
    return require("storywright.commands").complete(lead, line)
  end,
})

--- `<Plug>(storywright-write-chunk)` runs "writeChunk", on the chunk of the count.
for map, name in pairs({
  ["write"] = "write",
  ["write-chunk"] = "writeChunk",
  ["rewrite-chunk"] = "rewriteChunk",
  ["refine"] = "refine",
  ["keep"] = "keep",
  ["accept-revision"] = "acceptRevision",
  ["reject-revision"] = "rejectRevision",
  ["show-diff"] = "showDiff",
  ["show-versions"] = "showVersions",
  ["continue-here"] = "continueHere",
  ["cancel"] = "cancel",
  ["tree"] = "tree",
  ["plan"] = "plan",
}) do
  vim.keymap.set("n", ("<Plug>(storywright-%s)"):format(map), function()
    require("storywright").run(name, { count = vim.v.count })
  end, { desc = "Storywright: " .. name })
end
for map, name in pairs({
  ["rewrite-selection"] = "rewriteSelection",
  ["expand-selection"] = "expandSelection",
  ["tighten-selection"] = "tightenSelection",
}) do
  vim.keymap.set("x", ("<Plug>(storywright-%s)"):format(map), ":Storywright " .. name .. "<CR>", {
    desc = "Storywright: " .. name,
    silent = true,
  })
end

local group = vim.api.nvim_create_augroup("storywright", {})
for event, handler in pairs({
  LspProgress = "on_progress",
  LspAttach = "on_attach",
  LspDetach = "on_detach",
  BufWritePost = "on_write",
  DiagnosticChanged = "on_diagnostics",
}) do
  vim.api.nvim_create_autocmd(event, {
    group = group,
    callback = function(arguments)
      require("storywright.attached")[handler](arguments)
    end,
  })
end
