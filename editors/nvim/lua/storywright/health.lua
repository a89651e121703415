--- `:checkhealth storywright`.

local M = {}

--- The program that is run, and where its name comes from.
local function program()
  local command = vim.lsp.config.storywright and vim.lsp.config.storywright.cmd
  return type(command) == "table" and command[1] or nil
end

local function check_program()
  local health = vim.health
  local name = program()
  if not name then
    health.error("There is no configuration named storywright", "Put editors/nvim on the runtime path.")
    return
  end
  local path = vim.fn.exepath(name)
  if path == "" then
    health.error(("%s cannot be run"):format(name), {
      "Install the program storywright, or say where it is:",
      'vim.lsp.config("storywright", { cmd = { "path/to/storywright", "lsp" } })',
    })
    return
  end
  local version = vim.system({ path, "--version" }, { text = true }):wait()
  if version.code == 0 then
    health.ok(("%s: %s"):format(vim.trim(version.stdout), path))
  else
    health.error(("%s --version failed: %s"):format(path, vim.trim(version.stderr or "")))
    return
  end
  local doctor = vim.system({ path, "doctor" }, { text = true }):wait(10000)
  local report = vim.trim((doctor.stdout or "") .. (doctor.stderr or ""))
  if doctor.code == 0 then
    health.ok("A model can be asked, or the demo writer is chosen\n" .. report)
  else
    health.warn("storywright doctor found something to mend\n" .. report)
  end
end

local function check_clients()
  local health = vim.health
  if not vim.lsp.is_enabled("storywright") then
    health.warn("The server is not enabled", 'vim.lsp.enable("storywright")')
  end
  local clients = vim.lsp.get_clients({ name = "storywright" })
  if #clients == 0 then
    health.info("No server runs; it starts with the first markdown buffer")
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    health.ok(("A server runs for %s (%d buffers)"):format(client.root_dir or "no folder", buffers))
  end
end

function M.check()
  local health = vim.health
  health.start("storywright")
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok("Neovim " .. tostring(vim.version()))
  else
    health.error("Neovim 0.11 or later is needed")
    return
  end
  check_program()
  check_clients()
  if vim.o.autoread then
    health.ok("'autoread' is set: chunks that are written on disk are shown after :checktime")
  else
    health.warn("'autoread' is off: a chunk that is written on disk asks before it is shown")
  end
end

return M
