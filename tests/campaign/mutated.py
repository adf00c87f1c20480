# SPDX-License-Identifier: MIT
"""
mutated - file systems with damage in their structures, mounted read-write, walked, changed and emptied

Each boot has a disk of four partitions, one ext2 each, with blocks of 1, 2 and 4 KiB.  The seed chooses what is damaged:
fields of superblock, group descriptors and inodes, bits of bitmaps, entries of directories, pointers of indirect blocks.
/tests/campaign/ransack uses them one after the other: the machine goes on, every file system can be unmounted, no call says
that there is no memory, nothing is lost.
"""

import os
import random
import re
import shutil
import struct
import subprocess

from lib import machine
from lib.stage import CACHE
from lib.values import number

PARAMETERS = {"mutations": "6", "disks": "4"}
CHOICES = {"mutations": number(), "disks": number(1, 4)}
SMALLER = ("mutations", "disks")
TIMEOUT = 180
BLOCKS = (1024, 2048, 4096, 1024)
MIB, FIRST = 2, 2048
FOLDER, REGULAR = 4, 8  # types of inodes
SUPER_FIELDS = [(at, 4) for at in range(0, 56, 4)] + [(at, 2) for at in range(52, 64, 2)] + [(64, 4), (72, 4), (76, 4), (84, 4), (
    88, 2), (90, 2), (92, 4), (96, 4), (100, 4), (232, 4)]
INODE_FIELDS = [(0, 2), (4, 4), (20, 4), (26, 2), (28, 4), (32, 4), (104, 4), (108, 4)] + [(40 + 4 * nth, 4) for nth in range(15)]
ENTRY_FIELDS = [(0, 4), (4, 2), (6, 1), (7, 1), (8, 1)]


# --- what is damaged ---

