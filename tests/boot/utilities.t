#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Ante's shell and utilities do on Ante what the same programs do on Linux.
"""

import glob
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap, boot, healthy, on_host

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "utilities.sh")
BIN = os.path.join(TOP, "build/root/bin")


def check_all_named(tap):
    """The script uses each utility that the disk has."""
    with open(SCRIPT, encoding="utf-8") as file:
        words = set(re.findall(r"[a-z0-9]+", file.read()))
    # Those that change the machine, or show it, have tests of their own.
    others = {"init", "ama", "mount", "umount", "dmesg", "chown", "kill", "sleep", "free", "ps", "df", "reboot", "poweroff"}
    missing = {os.path.basename(path) for path in glob.glob(BIN + "/*")} - words - others
    tap.ok(not missing, "each utility is used", " ".join(sorted(missing)))


def main():
    tap = Tap()
    check_all_named(tap)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/w")
        _, output = on_host([BIN + "/sh", SCRIPT], folder + "/w", PATH=BIN)
    with open(SCRIPT, "rb") as file:
        after = boot("/bin/sh", "-c", "mkdir /tmp/w && cd /tmp/w && exec sh /script", seed={"/script": file.read()},
                     timeout=300)
    healthy(tap, after, "the script")
    linux, ante = output.splitlines(), after.output().splitlines()
    tap.ok("== date and machine" in linux, "the script ran to its end on Linux", output)
    unlike = [f"line {at + 1}\nLinux: {one}\nAnte:  {other}" for at, (one, other) in enumerate(zip(linux, ante)) if one != other]
    tap.ok(linux == ante, f"all {len(linux)} lines are as on Linux", unlike[0] if unlike else f"Ante has {len(ante)} lines")
    tap.done()


main()
