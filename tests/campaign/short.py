# SPDX-License-Identifier: MIT
"""
short - needs are exact: with one less of a class (short=SCOPE:CLASS) the kernel stops in one of the sweep's situations

The pair is one of those that some situation needs.  I3 must fire and name the call; where it does not, the slack and its
reason stand below.  The kernel says so once when it first grants one less: a pair that no situation needs is an error.
With pair=list nothing is one less: what the situations ask for must be just the pairs of sweep.campaign.
"""

import os
import re

from lib import machine, runs
from lib.stage import IMAGE
from lib.values import BLOCKS, PAIR

PARAMETERS = {"pair": "read:frames", "block": "4096"}
CHOICES = {"pair": PAIR, "block": BLOCKS}
TIMEOUT = 600
WORK_MIB, OTHER_MIB = 16, 8
CAMPAIGN = os.path.join(machine.TOP, "tests/campaign/sweep.campaign")
BUILT_FROM = (machine.Machine().kernel, IMAGE, CAMPAIGN)
ASKS = re.compile(r"^ante: short: (\S+) asks for (.+?)\s*$", re.MULTILINE)
SLACK = {
    "execve:region": "each segment is counted with two regions, of file and of zeros; those of the programs here are one or the other",
    "mount:frames": "the need is that of the largest disk, whose descriptors have 64 blocks",
}


def check_list(after, verdict):
    asked = {f"{scope}:{kind.replace(' ', '_')}" for scope, kind in ASKS.findall(after.log)}
    tried = {run["pair"] for run in runs.read_campaign(CAMPAIGN) if run.scenario == "short"} - {"list"}
    for pairs, what in ((asked - tried, "sweep.campaign lacks"), (tried - asked, "no situation needs")):
        verdict.need(not pairs, f"{what} {' '.join(sorted(pairs))}", after.result.tail(40))
    verdict.healthy(after)


def check_pair(pair, after, verdict):
    scope = pair.split(":")[0]
    panics = after.lines("ante: panic: ")
    verdict.need(after.lines("ante: short: "), f"no situation needs {pair}", after.result.tail(40))
    if pair in SLACK:
        verdict.need(not panics, f"it has no slack: {panics}", after.result.tail(40))
    else:
        named = panics and re.search(rf"I3: call {scope} takes .* beyond its need", panics[0])
        verdict.need(named, f"one less does not stop the kernel: {panics or 'no panic'}", after.result.tail(40))


def play(run, stage, verdict):
    other = stage.overlay(stage.disk(OTHER_MIB))
    drive = ["-drive", f"file={other},format=qcow2,if=ide,index=2,cache=unsafe"]
    after = stage.boot("/tests/campaign/sweep", "-m", "-q", "-c", "cold", "-r", "near", "/mnt", words=f"short={run['pair']}",
                       work=stage.disk(WORK_MIB, int(run["block"])), qemu=drive)
    if run["pair"] == "list":
        check_list(after, verdict)
    else:
        check_pair(run["pair"], after, verdict)
