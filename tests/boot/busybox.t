#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Debian's busybox, unmodified, runs a script of its applets on Ante with the output that it has on Linux.
"""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import Tap, boot, healthy, on_host

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "busybox.sh")


def on_linux():
    with tempfile.TemporaryDirectory() as folder:
        _, output = on_host([shutil.which("busybox"), "sh", SCRIPT, shutil.which("busybox")], folder)
    return output


def on_ante(tap):
    with open(SCRIPT, "rb") as file:
        text = file.read()
    command = "exec /tests/busybox sh /busybox.sh /tests/busybox > /tmp/output 2>&1 < /dev/null"
    after = boot("/tests/busybox", "sh", "-c", f"cd /tmp && mkdir w && cd w && {command}",
                 seed={"/busybox.sh": text}, timeout=400)
    healthy(tap, after, "the script")
    return (after.file("/tmp/output") or b"").decode(errors="replace")


def main():
    tap = Tap()
    linux, ante = on_linux().splitlines(), on_ante(tap).splitlines()
    parts = [line for line in linux if line.startswith("== ")]
    for part in parts:
        tap.ok(section(linux, part) == section(ante, part), f"{part[3:]}: as on Linux", difference(linux, ante, part))
    tap.ok(len(parts) >= 6, "the script ran to its end on Linux", "\n".join(linux[-5:]))
    tap.done()


def section(lines, title):
    """The lines from a title to the next."""
    if title not in lines:
        return []
    rest = lines[lines.index(title) + 1:]
    ends = [at for at, line in enumerate(rest) if line.startswith("== ")]
    return rest[:ends[0]] if ends else rest


def difference(linux, ante, title):
    pairs = zip(section(linux, title) + ["(end)"], section(ante, title) + ["(end)"])
    return next((f"Linux: {one}\nAnte:  {other}" for one, other in pairs if one != other), "more lines on one side")


main()
