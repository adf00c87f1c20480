#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A damaged file system is answered with an error that names what and where: never with a panic, a hang, or by spreading
the damage to files that were whole.
"""

import os
import random
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import LONG, TOP, Tap, boot, disk, new_path

BLOCK = 1024
# What is done to the damaged disk, mounted at /mnt; the machine must survive and say "walked".
WALK = """mount /dev/hdb /mnt || { echo refused; exit 0; }
ls -l /mnt; find /mnt > /tmp/found; cat /mnt/big > /dev/null; cat /mnt/dir/* > /dev/null; cat /mnt/link > /dev/null
echo new > /mnt/new; echo more >> /mnt/big; mkdir /mnt/sub; rm /mnt/dir/f1; mv /mnt/dir/f2 /mnt/moved; mv /mnt/tree/a /mnt/dir/a; rm -r /mnt/tree
sync; umount /mnt; echo walked"""


def make_original():
    """A small file system with files, folders and indirect blocks."""
    folder, image = new_path("seed"), new_path("original.img")
    for name in ("dir", "tree/a/b"):
        os.makedirs(os.path.join(folder, name))
    for number in range(40):
        with open(os.path.join(folder, f"dir/f{number}"), "w", encoding="ascii") as file:
            file.write(f"file {number}\n" * 50)
    with open(os.path.join(folder, "big"), "wb") as file:
        file.write(bytes(range(256)) * 4 * 400)
    os.symlink("big", os.path.join(folder, "link"))
    subprocess.run([os.path.join(TOP, "tools/mkdisk"), image, "--plain", "--root", folder, "--block", str(BLOCK),
                    "--size", "4"], check=True)
    return image


def debugfs(image, request):
    return subprocess.run(["debugfs", "-w", "-R", request, image], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=True).stdout


def poke(image, at, data):
    with open(image, "r+b") as file:
        file.seek(at)
        file.write(data)


def block_of(image, path, number):
    return int(debugfs(image, f"bmap {path} {number}").split()[-1])


def inode_of(image, path):
    return int(debugfs(image, f"stat {path}").split("Inode:")[1].split()[0])


def indirect_of(image, path):
    """The block that holds the file's first block numbers beyond the twelve in the inode."""
    return int(debugfs(image, f"stat {path}").split("(IND):")[1].split(",")[0].split()[0])


SUPER = 1024
GROUPS = 2048
DAMAGES = {
    "no magic number": lambda image: poke(image, SUPER + 56, b"\0\0"),
    "a huge block size": lambda image: poke(image, SUPER + 24, b"\x40\0\0\0"),
    "no blocks per group": lambda image: poke(image, SUPER + 32, b"\0\0\0\0"),
    "no inodes per group": lambda image: poke(image, SUPER + 40, b"\0\0\0\0"),
    "more blocks than the disk": lambda image: poke(image, SUPER + 4, b"\xff\xff\xff\x7f"),
    "an unknown incompatible feature": lambda image: poke(image, SUPER + 96, b"\0\0\0\x80"),
    "an odd inode size": lambda image: poke(image, SUPER + 88, b"\x07\0"),
    "inode tables outside the disk": lambda image: poke(image, GROUPS + 8, b"\xff\xff\xff\xff"),
    "bitmaps outside the disk": lambda image: poke(image, GROUPS, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    "bitmaps of noise": lambda image: poke(image, 4 * BLOCK * 16, random.Random(1).randbytes(BLOCK)),
    "a root that is a file": lambda image: debugfs(image, "sif <2> mode 0100644"),
    "a root without blocks": lambda image: debugfs(image, "sif <2> block[0] 0"),
    "a folder whose block is outside": lambda image: debugfs(image, "sif /dir block[0] 99999999"),
    "a folder entry of length 0": lambda image: poke(image, block_of(image, "/dir", 0) * BLOCK + 4, b"\0\0"),
    "a folder entry beyond its block": lambda image: poke(image, block_of(image, "/dir", 0) * BLOCK + 4, b"\xfc\x7f"),
    "a folder entry with inode 4 billion": lambda image: poke(image, block_of(image, "/dir", 0) * BLOCK + 24, b"\xff" * 4),
    "a folder of noise": lambda image: poke(image, block_of(image, "/dir", 0) * BLOCK, random.Random(2).randbytes(BLOCK)),
    "an indirect block of noise": lambda image: poke(image, indirect_of(image, "/big") * BLOCK, random.Random(3).randbytes(BLOCK)),
    "an indirect block that points at itself": lambda image: poke(
        image, indirect_of(image, "/big") * BLOCK, struct.pack("<I", indirect_of(image, "/big")) * (BLOCK // 4)),
    "two files with one block": lambda image: debugfs(image, f"sif /dir/f1 block[0] {block_of(image, '/big', 0)}"),
    "a file over the inode table": lambda image: debugfs(image, "sif /dir/f1 block[0] 20"),
    "a negative size": lambda image: debugfs(image, "sif /dir/f1 size 0xffffffffffffff00"),
    "a link of 4 GiB": lambda image: debugfs(image, "sif /link size 0xffffffff"),
    "a folder that is its own child": lambda image: debugfs(image, "link /tree /tree/a/b/loop"),
    "a folder that is its own parent": lambda image: poke(
        image, block_of(image, "/dir", 0) * BLOCK + 12, struct.pack("<I", inode_of(image, "/dir"))),
    "an inode of noise": lambda image: [debugfs(image, f"sif /dir/f1 block[{i}] {0x10000000 + i}") for i in range(15)],
    "half of the disk gone": lambda image: os.truncate(image, os.path.getsize(image) // 2),
    "an orphan list that leads nowhere": lambda image: poke(image, SUPER + 232, b"\xff\xff\0\0"),
}


def check(tap, original, title, damage):
    image = new_path("damaged.img")
    disk.duplicate(original, image)
    damage(image)
    after = boot("/bin/sh", "-c", WALK, second_disk=image, timeout=120)
    done = after.lines("walked") or after.lines("refused")
    return tap.ok(done and after.status == 0, f"{title}: the machine goes on", after)


def check_noise(tap, original, seed):
    """Bytes changed anywhere in the metadata."""
    def damage(image):
        source = random.Random(seed)
        for _ in range(30):
            poke(image, source.randrange(1024, 120 * BLOCK), source.randbytes(source.choice((1, 2, 4))))
    check(tap, original, f"noise in the metadata, seed {seed}", damage)


def main():
    tap = Tap()
    original = make_original()
    tap.ok(check(tap, original, "no damage", lambda image: None), "the walk itself passes")
    for title, damage in DAMAGES.items():
        check(tap, original, title, damage)
    for seed in range(40 if LONG else 6):
        check_noise(tap, original, seed)
    tap.done()


main()
