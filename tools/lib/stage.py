# SPDX-License-Identifier: MIT
"""
stage.py - one run of a scenario: its disks, its boots, and the verdict

Disks are copy-on-write overlays, so a run costs the host only what its guest writes: the root over build/test.img,
mounted read-only unless asked otherwise, and a work disk (hdb) over an empty ext2 of the wanted size.

Use:    result = play(run, folder)                 what a worker of a campaign does
        after = stage.boot("/bin/sh", "-c", "...", work="64M")      within a scenario
        verdict.healthy(after); verdict.need(after.lines("done"), "the program did not come to its end")
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from lib import disk, machine
from lib.runs import CampaignError, FOLDER, load_scenario

IMAGE = os.path.join(machine.TOP, "build/test.img")
CACHE = os.path.join(machine.TOP, "build/campaign/disks")
LEAST_FREE = 512 << 20  # bytes that a run wants free on the host: an overlay, its copy, a console
WHY_MOST, DETAIL_MOST = 600, 2000


class HostFull(CampaignError):
    """The host has no room for a run: it says nothing about Ante."""


def check_room(folder, least=LEAST_FREE):
    free = shutil.disk_usage(folder).free
    if free < least:
        raise HostFull(f"{folder} has {free >> 20} MiB free, a run wants {least >> 20} MiB")


def check_tools():
    """What every run calls."""
    for program in ("qemu-system-x86_64", "qemu-img", "e2fsck", "debugfs"):
        if not shutil.which(program):
            raise CampaignError(f"{program} is not installed; `make setup` installs what is missing")
    for path in (IMAGE, machine.Machine().kernel):
        if not os.path.exists(path):
            raise CampaignError(f"{os.path.relpath(path)} is not there; `make {os.path.relpath(path, machine.TOP)}` builds it")


def made_once(name, make):
    """The path of an image that make(path) makes once, for all runs; it is only read afterwards."""
    path = os.path.join(CACHE, name)
    if not os.path.exists(path):
        os.makedirs(CACHE, exist_ok=True)
        new = f"{path}.{os.getpid()}"
        make(new)
        os.replace(new, path)
    return path


def make_disk(path, size, block=4096, *options):
    """A plain ext2 of so many MiB."""
    subprocess.run([os.path.join(machine.TOP, "tools/mkdisk"), path, "--plain", "--size", str(size), "--block", str(block), *options],
                   check=True)


def empty_disk(size, block=4096):
    """An ext2 without files, made once and then only read.  Its size is in MiB."""
    return made_once(f"work-{size}M-{block}.img", lambda path: make_disk(path, size, block))


def full_disk(path, block, free=160):
    """An ext2 of 1 MiB with about so many KiB free."""
    with tempfile.TemporaryDirectory(prefix="ante-campaign-") as root:
        with open(root + "/ballast", "wb") as file:
            file.write(b"\xff" * ((1024 - 200 - free) << 10))
        make_disk(path, 1, block, "--root", root)


class Stage:
    """Where a run takes place: a folder of its own, and the machines that it boots."""

    def __init__(self, run, folder, timeout, echo=None):
        self.run, self.folder, self.timeout, self.echo = run, folder, timeout, echo
        self.count = 0
        self.panics = []  # the first line of each, in the order of the boots

    def path(self, name):
        """A new path in the run's folder."""
        self.count += 1
        return os.path.join(self.folder, f"{self.count}-{name}")

    def overlay(self, base):
        """A disk that begins as base and keeps its changes to itself."""
        made = self.path("overlay.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", os.path.abspath(base), "-F", "raw", made], check=True)
        return made

    def disk(self, size, block=4096):
        """An empty ext2 of so many MiB, to make overlays of."""
        return empty_disk(size, block)

    def boot(self, program, *arguments, work=None, **options):
        """Boots into a program and waits for its end.  work: MiB of an empty ext2 as hdb, or the path of a disk to begin with;
        writable: the root may be changed and is looked at afterwards; words: boot words beside the run's own."""
        writable = options.pop("writable", False)
        words = ["root=hda1", f"policy={self.run.policy}", f"seed={self.run.seed}"] + ([] if writable else ["ro"])
        words += options.pop("words", "").split() + self.run.words
        base = empty_disk(work) if isinstance(work, int) else work
        fields = {"disk": self.overlay(IMAGE), "second_disk": self.overlay(base) if base else None, "memory": self.run.memory,
                  "timeout": self.timeout, **options}
        guest = machine.Machine(in_place=True, program=program, arguments=[str(word) for word in arguments], words=words, **fields)
        after = After(self, guest, guest.run(echo=self.echo))
        self.panics += after.lines("ante: panic: ")[:1]
        after.checked = [guest.second_disk] * bool(base) + [guest.disk] * writable
        return after


