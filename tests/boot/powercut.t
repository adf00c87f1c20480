#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
After a power cut at any moment e2fsck repairs the disk, and everything is there, unmixed, that fsync or sync had
returned for: whatever the disk did with the writes since its last flush.

The guest writes files and calls sync after each; after each return it writes a mark, the first sector of a second
partition.  In the log of writes the mark stands behind all that it promises.

It is the flushes that keep the promises: when they are taken out of the log, as if the driver had never sent FLUSH CACHE,
the same check finds broken ones.  And each phase of writing waits for the one before: kept alone, the last write before
any flush breaks nothing.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from boot import IMAGE, LONG, Tap, disk, machine_for, new_path
from lib.powercut import KINDS, MARKING, Log, Replayer, add_mark_partition, logging_options, marks
from lib.promises import repair

FILES = 40 if LONG else 12
CUTS = 400 if LONG else 60
# File N holds its number many times over.  It is renamed into place, and to another folder while the next one comes: a promised file
# must never be without a name.
SCRIPT = f"""mkdir /new /old; i=0
while [ $i -lt {FILES} ]; do
    yes $i | head -c 9000 > /tmp/part; sync; mv /tmp/part /new/file$i
    [ $i = 0 ] || mv /new/file$((i - 1)) /old; rm -f /old/file$((i - 5)); sync
    {{ echo "{MARKING.decode()}$((i + 1))"; yes x; }} | head -c 512 | dd of=/dev/hda2 bs=512 conv=notrunc,fsync || exit 1
    i=$((i + 1))
done"""


def record():
    """Boots with logged writes; returns the original disk, the log, and the mark's sector."""
    original, image, log = new_path("original.img"), new_path("logged.img"), new_path("writes.log")
    disk.duplicate(IMAGE, original)
    disk.write(original, "/script", SCRIPT.encode())
    mark = add_mark_partition(original)
    disk.duplicate(original, image)
    guest = machine_for("/bin/sh", ["/script"], image=None, words="root=hda1", timeout=300,
                        qemu=logging_options(image, log))
    return original, log, mark, guest.run()


def missing(image, promised):
    """What of the promised files is not there as it was written."""
    wrong = []
    for number in range(max(0, promised - 4), promised):
        line = f"{number}\n".encode()
        expected = (line * (9000 // len(line) + 1))[:9000]
        found = [disk.read(image, path) for path in (f"/new/file{number}", f"/old/file{number}") if disk.exists(image, path)]
        if not found or any(content != expected for content in found):
            wrong.append(f"file{number}: " + (" and ".join(f"{len(one)} bytes, {one[:40]!r}" for one in found) or "is not there"))
    return wrong


def broken(image, promised):
    """What is wrong with a disk after a power cut: "" when all that was promised is there."""
    whole, report = repair(image)
    return "\n".join(missing(image, promised)) or ("" if whole else report)


def check_cuts(tap, replayer, promises):
    entries = len(promises)
    first = next((at for at, count in enumerate(promises) if count), 0)
    step = max(1, (entries - first) // CUTS)
    for at, cut in enumerate(range(first + 1, entries + 1, step)):
        wrong = broken(replayer.disk(cut, KINDS[at % 3]), promises[cut - 1])
        tap.ok(not wrong, f"cut after {cut} of {entries} entries, {KINDS[at % 3]} of what was open", wrong)


def check_order(tap, replayer, promises):
    """Right before each flush, when most is open, only the last write is kept: nothing is written before what it builds on is safe."""
    flushed = [entry.number for entry in replayer.log.entries if entry.flush and promises[entry.number]]
    wrong = [text for number in flushed if (text := broken(replayer.disk(number, "last"), promises[number]))]
    tap.ok(not wrong, f"before each of {len(flushed)} flushes the last write alone breaks nothing", "\n".join(wrong[:5]))


def flushes(log, promises):
    """The numbers of all flushes; of those between every second mark and the one before it; and of these marks."""
    every = [entry.number for entry in log.entries if entry.flush]
    made = [at for at in range(1, len(promises)) if promises[at] > promises[at - 1]]
    rounds = list(zip([0, *made], made))[::2]
    return every, [number for before, at in rounds for number in every if before < number < at], [at for _, at in rounds]


def check_without_flushes(tap, log, original, promises):
    """Cuts right behind marks that lose all that was open, of disks asked for fewer flushes: some promise must be broken."""
    every, between, made = flushes(log, promises)
    for what, numbers in (("any flush", every), ("the flushes between some marks", between)):
        replayer = Replayer(log.without(numbers), original, os.path.dirname(log.path))
        wrong = [broken(replayer.disk(at + 1, "none"), promises[at]) for at in made]
        tap.note(f"without {what} {sum(map(bool, wrong))} of {len(wrong)} cuts break a promise")
        tap.ok(any(wrong), f"without {what} a promise is broken")


def main():
    tap = Tap()
    original, path, mark, result = record()
    tap.ok(result.status == 0, "the run ends well", result.tail())
    log = Log(path)
    promises = list(marks(log, mark))
    tap.ok(promises and promises[-1] == FILES, f"all {FILES} files were promised", promises[-1:])
    tap.ok(any(entry.flush for entry in log.entries), "the disk was asked to flush")
    check_cuts(tap, Replayer(log, original, os.path.dirname(path)), promises)
    check_order(tap, Replayer(log, original, os.path.dirname(path)), promises)
    check_without_flushes(tap, log, original, promises)
    tap.done()


main()
