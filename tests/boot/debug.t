#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
make debug stops before the kernel's first line, with symbols, and its commands show tasks, reservations and locks.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap

COMMANDS = """continue
echo == first stop\\n
backtrace 1
delete
tbreak arch_poweroff
continue
echo == the end\\n
tasks
reservations
locks
task-backtrace 1
task-backtrace 2
kill
quit
"""


def main():
    tap = Tap()
    done = subprocess.run([os.path.join(TOP, "tools/debug"), "--", "/bin/true"], input=COMMANDS, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    first, _, end = done.stdout.partition("== the end")
    tap.ok("== first stop" in first and "kernel_main" in first.partition("== first stop")[2],
           "it stops in kernel_main and knows its name", done.stdout)
    rows = [line.split() for line in end.splitlines()]
    tap.ok(any(row[:1] == ["1"] for row in rows) and any("flusher" in row for row in rows), "tasks lists tasks", end)
    tap.ok("arch_poweroff" in end, "the running task's backtrace is that of its processor", end)
    tap.ok("schedule" in end or "switch" in end, "another task's backtrace leads to where it was switched away", end)
    tap.ok("Error" not in end and "no member" not in end, "no command fails", end)
    tap.done()


main()
