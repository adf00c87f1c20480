#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A read or write that the disk refuses is EIO for who asked, or for fsync, once; everything else keeps working.  A full
disk and a full table give the right error and leave nothing half done.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import TOP, Tap, disk, healthy, new_path, script

SECTORS_PER_BLOCK = 8


def data_disk(megabytes=16, *options):
    """A plain disk with a file of 1 MiB, to be hdb."""
    folder, image = new_path("seed"), new_path("data.img")
    os.mkdir(folder)
    with open(os.path.join(folder, "file"), "wb") as file:
        file.write(b"0123456789abcdef" * 65536)
    subprocess.run([os.path.join(TOP, "tools/mkdisk"), image, "--plain", "--root", folder, "--size", str(megabytes),
                    *options], check=True)
    return image


def sector_of(image, path, block):
    """The first sector of a block of a file."""
    answer = subprocess.run(["debugfs", "-R", f"bmap {path} {block}", image], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"\d+", answer)[-1]) * SECTORS_PER_BLOCK


def faulty_disk(image, kind, sector, once):
    """QEMU's arguments for hdb with an injected error at one sector."""
    return ["-drive", f"if=none,id=d1,driver=blkdebug,inject-error.0.event=none,inject-error.0.iotype={kind},"
            f"inject-error.0.errno=5,inject-error.0.sector={sector},inject-error.0.once={once},image.driver=raw,"
            f"image.file.driver=file,image.file.filename={image},rerror=report,werror=report",
            "-device", "ide-hd,drive=d1,bus=ide.0,unit=1"]


def check_read_error(tap):
    image = data_disk()
    broken = sector_of(image, "/file", 100)
    after = script("""mount /dev/hdb /mnt; cat /mnt/file > /tmp/copy && echo wrong
        dd if=/mnt/file of=/tmp/head bs=4096 count=90 2>/dev/null && echo head; echo x > /mnt/y; cat /mnt/y; umount /mnt""",
                 qemu=faulty_disk(image, "read", broken, "off"), timeout=120)
    healthy(tap, after, "a sector that cannot be read")
    tap.ok("Input/output error" in after.log or "I/O error" in after.log, "the reader is told EIO", after)
    tap.ok(not after.lines("wrong") and after.lines("head") and after.lines("x"), "the rest of the disk works", after)

    image = data_disk()
    after = script("mount /dev/hdb /mnt; cat /mnt/file | md5sum; umount /mnt",
                 qemu=faulty_disk(image, "read", sector_of(image, "/file", 100), "on"), timeout=120)
    healthy(tap, after, "a sector that cannot be read once")
    tap.ok("Input/output error" not in after.log, "the driver asks again, and nobody notices", after)


def check_write_error(tap):
    image = data_disk()
    broken = sector_of(image, "/file", 10)
    after = script("""mount /dev/hdb /mnt; dd if=/dev/zero of=/mnt/file bs=4096 count=20 conv=notrunc,fsync
        echo "first $?"; dd if=/dev/zero of=/mnt/other bs=4096 count=5 conv=fsync; echo "second $?"; umount /mnt""",
                 qemu=faulty_disk(image, "write", broken, "off"), timeout=120)
    healthy(tap, after, "a sector that cannot be written")
    tap.ok(after.lines("first 1"), "fsync says so", after)
    tap.ok(after.lines("second 0"), "another file can be written", after)


def check_forgotten_error(tap):
    """The inode leaves memory between the write that fails and the one who asks."""
    image = data_disk()
    broken = sector_of(image, "/file", 10)
    fill = "dd if=/dev/zero of=/mnt/file bs=4096 count=20 conv=notrunc 2>/dev/null"
    forget = "sync; echo 3 > /proc/sys/vm/drop_caches"
    after = script(f"""mount /dev/hdb /mnt; {fill}; {forget}
        sync /mnt/file; echo "first $?"; sync /mnt/file; echo "second $?"
        umount /mnt; echo "umount $?"
        mount /dev/hdb /mnt; {fill}; {forget}; umount /mnt; echo "untold $?"
        mount /dev/hdb /mnt; umount /mnt; echo "new $?"
        """, qemu=faulty_disk(image, "write", broken, "off"), timeout=120)
    healthy(tap, after, "a sector that cannot be written, and a file that is away from memory")
    tap.ok(after.lines("first 1"), "fsync still says so", after)
    tap.ok(after.lines("second 0") and after.lines("umount 0"), "once", after)
    tap.ok(after.lines("untold 1"), "when nobody has asked, umount says so", after)
    tap.ok(after.lines("new 0"), "and the next mount begins anew", after)


def check_full(tap):
    image = data_disk(4)
    after = script("""mount /dev/hdb /mnt; dd if=/dev/zero of=/mnt/big bs=65536 count=1000; echo "dd $?"
        echo x > /mnt/small; echo "small $?"; mkdir /mnt/dir; echo "dir $?"; rm /mnt/big; sync; sleep 1
        echo y > /mnt/after && cat /mnt/after; umount /mnt""", second_disk=image, timeout=120)
    healthy(tap, after, "a full disk")
    tap.ok("No space left on device" in after.log and after.lines("dd 1"), "the writer is told ENOSPC", after)
    tap.ok(after.lines("y"), "what is removed can be used again", after)
    clean, report = disk.check(image)
    tap.ok(clean, "the full disk is clean", report)

    image = data_disk(4, "--mke2fs", "-N 32")
    after = script("""mount /dev/hdb /mnt; i=0; while true > /mnt/f$i; do i=$((i + 1)); done; echo "made $i"
        echo more >> /mnt/f0; cat /mnt/f0; umount /mnt""", second_disk=image, timeout=120)
    healthy(tap, after, "a disk without free inodes")
    tap.ok(after.lines("made ") and not after.lines("made 0") and after.lines("more"), "files that are there can grow", after)
    clean, report = disk.check(image)
    tap.ok(clean, "it is clean", report)


def main():
    tap = Tap()
    check_read_error(tap)
    check_write_error(tap)
    check_forgotten_error(tap)
    check_full(tap)
    tap.done()


main()
