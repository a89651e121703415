--- What happens in the buffers of a story while it is written: the status line, signs, and the words at the bottom.

local M = {}

local client_of = require("storywright.client")
local statusline = require("storywright.statusline")

--- Least time between two looks at a status, in milliseconds.
local EVERY = 500

---@type table<integer, boolean> buffers whose status is about to be read
local waiting = {}

local function redraw()
  vim.cmd("redrawstatus")
end

--- Reads how far the story of a buffer is, soon and not more often than needed.
local function read_status(buffer)
  if waiting[buffer] then
    return
  end
  waiting[buffer] = true
  vim.defer_fn(function()
    waiting[buffer] = nil
    local client = vim.api.nvim_buf_is_valid(buffer) and client_of.is_attached(buffer) and client_of.of(buffer)
    if not client then
      return
    end
    client_of.status(client, vim.uri_from_bufnr(buffer), function(status)
      if not vim.api.nvim_buf_is_valid(buffer) then
        return
      end
      statusline.note_status(buffer, status)
      if status and vim.fs.basename(vim.api.nvim_buf_get_name(buffer)) == status.brief then
        require("storywright.signs").refresh(buffer, status)
      end
      redraw()
    end)
  end, EVERY)
end

--- Reads how far the stories of all buffers are, and the list of one.
local function read_all()
  for _, client in ipairs(vim.lsp.get_clients({ name = "storywright" })) do
    for buffer in pairs(client.attached_buffers) do
      read_status(buffer)
    end
  end
  if package.loaded["storywright.tree"] then
    require("storywright.tree").refresh()
  end
end

--- Shows a word of progress at the bottom, where no status line of the author's does.
local function echo(value)
  local is_typing = vim.api.nvim_get_mode().mode:sub(1, 1) == "c"
  if vim.g.storywright_progress ~= true or is_typing or value.kind == "end" then
    return
  end
  local text = statusline.text():sub(1, math.max(vim.v.echospace - 1, 0))
  vim.api.nvim_echo({ { text } }, false, {})
end

--- Takes in a progress value of a server of ours.
function M.on_progress(event)
  local params = event.data.params
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if not client or client.name ~= "storywright" then
    return
  end
  statusline.note(tostring(params.token), params.value)
  echo(params.value)
  redraw()
  if params.value.kind ~= "report" then
    vim.cmd("silent! checktime")
    read_all()
  end
end

function M.on_attach(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if client and client.name == "storywright" then
    read_status(event.buf)
  end
end

function M.on_detach(event)
  statusline.forget(event.buf)
end

function M.on_write(event)
  if client_of.is_attached(event.buf) then
    read_all()
  end
end

function M.on_diagnostics(event)
  if not client_of.is_attached(event.buf) then
    return
  end
  if vim.endswith(vim.api.nvim_buf_get_name(event.buf), "story.md") then
    read_status(event.buf)
  else
    require("storywright.signs").refresh(event.buf)
  end
end

return M
