# SPDX-License-Identifier: MIT
"""
faults - the paper's experiment: a mix of file calls while a share of all requests for memory is refused

/bench/faultmix works on a disk of its own and compares every answer with its model; afterwards a second program uses,
unmounts and remounts that file system, in the same boot, and the host compares every file with the model's listing.

    process   ok: every answer is the one given without injection    error: calls answered ENOMEM, and changed nothing
              abort: the program was killed or the kernel stopped
    fs        unusable: the second program could not work   inconsistent: e2fsck finds damage, or a content is wrong

With ama=off the same share is refused at the allocators, where nothing looks for it: the kernel stops, by design.
"""

import json
import os
import re
import subprocess

from lib import disk, listing, machine
from lib.values import INJECTION, number

PARAMETERS = {"inject": "0.5", "calls": "5000"}
CHOICES = {"inject": INJECTION, "calls": number(1)}
SMALLER = ("calls",)
TIMEOUT = 600
WORK_MIB = 64
# A call that pauses 1, 2, 4 ms ... 1 s: in time that jumps while everything sleeps.
JUMPING_TIME = ["-icount", "shift=0,sleep=off"]
TREE, LISTING = "/faultmix.tree", "/listing"


def numbers(lines):
    """What /proc/ama/totals printed: {name: number}."""
    return {name: int(value) for name, value in (line.split() for line in lines)}


def compare(image, folder):
    """What is not on the disk as listed."""
    subprocess.run(["debugfs", "-R", f"rdump {TREE} {folder}", disk.device(image)], stdin=subprocess.DEVNULL,
                   capture_output=True, check=True)
    return listing.differences(disk.read(image, LISTING).decode(), folder + TREE)


def look_at_disk(after, stage, verdict):
    """The file system's state on the host."""
    if not verdict.clean(after):
        return
    folder = stage.path("tree")
    os.mkdir(folder)
    wrong = compare(after.raw(), folder)
    if not verdict.need(not wrong, f"{len(wrong)} names have not what the program wrote [{', '.join(wrong[:4])}]"):
        verdict.fs = "inconsistent"


def figures(after, verdict):
    """Points and refusals of the mix alone, from /proc/ama/totals before and after it."""
    parts = [part.split("totals end")[0] for part in after.log.split("totals begin\n")[1:]]
    if len(parts) < 2:
        return
    before, later = (numbers(re.findall(r"^\w+ \d+$", part, re.MULTILINE)) for part in parts[:2])
    for name, key in (("points", "points"), ("refused", "refusals"), ("waits", "waits")):
        verdict.figures[name] = later[key] - before[key]
    verdict.figures["longest_wait_ns"] = later["longest_wait_ns"]


def on_linux(run, stage):
    """The same program on this machine: what every answer has to be when nothing is refused for good."""
    folder = stage.path("linux")
    os.mkdir(folder)
    program = os.path.join(machine.TOP, "build/root/bench/faultmix")
    done = subprocess.run([program, "-n", run["calls"], "-s", str(run.seed), "-d", folder], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[0])


def check_injection(run, verdict):
    """The injector was at work, as far as the totals say: they do not count tries."""
    if run["inject"] != "off" and not run["inject"].startswith("try:") and "refused" in verdict.figures:
        verdict.need(verdict.figures["refused"], f"inject={run['inject']} has refused nothing")


def check_answers(run, stage, verdict, found):
    """What the program said about the answers that it got."""
    verdict.figures["calls"] = found.get("calls", 0)
    verdict.need(found.get("verified"), "the program found an answer that is wrong", found)
    if run.policy == "fail":
        seen, made = found.get("refused", 0) + found.get("short", 0), verdict.figures.get("refused")
        verdict.need(seen == made, f"{made} calls were refused, the program saw {seen} of them")
    else:
        expected = on_linux(run, stage)
        verdict.need(found.get("digest") == expected["digest"], "an answer is not that of Linux", f"{expected}\n{found}")


def unchecked(after, verdict):
    """ama=off: what happened is told, nothing of it is a mistake; but the injector must have been at work.  The file system of a
    kernel that has stopped is called unusable; nobody has tried."""
    stopped = bool(after.lines("ante: panic: ama=off"))
    verdict.need(stopped, "the kernel did not stop at a refused allocation", after.result.tail(40))
    verdict.process, verdict.fs = ("abort", "unusable") if stopped else ("ok", "ok")
    damaged = not disk.check(after.raw())[0]
    verdict.figures["damaged"] = int(damaged)


def play(run, stage, verdict):
    judged = "fail" if run.policy == "fail" else "retry"
    patient = run.policy == "backoff"
    after = stage.boot("/bin/sh", "/tests/campaign/faults.sh", run["inject"], run["calls"], run.seed, judged, work=WORK_MIB,
                       qemu=JUMPING_TIME if patient else [])
    if "ama=off" in run.words:
        unchecked(after, verdict)
        return
    figures(after, verdict)
    found = [json.loads(line) for line in after.lines('{"bench":"faultmix"')]
    ended = after.lines("faultmix ended with ")
    if not (ended and found) or int(ended[0].split()[-1]) >= 128:
        verdict.process = "abort"
    elif found[0]["refused"] + found[0]["short"] or not found[0]["verified"]:
        verdict.process = "error"
    verdict.need(ended[:1] == ["faultmix ended with 0"], f"the mix: {ended[:1] or 'no end'}", after.result.tail(60))
    check_answers(run, stage, verdict, found[-1] if found else {})
    if not verdict.need(after.lines("the file system can be used"), "the second program could not work", after.result.tail(60)):
        verdict.fs = "unusable"
    verdict.need(after.status == 0 and after.balanced(), "not all came back", after.result.tail(60))
    check_injection(run, verdict)
    if ended:
        look_at_disk(after, stage, verdict)
