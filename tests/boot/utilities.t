#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Ante's shell and utilities do on Ante what the same programs do on Linux: a walk through all, and the cases of each.
"""

import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap, boot, healthy, new_path, on_host

WALK = os.path.join(TOP, "tests/boot/utilities.sh")
RUNNER = os.path.join(TOP, "tests/user/sh/run-cases.sh")
BIN = os.path.join(TOP, "build/root/bin")


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def check_all_named(tap):
    """The walk uses each utility that the disk has."""
    words = set(re.findall(r"[a-z0-9]+", contents(WALK).decode()))
    # Those that change the machine, or show it, have tests of their own.
    others = {"init", "ama", "mount", "umount", "dmesg", "chown", "kill", "sleep", "free", "ps", "df", "reboot", "poweroff"}
    missing = {os.path.basename(path) for path in glob.glob(BIN + "/*")} - words - others
    tap.ok(not missing, "each utility is used", " ".join(sorted(missing)))


def compare(tap, title, script, *arguments):
    """Runs a script in an empty folder named w, on Linux and on Ante; arguments are further files."""
    folder = new_path("host") + "/w"
    os.makedirs(folder)
    _, output = on_host([BIN + "/sh", script, *arguments, *(["."] if arguments else [])], folder, PATH=BIN)
    names = ["/" + os.path.basename(path) for path in (script, *arguments)]
    seed = {name: contents(path) for name, path in zip(names, (script, *arguments))}
    command = " ".join(["exec sh", *names, *(["."] if arguments else []), "> /tmp/output 2>&1 < /dev/null"])
    after = boot("/bin/sh", "-c", f"mkdir /tmp/w && cd /tmp/w && {command}", seed=seed, timeout=400)
    healthy(tap, after, title)
    linux, ante = output.splitlines(), (after.file("/tmp/output") or b"").decode(errors="replace").splitlines()
    unlike = [f"line {at + 1}, after {linux[max(0, at - 3):at]}\nLinux: {one}\nAnte:  {other}"
              for at, (one, other) in enumerate(zip(linux, ante)) if one != other]
    tap.ok(linux == ante, f"{title}: all {len(linux)} lines are as on Linux",
           unlike[0] if unlike else f"Ante has {len(ante)} lines")
    return linux


def main():
    tap = Tap()
    check_all_named(tap)
    lines = compare(tap, "every utility", WALK)
    tap.ok("== date and machine" in lines, "the walk came to its end on Linux")
    for cases in sorted(glob.glob(os.path.join(TOP, "tests/user/sh/*.cases"))):
        compare(tap, os.path.basename(cases), RUNNER, cases)
    tap.done()


main()
