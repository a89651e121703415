"""Drives a program in a terminal of its own by keys, for the sessions of editors."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import threading
import time

DEADLINE = 60


class Terminal:
    """Runs a program in a folder, in a terminal of some lines and columns; `screen` is what it has written there."""

    def __init__(self, command, folder, environment, lines, columns):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen = b""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                select.select([self.terminal], [], [])
                self.screen += os.read(self.terminal, 65536)
            except OSError:
                return

    def keys(self, text):
        os.write(self.terminal, text.encode())

    def stop(self):
        try:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def until(what, condition):
    """Waits for a condition, and returns what it gave."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def check(holds, what):
    if not holds:
        raise AssertionError(what)
