--- The commands behind `:Storywright`. Those of the server always say where the author is.

local M = {}

local client_of = require("storywright.client")
local messages = require("storywright.messages")
local place = require("storywright.place")

--- Each is a command of the server; `:Storywright write` runs "storywright.write".
M.server = {
  "newStory",
  "import",
  "plan",
  "planFromText",
  "write",
  "writeChunk",
  "rewriteChunk",
  "rewriteFrom",
  "rewriteStale",
  "acceptRevision",
  "rejectRevision",
  "takeCandidate",
  "showCandidates",
  "rejectCandidates",
  "writeCandidates",
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
  "showLedger",
  "exportBook",
  "exportManuscript",
  "dismiss",
  "cancel",
  "showStatus",
  "explain",
}

--- What this plug-in adds to them.
M.own = { "log", "messages", "restart", "tree" }

--- What a count is.
local counted = {
  writeChunk = "chunk",
  rewriteChunk = "chunk",
  rewriteFrom = "chunk",
  acceptRevision = "chunk",
  rejectRevision = "chunk",
  refine = "chunk",
  writeCandidates = "chunk",
  showCandidates = "chunk",
  takeCandidate = "chunk",
  rejectCandidates = "chunk",
  audit = "chunk",
  keep = "chunk",
  lock = "chunk",
  unlock = "chunk",
  extractState = "chunk",
  explain = "chunk",
  showVersions = "chunk",
  restoreVersion = "version",
  showDiff = "version",
}

--- What the words behind a command are.
local worded = {
  newStory = "title",
  import = "source",
  rewriteChunk = "note",
  continueHere = "instruction",
  rewriteSelection = "instruction",
  expandSelection = "instruction",
  tightenSelection = "instruction",
  newSession = "session",
  switchSession = "session",
  adoptSession = "session",
  export = "format",
}

local on_selections = { rewriteSelection = true, expandSelection = true, tightenSelection = true }

--- The arguments of a command: the document, the place in it, and what the author added.
---@param name string
---@param opts { args: string, count: integer, range: integer, line1: integer, line2: integer }
---@param encoding string
function M.arguments(name, opts, encoding)
  local here = { uri = vim.uri_from_bufnr(0) }
  if on_selections[name] then
    here.range = place.selection(opts, encoding)
  elseif name == "continueHere" then
    here.position = place.continuing(encoding)
  elseif name ~= "newStory" then
    here.position = place.cursor(encoding)
  end
  -- A count is one number before the command; two are lines.
  if counted[name] and opts.range < 2 and opts.count > 0 then
    here[counted[name]] = opts.count
  end
  if worded[name] and opts.args ~= "" then
    here[worded[name]] = opts.args
  end
  -- A path is from where Neovim stands; so is the story, where the buffer is no file.
  if here.source then
    here.source = vim.fn.fnamemodify(vim.fn.expand(here.source), ":p")
  end
  if name == "import" and vim.api.nvim_buf_get_name(0) == "" then
    here.uri = vim.uri_from_fname(vim.fs.normalize(vim.uv.cwd()))
  end
  return here
end

--- One line a chunk.
local function show_status(status)
  local lines = require("storywright.tree").lines(status)
  require("storywright.scratch").open("storywright://status", vim.list_extend(lines, status.notices or {}))
end

--- Makes a story of a title, also in a Neovim that shows nothing yet, and opens its brief.
local function new_story(opts)
  local function create(title)
    if not title or title == "" then
      return
    end
    local folder = vim.fs.normalize(vim.uv.cwd())
    local file = vim.api.nvim_buf_get_name(0)
    local client = client_of.of(0) or client_of.start(folder)
    if not client then
      messages.say("Storywright: the server does not start; :checkhealth storywright says why", 1)
      return
    end
    local is_file = file ~= "" and vim.bo.buftype == "" and client_of.is_attached(0)
    local uri = is_file and vim.uri_from_fname(file) or vim.uri_from_fname(folder)
    client_of.execute(client, "newStory", { uri = uri, title = title, quiet = true }, function(created)
      vim.cmd.edit(vim.fn.fnameescape(vim.uri_to_fname(created.uri)))
      messages.say("Storywright: say what happens below # Outline, then :Storywright plan or :Storywright write")
    end)
  end
  if opts.args ~= "" then
    create(opts.args)
  else
    vim.ui.input({ prompt = "Title of the story: " }, create)
  end
end

