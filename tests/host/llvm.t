#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The analyzer does not depend on the version of LLVM: built with a newer one it derives the same needs of the whole kernel, byte by byte.

Only with ANTE_LONG=1.  LLVM 16 is the newest that can still tell structures apart by what their pointers point to.
"""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

NEWER = "llvm-config-16"


def run(*command):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def read_all(folder):
    """{path below the folder: contents}"""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, encoding="utf-8") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def derive(analyzer, words, folder):
    """What the analyzer writes, and the report without the time that it took."""
    done = run(analyzer, *words, "-o", folder + "/need", "-r", folder + "/report", *run("make", "-s", "whole-kernel").stdout.split())
    needs = read_all(folder + "/need") if done.returncode == 0 else {}
    if done.returncode == 0:
        with open(folder + "/report", encoding="utf-8") as file:
            needs["report"] = "".join(line for line in file if not line.startswith(("time ", "memory ")))
    return needs, done.stdout + done.stderr


def check(tap):
    run("make", "-s", "build/need.done")
    words = run("make", "-s", "analyze-command").stdout.split()
    entries = words[1:words.index(next(word for word in words if word.endswith(".bc")))]
    with tempfile.TemporaryDirectory() as older, tempfile.TemporaryDirectory() as newer:
        build = run("make", "-s", "analyzer-command", "LLVM=" + NEWER).stdout.strip()
        done = run("sh", "-c", f"{build} -o {newer}/amalyzer")
        tap.ok(done.returncode == 0, f"the analyzer can be built with {NEWER}", done.stderr)
        first, said = derive("build/tools/amalyzer", entries, older)
        tap.ok(len(first) > 20, f"{len(first) - 1} files are derived", said)
        second, said = derive(newer + "/amalyzer", entries, newer)
        different = [path for path in first if first[path] != second.get(path)] + [path for path in second if path not in first]
        tap.ok(first and not different, "and the same with both", said + "\n".join(different))


def main():
    tap = Tap()
    if os.environ.get("ANTE_LONG"):
        check(tap)
    else:
        tap.skip("the analyzer derives the same with a newer LLVM", "only with ANTE_LONG=1")
    tap.done()


main()
