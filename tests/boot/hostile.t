#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Bombs of an ordinary user (processes, memory, open files) leave root's shell able to fork, exec and kill; two big forks
end; and a machine without memory to spare answers ENOMEM at the entry, never by a panic.  What is mounted with nodev
opens no device.  A program that has much to say to the console in one call can be killed while it does.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import Tap, boot, healthy, script

# Each bomb runs as the user nobody in the background; meanwhile root works, then ends it.
ROOT_WORKS = """
sleep 2
for i in 1 2 3 4 5; do /bin/echo "root forks $i" || echo "no $i"; done
ls /bin > /dev/null && echo "root lists"
kill -9 -$bomb; kill -9 $bomb; sleep 1
/bin/echo "root is alive"
"""
BOMBS = {
    "a fork bomb": "bomb() { bomb | bomb & }; bomb; while :; do :; done",
    "a memory bomb": "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done",
    "many memory eaters": "for i in 1 2 3 4 5 6 7 8; do (x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done) & done; wait",
    "a pipe bomb": "f() { sleep 100 | f; }; f",
}


def check_bombs(tap):
    for policy in ("fail", "retry"):
        for title, bomb in BOMBS.items():
            after = script(f"/tests/busybox su nobody -s /bin/sh -c '{bomb}' &\nbomb=$!\n{ROOT_WORKS}", memory="16M",
                           timeout=180, words=f"policy={policy}")
            healthy(tap, after, f"{title}, {policy}")
            tap.ok(len(after.lines("root forks")) == 5 and after.lines("root lists") and after.lines("root is alive"),
                   f"{title}, {policy}: root can work", after)


def check_small(tap):
    after = script("cd /tmp; for i in 1 2 3; do ls -l /bin | sort | wc -l; done; find / -type f | wc -l\n", memory="8M")
    healthy(tap, after, "8 MiB of memory")
    after = script("dd if=/dev/zero of=/tmp/f bs=1048576 count=40 && md5sum /tmp/f && rm /tmp/f && echo fine\n", memory="8M",
                   timeout=300)
    healthy(tap, after, "a file five times the memory")
    tap.ok(after.lines("fine"), "it is written and read", after)


def check_nodev(tap):
    mount = "/tests/busybox mount -t devfs -o {} none /mnt && {{ cat </mnt/null && echo opened {}; /tests/busybox umount /mnt; }}\n"
    after = script("".join(mount.format(option, option) for option in ("rw", "nodev")))
    healthy(tap, after, "a mount with nodev")
    tap.ok(after.lines("opened rw") and not after.lines("opened nodev"), "devices open without nodev only", after)


def check_flood(tap):
    after = boot("/tests/campaign/flood")
    healthy(tap, after, "gigabytes for the console")
    tap.ok(after.lines("write: killed") and after.lines("sendfile: killed"), "who sends them in one call can be killed", after)


def main():
    tap = Tap()
    check_nodev(tap)
    check_flood(tap)
    check_small(tap)
    check_bombs(tap)
    tap.done()


main()
