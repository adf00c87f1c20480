# SPDX-License-Identifier: MIT
"""
The inputs from which the corpora grow: a few of each kind, made here, so that none is kept as bytes in the tree.
"""

import random
import struct


def ext2():
    """All block sizes, memory scarce and plenty, without mutations and with some; operations at random."""
    source = random.Random(1)
    for number in range(48):
        mutations = source.choice((0, 0, 1, 2, 5, 15))
        yield bytes([number % 6, mutations]) + source.randbytes(8 * mutations + 5 * source.randrange(10, 60))


def walk():
    """Folders, files, links, walks, moves; then anything."""
    token = {text: number for number, text in enumerate(["", "a", "b", "c", "/", "", "", "..", ".", "x"])}
    path = lambda *words: bytes(token[word] for word in words) + b"\0"
    make = lambda what, *words: bytes([0, what]) + path(*words)
    tree = make(0, "a") + make(0, "a", "/", "b") + make(1, "a", "/", "c") + make(2, "x") + path("a", "/", "b") + make(
        2, "b") + path("/", "x")
    yield tree + make(11 + 14, "b", "/", "..", "/", "c") + make(7, "x") + make(11, "..", "/", "c") + make(8, "/", "a")
    yield tree + make(5, "a", "/", "b") + path("c") + make(6, "a", "/", "c") + path("x", "/", "c") + make(4, "c") + make(3, "a")
    source = random.Random(2)
    for _ in range(30):
        yield tree + bytes(source.randrange(64) for _ in range(source.randrange(40, 200)))


def elf():
    """A program of two segments and a note, one of a single segment, and half of the first."""
    header = lambda count: struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0x401000, 64, 0, 0, 64, 56, count, 0, 0, 0)
    segment = lambda kind, flags, offset, at, file, mem: struct.pack("<IIQQQQQQ", kind, flags, offset, at, at, file, mem, 4096)
    load = segment(1, 5, 0, 0x400000, 0x1234, 0x1234)
    data, note = segment(1, 6, 0x1234, 0x402234, 0x300, 0x3000), segment(4, 4, 0x100, 0x400100, 0x20, 0x20)
    yield struct.pack("<I", 0x2000) + header(3) + load + data + note
    yield struct.pack("<I", 0x2000) + header(1) + load
    yield struct.pack("<I", 0) + header(3) + load


def script():
    """Lines with and without an argument, cut and whole."""
    yield from (b"/i\n", b" /i -x\n", b"\t/i  -x  -y \t\nmore", b"/none a\n", b"/i", b" /" + b"i" * 300, b"/i " + b"x" * 300,
                b"/i\0-x\n")


def tty():
    """Lines, editing, settings, then anything."""
    keys = lambda text: b"".join(bytes([5, key]) for key in text)
    yield keys(b"one two\n") + b"\0\5\0" + keys(b"thr\x7f\x17\x15x\4") + b"\0\xff\0"
    yield keys(b"half") + b"\1\2\2\0\0" + keys(b"raw\4") + b"\1\2\2\0\0" + keys(b"x\n") + b"\0\x10\0"
    yield b"\3\x00\x10a" + keys(b"\n") + b"\0\xff\x0f" + keys(b"\x03\x1a\x1c\x16\x03\x12")
    yield b"\1\0\0\x40\0" + keys(b"\x93\x93\x7f\x7f")  # IUTF8 off: two characters
    yield b"\1\2\x10\2\0" + keys(b"\x16\x08a\x08\x08")  # neither ECHOE nor ECHOCTL: ^H is echoed as it is, also in the first column
    source = random.Random(3)
    for _ in range(20):
        yield source.randbytes(source.randrange(40, 300))


def boot():
    """Every word, bad ones, and arguments."""
    words = ("root=hda1 init=/bin/prog ama=off peek=on recycle=0 window=1 tight=1 policy=retry inject=0.5 seed=7 floor=12 stack=64",
             "short=open:frames trace=calls dma=off quiet ro inject=try:0.25@3-9 seed=0x10 -- one \"two three\" four\\ five",
             "inject=open:nth=3 policy=backoff init=/bin/sh -- -c \"echo \\\"x\\\"\"", "policy=often", "ama=maybe", "no", "inject=1.5",
             "seed=99999999999999999999", "root=" + "x" * 40, "-- " + "a " * 40)
    yield from (b"\0" + line.encode() for line in words)
    yield b"\1" + b"\xff".join((b"plain", b"", b"two words", b'quoted " \\ \' all', b"\\", b'"')) + b"\xff"


MAKERS = {"boot": boot, "elf": elf, "ext2": ext2, "script": script, "tty": tty, "walk": walk}
