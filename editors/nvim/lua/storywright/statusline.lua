--- What a job says of itself, for a status line. It stays until the next word: `vim.lsp.status()` empties itself
--- when it is read.

local M = {}

--- What each job said last, by its token.
---@type table<string, { title: string, message: string?, percentage: integer? }>
local jobs = {}
--- How far the story of a buffer is.
---@type table<integer, string>
local stories = {}

--- Takes in a progress value of the server.
---@param token string
---@param value { kind: string, title: string?, message: string?, percentage: integer? }
function M.note(token, value)
  if value.kind == "end" then
    jobs[token] = nil
  else
    local before = jobs[token] or {}
    jobs[token] = {
      title = value.title or before.title or "",
      message = value.message or before.message,
      percentage = value.percentage or before.percentage,
    }
  end
end

--- Takes in how far the story of a buffer is.
---@param buffer integer
---@param status { words: integer, target_words: integer, chunks: table[] }?
function M.note_status(buffer, status)
  local complete = 0
  for _, chunk in ipairs(status and status.chunks or {}) do
    complete = complete + (chunk.status == "complete" and 1 or 0)
  end
  stories[buffer] = status
    and ("%d/%d words, %d/%d chunks"):format(status.words, status.target_words, complete, #status.chunks)
end

--- Forgets a buffer.
function M.forget(buffer)
  stories[buffer] = nil
end

--- Whether a job is at work.
function M.is_busy()
  return next(jobs) ~= nil
end

--- The text for the status line: what is being written, else how far the story of the buffer is, else nothing.
---@return string
function M.text()
  local tokens = vim.tbl_keys(jobs)
  table.sort(tokens)
  local job = jobs[tokens[1]]
  if job then
    local percent = job.percentage and ("%d %% "):format(job.percentage) or ""
    local more = #tokens > 1 and (" (+%d)"):format(#tokens - 1) or ""
    return percent .. (job.message or job.title) .. more
  end
  return stories[vim.api.nvim_get_current_buf()] or ""
end

return M
