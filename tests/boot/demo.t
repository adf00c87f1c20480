#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The demonstration passes at test sizes, started by GRUB with 16 MiB, also with every second need refused and under
tight; and the figures that have a limit are within it.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import LONG, TOP, Tap, boot, healthy

KERNEL_BYTES = 1 << 20
INSTRUCTIONS = 40_000_000
SIZE = [] if LONG else ["-q"]


def check_workloads(tap):
    for title, words, judge in (("plain", "", []), ("half refused", "inject=0.5 policy=retry", ["-m", "10", "-M", "200"]),
                                ("tight", "tight=1", []), ("no optional credit", "inject=try:1.0", [])):
        if LONG and judge:
            judge = ["-i"]
        after = boot("/bench/demo", *SIZE, *judge, grub=True, memory="16M", words=words, timeout=900)
        healthy(tap, after, f"the workloads, {title}")


def check_figures(tap):
    size = os.path.getsize(os.path.join(TOP, "build/kernel"))
    tap.ok(size <= KERNEL_BYTES, f"the stripped kernel has {size} bytes, at most {KERNEL_BYTES}")
    done = subprocess.run([os.path.join(TOP, "tools/icount"), "--limit", str(INSTRUCTIONS)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 0, f"at most {INSTRUCTIONS} instructions to init's first", done.stdout + done.stderr)


def main():
    tap = Tap()
    check_workloads(tap)
    check_figures(tap)
    tap.done()


main()
