--- Earlier versions of a chunk, and the rewrite that waits for it, beside its text.

local M = {}

local client_of = require("storywright.client")
local messages = require("storywright.messages")

--- Shows two files in a tab, with what differs.
local function diff(old, new)
  vim.cmd.tabedit(vim.fn.fnameescape(new))
  vim.cmd("vertical leftabove diffsplit " .. vim.fn.fnameescape(old))
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    vim.wo[window].wrap = true
    vim.wo[window].linebreak = true
  end
  vim.bo.modifiable = false
  vim.cmd("wincmd l")
end

local function line_of(version)
  local complete = version.complete and "" or ", not complete"
  local why = version.why and (", replaced by " .. version.why) or ""
  return ("%d: %d words%s%s %s"):format(version.version, version.words, complete, why, version.replaced or "")
end

--- Lets the author choose a version, shows what changed since, and asks whether it is to come back.
---@param client vim.lsp.Client
---@param arguments table
function M.choose(client, arguments)
  local asked = vim.tbl_extend("force", arguments, { quiet = true })
  client_of.execute(client, "showVersions", asked, function(found)
    if #found.versions == 0 then
      messages.say(("Storywright: chunk %d has no earlier version"):format(found.chunk))
      return
    end
    local newest_first = vim.iter(found.versions):rev():totable()
    vim.ui.select(newest_first, {
      prompt = ("Version of chunk %d “%s”:"):format(found.chunk, found.title),
      format_item = line_of,
    }, function(version)
      if version then
        M.show(client, arguments, version.version)
      end
    end)
  end)
end

--- Shows what changed since a version, or in the rewrite that waits.
---@param client vim.lsp.Client
---@param arguments table
---@param number integer? the version; none: the rewrite that waits, else the last version
function M.show(client, arguments, number)
  client_of.status(client, arguments.uri, function(status)
    local asked = vim.tbl_extend("force", arguments, { quiet = true })
    client_of.execute(client, "showVersions", asked, function(found)
      local function path(file)
        return client_of.file_of_story(arguments.uri, status and status.brief or "story.md", file)
      end
      local chunk = status and status.chunks[found.chunk]
      if not number and chunk and chunk.revision then
        diff(path(found.file), path(chunk.revision))
        messages.say("Storywright: :Storywright acceptRevision takes the right side, rejectRevision leaves the left one")
        return
      end
      local version = found.versions[number or #found.versions]
      if not version then
        messages.say(("Storywright: chunk %d has no such version"):format(found.chunk), 2)
        return
      end
      asked.version = version.version
      client_of.execute(client, "showDiff", asked, function(compared)
        -- The version as the chunk's file would be with it.
        diff(vim.uri_to_fname(compared.before), path(found.file))
        messages.say(("Storywright: :%dStorywright restoreVersion brings the left side back"):format(version.version))
      end)
    end)
  end)
end

return M
