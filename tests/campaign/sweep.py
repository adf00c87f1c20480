# SPDX-License-Identifier: MIT
"""
sweep - every refusal point of every call: the n-th is refused for n = 1, 2, 3 ... until the call passes untouched

/tests/campaign/sweep makes each call in situations that reach its branches, with warm and cold caches, and judges each
step: a refused call answers ENOMEM (or, in a later window of a read or write, a short count) and has changed nothing at
all, made again it succeeds, nothing is lost; under retry and backoff, and when a try is refused, the answer is the one
without injection.  Afterwards both file systems are clean.

    caches, route    only these (warm cold no-pages no-names; near up absolute deep chain slow long many)
    part             I/OF: every OF-th scenario from the I-th
    only             SCENARIO, SCENARIO:CACHES or SCENARIO:CACHES:N
    block            of the file system, in bytes
"""

import re

from lib.values import BLOCKS, PART, one_of, pattern

PARAMETERS = {"block": "4096", "caches": "all", "route": "all", "part": "1/1", "only": "all"}
ROUTES = ("near", "up", "absolute", "deep", "chain", "slow", "long", "many")
CACHES = ("warm", "cold", "no-pages", "no-names")
CHOICES = {"block": BLOCKS, "caches": one_of("all", *CACHES), "route": one_of("all", *ROUTES), "part": PART,
           "only": pattern("all, SCENARIO, SCENARIO:CACHES or SCENARIO:CACHES:N", rf"[\w-]{{1,60}}(:({'|'.join(CACHES)})(:0*[1-9][0-9]{{0,8}})?)?")}
TIMEOUT = 2400
MOST_PARTS = 1000  # there are fewer scenarios
WORK_MIB, OTHER_MIB = 16, 8
SWEPT = re.compile(r"^swept (\w+) (\S+) (\S+) \w+ steps (\d+) entries (\d+) tries (\d+) short (\d+):(.*)$", re.MULTILINE)


def options(run):
    chosen = [word for letter, name in (("-c", "caches"), ("-r", "route")) if run[name] != "all" for word in (letter, run[name])]
    return ["-m", "-p", run.policy, "-s", run["part"], *chosen, "/mnt"] + ([] if run["only"] == "all" else [run["only"]])


def add(figures, name, count):
    figures[name] = figures.get(name, 0) + count


def count_points(log, figures):
    """What the program swept: for each call its points, for each scope where they were."""
    for call, scenario, caches, steps, entries, tries, short, scopes in SWEPT.findall(log):
        for name, count in (("points", steps), ("entries", entries), ("tries", tries), ("short", short), ("blocks", 1)):
            add(figures, name, int(count))
        add(figures, f"blocks of {call}", 1)
        add(figures, f"points at {scenario}:{caches}", int(steps))
        for kind, count in (("entries", entries), ("tries", tries), ("short", short)):
            add(figures, f"{kind} of {call}", int(count))
        for scope, count in re.findall(r"(\w+)=(\d+)", scopes):
            add(figures, f"points in {scope}", int(count))


def check_only(run, log, figures, verdict):
    """What alone was asked for is there: the scenario, and the one point."""
    wanted = run["only"].split(":")
    if "sweep: " in log and verdict.need(figures.get("blocks"), f"nothing was swept: only {run['only']}") and len(wanted) == 3:
        verdict.need(figures["points"], f"{':'.join(wanted[:2])} has no point {wanted[2]}")


def narrower(run, result):
    """For minimise: each step that was wrong, alone (step 0 is the one without a refusal); after a panic, which names none,
    one state of the caches, half of the scenarios, one route."""
    for situation, point in re.findall(rf"wrong: ([\w-]+:(?:{'|'.join(CACHES)}))(:[0-9]+) ", result["why"]):
        yield {"only": situation + (point if point != ":0" else ""), "part": "1/1", "caches": "all", "route": "all"}
    first, parts = map(int, run["part"].split("/"))
    if run["only"] == "all" and run["caches"] == "all":
        yield from ({"caches": caches} for caches in CACHES)
    elif run["only"] == "all" and 2 * parts < MOST_PARTS:
        yield from ({"part": f"{half}/{2 * parts}"} for half in (first, first + parts))
    elif run["only"] == "all" and run["route"] == "all":
        yield from ({"route": route} for route in ROUTES)


def play(run, stage, verdict):
    other = stage.overlay(stage.disk(OTHER_MIB))
    drive = ["-drive", f"file={other},format=qcow2,if=ide,index=2,cache=unsafe"]
    after = stage.boot("/tests/campaign/sweep", *options(run), work=stage.disk(WORK_MIB, int(run["block"])), qemu=drive)
    after.checked.append(other)
    count_points(after.log, verdict.figures)
    wrong = after.lines("wrong: ")
    verdict.need(not wrong, "; ".join(wrong), after.result.tail(40))
    check_only(run, after.log, verdict.figures, verdict)
    verdict.need(after.lines("sweep: "), "the sweep did not come to its end", after.result.tail(40))
    verdict.healthy(after)
    verdict.process = "error" if verdict.process == "ok" and run.policy == "fail" and verdict.figures.get("entries") else verdict.process
