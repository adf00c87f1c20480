#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
At a terminal the shell prompts, ^C ends the program in the foreground only, ^Z stops it, ^D leaves.
"""

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from userland import BIN, Tap, environment


class Terminal:
    """A program on a terminal; `leads` says whether it finds itself at the head of a session with that terminal."""

    def __init__(self, *command, leads=True):
        self.fd, inside = pty.openpty()
        self.pid = os.fork()
        if self.pid == 0:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):  # a test in the background was told to ignore some
                signal.signal(number, signal.SIG_DFL)
            if leads:
                os.setsid()
                fcntl.ioctl(inside, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(inside, fd)
            os.chdir("/")
            os.execve(os.path.join(BIN, command[0]), command, environment())
        os.close(inside)
        self.seen, self.begun = "", True

    def until(self, text, seconds=60):
        """What came up to `text`, which is taken; None when it did not come in time."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                return None
            if not more:
                return None
            self.seen += more.decode(errors="replace").replace("\r", "")
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def begin(self, line, shown="\non\n"):
        """Types a line of programs and returns when they say that they run: a key would hit the shell before that."""
        self.type(line + "\n")
        self.begun &= self.until(shown) is not None

    def ask(self, line):
        """What a command prints, up to the next prompt."""
        self.type(line + "\n")
        if self.until(line + "\n") is None:
            return None
        return self.until("ready> ")

    def end(self, seconds=60):
        """The exit status; None, and the shell is killed, when it does not end."""
        for _ in range(seconds * 20):
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        return None


def start(tap):
    t = Terminal("sh")
    t.until("# ")
    t.type("PS1='ready> ' PS2='more> '\n")
    tap.ok(t.until("\nready> ") is not None, "the prompt is shown", t.seen)
    return t


def check_lines(tap, t):
    tap.ok(t.ask("echo a b") == "a b\n", "a command runs")
    t.type("if true\n")
    tap.ok(t.until("more> ") is not None, "an unfinished command is asked for more")
    t.type("then echo x y; fi\n")
    tap.ok("x y\n" in (t.until("ready> ") or ""), "and runs when it is finished")
    tap.ok("syntax error" in (t.ask("fi") or ""), "a syntax error leads back to the prompt")
    tap.ok("not set" in (t.ask("echo ${nope:?not set}; echo no") or ""), "an error gives up the line")
    tap.ok(t.ask("echo $?") == "2\n", "with status 2")
    tap.ok("read only" in (t.ask("readonly r=1; r=2") or ""), "an assignment that fails leads back to the prompt")


def check_just_before(tap, t):
    """A signal between the look for signals and the read: the prompt, which is shown there, sends it."""
    t.type("n=0; PS1='$((n+=1))$(test $n = 1 && kill -INT $$)ready> '\n")
    tap.ok(t.until("1ready> \n2ready> ") is not None, "^C just before the shell reads gives a new prompt", t.seen)
    tap.ok(t.ask("echo still") == "still\n3", "and takes nothing from the next line")
    t.type("trap 'echo trapped' USR1; n=0; PS1='$((n+=1))$(test $n = 1 && kill -USR1 $$)ready> '\n")
    tap.ok(t.until("1ready> trapped\n") is not None, "a trap that came due just before the read runs", t.seen)
    t.ask("trap - USR1; PS1='ready> '")
    tap.ok(all(t.type("\003") or t.until("ready> ") is not None for _ in range(200)), "200 of them give 200 prompts")


def check_interrupt(tap, t):
    t.begin("sh -c 'echo on; exec sleep 100'; echo not this")
    t.type("\003")
    out = t.until("ready> ")
    tap.ok(out is not None and "\nnot this" not in out, "^C ends the program and the rest of its line", out)
    tap.ok(t.ask("echo $?") == "130\n", "its status is 130")
    t.type("half a line\003")
    tap.ok(t.until("ready> ") is not None, "^C at the prompt gives a new prompt")
    tap.ok(t.ask("echo still") == "still\n", "the line that was begun is gone")
    check_just_before(tap, t)
    t.begin("echo on; while :; do sleep 0.05; done")
    t.type("\003")
    tap.ok(t.until("ready> ") is not None, "^C ends a loop of programs")
    t.begin("echo on; while :; do :; done")
    t.type("\003")
    tap.ok(t.until("ready> ") is not None, "^C ends a loop of builtins")
    t.begin("sh -c 'echo on >&2; exec sleep 100' | sh -c 'echo on >&2; exec sleep 100'", "on\non\n")
    t.type("\003")
    tap.ok(t.until("ready> ") is not None, "^C ends all of a pipe")


def check_start(tap, t):
    """Whoever has the terminal when the key is struck: the shell, a child that is still the shell, the program."""
    missed = 0
    for tenths in range(100):
        t.type("sleep 100\n")
        t.until("sleep 100\n")
        time.sleep(tenths * 1e-4 / 4)
        t.type("\003")
        missed += t.until("ready> ", 5) is None and t.type("\003") is None
        t.until("ready> ", 0.01)
    tap.ok(missed == 0, "^C ends a program that is about to start", f"{missed} of 100 were not heard")


def check_jobs(tap, t):
    t.ask("sleep 100 &")
    t.begin("sh -c 'echo on; exec sleep 100'")
    t.type("\003")
    t.until("ready> ")
    tap.ok("Running" in (t.ask("jobs") or ""), "^C spares what runs in the background")
    out = t.ask("kill %1; wait %1; for i in $(seq 50); do sleep 100 & kill $!; wait $!; done; jobs")
    tap.ok(out is not None, "kill ends one that is about to start", out)
    t.ask("sleep 100 &")
    tap.ok("Terminated" in (t.ask("kill %1; wait %1; sleep 0.1; jobs") or "") or "" == t.ask("jobs"), "kill %1 ends it")
    t.begin("cat\nx", "\nx\nx\n")
    t.type("\032")
    tap.ok("Stopped" in (t.until("ready> ") or ""), "^Z stops the program")
    t.begin("fg\ny", "\ncat\ny\n")
    t.type("\004")
    tap.ok(t.until("ready> ") == "", "fg lets it go on and waits for it")
    out = t.ask("cat /proc/self/stat | cut -d ' ' -f 5,8")
    tap.ok(out is not None and len(set(out.split())) == 1, "a pipe is a group of its own, in the foreground", out)


def main():
    tap = Tap()
    t = start(tap)
    check_lines(tap, t)
    check_interrupt(tap, t)
    check_start(tap, t)
    check_jobs(tap, t)
    tap.ok(t.begun, "each program was running when its key came", t.seen)
    t.type("exit 7\n")
    tap.ok(t.end() == 7, "exit leaves with its status")
    t = start(tap)
    t.ask("false")
    t.type("\004")
    tap.ok(t.end() == 1, "^D leaves with the last status")
    t = Terminal("init", "sh", leads=False)
    t.until("# ")
    t.type("PS1='ready> '\n")
    t.until("\nready> ")
    t.begin("sh -c 'echo on; exec sleep 100'")
    t.type("\003")
    tap.ok(t.begun and t.until("ready> ") is not None, "^C reaches the program of a shell under init")
    t.type("exit 3\n")
    tap.ok(t.end() == 3, "init ends with the shell's status")
    tap.done()


main()
