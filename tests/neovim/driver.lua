--- What every script of these tests needs: a clean Neovim with the project's own configuration
--- for it, waiting with a deadline, checks that say what they saw.
---
--- Called as: nvim --headless --clean -l SCRIPT WORKSPACE, with STORYWRIGHT_BIN and
--- STORYWRIGHT_NVIM (the folder editors/nvim) in the environment.

local M = {}

M.workspace = assert(_G.arg[1], "the workspace is the first argument")

--- Every progress value in order of arrival: { token =, value = }.
M.progress = {}
--- Every time that Neovim found a file changed behind its back: { file =, reason = }.
M.changed_outside = {}

local published = {} ---@type table<integer, boolean> buffers whose diagnostics came at least once

--- Ends the script with exit code 1 and all that helps to see why.
function M.fail(message)
  local out = { "", "FAILED: " .. message, debug.traceback("", 2) }
  local messages = vim.fn.execute("messages")
  vim.list_extend(out, { "--- :messages", messages, "--- progress" })
  for _, entry in ipairs(M.progress) do
    table.insert(out, vim.inspect(entry, { newline = " ", indent = "" }))
  end
  local log = io.open(vim.lsp.get_log_path())
  if log then
    vim.list_extend(out, { "--- the client's log", log:read("a") })
    log:close()
  end
  io.stderr:write(table.concat(out, "\n"), "\n")
  os.exit(1)
end

function M.check(value, message)
  if not value then
    M.fail(message)
  end
  return value
end

function M.equal(seen, expected, what)
  if not vim.deep_equal(seen, expected) then
    M.fail(("%s\n  seen:     %s\n  expected: %s"):format(what, vim.inspect(seen), vim.inspect(expected)))
  end
end

--- Lets Neovim work until `condition` is true, and returns what it returned.
function M.wait_for(what, condition, seconds)
  local result
  local reached = vim.wait((seconds or 20) * 1000, function()
    result = condition()
    return result
  end, 10)
  if not reached then
    M.fail("waited in vain for: " .. what)
  end
  return result
end

--- Enables the server as the README of editors/nvim says; `config` is merged into its configuration.
function M.setup(config)
  vim.cmd("filetype on")
  vim.o.swapfile = false
  vim.lsp.log.set_level("WARN")
  vim.opt.runtimepath:append(vim.env.STORYWRIGHT_NVIM)
  vim.cmd.runtime("plugin/storywright.lua")
  vim.lsp.config("storywright", { cmd = { vim.env.STORYWRIGHT_BIN, "lsp" } })
  vim.lsp.config("storywright", config or {})
  vim.lsp.enable("storywright")
  vim.ui.select = function(items)
    M.fail("a choice was asked for, between " .. vim.inspect(items))
  end

  vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event)
      table.insert(M.progress, event.data.params)
    end,
  })
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    callback = function(event)
      published[event.buf] = true
    end,
  })
  vim.api.nvim_create_autocmd("FileChangedShell", {
    callback = function(event)
      table.insert(M.changed_outside, { file = event.file, reason = vim.v.fcs_reason })
    end,
  })
end

--- Opens a file of the workspace and waits until the server has it; returns its buffer.
function M.open(file)
  vim.cmd.edit(vim.fn.fnameescape(vim.fs.joinpath(M.workspace, file)))
  local buffer = vim.api.nvim_get_current_buf()
  M.wait_for("the server in " .. file, function()
    return M.client(buffer)
  end)
  return buffer
end

function M.client(buffer)
  local client = vim.lsp.get_clients({ name = "storywright", bufnr = buffer })[1]
  return client and client.initialized and client or nil
end

--- The diagnostics of a buffer, once the server has published any list, an empty one too.
function M.diagnostics(buffer)
  M.wait_for("diagnostics", function()
    return published[buffer]
  end)
  return vim.diagnostic.get(buffer)
end

