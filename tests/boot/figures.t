#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The figures that Ante promises hold: the kernel's size, the instructions from its first to init's, the smallest machine, the
speed of a cold file, a warm read that reserves nothing, the ceiling of transient needs, what an entry costs, and what
reservations cost each benchmark in instructions and in memory.
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import LONG, TOP, Tap, healthy, machine, machine_for, script
from lib import instructions

KERNEL = os.path.join(TOP, "build/kernel.elf")
KERNEL_MOST = 1 << 20
INSTRUCTIONS_MOST = 40_000_000
CEILING_MOST = 80
COLD_LEAST = 0.70
COLD_MIB, COLD_REQUEST = 64, 64 * 4096
READS = 1000
ENTRY_MOST, GRANT_MOST = 20, 250  # instructions: of the gate for a need of zero beyond ama=off, of a grant and its release
OVERHEAD_MOST = 1.03
MEMORY_MOST = 1.1  # bytes reserved by calls over bytes allocated

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


def host_rate(image):
    """MiB a second at which QEMU's own block layer, without a guest, reads the same range by the same requests."""
    aio = "io_uring" if machine.has_io_uring() else "threads"
    line = ["qemu-img", "bench", "-f", "raw", "-t", "unsafe", "-i", aio, "-d", "1", "-s", str(COLD_REQUEST),
            "-c", str((COLD_MIB << 20) // COLD_REQUEST), image]
    rates = []
    for _ in range(5):
        done = subprocess.run(line, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        rates.append(COLD_MIB / max(0.001, float(re.search(r"in ([\d.]+) seconds", done.stdout)[1])))
    return sorted(rates)[2]


def check_cold_file(tap):
    after = script(f"/bench/seqwrite -d /tmp -k {COLD_MIB} && sync && "
                   f"/bench/coldread -f /tmp/seqwrite.dat {COLD_MIB}", memory="64M")
    healthy(tap, after, "a cold file")
    found = [json.loads(line) for line in after.lines('{"bench":"coldread"')]
    tap.note("\n".join(after.lines("coldread")))
    if found and found[0]["verified"]:
        mib, host = found[0]["bytes"] / (1 << 20), host_rate(after.guest.disk)
        file, disk = mib / found[0]["seconds"], mib * 1e6 / found[0]["disk_us"]
        tap.note(f"by 64 pages: the file {file:.0f}, the disk {disk:.0f}, QEMU without a guest {host:.0f} MiB/s")
    tap.ok(found and found[0]["verified"] and found[0]["ratio"] >= COLD_LEAST,
           f"a cold file of {COLD_MIB} MiB is read at {COLD_LEAST:.2f} of the disk's speed or more", after)


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


def gate_itself(reads, mode):
    """Calls of the gate, and the instructions of it alone, over so many warm reads: guards, pins, needs and bodies are not in it."""
    text = f"dd if=/bin/dd of=/dev/null bs=1 count={reads} 2> /dev/null"
    guest = machine_for("/bin/sh", ["/tmp/script"], words=mode, seed={"/tmp/script": text.encode()})
    counts, result = instructions.count(guest, functions=[instructions.within(KERNEL, "gate_call")])
    return counts["functions"][0] if not result.status else (0, 0)


def check_entry(tap):
    """Two boots that differ in reads only: what is between them are entries with a need of zero."""
    each = {}
    for mode in ("ama=on", "ama=off"):
        few, many = gate_itself(100, mode), gate_itself(100 + READS, mode)
        calls, spent = (b - a for a, b in zip(few, many))
        each[mode] = spent / calls if calls >= READS else float("inf")
    tap.note(f"the gate itself, for a need of zero: {each['ama=on']:.1f} instructions, {each['ama=off']:.1f} with ama=off")
    more = each["ama=on"] - each["ama=off"]
    tap.ok(more <= ENTRY_MOST, f"an entry that needs nothing costs at most {ENTRY_MOST} instructions in the gate", f"{more} more")


def check_grant(tap):
    functions = [instructions.span(KERNEL, name) for name in ("reserve_grant", "reserve_release")]
    guest = machine_for("/bench/tree", ["-d", "/tmp", "-n", "200"], memory="16M")
    counts, result = instructions.count(guest, functions=functions)
    (grants, granting), (releases, releasing) = counts["functions"]
    cost = granting / max(1, grants) + releasing / max(1, releases)
    tap.note(f"{grants} grants of a tree of files, with what they call: {granting / max(1, grants):.0f} instructions to reserve, "
             f"{releasing / max(1, releases):.0f} to release")
    tap.ok(not result.status and grants > READS and cost <= GRANT_MOST,
           f"a grant and its release cost at most {GRANT_MOST} instructions", f"{cost:.0f} in {grants} grants; {result.tail()}")


def check_overhead(tap):
    done = subprocess.run([os.path.join(TOP, "tools/bench"), *([] if LONG else ["--quick"]), "--repeats", "3"], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    tap.note(done.stdout)
    if done.returncode:
        tap.ok(False, "the benchmarks run", done.stderr)
        return
    with open(os.path.join(TOP, "build/report/bench.json"), encoding="ascii") as file:
        table = json.load(file)["table"]
    for row in table:
        name = row["workload"]
        tap.ok(row["instruction_ratio"] <= OVERHEAD_MOST, f"{name}: at most {OVERHEAD_MOST} times the instructions of ama=off", row)
        tap.ok(1 <= row["memory_ratio"] <= MEMORY_MOST, f"{name}: at most {MEMORY_MOST} bytes reserved for a byte allocated", row)


def main():
    tap = Tap()
    check_size(tap)
    check_instructions(tap)
    check_small_machine(tap)
    check_cold_file(tap)
    check_warm_reads(tap)
    check_ceiling(tap)
    check_entry(tap)
    check_grant(tap)
    check_overhead(tap)
    tap.done()


main()
