#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Ante starts by GRUB and by QEMU's -kernel, with QEMU's default CPU, from disks of every block size, on small machines;
a program's status is the machine's.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap, boot, disk, healthy, machine_for, new_path

ROOT = ["--root", os.path.join(TOP, "build/root"), "--kernel", os.path.join(TOP, "build/kernel")]


def check_ways(tap):
    for title, options in (("GRUB", {"grub": True}), ("-kernel", {}), ("GRUB, QEMU's default CPU", {"grub": True, "cpu": "qemu64"}),
                           ("8 MiB of memory", {"memory": "8M"}), ("2 GiB of memory", {"memory": "2G"})):
        after = boot("/bin/echo", "it", "runs", **options)
        healthy(tap, after, title)
        tap.ok(after.lines("it runs"), f"{title}: the program's output is on the console", after)


def check_statuses(tap):
    for status in (0, 1, 200, 255):
        after = boot("/bin/sh", "-c", f"exit {status}")
        tap.ok(after.status == status, f"exit {status}", after)
    after = boot("/bin/nothing")
    tap.ok(after.status == 126, "a program that is not there: 126", after)
    after = boot("/etc/passwd")
    tap.ok(after.status == 126, "a file that is no program: 126", after)
    after = boot("/bin/sh", "-c", "kill -9 $$; exit 6")
    tap.ok(after.status == 6, "process 1 gets only signals that it handles", after)
    after = boot("/bin/init", "/bin/sh", "-c", "kill -9 $$; exit 6")
    tap.ok(after.status == 137, "a program that a signal ends: 128 and the signal's number", after)


def check_arguments(tap):
    words = ["two words", 'a "quote"', "back\\slash", "don't"]
    for way in ({}, {"grub": True}):
        given = words if way else words + [""]  # an empty one: GRUB hands it on as nothing
        after = boot("/bin/sh", "-c", 'for word; do echo "<$word>"; done', "sh", *given, **way)
        expected = [f"<{word}>" for word in given]
        tap.ok(after.lines("<") == expected, "arguments arrive as they were given" + (", by GRUB" if way else ""), after)


def check_block_sizes(tap):
    for block in (1024, 2048):
        image = new_path("blocks.img")
        subprocess.run([os.path.join(TOP, "tools/mkdisk"), image, *ROOT, "--block", str(block)], check=True)
        after = boot("/bin/sh", "-c", "echo x > /tmp/y", image=image)
        healthy(tap, after, f"{block} byte blocks")
        tap.ok(after.file("/tmp/y") == b"x\n", f"{block} byte blocks: what was written is there", after)


def check_own_disk(tap):
    """What `make run DISK=` does with a disk that holds no /bin/init: a program finds it at /mnt, and nothing of it stays in memory."""
    image = new_path("own.img")
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", image, "4M"], check=True, stdin=subprocess.DEVNULL)
    done = subprocess.run([os.path.join(TOP, "tools/demo"), "--image", os.path.join(TOP, "build/ante.img"), "--own-disk", image, "--",
                           "/bin/sh", "-c", "echo 'two  words' > /mnt/file; exit 9"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 9, "a program with the user's disk ends with its own status", done.stdout + done.stderr)
    tap.ok("leak" not in done.stdout and "balance" in done.stdout, "the disk is taken away again at its end", done.stdout)
    tap.ok(disk.read(image, "/file") == b"two  words\n", "what it wrote at /mnt is on that disk", done.stdout)


def check_bad_starts(tap):
    after = boot("/bin/true", words="nonsense=1")
    tap.ok(after.status != 0 and "nonsense" in after.log, "an unknown boot word is refused by name", after)
    after = boot("/bin/true", image=None, words="root=hda1", timeout=60)
    tap.ok(after.status == 125 and "hda1" in after.log, "without a disk the message names what is missing", after)
    blank = new_path("blank.img")
    with open(blank, "wb") as file:
        file.truncate(1 << 20)
    after = boot("/bin/true", image=blank, timeout=60)
    tap.ok(after.status == 125 and "hda" in after.log, "a disk without a file system is named", after)


def check_shell(tap):
    guest = machine_for(None, grub=True)
    with guest.start() as session:
        tap.ok(session.expect(rb"[#$] $", 120), "init starts a shell that prompts", session.console.log())
        session.send(b"echo $((6 * 7))\n")
        tap.ok(session.expect(rb"\n42\r?\n", 120), "it runs what is typed", session.console.log())
        session.send(b"exit\n")
        result = session.finish()
    tap.ok(result.in_time and result.status == 0, "exit powers the machine off", result.tail())


def main():
    tap = Tap()
    check_ways(tap)
    check_statuses(tap)
    check_arguments(tap)
    check_block_sizes(tap)
    check_own_disk(tap)
    check_bad_starts(tap)
    check_shell(tap)
    tap.done()


main()
