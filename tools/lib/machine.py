# SPDX-License-Identifier: MIT
"""
machine.py - one run of Ante in QEMU, from power-on to its last line

The guest tells how it ended on its first serial port: its last line is "ante: PROG exited with N".  A line that
begins with "ante: panic:" means that the kernel stopped itself.  Statuses that are not the program's own:

    124  the time limit passed          125  panic, or the machine stopped without a last line
    126  the program could not be started (said by the guest)

Use:    result = Machine(disk="build/ante.img", program="/bin/ls", arguments=["-l"]).run()
"""

import ctypes
import functools
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

from lib import disk as disks

TIMED_OUT, STOPPED = 124, 125
LAST_LINE = re.compile(rb"^ante: (\S+) exited with (\d{1,3})\s*$", re.MULTILINE)
PANIC = re.compile(rb"^ante: panic:", re.MULTILINE)
LOG_CAP = 4 << 20
LINE = 400                    # characters of a console line that are shown
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
        with self.start(echo) as session:
            session.send(self.input)
            return session.finish()

    def start(self, echo=None):
        """Boots and returns a Session, for tests that talk with the guest."""
        return Session(self, echo)

    def interactive(self):
        """Boots with the console on this terminal; ^A x quits.  The caller restores the terminal."""
        with tempfile.TemporaryDirectory(prefix="ante-run-") as folder:
            image = self.prepare(folder)
            return subprocess.call(self.command(image) + ["-serial", "mon:stdio"] + self.second_port(),
                                   preexec_fn=_end_with_parent)

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

    def second_port(self):
        return ["-serial", "file:" + self.trace] if self.trace else []

    def prepare(self, folder):
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


class Session:
    """A machine that runs.  Use it in a with statement: its end is the end of QEMU and of the disk's copy."""

    def __init__(self, machine, echo=None):
        self.machine = machine
        self.console = _Console(echo)
        self.deadline = time.monotonic() + machine.timeout
        self.seen = 0             # how much of the console expect() has passed
        self.ended = False        # QEMU has closed its console

    def __enter__(self):
        machine = self.machine
        self.folder = tempfile.TemporaryDirectory(prefix="ante-run-")
        self.complaints = tempfile.TemporaryFile()
        self.image = machine.prepare(self.folder.name)
        self.process = subprocess.Popen(machine.command(self.image) + ["-serial", "stdio"] + machine.second_port(),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.complaints,
                                        preexec_fn=_end_with_parent)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.complaints.close()
        self.folder.cleanup()

    def send(self, data):
        """Types on the guest's console."""
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            self.ended = True

    def expect(self, pattern, timeout=30):
        """Waits for a regular expression in what is new on the console; False when it does not come."""
        until = min(self.deadline, time.monotonic() + timeout)
        while True:
            log = self.console.log()
            found = re.search(pattern, log[self.seen:])
            if found:
                self.seen += found.end()
                return True
            if not self._read(until):
                return False

    def finish(self):
        """Waits for the end of the machine and returns its Result; the changed disk goes where it was wanted."""
        while self._read(self.deadline):
            pass
        self.process.kill()
        self.process.wait()
        if self.machine.keep_disk and self.image and not self.machine.in_place:
            shutil.move(self.image, self.machine.keep_disk)
        self.complaints.seek(0)
        return Result(self.console.log(), self.complaints.read(), self.ended)

    def _read(self, until):
        """Reads what the console has, waiting for it; False when QEMU ended or time is over."""
        left = until - time.monotonic()
        if self.ended or left <= 0:
            return False
        ready, _, _ = select.select([self.process.stdout], [], [], left)
        if not ready:
            return False
        chunk = os.read(self.process.stdout.fileno(), 65536)
        self.ended = not chunk
        self.console.add(chunk)
        return not self.ended


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
        lines = self.log.splitlines()[-count:] + self.stderr.splitlines()[-5:]
        return "\n".join(line if len(line) <= LINE else line[:LINE] + " ..." for line in lines)


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


def _end_with_parent():
    """Asks Linux to kill QEMU when whoever started it is gone, however that happened (prctl(2))."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


@functools.lru_cache
def has_io_uring():
    """Whether the host lets QEMU use io_uring, which makes small requests several times faster (io_uring_setup(2))."""
    number, parameters = 425, ctypes.create_string_buffer(120)
    ring = ctypes.CDLL(None).syscall(number, 1, parameters)
    if ring >= 0:
        os.close(ring)
    return ring >= 0


def _drive(image, index):
    escaped = image.replace(",", ",,")
    fast = ",aio=io_uring" if has_io_uring() else ""
    form = "qcow2" if image.endswith(".qcow2") else "raw"
    return f"file={escaped},format={form},if=ide,index={index},cache=unsafe{fast}"
