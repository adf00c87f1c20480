#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The figures that Ante promises hold: the kernel's size, the instructions from its first to init's, the smallest machine, the
speed of a cold file, a warm read that reserves nothing, and the ceiling of transient needs.
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap, healthy, script

KERNEL_MOST = 1 << 20
INSTRUCTIONS_MOST = 40_000_000
CEILING_MOST = 80
COLD_LEAST = 0.70
READS = 1000

# Windows of 64 pages, new blocks in all groups of a file's tree, long folders, whole programs: what needs most.
BUSY = """
/bench/seqwrite -d /tmp -k 16 && echo 3 > /proc/sys/vm/drop_caches && /bench/seqread -d /tmp -f /tmp/seqwrite.dat 16 &&
/bench/randwrite -d /tmp 300 8 && /bench/tree -d /tmp -n 200 && /bench/postmark -d /tmp -n 100 -t 500 &&
mv /tmp/seqwrite.dat /tmp/moved && ls -lR /bin /tmp > /tmp/list && cat /proc/ama/limits > /tmp/limits && cat /proc/ama/calls > /tmp/calls
"""


def calls(text):
    """A table of /proc/ama/calls: {scope: {column: number}}."""
    rows = [line.split() for line in text.splitlines()]
    return {row[0]: dict(zip(rows[0][1:], map(int, row[1:]))) for row in rows[1:]}


def text_of(after, path):
    return (after.file(path) or b"").decode()


def check_size(tap):
    size = os.path.getsize(os.path.join(TOP, "build/kernel"))
    tap.note(f"the kernel has {size} bytes")
    tap.ok(size <= KERNEL_MOST, f"the kernel, stripped, has at most {KERNEL_MOST} bytes", f"it has {size}")


def check_instructions(tap):
    done = subprocess.run([os.path.join(TOP, "tools/icount"), "--mem", "64M", "--limit", str(INSTRUCTIONS_MOST)], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tap.note(done.stdout)
    tap.ok(done.returncode == 0, f"init begins after at most {INSTRUCTIONS_MOST} instructions", done.stdout)


def check_small_machine(tap):
    after = script("echo it runs; cat /proc/ama/limits > /tmp/limits", memory="8M")
    healthy(tap, after, "8 MiB of memory")
    tap.ok(after.lines("it runs"), "8 MiB of memory: the shell runs a script", after)


def check_cold_file(tap):
    after = script("/bench/seqwrite -d /tmp -k 64 && sync && /bench/coldread -f /tmp/seqwrite.dat 64", memory="64M")
    healthy(tap, after, "a cold file")
    found = [json.loads(line) for line in after.lines('{"bench":"coldread"')]
    tap.note("\n".join(after.lines("coldread")))
    tap.ok(found and found[0]["verified"] and found[0]["ratio"] >= COLD_LEAST,
           f"a cold file of 64 MiB is read at {COLD_LEAST:.2f} of the disk's speed or more", after)


def check_warm_reads(tap):
    """The first dd makes all warm that the second uses, itself included; so the row's difference is the copies' of the table."""
    table = "cat /proc/ama/calls > /tmp"
    reads = f"dd if=/tmp/warm of=/dev/null bs=4096 count={READS} 2> /dev/null"
    after = script(f"dd if=/dev/zero of=/tmp/warm bs=4096 count={READS} 2> /dev/null; {reads}\n{table}/one; {table}/two\n"
                   f"{reads}\n{table}/three\n", memory="64M")
    healthy(tap, after, "warm reads")
    before, after_reads = (calls(text_of(after, path)).get("read", {}) for path in ("/tmp/two", "/tmp/three"))
    entries = after_reads.get("entries", 0) - before.get("entries", 0)
    tap.ok(entries >= READS, f"scope read was entered for {READS} warm reads of 4 KiB", f"it was entered {entries} times")
    for column in ("res_frames", "res_objects", "res_bytes", "used_frames", "used_objects"):
        more = after_reads.get(column, 1) - before.get(column, 0)
        tap.ok(more == 0, f"warm reads of 4 KiB: {column} stays as it is", f"{more} more")


def check_ceiling(tap):
    """The gate itself stops the kernel at a need above the ceiling (kernel/gate.c), so it is enough that the ceiling is low."""
    after = script(BUSY, memory="64M")
    healthy(tap, after, "a busy machine")
    found = re.search(r"^ceiling (\d+)$", text_of(after, "/tmp/limits"), re.MULTILINE)
    tap.ok(found and int(found[1]) <= CEILING_MOST, f"the gate's ceiling is {CEILING_MOST} frames or less", after)
    highest = {scope: row["hw_frames"] for scope, row in calls(text_of(after, "/tmp/calls")).items()}
    most = max(highest, key=highest.get, default="none")
    tap.note(f"most frames in one call: {most} {highest.get(most)}")
    tap.ok(highest.get("read", 0) >= 64, "the machine was busy: a read had a window of 64 pages", highest)
    high = {scope: frames for scope, frames in highest.items() if frames > CEILING_MOST}
    tap.ok(not high, f"no call has used more than {CEILING_MOST} frames", high)


def main():
    tap = Tap()
    check_size(tap)
    check_instructions(tap)
    check_small_machine(tap)
    check_cold_file(tap)
    check_warm_reads(tap)
    check_ceiling(tap)
    tap.done()


main()
