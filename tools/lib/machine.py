# SPDX-License-Identifier: MIT
"""
machine.py - one run of Ante in QEMU, from power-on to its last line

The guest tells how it ended on its first serial port: its last line is "ante: PROG exited with N".  A line that
begins with "ante: panic:" means that the kernel stopped itself.  Statuses that are not the program's own:

    124  the time limit passed          125  panic, or the machine stopped without a last line
    126  the program could not be started (said by the guest)

Use:    result = Machine(disk="build/ante.img", program="/bin/ls", arguments=["-l"]).run()
"""

import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from lib import disk as disks

TIMED_OUT, STOPPED = 124, 125
LAST_LINE = re.compile(rb"^ante: (\S+) exited with (\d{1,3})\s*$", re.MULTILINE)
PANIC = re.compile(rb"^ante: panic:", re.MULTILINE)
LOG_CAP = 4 << 20
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Machine:
    """What to boot and on which hardware.  Every field is an argument of the constructor."""

    def __init__(self, **fields):
        self.disk = os.path.join(TOP, "build/ante.img")  # None: a machine without a disk
        self.kernel = os.path.join(TOP, "build/kernel")
        self.grub = False         # start by the disk's own GRUB, not by QEMU's -kernel
        self.program = None       # what to run in place of /bin/init
        self.arguments = []
        self.words = []           # boot words
        self.memory = "64M"
        self.cpus = 1
        self.cpu = "max,erms=off,fsrm=off"  # QEMU runs "rep movsb" a byte at a time: do not advertise it
        self.in_place = False     # let the run change the disk itself, not a copy
        self.keep_disk = None     # where the changed copy goes
        self.second_disk = None   # seen as hdb; changed in place
        self.trace = None         # file for the second serial port
        self.drive_options = ""   # appended to the first -drive
        self.qemu = []            # more arguments for QEMU
        self.timeout = 120        # seconds
        self.input = b""          # what the guest's console receives
        for name, value in fields.items():
            if not hasattr(self, name):
                raise TypeError(f"a machine has no {name}")
            setattr(self, name, value)

    def run(self, echo=None):
        """Boots, waits for the end, returns a Result.  Copies the console to the binary file echo as it comes."""
        with tempfile.TemporaryDirectory(prefix="ante-run-") as folder:
            image = self._prepare(folder)
            console = _Console(echo)
            with tempfile.TemporaryFile() as complaints:
                process = subprocess.Popen(self.command(image) + ["-serial", "stdio"] + self._second_port(),
                                           stdin=subprocess.PIPE if self.input else subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=complaints)
                in_time = _follow(process, console, self.input, self.timeout)
                complaints.seek(0)
                stderr = complaints.read()
            if self.keep_disk and image and not self.in_place:
                shutil.move(image, self.keep_disk)
        return Result(console.log(), stderr, in_time)

    def interactive(self):
        """Boots with the console on this terminal; ^A x quits.  The caller restores the terminal."""
        with tempfile.TemporaryDirectory(prefix="ante-run-") as folder:
            image = self._prepare(folder)
            return subprocess.call(self.command(image) + ["-serial", "mon:stdio"] + self._second_port())

    def command(self, image):
        """QEMU's command line, serial ports excepted."""
        line = ["qemu-system-x86_64", "-m", self.memory, "-smp", str(self.cpus), "-cpu", self.cpu, "-nodefaults",
                "-display", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        if image:
            line += ["-drive", _drive(image, 0) + ("," + self.drive_options if self.drive_options else "")]
        if self.second_disk:
            line += ["-drive", _drive(self.second_disk, 1)]
        if not self.grub:
            line += ["-kernel", self.kernel, "-append",
                     disks.words_line(self._words(), self.program, self.arguments)]
        return line + list(self.qemu)

    def _words(self):
        """The boot words; the root device is found out unless it was given."""
        words = list(self.words)
        if self.trace:
            words.append("trace=calls")
        if self.disk and not any(word.startswith("root=") for word in words):
            words.insert(0, "root=" + disks.root_name(self.disk))
        return words

    def _second_port(self):
        return ["-serial", "file:" + self.trace] if self.trace else []

    def _prepare(self, folder):
        """The image to boot from: the disk or a copy, with this run's words for GRUB."""
        if not self.disk:
            return None
        image = self.disk
        if not self.in_place:
            image = os.path.join(folder, "disk.img")
            disks.duplicate(self.disk, image)
        if self.grub:
            disks.set_words(image, " ".join(self._words()), self.program or "/bin/init", self.arguments)
        return image


class Result:
    """How a run ended and what it said."""

    def __init__(self, log, stderr, in_time):
        self.log = log.replace(b"\r", b"").decode(errors="replace")
        self.stderr = stderr.decode(errors="replace")
        self.in_time = in_time
        lines = [line for line in log.replace(b"\r", b"").splitlines() if line.strip()]
        last = LAST_LINE.match(lines[-1]) if lines else None
        self.panic = not last and bool(PANIC.search(log))
        if last:
            self.status, self.why = int(last.group(2)), ""
        elif self.panic:
            self.status, self.why = STOPPED, "the kernel stopped itself"
        elif not in_time:
            self.status, self.why = TIMED_OUT, "the time limit passed"
        else:
            self.status, self.why = STOPPED, "the machine stopped without a last line"

    def tail(self, count=25):
        """The last lines of the console, and what QEMU complained about."""
        return "\n".join(self.log.splitlines()[-count:] + self.stderr.splitlines()[-5:])


class _Console:
    """Keeps the first and the last half of the log's cap, so a flood costs no memory."""

    def __init__(self, echo):
        self.echo, self.head, self.rest, self.dropped = echo, b"", b"", 0

    def add(self, data):
        if self.echo:
            self.echo.write(data)
            self.echo.flush()
        space = LOG_CAP // 2 - len(self.head)
        self.head += data[:space]
        self.rest += data[space:] if space < len(data) else b""
        if len(self.rest) > LOG_CAP:
            self.dropped += len(self.rest) - LOG_CAP // 2
            self.rest = self.rest[-LOG_CAP // 2:]

    def log(self):
        gap = f"\n[{self.dropped} bytes left out]\n".encode() if self.dropped else b""
        return self.head + gap + self.rest


def _drive(image, index):
    escaped = image.replace(",", ",,")
    return f"file={escaped},format=raw,if=ide,index={index},cache=unsafe"


def _follow(process, console, data, timeout):
    """Feeds the console and reads it until QEMU ends; ends QEMU when time is over, and returns whether it was not."""
    deadline = time.monotonic() + timeout
    try:
        if data:
            process.stdin.write(data)
            process.stdin.flush()
        while time.monotonic() < deadline:
            ready, _, _ = select.select([process.stdout], [], [], min(1.0, max(0.0, deadline - time.monotonic())))
            if not ready:
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return True
            console.add(chunk)
        return False
    except BrokenPipeError:
        return True
    finally:
        process.kill()
        process.wait()


def die_without_qemu():
    if not shutil.which("qemu-system-x86_64"):
        sys.exit("ante: qemu-system-x86_64 is missing; run tools/setup")
