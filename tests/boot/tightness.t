#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Needs are tight: over a suite that enters every call at least 100 times, with warm and with cold caches, what calls reserve is
little more than what they hold at most at a time.

Judged are, per call, frames and objects reserved by the sum over its bodies of the most that each held.  The table goes to
build/report/tightness.txt.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, WORDS, Tap, disk, healthy, new_path, script

ENTRIES_LEAST = 100
LIMITS = {name: 1.1 for name in ("read", "write", "fork", "mmap", "readdir")} | \
         {name: 1.5 for name in ("open", "create", "rename", "unlink")}
LIMIT = 2.0
NEVER_CALLED = {"boot", "start_init", "service_start", "ext2_reap", "ext2_release"}  # no system call or fault enters them

SUITE = """
/tests/campaign/everycall /tmp 110 /dev/hdb && /bench/faultmix -n 3000 -d /tmp && /bench/demo -q -d /tmp &&
cat /proc/ama/calls > /tmp/calls
"""


def scopes():
    """All that the analyzer has derived a need for."""
    with open(os.path.join(TOP, "build/report/needs.txt"), encoding="ascii") as file:
        return set(re.findall(r"^(\w+)  \(\S+, guard ", file.read(), re.MULTILINE)) - NEVER_CALLED


def measure(tap):
    """{scope: {column: number}} after the suite."""
    image = new_path("second.img")
    subprocess.run([os.path.join(TOP, "tools/mkdisk"), image, "--plain", "--size", "4"], check=True)
    after = script(SUITE, memory="64M", second_disk=image, timeout=600)
    healthy(tap, after, "the suite")
    clean, report = disk.check(image)
    tap.ok(clean, "the second disk is clean", report)
    rows = [line.split() for line in (after.file("/tmp/calls") or b"scope").decode().splitlines()]
    return {row[0]: dict(zip(rows[0][1:], map(int, row[1:]))) for row in rows[1:]}


def ratio(row, kind):
    """None: it has neither reserved nor used any."""
    reserved, used = row[f"res_{kind}"], row[f"used_{kind}"]
    return None if not reserved else reserved / used if used else float("inf")


def table(rows):
    lines = [f"{'call':12} {'entries':>8} {'frames':>9} {'used':>9} {'ratio':>6} {'objects':>9} {'used':>9} {'ratio':>6}"]
    for name, row in sorted(rows.items()):
        line = f"{name:12} {row['entries']:8}"
        for kind in ("frames", "objects"):
            tight = ratio(row, kind)
            line += f" {row['res_' + kind]:9} {row['used_' + kind]:9} " + ("     -" if tight is None else f"{tight:6.2f}")
        lines.append(line)
    return "\n".join(lines) + "\n"


def judge(tap, name, row):
    tap.ok(row["entries"] >= ENTRIES_LEAST, f"{name}: entered at least {ENTRIES_LEAST} times", row)
    for kind in ("frames", "objects"):
        limit, tight = LIMITS.get(name, LIMIT), ratio(row, kind)
        if tight is not None:
            tap.ok(1 <= tight <= limit, f"{name}: at most {limit} {kind} reserved for one used", f"{tight:.2f}: {row}")


def main():
    tap = Tap()
    rows = measure(tap)
    tap.note(table(rows))
    if WORDS:
        tap.skip("tightness", "the limits are those of a machine without boot words")
        tap.done()
    os.makedirs(os.path.join(TOP, "build/report"), exist_ok=True)
    with open(os.path.join(TOP, "build/report/tightness.txt"), "w", encoding="ascii") as file:
        file.write(table(rows))
    for name in sorted(scopes()):
        if tap.ok(name in rows, f"{name}: the suite enters it"):
            judge(tap, name, rows[name])
    tap.done()


main()
