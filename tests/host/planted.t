#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Every bug of tests/planted can be planted in the tree as it is, and says what it breaks and who must find it; make planted
sees that they are found.
"""

import glob
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

LEAST = 10


def main():
    tap = Tap()
    names = sorted(os.path.basename(path).removesuffix(".patch") for path in glob.glob(os.path.join(TOP, "tests/planted/*.patch")))
    tap.ok(len(names) >= LEAST, f"there are {len(names)} bugs to plant, at least {LEAST}")
    for name in names:
        done = subprocess.run([os.path.join(TOP, "tests/planted/run"), "--check", name], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        tap.ok(done.returncode == 0, f"{name} applies and is complete", done.stdout)
    tap.done()


main()
