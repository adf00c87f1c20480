# SPDX-License-Identifier: MIT
"""
disk.py - what the tools know about Ante's disk images

An image is either a whole disk, whose only partition starts at sector 2048, or a bare ext2 file system.  e2fsprogs
work on both in place: they take "FILE?offset=BYTES" as the name of a device.

Use:    disk.check(image), disk.read(image, "/tmp/x"), disk.write(image, "/etc/x", data), disk.set_words(image, words)
"""

import os
import shlex
import subprocess
import tempfile

FIRST_SECTOR = 2048
OFFSET = FIRST_SECTOR * 512
BOOT_WORDS = "root=hda1 init=/bin/init"


class DiskError(Exception):
    """A tool of e2fsprogs could not do what was asked."""


def find_system_tools():
    """mke2fs and its like live where an ordinary user's PATH does not lead."""
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def has_partition(image):
    """True for a whole disk with a partition table, False for a bare file system."""
    with open(image, "rb") as file:
        sector = file.read(512)
    return sector[510:512] == b"\x55\xaa" and sector[450] == 0x83


def device(image):
    """The name under which e2fsprogs find the file system in the image."""
    return f"{image}?offset={OFFSET}" if has_partition(image) else image


def root_name(image, disk="hda"):
    """What Ante calls the device that holds the image's file system."""
    return disk + "1" if has_partition(image) else disk


def duplicate(image, target):
    """A copy that shares no later change with the original; holes stay holes."""
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, target], check=True)


def check(image):
    """e2fsck -fn: (True, report) when the file system is clean.  Changes nothing."""
    done = subprocess.run(["e2fsck", "-fn", device(image)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0, done.stdout.decode(errors="replace")


def _debugfs(image, requests, write=False):
    """Gives debugfs its requests, one a line; returns what it answered.  It reports failure on stderr only."""
    with tempfile.NamedTemporaryFile("w", suffix=".debugfs") as script:
        script.write("\n".join(requests) + "\n")
        script.flush()
        command = ["debugfs"] + (["-w"] if write else []) + ["-f", script.name, device(image)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    errors = [line for line in done.stderr.decode().splitlines() if not line.startswith("debugfs 1.")]
    if done.returncode or errors:
        raise DiskError("; ".join(errors) or f"debugfs ended with {done.returncode}")
    return done.stdout.decode(errors="replace")


def exists(image, path):
    """True when the path names something on the disk."""
    try:
        return "Inode:" in _debugfs(image, [f'stat "{path}"'])
    except DiskError:
        return False


def read(image, path):
    """The contents of a file on the disk."""
    if not exists(image, path):
        raise DiskError(f"{path} is not on the disk")
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy")
        _debugfs(image, [f'dump "{path}" {copy}'])
        with open(copy, "rb") as file:
            return file.read()


def write(image, path, data, mode=0o644):
    """Puts a file of root's on the disk, in place of one that may be there; its folder has to exist."""
    with tempfile.NamedTemporaryFile() as source:
        source.write(data)
        source.flush()
        gone = [f'rm "{path}"'] if exists(image, path) else []
        _debugfs(image, gone + [f'write {source.name} "{path}"', f'set_inode_field "{path}" mode 0{0o100000 | mode:o}',
                                f'set_inode_field "{path}" uid 0', f'set_inode_field "{path}" gid 0'], write=True)


def words_line(words, program, arguments):
    """The kernel's command line.  An argument with blanks, quotes or a backslash stands in double quotes."""
    line = " ".join(words + ([f"init={program}"] if program else []))
    return line + "".join(" " + quote(word) for word in ["--"] + arguments) if arguments else line


def quote(argument):
    """GRUB writes the words of a line that it hands on in this way, so Ante reads it."""
    if argument and not any(sign in argument for sign in " \t\"'\\"):
        return argument
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")
    return f'"{escaped}"'


def grub_config(words, program=None, arguments=()):
    """grub.cfg with the commands themselves: no menu, no waiting.  Quoted for GRUB's own shell."""
    items = words.split() + ([f"init={program}"] if program else [])
    items += ["--", *arguments] if arguments else []
    line = " ".join(shlex.quote(item) for item in items)
    return f"multiboot2 /boot/ante {line}\nboot\n"


def set_words(image, words, program=None, arguments=()):
    """Writes what GRUB hands to the kernel at the next boot from this image."""
    write(image, "/boot/grub/grub.cfg", grub_config(words, program, arguments).encode())
