#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each file in tests/compile-fail breaks one rule, and the compiler refuses it with the message named in its first lines.

A file carries lines "// expect: TEXT".  Every error that the compiler gives must contain one of these texts, and each
text must occur: so a file cannot pass because it is broken in some other way.
"""

import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

LEAST = 10


def compiler():
    subprocess.run(["make", "-s", "build/flags"], cwd=TOP, stdin=subprocess.DEVNULL, check=True)
    with open(os.path.join(TOP, "build/flags"), encoding="utf-8") as file:
        return file.read().split()


def check(tap, command, path):
    name = os.path.basename(path)
    with open(path, encoding="utf-8") as file:
        expected = re.findall(r"^// expect: (.+)$", file.read(), re.MULTILINE)
    done = subprocess.run(command + ["-fsyntax-only", path], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    errors = re.findall(r"error: (.+)$", done.stderr, re.MULTILINE)
    other = [error for error in errors if not any(words in error for words in expected)]
    silent = [words for words in expected if not any(words in error for error in errors)]
    good = done.returncode != 0 and expected and errors and not other and not silent
    tap.ok(bool(good), f"{name} does not compile: {', '.join(expected) or 'but names no message'}", done.stderr)


def main():
    tap = Tap()
    command = compiler()
    paths = sorted(glob.glob(os.path.join(TOP, "tests/compile-fail/*.c")))
    for path in paths:
        check(tap, command, path)
    tap.ok(len(paths) >= LEAST, f"there are at least {LEAST} such files", f"there are {len(paths)}")
    tap.done()


main()
