#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The shell does what the host's sh does and the utilities do what the host's do, case by case: the same output and status.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from userland import BIN, HERE, Tap, environment


def results(cases, path):
    """{title: what the case wrote and returned}, with the programs on `path`."""
    with tempfile.TemporaryDirectory() as work:
        shell = next(folder + "/sh" for folder in path.split(":") if os.path.exists(folder + "/sh"))
        done = subprocess.run([shell, os.path.join(HERE, "run-cases.sh"), cases, work], env=environment(PATH=path),
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300)
    output = done.stdout.decode(errors="replace")
    return dict(re.findall(r"^=== (.*)\n((?:.*\n)*?--- \d+)$", output, re.MULTILINE))


def main():
    tap = Tap()
    for name in ("shell.cases", "utilities.cases"):
        cases = os.path.join(HERE, name)
        with open(cases, encoding="utf-8") as file:
            titles = re.findall(r"^### (.*)$", file.read(), re.MULTILINE)
        want, have = results(cases, "/usr/bin:/bin"), results(cases, BIN)
        for title in titles:
            good = title in want and want[title] == have.get(title)
            tap.ok(good, f"{name}: {title}", f"host:\n{want.get(title)}\nours:\n{have.get(title)}")
    tap.done()


main()
