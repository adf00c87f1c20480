#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Needs are exact: when every grant of a call is one short of a class (short=SCOPE:CLASS), the kernel stops at the allocation
that misses it (I3) and names the call and the place; where it does not, the slack stands below with its reason.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import LONG, WORDS, Tap, script

# Enters each scope that an ordinary program enters; after `cold` what is on the disk must be read.
SCRIPT = """
cold() { sync; echo 3 > /proc/sys/vm/drop_caches; }
mkdir /tmp/d && echo text > /tmp/d/one && cat /tmp/d/one > /tmp/d/two
dd if=/dev/zero of=/tmp/d/large bs=64k count=8 2> /tmp/d/log
cold; cat /tmp/d/large > /dev/null
cold; ls -l /tmp/d | sort > /tmp/d/list
cold; ln -s one /tmp/d/link
cold; ln -s /a/target/so/long/that/it/has/a/block/of/its/own/on/the/disk/since/it/does/not/fit/in/the/inode /tmp/d/far
cold; cat /tmp/d/link; ls -l /tmp/d/far
cold; ln /tmp/d/one /tmp/d/three
cold; mv /tmp/d/two /tmp/d/four
cold; mv /tmp/d/three /tmp/d/four
cold; echo more >> /tmp/d/one
cold; chmod 600 /tmp/d/one
cold; echo cut > /tmp/d/large
cold; mkdir /tmp/d/sub; cold; mv /tmp/d/sub /tmp/up; cold; rmdir /tmp/up
dd if=/dev/hda of=/dev/null bs=4k count=1 2> /tmp/d/log; df / > /tmp/d/log; cat /proc/mounts > /tmp/d/log
/tests/t_mapfile; /tests/t_memory; /tests/t_poll; /tests/t_dup; /tests/t_locks; /tests/t_pipe; /tests/t_truncate
cold; rm /tmp/d/four
cold; rm -r /tmp/d
cold
"""

SAMPLE = ("service_start:frames", "read:frames", "read:io_request", "write:frames", "write:disk_blocks",
          "open:file", "fork:task", "fork:now", "fork:region", "fork:charge", "fork:slots", "mmap:region",
          "mremap:region", "mremap:charge", "walk:inode", "execve:region", "execve:now", "fault:frames",
          "pipe:pipe", "pipe:file", "create:inodes", "open:inode", "proc_read:frames", "disk_read:frames")

# Pairs that do not stop the kernel, and why that is right.
SLACK = {
    "execve:region": "a segment gets two regions when its zeros go on past the file's last page, which these programs' do not",
    "ext2_reap:frames": "what cannot be peeked, the list of orphans and the way to a leaf, is counted in full, and here is cached",
    "rename:frames": "a directory may have to grow, and the blocks of the two names be different ones; here it is not so",
    "mount:frames": "the need is that of the smallest groups and blocks that a disk of that size can have",
}


def all_pairs(tap):
    """Scopes that the script enters, with every class that they ask for."""
    after = script(SCRIPT, words="short=list", timeout=300)
    tap.ok(after.status == 0, "the script ends well without a shortage", after)
    told = re.findall(r"^ante: short: (\S+) asks for (.+)$", after.log, re.MULTILINE)
    tap.ok(len(told) > len(SAMPLE), "it has more pairs than the sample", after)
    return [f"{scope}:{kind.strip().replace(' ', '_')}" for scope, kind in told]


def check(tap, pair):
    scope, kind = pair.split(":")
    after = script(SCRIPT, words=f"short={pair}", timeout=120)
    os.unlink(after.guest.disk)  # there are many
    panics = after.lines("ante: panic: ")
    if not after.lines("ante: short: "):
        tap.ok(False, f"{pair}: a call that needs it is entered", after)
        return
    if pair in SLACK:
        tap.ok(not panics, f"{pair}: slack, because {SLACK[pair]}", after)
        return
    named = panics and re.search(rf"I3: call {scope} takes .* beyond its need", panics[0])
    place = re.search(r"^ *[0-9a-f]{16} \w+\+0x", after.log[after.log.find("backtrace:"):], re.MULTILINE)
    tap.ok(named and place, f"{pair}: one less stops the kernel, which names call and place", after)


def main():
    tap = Tap()
    if WORDS:
        tap.skip("needs are exact", "boot words of another mode are set")
        tap.done()
    for pair in all_pairs(tap) if LONG else SAMPLE:
        check(tap, pair)
    tap.done()


main()
