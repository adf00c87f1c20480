# SPDX-License-Identifier: MIT
"""
diskfaults - a disk that fails, is slow or is full, while memory is refused

/tests/campaign/keeper changes files and folders and may meet those errors only that its disk and its policy explain; a
call that was refused has changed nothing.  Afterwards e2fsck -fy mends the disk and every promise is kept that fsync
or sync made by answering 0.  The work disk:

    sound                             the rest of the comparison
    slow                              200 requests a second (QEMU's throttling)
    full                              smaller than what is written
    read-once, write-once             some sectors fail the first time (QEMU's blkdebug): nobody may notice
    read-bad, write-bad               some sectors fail always: EIO for who asked, a read-only file system for metadata
"""

import random

from lib import stage as stages
from lib.faults import faulty_disk, slow_disk
from lib.promises import Journal, broken, repair
from lib.values import BLOCKS, INJECTION, number, one_of

PARAMETERS = {"inject": "off", "steps": "300", "disk": "sound", "block": "4096", "sectors": "12"}
CHOICES = {"inject": INJECTION, "steps": number(1), "block": BLOCKS, "sectors": number(1, 1000),
           "disk": one_of("sound", "slow", "full", "read-once", "read-bad", "write-once", "write-bad")}
SMALLER = ("steps", "sectors")
TIMEOUT = 300
SIZE = 8                                 # MiB
LEAST_CALLS = 20                         # that succeed
REQUESTS = 200                           # a second
FIRST_SECTOR, LAST_SECTOR = 256, 4096    # behind superblock, bitmaps and the first inodes: a disk that mounts
ERRORS = {"full": "s", "read-bad": "ir", "write-bad": "ir"}


def work_disk(run, image):
    """QEMU's arguments for the disk."""
    kind, _, how = run["disk"].partition("-")
    if kind == "slow":
        return slow_disk(image, REQUESTS)
    chosen = random.Random(run.seed).sample(range(FIRST_SECTOR, LAST_SECTOR), int(run["sectors"])) if how else []
    return faulty_disk(image, kind if how else "read", sorted(chosen), once=how == "once")


def allowed(run):
    """The errors that the program may meet, as keeper takes them."""
    refused = "m" if run.policy == "fail" and run["inject"] != "off" else ""
    return refused + ERRORS.get(run["disk"], "") or "-"


def check_steps(run, after, verdict):
    """The program has come to its end, and has done something before its disk failed."""
    found = verdict.figures
    verdict.need(found.get("steps") == int(run["steps"]), f"{found.get('steps', 0)} of {run['steps']} steps were made", after.result.tail(40))
    verdict.need(found.get("calls", 0) - found.get("refused", 0) >= LEAST_CALLS, f"hardly a call was answered well: {found}",
                 after.result.tail(40))


def play(run, stage, verdict):
    block = int(run["block"])
    full = run["disk"] == "full" and stages.made_once(f"full-{block}.img", lambda path: stages.full_disk(path, block))
    image = stage.overlay(full or stages.empty_disk(SIZE, block))
    words = "" if run["inject"] == "off" else f"inject={run['inject']}"
    after = stage.boot("/tests/campaign/keeper", "/dev/hdb", run["steps"], run.seed, allowed(run), words=words, qemu=work_disk(run, image))
    verdict.healthy(after)
    verdict.need(not after.lines("wrong: "), "; ".join(after.lines("wrong: ")), after.result.tail(40))
    journal = Journal(after.log)
    for start in ("steps ", "calls ", "refused ", "marks "):
        verdict.figures.update({start.strip(): int(line.split()[1]) for line in after.lines(start)})
    check_steps(run, after, verdict)
    whole, report = repair(after.raw(image), journal.moving(journal.marks))
    lost = broken(after.raw(image), journal.until(journal.marks))
    verdict.figures["mended"] = int("FILE SYSTEM WAS MODIFIED" in report)
    verdict.figures["promises"] = sum(line[0] in "+0" for line in journal.lines)
    if not (verdict.need(whole, "e2fsck finds damage that must not be", report) and verdict.need(not lost, "; ".join(lost), report)):
        verdict.fs = "inconsistent"
    if run["disk"] not in ERRORS:
        verdict.need(not verdict.figures["mended"], "e2fsck had something to mend after an orderly end", report)
    if verdict.figures.get("refused") and verdict.process == "ok":
        verdict.process = "error"
