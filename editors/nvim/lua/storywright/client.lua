--- Talks to the server of a buffer.

local M = {}

local messages = require("storywright.messages")

--- The server of a buffer; in a buffer without one (an empty Neovim, a list of ours) the only one that runs.
---@param buffer integer?
---@return vim.lsp.Client?
function M.of(buffer)
  local attached = vim.lsp.get_clients({ name = "storywright", bufnr = buffer or 0 })[1]
  if attached then
    return attached
  end
  local all = vim.lsp.get_clients({ name = "storywright" })
  return #all == 1 and all[1] or nil
end

--- Whether a buffer is one that the server has.
function M.is_attached(buffer)
  return #vim.lsp.get_clients({ name = "storywright", bufnr = buffer or 0 }) > 0
end

--- Starts a server for a folder, which has no buffer yet.
---@return vim.lsp.Client?
function M.start(folder)
  local config = vim.deepcopy(vim.lsp.config.storywright)
  config.root_dir = folder
  config.workspace_folders = { { uri = vim.uri_from_fname(folder), name = folder } }
  local id = vim.lsp.start(config, { attach = false })
  local client = id and vim.lsp.get_client_by_id(id)
  local function is_ready()
    return client.initialized
  end
  return client and vim.wait(10000, is_ready, 20) and client or nil
end

--- Runs a command of the server, and hands its answer on. What went wrong is shown.
---@param client vim.lsp.Client
---@param name string without its prefix
---@param arguments table?
---@param done fun(answer: any)?
function M.execute(client, name, arguments, done)
  local params = { command = "storywright." .. name, arguments = arguments and { arguments } or nil }
  client:request("workspace/executeCommand", params, function(err, answer)
    if err then
      messages.say("Storywright: " .. err.message, 1)
    elseif done then
      done(answer)
    end
  end)
end

--- The status of the story that a document belongs to, without a word to the author; nothing where there is none.
---@param client vim.lsp.Client
---@param uri string
---@param done fun(status: table?)
function M.status(client, uri, done)
  local params = { command = "storywright.showStatus", arguments = { { uri = uri, quiet = true } } }
  client:request("workspace/executeCommand", params, function(_, status)
    done(type(status) == "table" and status.chunks and status or nil)
  end)
end

--- A file that the server names, relative to the folder of the story of a document.
---@param uri string
---@param brief string the name of the brief
---@param file string
function M.file_of_story(uri, brief, file)
  local path = vim.fs.dirname(vim.uri_to_fname(uri))
  local root = vim.fs.root(path, brief) or path
  return vim.fs.joinpath(root, file)
end

return M
