--- Problems of a brief stand at their place, also behind text of several bytes a character.

package.path = vim.fs.dirname(_G.arg[0]) .. "/?.lua;" .. package.path
local driver = require("driver")

local encoding = _G.arg[2]
driver.setup({ capabilities = { general = { positionEncodings = { encoding } } } })
local brief = driver.open("story.md")
driver.equal(driver.client(brief).offset_encoding, encoding, "the encoding that was agreed upon")

--- The diagnostics that say something about a text, with the text that they mark.
local function marked()
  return vim.tbl_map(function(diagnostic)
    local text = vim.api.nvim_buf_get_text(
      brief,
      diagnostic.lnum,
      diagnostic.col,
      diagnostic.end_lnum,
      diagnostic.end_col,
      {}
    )
    return { line = diagnostic.lnum + 1, code = diagnostic.code, text = table.concat(text, "\n") }
  end, driver.diagnostics(brief))
end

local function find(code)
  for _, entry in ipairs(marked()) do
    if entry.code == code then
      return entry
    end
  end
  driver.fail("no diagnostic " .. code .. " in " .. vim.inspect(marked()))
end

driver.equal(find("duplicate-beat-id").text, "öl", "what the doubled id marks")
driver.equal(find("bad-words").text, "viele", "what the broken attribute marks")

-- Mending the line in the buffer takes the diagnostic away; an edit behind wide characters.
local line = find("duplicate-beat-id").line
local text = vim.api.nvim_buf_get_lines(brief, line - 1, line, true)[1]
local column = assert(text:find("öl}", 1, true)) - 1
vim.api.nvim_buf_set_text(brief, line - 1, column, line - 1, column + #"öl", { "öl-2" })
driver.wait_for("the diagnostic to go", function()
  return not vim.tbl_contains(vim.tbl_map(function(entry)
    return entry.code
  end, marked()), "duplicate-beat-id")
end)
driver.finish()