class Image:
    """An ext2 in memory; where its structures are is found out while it is sound."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.block = 1024 << self.number(1024 + 24, 4)
        self.blocks, self.inodes = self.number(1024 + 4, 4), self.number(1024, 4)
        self.per_group, self.inode_size = self.number(1024 + 40, 4), self.number(1024 + 88, 2)
        self.groups_at = self.block * (2 if self.block == 1024 else 1)
        self.groups = -(-self.inodes // self.per_group)
        self.where = [[self.number(self.groups_at + 32 * nth + field, 4) * self.block for field in (0, 4, 8)] for nth in range(self.groups)]
        self.used = [ino for ino in range(2, self.inodes + 1) if self.number(self.inode(ino) + 26, 2)]
        self.folders, self.indirect = self.pointed(FOLDER, 40), self.pointed(REGULAR, 88)

    def number(self, at, size):
        return int.from_bytes(self.data[at:at + size], "little")

    def inode(self, ino):
        return self.where[(ino - 1) // self.per_group][2] + (ino - 1) % self.per_group * self.inode_size

    def pointed(self, kind, field):
        """Where the blocks are that a field of each inode of this type points to."""
        pointers = [self.number(self.inode(ino) + field, 4) for ino in self.used if self.number(self.inode(ino), 2) >> 12 == kind]
        return [pointer * self.block for pointer in pointers if pointer]

    def entry(self, source):
        """Where an entry of a directory is, or was."""
        start = at = source.choice(self.folders)
        for _ in range(source.randrange(12)):
            step = self.number(at + 4, 2)
            at = at + step if step >= 8 and at + step < start + self.block else start
        return at


def value(image, source, old):
    """A number that a check may have forgotten."""
    return source.choice((0, 1, 2, old + 1, old - 1, old ^ 1 << source.randrange(32), image.blocks, image.blocks - 1, image.inodes,
                          image.inodes + 1, 0x7fffffff, 0x80000000, 0xffffffff, source.randrange(image.blocks),
                          source.randrange(64), source.getrandbits(32)))


def place(image, source):
    """(offset, size) of the field that is damaged."""
    kind = source.choices(("super", "group", "bitmap", "inode", "entry", "pointer"), (1, 1, 2, 6, 5, 3))[0]
    if kind == "super":
        at, size = source.choice(SUPER_FIELDS)
        return 1024 + at, size
    if kind == "group":
        return image.groups_at + 32 * source.randrange(image.groups) + source.choice((0, 4, 8, 12, 14, 16)), source.choice((2, 4))
    if kind == "bitmap":
        return source.choice(image.where)[source.randrange(2)] + source.randrange(32), source.choice((1, 4))
    if kind == "inode":
        at, size = source.choice(INODE_FIELDS)
        return image.inode(source.choice(image.used)) + at, size
    if kind == "entry":
        at, size = source.choice(ENTRY_FIELDS)
        return image.entry(source) + at, size
    return source.choice(image.indirect) + 4 * source.randrange(8), 4


def mutate(data, source, count):
    image = Image(data)
    for _ in range(count):
        at, size = place(image, source)
        new = value(image, source, image.number(at, size)) % (1 << 8 * size)
        image.data[at:at + size] = new.to_bytes(size, "little")
    return image.data


# --- the disk ---

def sound_image(block):
    """An ext2 with folders, files of all depths, links; made once and then only read."""
    path = os.path.join(CACHE, f"sound-{block}.img")
    if os.path.exists(path):
        return path
    os.makedirs(CACHE, exist_ok=True)
    folder, new = f"{path}.{os.getpid()}.d", f"{path}.{os.getpid()}"
    for name in ("dir/sub", "tree/a/b/c", "empty"):
        os.makedirs(os.path.join(folder, name))
    for number in range(14):
        with open(os.path.join(folder, "dir" if number % 2 else "tree/a", f"file-{number}"), "wb") as file:
            file.write(bytes([number]) * (number * 700))
    with open(os.path.join(folder, "big"), "wb") as file:
        file.write(os.urandom(60 * block))
        file.seek((12 + block // 4 + 5) * block)
        file.write(b"behind the double indirect block")
    os.symlink("big", os.path.join(folder, "link"))
    os.symlink("x" * 200, os.path.join(folder, "long"))
    subprocess.run([os.path.join(machine.TOP, "tools/mkdisk"), new, "--plain", "--root", folder, "--block", str(block), "--size",
                    str(MIB), "--mke2fs=-N 96 -m 0"], check=True)
    shutil.rmtree(folder)
    os.replace(new, path)
    return path


def make_disk(run, stage):
    """A disk of four partitions; the path."""
    path, source = stage.path("mutated.img"), random.Random(run.seed)
    sectors = MIB * 2048
    table = b"".join(struct.pack("<BBBBBBBBII", 0, 0, 0, 0, 0x83, 0, 0, 0, FIRST + nth * sectors, sectors) for nth in range(len(BLOCKS)))
    with open(path, "wb") as disk:
        disk.write(bytes(446) + table + b"\x55\xaa")
        for nth, block in enumerate(BLOCKS):
            with open(sound_image(block), "rb") as file:
                data = mutate(file.read(), source, source.randrange(int(run["mutations"]) + 1))
            disk.seek((FIRST + nth * sectors) * 512)
            disk.write(data)
        disk.truncate((FIRST + len(BLOCKS) * sectors) * 512)
    return path


def play(run, stage, verdict):
    disks = [f"/dev/hdb{nth + 1}" for nth in range(int(run["disks"]))]
    after = stage.boot("/tests/campaign/ransack", *disks, work=make_disk(run, stage))
    after.checked = []
    verdict.healthy(after)
    verdict.need(not after.lines("wrong: "), "; ".join(after.lines("wrong: ")), after.result.tail(40))
    used, refused = after.lines("/dev/hdb"), len(re.findall(r"^/dev/hdb\d refused", after.log, re.MULTILINE))
    verdict.need(len(used) == len(disks), f"{len(used)} disks were used", after.result.tail(40))
    verdict.figures.update(disks=len(used), refused=refused, complaints=len(after.lines("ext2: ")))
