"""An author in a real Vim with ALE: problems of a brief are listed, a chunk is written beside it, and an open one is left alone.

Vim runs in a terminal of its own, with what editors/README.md says to paste and nothing else, and is driven by keys.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from terminal import Terminal, check, until

DESK = Path(os.environ["DESK"])
ROOT = Path(os.environ["STORYWRIGHT_ROOT"])
CHUNKS = "generated/the-lamp-keeper-01/chunks"

novel = DESK / "novel"


def pasted():
    """What editors/README.md says for ALE."""
    readme = (ROOT / "editors/README.md").read_text()
    return re.search(r"## Vim or Neovim, ALE.*?```vim\n(.*?)```", readme, re.DOTALL)[1]


def settings():
    return f"""
set nocompatible nomore shortmess+=IFW noswapfile viminfo= hidden cmdheight=3
filetype plugin on
packadd ale
let g:ale_echo_delay = 0
{pasted()}
function! Answer(expression)
  call writefile([json_encode(eval(a:expression))], '{DESK}/answer.new')
  call rename('{DESK}/answer.new', '{DESK}/answer')
endfunction
command! -nargs=1 Ask call Answer(<q-args>)
"""


class Vim(Terminal):
    def __init__(self, file):
        (DESK / "vimrc").write_text(settings())
        programs = Path(os.environ["STORYWRIGHT_BIN"]).parent
        environment = {**os.environ, "HOME": str(DESK), "TERM": "xterm", "PATH": f"{programs}:{os.environ['PATH']}"}
        for variable in ["VIM", "VIMRUNTIME", "VIMINIT"]:
            environment.pop(variable, None)
        command = ["vim", "-u", str(DESK / "vimrc"), "-U", "NONE", "-i", "NONE", file]
        super().__init__(command, novel, environment, lines=50, columns=160)

    def run(self, command):
        self.keys(f"\x1b:{command}\r")

    def ask(self, expression):
        """Evaluates an expression."""
        answer = DESK / "answer"
        answer.unlink(missing_ok=True)
        self.run(f"Ask {expression}")
        until(f"Vim to answer {expression}", answer.exists)
        return json.loads(answer.read_text())

    def text(self):
        return "\n".join(self.ask("getline(1, '$')"))

    def problems(self):
        return [(entry["lnum"], entry["text"]) for entry in self.ask("getloclist(0)")]

    def code_action(self, title):
        """Chooses a code action at the cursor by the number that it is listed with."""
        seen = len(self.screen)
        self.run("ALECodeAction")
        until("the list of code actions", lambda: b"Type number" in self.screen[seen:])
        listed = self.screen[seen:].decode(errors="replace")
        number = re.search(rf"(\d+)\) {re.escape(title)}", listed)
        check(number, f"{title} is not among the code actions:\n{listed}")
        self.keys(f"{number[1]}\r")


def is_complete(file):
    return file.exists() and "status: complete" in file.read_text()


def session(vim):
    # A broken attribute of a beat is listed at its line, and gone when it is mended.
    broken = until("the problem of the brief", lambda: [at for at, text in vim.problems() if "length of this beat" in text])
    line = (novel / "story.md").read_text().split("\n").index(BROKEN) + 1
    check(broken == [line], f"the problem is at line {line}: {vim.problems()}")
    vim.run(f"{line}s/ words=many//")
    vim.run("write")
    until("the problem to be gone", lambda: not any("length of this beat" in text for _, text in vim.problems()))

    # A chunk whose file is closed is written to it, by a code action on its beat.
    first, second = (novel / CHUNKS / f"chunk_0{number}.md" for number in (1, 2))
    vim.run(f"call cursor({line}, 1)")
    vim.code_action("Storywright: write chunk 1")
    until("the first chunk on disk", lambda: is_complete(first))
    check(not second.exists(), "one chunk is asked for")

    # One that is open is left alone: ALE lets no server change a buffer. Its text comes when the buffer is closed.
    vim.run(f"edit {second.relative_to(novel)}")
    vim.keys("\x1bggi\r\x1b")
    until("the server in the second chunk", lambda: vim.ask("exists('b:ale_linted') && b:ale_linted > 0"))
    vim.run(f"buffer story.md | call cursor({line + 7}, 1)")
    check("Ilse Comes Early" in vim.ask("getline('.')"), "the beat of the second chunk")
    seen = len(vim.screen)
    vim.code_action("Storywright: write chunk 2")
    until("the word that it is left alone", lambda: b"chunk_02.md is open" in vim.screen[seen:])
    journal = second.parent.parent / ".work/chunk_02.journal"
    until("the text in the journal", lambda: is_complete(journal))
    vim.run(f"buffer {second.name}")
    check(vim.text().strip() == "", f"the open buffer is left alone:\n{vim.text()}")
    check(not second.exists(), "no file is written behind Vim")
    vim.run("bdelete!")
    until("the second chunk on disk after its buffer is closed", lambda: is_complete(second))
    vim.run(f"edit {second.relative_to(novel)}")
    until("the second chunk in Vim", lambda: vim.text() == second.read_text().rstrip("\n"))


BROKEN = '## The Logbook {#logbook cast="Mara Voss" words=many}'


def main():
    novel.mkdir()
    brief = Path(os.environ["STORYWRIGHT_BRIEF"]).read_text()
    (novel / "story.md").write_text(brief.replace(BROKEN.replace(" words=many", ""), BROKEN))
    vim = Vim("story.md")
    try:
        session(vim)
        vim.run("qall!")
    except BaseException:
        print(vim.screen.decode(errors="replace")[-4000:])
        print("\n".join(str(path) for path in sorted(novel.rglob("*"))))
        raise
    finally:
        vim.stop()


main()
sys.exit(0)
