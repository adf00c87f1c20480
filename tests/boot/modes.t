#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The other tests hold in every mode: with grants that hand out the very memory (tight), with every optional credit
refused, with the paper's techniques off, and without reservations.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../harness"))
from boot import LONG, WORDS, Tap

TESTS = ("calls.t", "utilities.t", "busybox.t")
MODES = {"tight=1": TESTS, "inject=try:1.0": TESTS if LONG else ("utilities.t",),
         "inject=0.5 policy=retry": TESTS if LONG else ("busybox.t",),
         "ama=off": TESTS if LONG else ("utilities.t",),
         "peek=off recycle=off window=off": TESTS if LONG else ("utilities.t",)}


def main():
    tap = Tap()
    if WORDS:
        tap.skip("modes", "this runs in one already")
        tap.done()
    for words, tests in MODES.items():
        for test in tests:
            done = subprocess.run([os.path.join(HERE, test)], env={**os.environ, "ANTE_WORDS": words}, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            bad = [line for line in done.stdout.splitlines() if line.startswith(("not ok", "#"))]
            tap.ok(done.returncode == 0, f"{test} with {words}", "\n".join(bad[:40]))
    tap.done()


main()
