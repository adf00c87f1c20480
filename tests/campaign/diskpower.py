# SPDX-License-Identifier: MIT
"""
diskpower - power cuts while memory is refused: after e2fsck all is there, unmixed, that fsync or sync had returned for

/tests/campaign/keeper changes files and folders on a disk whose writes are noted.  The disk is then rebuilt for `cuts`
moments, from before the first write (all: every one).  Each is tried with all, with none and with a random half of the
writes since the last flush, with three random halves where all moments are tried.  e2fsck -fy must mend it so that all can
be read, no block may have two owners and no directory two names, but one that is being moved, and every promise that the
journal had made by then must be kept; before the first mark there is none.
"""

import os
import random

from lib import disk, stage as stages
from lib.powercut import Log, Replayer, logging_options, mark_sector, marks, wrap
from lib.promises import Journal, broken, repair
from lib.values import BLOCKS, INJECTION, number, one_of

PARAMETERS = {"inject": "off", "steps": "300", "cuts": "40", "disk": "sound", "block": "1024"}
CHOICES = {"inject": INJECTION, "steps": number(1), "block": BLOCKS, "cuts": number(1, 1000000, "all"), "disk": one_of("sound", "full")}
SMALLER = ("steps",)
TIMEOUT = 300
HALVES = 3      # random ones a moment, where every moment is tried
WRONG_MOST = 3  # broken cuts that are told before a run is given up


def make_base(path, kind, block):
    """A disk with the file system in its first partition: with room for all, or not (full)."""
    if kind == "full":
        stages.full_disk(path, block)
    else:
        stages.make_disk(path, 8, block)
    wrap(path)


def allowed(run):
    """The errors that the program may meet, as keeper takes them."""
    refused = "m" if run.policy == "fail" and run["inject"] != "off" else ""
    return refused + ("s" if run["disk"] == "full" else "") or "-"


def moments(run, entries):
    """The cuts that are tried, in rising order."""
    every = range(entries + 1)
    if run["cuts"] == "all" or int(run["cuts"]) >= len(every):
        return every
    return sorted(random.Random(run.seed).sample(every, int(run["cuts"])))


def kinds(run, open_writes):
    """What is kept of so many writes since the last flush, each in turn; of none and of one there are no two halves."""
    halves = HALVES if run["cuts"] == "all" else 1
    return ("all", "none")[:open_writes + 1] + (("some",) * halves if open_writes > 1 else ())


def look_at_cut(image, journal, mark, where, verdict):
    """Mends a disk and compares it with the promises; (all is right, e2fsck had something to mend)."""
    whole, report = repair(image, journal.moving(mark))
    lost = broken(image, journal.until(mark))
    verdict.need(whole, f"{where}: e2fsck finds damage that must not be", report)
    verdict.need(not lost, f"{where}: " + "; ".join(lost), report)
    return whole and not lost, "FILE SYSTEM WAS MODIFIED" in report


def look_at_cuts(run, log, base, journal, verdict):
    promises = [0, *marks(log, mark_sector(base))]
    replayer = Replayer(log, base, os.path.dirname(log.path), run.seed)
    tried = wrong = mended = 0
    for cut in moments(run, len(promises) - 1):
        for kind in kinds(run, len(log.split(cut)[1])):
            where = f"cut after {cut} of {len(promises) - 1} entries [{kind} of what was open, mark {promises[cut]}]"
            good, changed = look_at_cut(replayer.disk(cut, kind), journal, promises[cut], where, verdict)
            tried, wrong, mended = tried + 1, wrong + (not good), mended + changed
        if wrong >= WRONG_MOST:
            break
    verdict.figures.update(cuts=tried, mended=mended, entries=len(promises) - 1, broken=wrong)
    verdict.fs = "inconsistent" if wrong else verdict.fs
    return promises


def play(run, stage, verdict):
    base = stages.made_once(f"power-{run['disk']}-{run['block']}.img", lambda path: make_base(path, run["disk"], int(run["block"])))
    image, path = stage.path("logged.img"), stage.path("writes.log")
    disk.duplicate(base, image)
    words = "" if run["inject"] == "off" else f"inject={run['inject']}"
    after = stage.boot("/tests/campaign/keeper", "/dev/hdb1", run["steps"], run.seed, allowed(run), "/dev/hdb2", words=words,
                       qemu=logging_options(image, path, unit=1))
    verdict.healthy(after)
    verdict.need(not after.lines("wrong: "), "; ".join(after.lines("wrong: ")), after.result.tail(40))
    if not verdict.need(after.lines("marks "), "the program did not come to its end", after.result.tail(40)):
        return
    journal, log = Journal(after.log), Log(path)
    numbers = {line.split()[0]: int(line.split()[1]) for start in ("steps ", "calls ", "refused ", "marks ") for line in after.lines(start)}
    verdict.figures.update(numbers, promises=sum(line[0] in "+0" for line in journal.lines))
    promises = look_at_cuts(run, log, base, journal, verdict)
    verdict.need(promises and promises[-1] == journal.marks > 0, f"{journal.marks} marks were made, {promises[-1:]} are in the log")
    if numbers.get("refused") and verdict.process == "ok":
        verdict.process = "error"
