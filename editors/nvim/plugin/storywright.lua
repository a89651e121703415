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
  "continueHere",
  "rewriteSelection",
  "expandSelection",
  "tightenSelection",
  "newSession",
  "switchSession",
  "adoptSession",
  "export",
  "showReport",
  "exportBook",
  "exportManuscript",
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

--- Those that write at one place say where that is; what they take as their words is an instruction.
local in_place = {
  continueHere = "position",
  rewriteSelection = "range",
  expandSelection = "range",
  tightenSelection = "range",
}

--- A place of the buffer as the protocol has it: a line from 1, and a column in bytes from 0.
local function place(row, column, encoding)
  local line = vim.api.nvim_buf_get_lines(0, row - 1, row, false)[1] or ""
  local character = vim.str_utfindex(line, encoding, math.min(column, #line), false)
  return { line = row - 1, character = character }
end

--- What is selected: what Visual mode selected last where the command was given that, else whole lines; the
--- cursor where neither was.
local function selection(opts, encoding)
  if opts.range == 0 then
    local here = vim.api.nvim_win_get_cursor(0)
    local cursor = place(here[1], here[2], encoding)
    return { start = cursor, ["end"] = cursor }
  end
  local first, last = vim.api.nvim_buf_get_mark(0, "<"), vim.api.nvim_buf_get_mark(0, ">")
  local is_visual = opts.line1 == first[1] and opts.line2 == last[1] and vim.fn.visualmode() == "v"
  if not is_visual then
    first, last = { opts.line1, 0 }, { opts.line2, vim.v.maxcol }
  end
  local line = vim.api.nvim_buf_get_lines(0, last[1] - 1, last[1], false)[1] or ""
  -- The mark is on the first byte of the last character.
  local behind = last[2] >= #line and #line or last[2] + #vim.fn.matchstr(line:sub(last[2] + 1), ".")
  return { start = place(first[1], first[2], encoding), ["end"] = place(last[1], behind, encoding) }
end

--- The arguments of a command; none where it acts on the document.
local function arguments(name, opts, encoding)
  local kind = in_place[name]
  if not kind then
    return nil
  end
  local here = { uri = vim.uri_from_bufnr(0) }
  if kind == "range" then
    here.range = selection(opts, encoding)
  else
    local cursor = vim.api.nvim_win_get_cursor(0)
    local line = vim.api.nvim_get_current_line()
    -- In Normal mode the cursor is on the last character of a line, and means its end.
    local behind = cursor[2] + #vim.fn.matchstr(line:sub(cursor[2] + 1), ".")
    here.position = place(cursor[1], behind >= #line and #line or cursor[2], encoding)
  end
  if opts.args ~= "" then
    here.instruction = opts.args
  end
  return { here }
end

local function run(name, opts)
  local command = "storywright." .. name
  local client = vim.lsp.get_clients({ name = "storywright", bufnr = 0 })[1]
  if not client then
    vim.notify("Storywright does not run in this buffer; :checkhealth vim.lsp says why", vim.log.levels.WARN)
    return
  end
  local arguments = arguments(name, opts, client.offset_encoding)
  local call = { title = command, command = command, arguments = arguments }
  client:exec_cmd(call, { bufnr = 0 }, function(err, result)
    if err then
      vim.notify(err.message, vim.log.levels.ERROR)
    elseif command == "storywright.showStatus" and type(result) == "table" and result.chunks then
      show_status(result)
    end
  end)
end

for _, name in ipairs(commands) do
  local takes_place = in_place[name] ~= nil
  vim.api.nvim_create_user_command("Storywright" .. name:sub(1, 1):upper() .. name:sub(2), function(opts)
    run(name, opts)
  end, { desc = "storywright." .. name, nargs = takes_place and "*" or 0, range = takes_place })
end
