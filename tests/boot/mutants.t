#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each count of each derived need is needed: in a kernel in which one of them is one less, under tight=1, one of the scripts below
ends in a panic; where none does, mutants.slack has the count and says why.

Caught and listed together are all, and none is both.  Judged is the status of a boot.  A sample, and with ANTE_LONG=1 all of them.
"""

import collections
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import IMAGE, LONG, TOP, WORDS, Tap, disk, new_path
from lib import machine

KERNEL = os.path.join(TOP, "build/mutants/kernel")
TERMS = os.path.join(TOP, "build/need/terms.txt")
SLACK = os.path.join(TOP, "tests/boot/mutants.slack")
MARK = b"ama-mutant:\0"
SAMPLE = 12  # every so manyth
ONLY = os.environ.get("ONLY", "").split()  # numbers, or needs with all their counts
CAUGHT, SURVIVED = "caught", "survived"

# In turn until one ends in a panic; after `cold` what is on the disk must be read.  Whether programs find what they expect is for
# other tests: in 16 MiB, under tight=1, some calls are refused.
SCRIPTS = ("""
cold() { sync; echo 3 > /proc/sys/vm/drop_caches; }
cd /tmp
mkdir d && echo text > d/one && cat d/one > d/two
cold; ls d > list; cold; cat d/two > d/three; cold; mv d/three d/four; cold; rm d/four; cold; echo more >> d/one
/bench/faultmix -n 150 -d /tmp > log
""", """
cold() { sync; echo 3 > /proc/sys/vm/drop_caches; }
cd /tmp
mkdir d && echo text > d/one && cat d/one > d/two
dd if=/dev/zero of=d/large bs=64k count=8 2> log
cold; cat d/large > log
cold; ln -s one d/link
cold; ln -s /a/target/so/long/that/it/has/a/block/of/its/own/on/the/disk/since/it/does/not/fit/in/the/inode d/far
cold; cat d/link; ls -l d/far > log
cold; ln d/one d/three; cold; mv d/three d/four; cold; chmod 600 d/one; cold; echo cut > d/large
cold; echo x > d/a_name_that_is_longer_than_forty_characters_and_so_has_memory_of_its_own; cold; cat d/a_name*
cold; mkdir d/sub; cold; mv d/sub up; cold; rmdir up
dd if=/dev/hda of=sectors bs=4k count=1 2> log; df / > log; cat /proc/mounts > log
/bench/faultmix -n 300 -d /tmp > log
cold; rm -r d
""", """
cd /tmp
for t in mapfile memory poll dup locks pipe truncate readwrite; do /tests/t_$t; done; true
""", """
cd /tmp
for t in dirs rename links files device fault shared exec process limits users; do /tests/t_$t; done; true
""", """
# What is mostly cached: after `away` names and inodes are known, but no block is.
cold() { sync; echo 3 > /proc/sys/vm/drop_caches; }
away() { ls -l $1 > log; sync; echo 1 > /proc/sys/vm/drop_caches; }
long=a_name_so_long_that_twenty_of_them_fill_a_block_
long=$long$long$long$long
cd /tmp
mkdir a b; echo 0123456789 > ten
for i in $(seq 40); do echo x > b/$i; done
echo x > b/far
away b/far; chmod 600 b/far
away b/far; /tests/busybox truncate -s 1 b/far
away b/far; echo text > b/far
away b/far; rm b/far
away b/7; ln b/7 a/7; away b/8; mv b/8 a/8
cold; ls b > log; cat b/30
mkfifo fifo; cat fifo > log & echo x > fifo; wait
for i in $(seq 25); do ln b/9 a/$long$i; done
for i in $(seq 10 35); do mv b/$i b/$long$i; done
for i in $(seq 10 35); do mv b/$long$i a/$long$i.moved; done
dd if=/dev/zero of=large bs=64k count=8 2> log
cold; cat large > log
cold; dd if=ten of=large bs=1 seek=300001 count=1 conv=notrunc 2> log
cold; dd if=ten of=large bs=10 seek=4915 count=1 conv=notrunc 2> log
cold; /tests/busybox truncate -s 300001 large
dd if=/dev/hda of=/dev/hdb bs=4k count=1 conv=notrunc 2> log
chmod 777 . a b; chmod 666 log
/tests/busybox su user -c ". /script5" || echo "su: $?"
ls c e | wc -l
""", """
# As a user, who may not take the blocks that are kept for root; run by the script before.
long=a_name_so_long_that_twenty_of_them_fill_a_block_
long=$long$long$long$long
cd /tmp; mkdir c e; echo x > c/1; dd if=/dev/zero of=c/large bs=64k count=2 2> log
for i in $(seq 25); do ln c/1 c/$long$i; done
for i in $(seq 25); do mv c/$long$i e/$long$i; done
""", """
/tests/campaign/everycall /tmp 12; true
""")

Mutant = collections.namedtuple("Mutant", "number name fate after")


def terms():
    """{number: name} of all counts; of those with the same need and class the second is "NEED CLASS #2"."""
    seen, found = collections.Counter(), {}
    with open(TERMS, encoding="utf-8") as file:
        for line in file:
            number, _, name = line.rstrip("\n").partition(" ")
            seen[name] += 1
            found[int(number)] = name if seen[name] == 1 else f"{name} #{seen[name]}"
    return found


def slack():
    """{name: reason} of the counts that no script needs."""
    with open(SLACK, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def kernel_of(number):
    """The kernel with that count lowered."""
    with open(KERNEL, "rb") as file:
        image = file.read()
    at = image.index(MARK) + len(MARK)
    path = new_path(f"kernel-{number}")
    with open(path, "wb") as file:
        file.write(image[:at] + number.to_bytes(4, "little") + image[at + 4:])
    return path


def disks_with_scripts():
    """The test disk with the scripts, and a blank one."""
    path, blank = new_path("disk.img"), new_path("blank.img")
    with open(blank, "wb") as file:
        file.truncate(1 << 20)
    disk.duplicate(IMAGE, path)
    for i, text in enumerate(SCRIPTS):
        disk.write(path, f"/script{i}", text.encode(), 0o755)
    return path, blank


def boot(kernel, image, blank, i):
    second = ["-drive", f"file={blank},format=raw,if=ide,index=1,snapshot=on"]
    return machine.Machine(kernel=kernel, disk=image, in_place=True, drive_options="snapshot=on", program="/bin/sh",
                           arguments=[f"/script{i}"], words=["tight=1"], memory="16M", qemu=second, timeout=600).run()


def fate_of(number, name, disks):
    """Caught by a panic in one of the scripts, survived when all end well, otherwise what else happened."""
    kernel = kernel_of(number)
    for i in range(len(SCRIPTS)):
        after = boot(kernel, *disks, i)
        if after.status:
            break
    os.unlink(kernel)
    fate = {0: SURVIVED, machine.STOPPED: CAUGHT}.get(after.status, f"status {after.status} in script {i}")
    return Mutant(number, name, fate, after)


def judge(tap, mutant, reasons):
    why = f"{mutant.fate}; the last lines of the console:\n{mutant.after.tail()}"
    reason = reasons.get(mutant.name)
    if reason:
        return tap.ok(mutant.fate == SURVIVED, f"{mutant.number} {mutant.name}: slack, because {reason}", why)
    panic = re.search(r"^ante: panic: (.*)", mutant.after.log, re.MULTILINE)
    return tap.ok(mutant.fate == CAUGHT, f"{mutant.number} {mutant.name}: {panic[1] if panic else 'one less stops the kernel'}", why)


def is_chosen(number, name):
    if ONLY:
        return str(number) in ONLY or name.split()[0] in ONLY
    return LONG or number % SAMPLE == 0


def check(tap, all_terms, reasons):
    disks = disks_with_scripts()
    whole = fate_of(0, "none", disks)
    if not tap.ok(whole.fate == SURVIVED, "with all counts as they are the scripts end well", whole.after.tail()):
        return
    chosen = [n for n, name in all_terms.items() if is_chosen(n, name)]
    with ThreadPoolExecutor(os.cpu_count() if LONG or ONLY else 1) as pool:
        good = sum(judge(tap, mutant, reasons) for mutant in pool.map(lambda n: fate_of(n, all_terms[n], disks), chosen))
    listed = sum(all_terms[n] in reasons for n in chosen)
    tap.ok(good == len(chosen), f"{good - listed} caught and {listed} listed are {len(chosen)}, of {len(all_terms)} counts",
           f"{len(chosen) - good} are neither, or both")


def main():
    tap = Tap()
    if WORDS:
        tap.skip("each count is needed", "boot words of another mode are set")
        tap.done()
    all_terms, reasons = terms(), slack()
    unknown = sorted(set(reasons) - set(all_terms.values()))
    tap.ok(not unknown, "each listed count exists", "\n".join(unknown))
    check(tap, all_terms, reasons)
    tap.done()


main()
