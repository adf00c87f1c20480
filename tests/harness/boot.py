# SPDX-License-Identifier: MIT
"""
boot.py - what the tests that boot Ante have in common

A test is an executable file in tests/boot whose first sentence says what must hold.  It boots the test disk (all of
Ante's programs, /tests, and what the test puts on it), looks at the console and at the disk, and prints TAP.  A guest
that hangs or stops is a failed test that shows the last lines of its console.

Use:    tap = Tap()
        after = boot("/bin/sh", "-c", "echo x > /tmp/y", words="policy=retry", memory="16M")
        tap.healthy(after, "a shell writes a file")
        tap.ok(after.file("/tmp/y") == b"x\\n", "the file is on the disk", after)
        tap.done()
"""

import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
from lib import disk, machine

disk.find_system_tools()
IMAGE = os.path.join(TOP, "build/test.img")
LONG = bool(os.environ.get("ANTE_LONG"))  # make test-long: the full sizes
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
    return machine.Machine(disk=copy, in_place=True, program=program, arguments=list(arguments), words=words.split(),
                           **fields)


def boot(program, *arguments, **options):
    """Boots straight into a program and waits for its end.  Options are those of machine_for."""
    guest = machine_for(program, arguments, **options)
    return After(guest, guest.run())


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

    def output(self):
        """What the program printed: the console without the kernel's own lines."""
        return "".join(line + "\n" for line in self.log.splitlines() if not line.startswith("ante: "))


class Tap:
    """Counts and prints the results of a test, and says why one failed."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what, after=None, why=""):
        """One result.  After a failure the end of the console is shown."""
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}", flush=True)
        if not good:
            self.failed += 1
            self.note(why)
            if after:
                self.note(f"status {after.status} {after.result.why}; the last lines of the console:")
                self.note(after.result.tail())
        return good

    def healthy(self, after, what, status=0):
        """The program ended so, the kernel lost nothing, the disk is clean."""
        good = self.ok(after.status == status, f"{what}: ends with {status}", after)
        leaks = after.lines("ante: leak:")
        good &= self.ok(not leaks, f"{what}: all memory came back", after)
        if after.guest.disk:
            clean, report = disk.check(after.guest.disk)
            good &= self.ok(clean, f"{what}: e2fsck finds nothing", None, report)
        return good

    def skip(self, what, why):
        self.count += 1
        print(f"ok {self.count} - {what} # SKIP {why}", flush=True)

    def note(self, text):
        for line in text.splitlines():
            print("# " + line, flush=True)

    def done(self):
        """The plan, and the process's end."""
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)
