# SPDX-License-Identifier: MIT
"""
boot.py - what the tests that boot Ante have in common

A test is an executable file in tests/boot whose first sentence says what must hold.  It boots the test disk (all of
Ante's programs, /tests, and what the test puts on it), looks at the console and at the disk, and prints TAP.  A guest
that hangs or stops is a failed test that shows the last lines of its console.

Use:    tap = Tap()
        after = boot("/bin/sh", "-c", "echo x > /tmp/y", words="policy=retry", memory="16M")
        healthy(tap, after, "a shell writes a file")
        tap.ok(after.file("/tmp/y") == b"x\\n", "the file is on the disk", after)
        tap.done()
"""

import os
import subprocess
import sys
import tempfile

from tap import Tap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
from lib import disk, machine

disk.find_system_tools()
IMAGE = os.path.join(TOP, "build/test.img")
LONG = bool(os.environ.get("ANTE_LONG"))  # make test-long: the full sizes
WORDS = os.environ.get("ANTE_WORDS", "")  # boot words for every boot of a test: "tight=1 ..."
_folder = tempfile.TemporaryDirectory(prefix="ante-test-")
_count = 0


def new_path(name):
    """A path for a file of this test, removed when the test ends."""
    global _count
    _count += 1
    return os.path.join(_folder.name, f"{_count}-{name}")


def machine_for(program, arguments=(), words="", seed=None, image=IMAGE, **fields):
    """The machine of a test: a copy of the image with the files of seed (path: contents) on it."""
    copy = None
    if image:
        copy = new_path("disk.img")
        disk.duplicate(image, copy)
        for path, data in (seed or {}).items():
            disk.write(copy, path, data, 0o755)
    return machine.Machine(disk=copy, in_place=True, program=program, arguments=list(arguments),
                           words=(words + " " + WORDS).split(), **fields)


def boot(program, *arguments, **options):
    """Boots straight into a program and waits for its end.  Options are those of machine_for."""
    guest = machine_for(program, arguments, **options)
    return After(guest, guest.run())


def on_host(command, folder, **environment):
    """Runs one of Ante's programs, or an oracle, on Linux: (status, output); status 124 after five minutes."""
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={"PATH": "/usr/bin:/bin", **environment}, timeout=300, check=False)
    except subprocess.TimeoutExpired as late:
        return machine.TIMED_OUT, (late.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout.decode(errors="replace")


def script(text, **options):
    """Boots into the shell with a script and waits for its end."""
    seed = {**options.pop("seed", {}), "/tmp/script": text.encode()}
    return boot("/bin/sh", "/tmp/script", seed=seed, **options)


class After:
    """What a boot left: its status, its console, its disk."""

    def __init__(self, guest, result):
        self.guest, self.result = guest, result
        self.status, self.log = result.status, result.log

    def file(self, path):
        """A file's contents on the disk; None when it is not there."""
        try:
            return disk.read(self.guest.disk, path)
        except disk.DiskError:
            return None

    def lines(self, start):
        """The console's lines that begin so."""
        return [line for line in self.log.splitlines() if line.startswith(start)]

    def __str__(self):
        return f"status {self.status} {self.result.why}; the last lines of the console:\n{self.result.tail()}"

    def output(self):
        """What the program printed: the console without the kernel's own lines."""
        return "".join(line + "\n" for line in self.log.splitlines() if not line.startswith("ante: "))


def healthy(tap, after, what, status=0):
    """Three results: the program ended so, the kernel lost nothing, the disk is clean."""
    good = tap.ok(after.status == status, f"{what}: ends with {status}", after)
    balanced = bool(after.lines("ante: balance:")) and not after.lines("ante: leak:")
    good &= tap.ok(balanced, f"{what}: all came back", after)
    if after.guest.disk:
        clean, report = disk.check(after.guest.disk)
        good &= tap.ok(clean, f"{what}: e2fsck finds nothing", report)
    return good
