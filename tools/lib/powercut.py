# SPDX-License-Identifier: MIT
"""
powercut.py - every disk that a power cut could have left

QEMU's blklogwrites driver notes each write and each flush that the guest's disk receives.  A disk may lose or keep,
in any mix, the writes that came since the last flush; what came before is safe.  So for a cut after the n-th entry:

    entries   w w F w w w F w w | (cut)
              \\-- all applied --/ \\-/ all, none, some, or only the last

Use:    guest = machine_for(program, image=None, words="root=hda1 ...", qemu=logging_options(image, log))
        replayer = Replayer(Log(log), original, folder)
        for cut in range(len(replayer.log.entries) + 1): look at replayer.disk(cut, "some")
"""

import copy
import os
import random
import struct

from lib import disk

MAGIC = 0x6A736677736872
SECTOR = 512
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
KINDS = ("all", "none", "some")  # which of the writes since the last flush are kept
PARTITION_TABLE, PARTITION = 446, struct.Struct("<4xB3xII")  # in the MBR: type, first sector, sectors
LINUX = 0x83
MARK_SECTORS, MARKING = 2048, b"ante-mark "


def logging_options(image, log, unit=0):
    """QEMU's arguments for an IDE disk (0: hda) whose writes are logged; the machine itself must have no such disk."""
    with open(log, "wb"):
        pass
    words = [f"driver=file,filename={image},node-name=image-file", "driver=raw,file=image-file,node-name=image",
             f"driver=file,filename={log},node-name=log-file", "driver=raw,file=log-file,node-name=log",
             "driver=blklogwrites,file=image,log=log,log-sector-size=512,log-super-update-interval=1,node-name=logged"]
    options = [option for word in words for option in ("-blockdev", word)]
    return options + ["-device", f"ide-hd,drive=logged,bus=ide.0,unit={unit}"]


def add_mark_partition(image):
    """Adds a second partition at the end of a disk, whose first sector is for marks; returns that sector's number."""
    with open(image, "r+b") as file:
        mark = file.seek(0, os.SEEK_END) // SECTOR
        file.truncate((mark + MARK_SECTORS) * SECTOR)
        file.seek(PARTITION_TABLE + PARTITION.size)
        file.write(PARTITION.pack(LINUX, mark, MARK_SECTORS))
    return mark


def wrap(image):
    """Makes a bare file system the first partition of a disk; returns the sector for marks in the second one."""
    with open(image, "rb") as file:
        inside = file.read()
    with open(image, "wb") as file:
        file.write(bytes(PARTITION_TABLE) + PARTITION.pack(LINUX, disk.FIRST_SECTOR, len(inside) // SECTOR))
        file.write(bytes(SECTOR - 2 - file.tell()) + b"\x55\xaa")
        file.seek(disk.OFFSET)
        file.write(inside)
    return add_mark_partition(image)


def mark_sector(image):
    """Where marks are on such a disk."""
    return os.path.getsize(image) // SECTOR - MARK_SECTORS


def marks(log, sector):
    """For each entry of the log: the newest mark, "ante-mark N", that was written before its end; 0 at first."""
    newest = 0
    for entry in log.entries:
        if entry.write and entry.sector <= sector < entry.sector + entry.count:
            data = log.data(entry)[(sector - entry.sector) * SECTOR:]
            if data.startswith(MARKING):
                newest = int(data[len(MARKING):].split(b"\n")[0])
        yield newest


class Entry:
    """One write or flush; data_at is where its data lies in the log."""

    def __init__(self, number, header, data_at):
        self.number, self.data_at = number, data_at
        self.sector, self.count, self.flags, _ = header  # QEMU leaves the length 0: the data has `count` sectors
        self.flush = bool(self.flags & FLUSH)
        self.write = self.count > 0 and not self.flags & (DISCARD | MARK)


class Log:
    """The entries of a log, in order."""

    def __init__(self, path):
        self.path = path
        self.entries = list(self._read())

    def _read(self):
        size = os.path.getsize(self.path)
        with open(self.path, "rb") as file:
            magic, version, count, sector_size = struct.unpack("<QQQI", file.read(28))
            if magic != MAGIC or version != 1 or sector_size != SECTOR:
                raise ValueError(f"{self.path} is no log of writes")
            at = SECTOR
            for number in range(count):
                file.seek(at)
                header = struct.unpack("<QQQQ", file.read(32))
                entry = Entry(number, header, at + SECTOR)
                yield entry
                at = entry.data_at + (entry.count * SECTOR if entry.write else 0)
                if at > size:
                    raise ValueError(f"{self.path} ends within entry {number}")

    def without(self, numbers):
        """The log of a disk that was not asked for these flushes."""
        other = copy.copy(self)
        other.entries = [copy.copy(entry) for entry in self.entries]
        for number in numbers:
            other.entries[number].flush = False
        return other

    def data(self, entry):
        with open(self.path, "rb") as file:
            file.seek(entry.data_at)
            return file.read(entry.count * SECTOR)

    def split(self, cut):
        """Entries before a cut: those that are safe, and those written since the last flush."""
        before = self.entries[:cut]
        last = max((entry.number for entry in before if entry.flush), default=-1)
        return ([entry for entry in before if entry.number <= last and entry.write],
                [entry for entry in before if entry.number > last and entry.write])


class Replayer:
    """Makes the disks.  Cuts must be asked for in rising order: what is safe is applied once."""

    def __init__(self, log, original, folder, seed=1):
        self.log, self.random = log, random.Random(seed)
        self.safe = os.path.join(folder, "safe.img")
        self.result = os.path.join(folder, "cut.img")
        self.applied = 0
        disk.duplicate(original, self.safe)

    def disk(self, cut, kind):
        """The path of the disk after a cut; kind says which unsafe writes are kept: "all", "none", "some" or "last"."""
        safe, open_writes = self.log.split(cut)
        self._apply(self.safe, safe[self.applied:])
        self.applied = len(safe)
        disk.duplicate(self.safe, self.result)
        kept = {"all": lambda _: True, "none": lambda _: False, "some": lambda _: self.random.random() < 0.5,
                "last": lambda entry: entry is open_writes[-1]}[kind]
        self._apply(self.result, [entry for entry in open_writes if kept(entry)])
        return self.result

    def _apply(self, image, entries):
        with open(image, "r+b") as file:
            for entry in entries:
                file.seek(entry.sector * SECTOR)
                file.write(self.log.data(entry))
