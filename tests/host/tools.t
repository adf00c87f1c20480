#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The tools keep their word: a run's status is read from the console as documented, disks hold what was asked for, and a directory
may have two names only while it is moved.
"""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests/harness"), os.path.join(TOP, "tools")]
from lib import disk, machine, promises
from tap import Tap

# console, whether QEMU ended by itself, the status that it must give
CONSOLES = (
    (b"hello\nante: /bin/ls exited with 0\n", True, 0),
    (b"hello\r\nante: /bin/ls exited with 255\r\n\r\n", True, 255),
    (b"ante: /bin/ls exited with 3\nsomething after it\n", True, machine.STOPPED),
    (b"ante: panic: I1 is broken\nrax 0\n", True, machine.STOPPED),
    (b"ante: panic: I1 is broken\nrax 0\n", False, machine.STOPPED),
    (b"x ante: panic: only printed\nante: /bin/echo exited with 7\n", True, 7),
    (b"ante: panic: a program may print this\nante: /bin/echo exited with 0\n", True, 0),
    (b"working\n", False, machine.TIMED_OUT),
    (b"working\n", True, machine.STOPPED),
    (b"", True, machine.STOPPED),
)


def check_statuses(tap):
    for console, ended, status in CONSOLES:
        result = machine.Result(console, b"", ended)
        tap.ok(result.status == status, f"{console!r}, {'ended' if ended else 'not ended'}: {status}",
               f"{result.status} {result.why}")


def check_log_is_capped(tap):
    console = machine._Console(None)
    console.add(b"first line\n")
    for _ in range(200):
        console.add(b"x" * 65536)
    console.add(b"\nante: /bin/yes exited with 1\n")
    log = console.log()
    tap.ok(len(log) <= machine.LOG_CAP * 2, "a console that floods is kept in part", len(log))
    tap.ok(log.startswith(b"first line\n"), "its first line is kept")
    tap.ok(machine.Result(log, b"", True).status == 1, "and so is its last")


def check_words(tap):
    line = disk.words_line(["root=hda"], "/bin/sh", ["-c", 'echo "a b"; exit 3', ""])
    tap.ok(line == r'root=hda init=/bin/sh -- -c "echo \"a b\"; exit 3" ""', "arguments are quoted as GRUB does", line)


def make_disk(path, *options):
    subprocess.run([os.path.join(TOP, "tools/mkdisk"), path, *options], check=True)


def check_disk(tap, folder, block):
    image = os.path.join(folder, "disk.img")
    make_disk(image, "--root", folder + "/root", "--files", folder + "/files", "--block", str(block), "--size", "16")
    clean, report = disk.check(image)
    tap.ok(clean, f"a disk with {block} byte blocks is clean", report)
    tap.ok(disk.has_partition(image) and disk.root_name(image) == "hda1", "it has a partition")
    tap.ok(disk.read(image, "/bin/tool") == b"tool" and disk.read(image, "/host/note") == b"note",
           "it holds the root's files, and others in /host")
    listing = subprocess.run(["debugfs", "-R", "ls -l /", disk.device(image)], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=True).stdout.splitlines()
    rows = {fields[-1]: fields for fields in map(str.split, listing) if fields}
    owners = {name: fields[3:5] for name, fields in rows.items() if name not in ("..",)}
    tap.ok(all(owner == ["0", "0"] for owner in owners.values()), "all of it belongs to root", owners)
    tap.ok(rows["tmp"][1] == "41777", "anyone may write in /tmp", rows["tmp"])
    disk.write(image, "/bin/tool", b"new", 0o755)
    tap.ok(disk.read(image, "/bin/tool") == b"new" and disk.check(image)[0], "a file can be replaced in place")


def check_plain(tap, folder):
    image = os.path.join(folder, "plain.img")
    make_disk(image, "--plain", "--root", folder + "/root", "--block", "1024", "--size", "8")
    tap.ok(not disk.has_partition(image) and disk.root_name(image, "hdb") == "hdb", "a plain image has no partition")
    tap.ok(disk.check(image)[0] and disk.read(image, "/bin/tool") == b"tool", "it holds the files and is clean")
    subprocess.run(["debugfs", "-w", "-R", "clri /bin/tool", image], stdin=subprocess.DEVNULL, capture_output=True, check=True)
    tap.ok(not disk.check(image)[0], "damage is seen")


MOVES = "keep > 3\nkeep mark 1\nkeep > 1\nkeep mark 2\n"
# What debugfs links, the names of folders that are being moved, whether that may be.
TWICE = (
    ("link d2/d3 d1/d3", {"d3"}, True),
    ("link d2/d3 d1/d3", {"d1", "d2"}, False),
    ("link d2/d3 d1/d3", (), False),
    ("link d2/d3 d1/d4", {"d3", "d4"}, False),  # a number that is used again
)


def check_two_names(tap, folder):
    journal = promises.Journal(MOVES)
    tap.ok([journal.moving(mark) for mark in range(3)] == [{"d3"}, {"d1"}, set()], "a folder is moved until the next mark")
    for link, moving, good in TWICE:
        image = os.path.join(folder, "twice")
        make_disk(image, "--plain", "--size", "2")
        subprocess.run(["debugfs", "-w", "-f", "-", image], input=f"mkdir d1\nmkdir d2\nmkdir d2/d3\n{link}\n", text=True,
                       capture_output=True, check=True)
        whole, report = promises.repair(image, moving)
        tap.ok(whole == good, f"{link} while {sorted(moving) or 'nothing'} is moved: {'right' if good else 'wrong'}", report)


def main():
    tap = Tap()
    disk.find_system_tools()
    check_statuses(tap)
    check_log_is_capped(tap)
    check_words(tap)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("root/bin/tool", "tool"), ("files/note", "note")):
            os.makedirs(os.path.dirname(os.path.join(folder, name)))
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        for block in (1024, 2048, 4096):
            check_disk(tap, folder, block)
        check_plain(tap, folder)
        check_two_names(tap, folder)
    tap.done()


main()
