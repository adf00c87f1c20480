#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each system call's good and bad cases, and the C library's, give on Ante the results that the same programs give on Linux.
"""

import glob
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap, boot, healthy, on_host

PROGRAMS = os.path.join(TOP, "build/testroot/tests")
TESTS = sorted(glob.glob(PROGRAMS + "/t_*") + glob.glob(PROGRAMS + "/libc/*"))


def results(output):
    """The lines of TAP, without what is said about them."""
    return [line for line in output.splitlines() if line.startswith(("ok ", "not ok ", "1.."))]


def number(line):
    """Of a result; the plan has none."""
    words = line.removeprefix("not ").split()
    return words[1] if words[0] == "ok" else None


def compare(tap, path):
    name = os.path.relpath(path, PROGRAMS)
    after = boot("/tests/" + name, timeout=400)
    healthy(tap, after, name)
    if os.geteuid():
        tap.skip(f"{name}: as on Linux", "the oracle wants to be root")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        _, output = on_host([path], folder, TMPDIR=folder, HOME="/root")
    linux, ante = results(output), results(after.log)
    skipped = {number(line) for line in ante if " # SKIP " in line}  # Ante has no such device
    linux = [line for line in linux if number(line) not in skipped]
    ante = [line for line in ante if number(line) not in skipped]
    different = [f"Linux: {line}" for line in linux if line not in ante]
    different += [f"Ante:  {line}" for line in ante if line not in linux]
    different += [f"Linux says {line}" for line in output.splitlines() if line.startswith("# ")]
    tap.ok(bool(linux) and linux == ante, f"{name}: {len(linux)} results as on Linux", "\n".join(different[:20]))


def main():
    tap = Tap()
    for path in TESTS:
        compare(tap, path)
    tap.ok(TESTS, "there are such programs")
    tap.done()


main()
