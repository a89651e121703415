"""An author in a real Emacs with eglot: a story is written into an open buffer, typed in, cancelled, undone and saved.

Emacs runs in a terminal of its own and is driven by keys; what it shows is asked of it with emacsclient.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from terminal import DEADLINE, Terminal, check, until

DESK = Path(os.environ["DESK"])
ROOT = Path(os.environ["STORYWRIGHT_ROOT"])
SOCKET = DESK / "socket" / "server"
CHUNK = "generated/the-lamp-keeper-01/chunks/chunk_01.md"

novel = DESK / "novel"
init = f"""
(setq inhibit-startup-screen t ring-bell-function 'ignore make-backup-files nil auto-save-default nil
      create-lockfiles nil vc-handled-backends nil eglot-autoshutdown t
      storywright-program "{os.environ['STORYWRIGHT_BIN']}"
      storywright-settings '(:provider "demo" :demo (:words_per_second 40))
      server-socket-dir "{SOCKET.parent}"
      native-comp-deferred-compilation nil native-comp-async-report-warnings-errors 'silent)
(require 'package)
(package-initialize)
(require 'markdown-mode)
(load "{ROOT}/editors/emacs/storywright.el" nil t)
(require 'server)
(server-start)
"""


class Emacs(Terminal):
    def __init__(self, file):
        (DESK / "init.el").write_text(init)
        environment = {**os.environ, "HOME": str(DESK), "TERM": "xterm-256color"}
        command = ["emacs", "-nw", "-q", "-l", str(DESK / "init.el"), file]
        super().__init__(command, novel, environment, lines=40, columns=120)

    def ask(self, expression):
        """Evaluates an expression in the buffer that is shown."""
        shown = f"(with-current-buffer (window-buffer (selected-window)) {expression})"
        answer = subprocess.run(
            ["emacsclient", "--socket-name", str(SOCKET), "--eval", shown],
            capture_output=True, text=True, timeout=DEADLINE)
        return answer.stdout.strip()

    def text(self):
        """The text of the buffer that is shown."""
        self.ask(f'(write-region nil nil "{DESK}/shown" nil 0)')
        return (DESK / "shown").read_text()

    def command(self, name):
        self.keys("\x1bxstorywright\r")
        until("the question for a command", lambda: "Storywright" in self.ask('(buffer-string)') or
              self.ask("(active-minibuffer-window)") != "nil")
        self.keys(name + "\r")
        until("the question to be over", lambda: self.ask("(active-minibuffer-window)") == "nil")


def session(emacs):
    until("Emacs to answer", lambda: (SOCKET).exists() and emacs.ask("t") == "t")
    until("the server in the brief", lambda: emacs.ask("(and (eglot-current-server) t)") == "t")
    check(emacs.ask("visual-line-mode") == "t", "a brief is wrapped between words")
    emacs.keys(f"\x18\x06{novel / CHUNK}\r")
    until("the chunk's buffer", lambda: emacs.ask("(buffer-name)") == '"chunk_01.md"')
    until("the server in the chunk", lambda: emacs.ask("(and (eglot-current-server) t)") == "t")

    emacs.command("write")
    until("text in the buffer", lambda: len(emacs.text()) > 150)
    before = emacs.text()
    until("more text", lambda: len(emacs.text()) > len(before) + 40)
    check(not (novel / CHUNK).exists(), "the file of an open chunk is written behind Emacs")

    # Typed at the beginning of the prose, while text grows at its end.
    emacs.keys("\x1b<" + "\x0e" * 5 + "Typed meanwhile. ")
    typed = until("what was typed", lambda: "Typed meanwhile. " in (text := emacs.text()) and text)
    grown = until("text beside what was typed", lambda: len(text := emacs.text()) > len(typed) + 40 and text)
    check("Typed meanwhile. " in grown, grown)

    emacs.command("cancel")
    until("the end of the job", lambda: "Storywright: cancelled" in emacs.ask(
        '(with-current-buffer "*Messages*" (buffer-string))'))
    cancelled = emacs.text()
    check("status: partial" in cancelled and "Typed meanwhile. " in cancelled, cancelled)

    emacs.keys("\x18u")
    until("a step undone", lambda: emacs.text() != cancelled)
    # Any other command ends the undoing. A C-g would end whatever Emacs is at, be it the next question.
    emacs.keys("\x0c")
    until("the end of the undoing", lambda: emacs.ask("last-command") == "recenter-top-bottom")
    emacs.keys("\x18u")
    until("the undone step undone", lambda: emacs.text() == cancelled)

    emacs.keys("\x18\x13")
    until("the saved file", lambda: (novel / CHUNK).exists() and (novel / CHUNK).read_text() == cancelled)
    check(emacs.ask("(buffer-modified-p)") == "nil", "the buffer is saved")


def main():
    (novel / CHUNK).parent.mkdir(parents=True)
    SOCKET.parent.mkdir(mode=0o700)
    shutil.copy(os.environ["STORYWRIGHT_BRIEF"], novel / "story.md")
    emacs = Emacs("story.md")
    try:
        session(emacs)
        emacs.keys("\x18\x03")
    except BaseException:
        print(emacs.screen.decode(errors="replace")[-2000:])
        print(emacs.ask('(with-current-buffer "*Messages*" (buffer-string))').replace("\\n", "\n"))
        print(emacs.text())
        raise
    finally:
        emacs.stop()


main()
sys.exit(0)