--- Puts the cursor at the start of the first line that is exactly `line`.
function M.go_to_line(line)
  for number, text in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
    if text == line then
      vim.api.nvim_win_set_cursor(0, { number, 0 })
      return
    end
  end
  M.fail("no line: " .. line)
end

local function command_of(action)
  return type(action.command) == "table" and action.command.command or action.command
end

--- Runs the code action at the cursor whose command is `command`, the way `gra` does.
function M.run_action(command)
  local client = M.client(0)
  local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
  params.context = { diagnostics = {}, triggerKind = 1 }
  local answer = client:request_sync("textDocument/codeAction", params, 10000, 0)
  local offered = vim.tbl_map(command_of, answer and answer.result or {})
  if #vim.tbl_filter(function(name)
    return name == command
  end, offered) ~= 1 then
    M.fail(("one action %s expected at the cursor; offered: %s"):format(command, vim.inspect(answer)))
  end
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return command_of(action) == command
    end,
  })
end

--- Runs a command of the server and returns its result.
function M.execute(command, arguments)
  local params = { command = command, arguments = arguments }
  local answer, problem = M.client(0):request_sync("workspace/executeCommand", params, 10000, 0)
  if not answer or answer.err then
    M.fail(("%s failed: %s"):format(command, vim.inspect(problem or answer.err)))
  end
  return answer.result
end

--- The number of progress values of a kind so far: "begin", "report" or "end".
function M.count_progress(kind)
  return #vim.tbl_filter(function(entry)
    return entry.value.kind == kind
  end, M.progress)
end

--- Waits until `count` jobs have ended, and checks what their progress showed.
function M.wait_for_jobs(count, seconds)
  M.wait_for(count .. " jobs to end", function()
    return M.count_progress("end") >= count
  end, seconds)
  M.equal(M.count_progress("begin"), count, "jobs that began")
  M.equal(M.count_progress("end"), count, "jobs that ended")
  local last = {}
  for _, entry in ipairs(M.progress) do
    M.equal(type(entry.token), "string", "a progress token")
    local percentage = entry.value.percentage
    if percentage then
      local before = last[entry.token] or 0
      M.check(percentage >= before and percentage <= 100, ("%d %% after %d %%"):format(percentage, before))
      last[entry.token] = percentage
    end
  end
end

--- The text of a buffer as it would be saved.
function M.text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), "\n") .. "\n"
end

--- The text of a file of the workspace, or nil.
function M.read(file)
  local handle = io.open(vim.fs.joinpath(M.workspace, file), "rb")
  if not handle then
    return nil
  end
  local text = handle:read("a")
  handle:close()
  return text
end

--- The front matter's fields and the prose of a chunk file's text.
function M.chunk(text)
  local head, prose = text:match("^%-%-%-\n(.-)\n%-%-%-\n(.*)$")
  if not head then
    return { fields = {}, prose = "" }
  end
  local fields = {}
  for name, value in head:gmatch("(%w+):%s*(%w+)") do
    fields[name] = value
  end
  return { fields = fields, prose = vim.trim(prose) }
end

function M.words(text)
  return vim.split(vim.trim(text), "%s+", { trimempty = true })
end

--- Saves everything, and checks that nothing stood in the way: no file was changed outside.
function M.save_all()
  vim.cmd.checktime()
  M.equal(M.changed_outside, {}, "files that changed behind the editor's back")
  vim.cmd.wall()
end

--- Ends the script well: no error message was shown, and the server goes when it is asked to.
function M.finish()
  local messages = vim.fn.execute("messages")
  M.check(not messages:find("%f[%w][EW]%d+:"), "an error message was shown")
  M.check(not messages:find("Workspace edit"), "edits announced themselves with messages")
  local client = M.client(0)
  client:stop()
  M.wait_for("the server to end", function()
    return client:is_stopped()
  end)
  vim.cmd.qall({ bang = true })
end

return M
