# SPDX-License-Identifier: MIT
"""
exhaust - real exhaustion: workers beside hogs that take all there is of one thing, or of several ("names+memory")

Under retry and backoff every worker ends with right results once the hogs have left, under fail large needs are
answered with ENOMEM and nothing else is; a worker with transient needs only goes on throughout, whatever the policy
(/tests/campaign/exhaust, which judges all this, with a watchdog).  The longest wait at the entry and the longest
round of a worker are reported.  A hog that has not used anything up proves nothing: each run must show that it has.

A machine may be too small for the program; then it must say so, at the entry, and end in order.
"""

import errno
import os
import re
import tempfile

from lib import stage as stages
from lib.values import number, several_of

PARAMETERS = {"hog": "memory", "pressure": "2"}
CHOICES = {"hog": several_of("memory", "processes", "pipes", "files", "dirty", "names", "folder"), "pressure": number(1, 1000)}
SMALLER = ("pressure",)
TIMEOUT = 180
WORK_MIB, PAGE = 48, 4096
TOO_SMALL, NOT_STARTED, STOPPED = 77, 126, 125
FOLDERS, NAMES, LONG_NAMES = 20, 200, 8000
NO_START = "ante: this machine has too little memory: "
WORKER = re.compile(r"^worker (\w+) rounds (\d+) pressed (\d+) refused (\d+) full (\d+) longest (\d+) ms$", re.MULTILINE)


def make_work_disk(path):
    """Many names in folders of 200, and one folder that a small machine cannot hold in memory."""
    with tempfile.TemporaryDirectory(prefix="ante-campaign-") as root:
        for folder in range(FOLDERS):
            os.makedirs(f"{root}/many/{folder:02}")
            for name in range(NAMES):
                with open(f"{root}/many/{folder:02}/{name:03}", "wb"):
                    pass
        os.mkdir(f"{root}/long")
        for name in range(LONG_NAMES):
            os.link(f"{root}/many/00/000", f"{root}/long/{name:0240}")
        stages.make_disk(path, WORK_MIB, PAGE, "--root", root)


def numbers(log):
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", log, re.MULTILINE)}


def judge_pressure(run, workers, found, verdict):
    """The hogs have used up what they are about."""
    hogs = run["hog"].split("+")
    refused, taken = verdict.figures["refused"], found["taken"]
    if {"memory", "processes"} & set(hogs) and len(workers) > 1:
        verdict.need(refused if run.policy == "fail" else found["waits"], "nobody was refused or had to wait for promises")
    if {"pipes", "files"} & set(hogs):
        verdict.need(found["stopped_by"] == errno.ENFILE, f"no maximum was reached, but error {found['stopped_by']}")
    if hogs == ["dirty"]:
        verdict.need(taken > found["total"] * PAGE, f"only {taken} bytes were written")
    if hogs == ["folder"]:
        verdict.need(taken > LONG_NAMES, "the large folder was not listed once")
    if hogs == ["names"]:
        verdict.need(found["missing"] * 360 > found["names"] * PAGE, f"only {found['missing']} different names were looked for")


def play(run, stage, verdict):
    after = stage.boot("/tests/campaign/exhaust", run["hog"], run["pressure"], work=stages.made_once("exhaust.img", make_work_disk))
    found = numbers(after.log)
    workers = {name: dict(zip(("rounds", "pressed", "refused", "full", "longest"), map(int, rest)))
               for name, *rest in WORKER.findall(after.log)}
    small = bool(after.lines("too small: ") or after.lines(NO_START)) or after.status == NOT_STARTED
    verdict.figures.update({name: found[name] for name in ("waits", "longest_wait_ns", "points") if name in found})
    verdict.figures.update(too_small=int(small), refused=sum(w["refused"] for w in workers.values()),
                           longest_round_ms=max((w["longest"] for w in workers.values()), default=0))
    wrong = after.lines("wrong: ")
    verdict.need(not wrong, "; ".join(wrong), after.result.tail(40))
    if small:
        judge_small(after, verdict)
        return
    if verdict.healthy(after):
        judge_pressure(run, workers, found, verdict)
    if verdict.figures["refused"] and verdict.process == "ok":
        verdict.process = "error"
        verdict.need(run.policy == "fail", f"{run.policy} has refused {verdict.figures['refused']} calls", after.result.tail(40))


def judge_small(after, verdict):
    """It says so, and ends in order."""
    if after.lines(NO_START):
        verdict.need(after.status == STOPPED, f"ends with {after.status}", after.result.tail(40))
    else:
        verdict.healthy(after, status=after.status if after.status in (TOO_SMALL, NOT_STARTED) else 0)