local function switch_session(client, here)
  local asked = vim.tbl_extend("force", here, { quiet = true })
  client_of.execute(client, "switchSession", asked, function(found)
    vim.ui.select(found.sessions, {
      prompt = "Draft to go on with:",
      format_item = function(draft)
        local current = draft.current and " (current)" or ""
        return ("%s: %d of %d chunks, %d words%s"):format(
          draft.session, draft.complete, draft.chunks, draft.words, current)
      end,
    }, function(draft)
      if draft then
        client_of.execute(client, "switchSession", { uri = here.uri, session = draft.session })
      end
    end)
  end)
end

--- What needs more than to be handed to the server.
local special = {
  switchSession = function(client, here)
    if here.session then
      client_of.execute(client, "switchSession", here)
    else
      switch_session(client, here)
    end
  end,
  showVersions = function(client, here)
    require("storywright.versions").choose(client, here)
  end,
  showDiff = function(client, here)
    local version = here.version
    here.version = nil
    require("storywright.versions").show(client, here, version)
  end,
  showStatus = function(client, here)
    client_of.status(client, here.uri, function(status)
      if status then
        show_status(status)
      else
        client_of.execute(client, "showStatus", here)
      end
    end)
  end,
  export = function(client, here)
    client_of.execute(client, "export", here)
  end,
}

local own = {
  log = function()
    vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.get_log_path()))
    vim.cmd("normal! G")
  end,
  messages = function()
    messages.open()
  end,
  restart = function()
    local buffers = {}
    for _, client in ipairs(vim.lsp.get_clients({ name = "storywright" })) do
      vim.list_extend(buffers, vim.tbl_keys(client.attached_buffers))
      client:stop()
    end
    local function is_over()
      return #vim.lsp.get_clients({ name = "storywright" }) == 0
    end
    if not vim.wait(5000, is_over, 20) then
      messages.say("Storywright: the server does not end", 1)
      return
    end
    -- Enabling looks at every loaded buffer again.
    vim.lsp.enable("storywright", false)
    vim.lsp.enable("storywright")
    messages.say(("Storywright: the server is started again for %d buffers"):format(#buffers))
  end,
  tree = function()
    local client = client_of.of(0)
    if client then
      require("storywright.tree").open(client, vim.uri_from_bufnr(0))
    else
      messages.say("Storywright: open a story first", 2)
    end
  end,
}

--- The name of a command as it was typed, in whatever case.
---@return string?
function M.resolve(typed)
  local wanted = typed:lower():gsub("[-_]", "")
  for _, name in ipairs(vim.list_extend(vim.list_slice(M.server), M.own)) do
    if name:lower() == wanted then
      return name
    end
  end
end

--- Runs a command.
---@param name string
---@param opts { args: string, count: integer, range: integer, line1: integer, line2: integer }
function M.run(name, opts)
  if own[name] then
    return own[name]()
  end
  if name == "newStory" then
    return new_story(opts)
  end
  local client = client_of.of(0)
  if not client and name == "import" then
    client = client_of.start(vim.fs.normalize(vim.uv.cwd()))
  end
  if not client then
    messages.say("Storywright does not run in this buffer; :checkhealth storywright says why", 2)
    return
  end
  -- Whatever is at work is cancelled from a buffer that is no story's.
  if name == "cancel" and not client_of.is_attached(0) then
    return client_of.execute(client, name)
  end
  local here = M.arguments(name, opts, client.offset_encoding)
  local run = special[name]
  if run then
    run(client, here)
  else
    client_of.execute(client, name, here)
  end
end

--- Runs what was typed behind `:Storywright`.
function M.typed(opts)
  local typed, rest = opts.args:match("^(%S+)%s*(.-)%s*$")
  if not typed then
    return M.run("tree", opts)
  end
  local name = M.resolve(typed)
  if not name then
    messages.say("Storywright: there is no command " .. typed .. "; <Tab> lists them", 1)
    return
  end
  opts.args = rest
  M.run(name, opts)
end

--- Completes the name of a command, or what stands behind it.
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:gsub("^.*[Ss]torywright!?%s*", "")), "%s+", { trimempty = true })
  local name = words[1] and M.resolve(words[1])
  local candidates = vim.list_extend(vim.list_slice(M.server), M.own)
  if name == "export" and (#words > 1 or lead == "") then
    candidates = { "docx", "epub", "html", "md", "txt", "zip" }
  elseif name == "import" and (#words > 1 or lead == "") then
    return vim.fn.getcompletion(lead, "file")
  elseif #words > 1 or (words[1] and lead == "") then
    return {}
  end
  table.sort(candidates)
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate:lower(), lead:lower())
  end, candidates)
end

return M