class After:
    """What a boot left: its status, its console, its disks."""

    def __init__(self, stage, guest, result):
        self.stage, self.guest, self.result = stage, guest, result
        self.status, self.log = result.status, result.log
        self.checked, self._raw = [], {}

    def lines(self, start):
        """The console's lines that begin so."""
        return [line for line in self.log.splitlines() if line.startswith(start)]

    def raw(self, overlay=None):
        """A plain image of a disk (the work disk unless told otherwise) for e2fsprogs."""
        overlay = overlay or self.guest.second_disk
        if overlay not in self._raw:
            self._raw[overlay] = self.stage.path("after.img")
            subprocess.run(["qemu-img", "convert", "-O", "raw", overlay, self._raw[overlay]], check=True)
        return self._raw[overlay]

    def balanced(self):
        return bool(self.lines("ante: balance:")) and not self.lines("ante: leak:")


class Verdict:
    """What is found out about a run: how the process ended, what became of the file system, and everything that is wrong."""

    def __init__(self):
        self.process, self.fs = "ok", "ok"     # ok, error, abort; ok, unusable, inconsistent
        self.problems, self.detail = [], ""
        self.figures = {}                      # numbers for tables

    def need(self, good, why, detail=""):
        """Something that must hold.  Returns whether it does."""
        if not good:
            self.problems.append(str(why)[:WHY_MOST])
            self.detail = self.detail or str(detail)
        return bool(good)

    def healthy(self, after, status=0):
        """The program ended so, the kernel lost nothing, the disks are clean."""
        good = self.need(after.status == status, f"ends with {after.status}, not {status} {after.result.why}", after.result.tail(40))
        if after.status in (machine.STOPPED, machine.TIMED_OUT):
            self.process = "abort"
        else:
            good &= self.need(after.balanced(), "not all came back: " + "; ".join(after.lines("ante: leak:")), after.result.tail(40))
        return self.clean(after) and good

    def clean(self, after):
        """e2fsck finds nothing on the disks that the guest could write."""
        good = True
        for overlay in after.checked:
            whole, report = disk.check(after.raw(overlay))
            self.fs = self.fs if whole else "inconsistent"
            good &= self.need(whole, "e2fsck finds damage", report)
        return good

    def result(self, run, seconds):
        """The result as it is kept: one flat dictionary."""
        return {"run": str(run), "scenario": run.scenario, "pass": not self.problems, "process": self.process, "fs": self.fs,
                "why": "; ".join(self.problems)[:WHY_MOST], "detail": self.detail[-DETAIL_MOST:],
                "figures": self.figures, "seconds": round(seconds, 1)}


def _play(module, run, stage, verdict):
    """Runs the scenario.  An error of its own is a failed run; a full host is none at all."""
    try:
        module.play(run, stage, verdict)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise HostFull(f"{stage.folder}: {error.strerror}") from error
        verdict.need(False, f"{type(error).__name__}: {error}", traceback.format_exc())
    except CampaignError:
        raise
    except Exception as error:
        verdict.need(False, f"{type(error).__name__}: {error}", traceback.format_exc())


def play(run, folder=FOLDER, echo=None, least=LEAST_FREE):
    """Runs once; returns the result as a dictionary."""
    module = load_scenario(run.scenario, folder)
    disk.find_system_tools()
    boots = getattr(module, "BOOTS", True)
    if boots:
        check_tools()
    began, verdict = time.monotonic(), Verdict()
    with tempfile.TemporaryDirectory(prefix="ante-campaign-") as place:
        check_room(place, least)
        stage = Stage(run, place, getattr(module, "TIMEOUT", 300), echo)
        _play(module, run, stage, verdict)
        verdict.problems[:0] = stage.panics if verdict.problems else []  # what explains the rest
        if verdict.problems:
            check_room(place, least // 8)
            if boots:
                check_tools()  # what went away meanwhile is no failure of the run
    return verdict.result(run, time.monotonic() - began)


def show(result, replay, out=sys.stdout):
    """A failed run, for people."""
    print(f"failed: {result['run']}\n    {result['why']}\n    replay: {replay}", file=out)
