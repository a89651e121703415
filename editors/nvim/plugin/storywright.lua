--- Comfort: commands for what the code actions offer as well.

--- Each is a command of the server; ":StorywrightWrite" runs "storywright.write".
local commands = {
  "newStory",
  "plan",
  "write",
  "writeChunk",
  "rewriteChunk",
  "rewriteFrom",
  "rewriteStale",
  "acceptRevision",
  "rejectRevision",
  "refine",
  "audit",
  "restoreVersion",
  "showVersions",
  "showDiff",
  "keep",
  "lock",
  "unlock",
  "extractState",
  "newSession",
  "switchSession",
  "adoptSession",
  "export",
  "cancel",
  "showStatus",
  "explain",
}

--- One line a chunk; the whole status is what the server returns.
local function show_status(status)
  local lines = { ("%d of %d words"):format(status.words, status.target_words) }
  for _, chunk in ipairs(status.chunks) do
    local marks = { chunk.status }
    if chunk.stale then
      table.insert(marks, "stale")
    end
    if chunk.edited then
      table.insert(marks, "edited")
    end
    local line = "%3d  %-30s %s, %d of %d words"
    table.insert(
      lines,
      line:format(chunk.number, chunk.title, table.concat(marks, ", "), chunk.words, chunk.target_words)
    )
  end
  vim.api.nvim_echo({ { table.concat(lines, "\n") } }, true, {})
end

local function run(command)
  local client = vim.lsp.get_clients({ name = "storywright", bufnr = 0 })[1]
  if not client then
    vim.notify("Storywright does not run in this buffer; :checkhealth vim.lsp says why", vim.log.levels.WARN)
    return
  end
  client:exec_cmd({ title = command, command = command }, { bufnr = 0 }, function(err, result)
    if err then
      vim.notify(err.message, vim.log.levels.ERROR)
    elseif command == "storywright.showStatus" and type(result) == "table" and result.chunks then
      show_status(result)
    end
  end)
end

for _, name in ipairs(commands) do
  local command = "storywright." .. name
  vim.api.nvim_create_user_command("Storywright" .. name:sub(1, 1):upper() .. name:sub(2), function()
    run(command)
  end, { desc = command })
end
