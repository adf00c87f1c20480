#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A campaign runs every combination once, also when it is interrupted or the host's disk fills up; what is wrong with a
campaign file is named with its line, values included; a run that has tried nothing has failed; a failed run is replayed
and made smaller by the command that is printed for it.

The scenario here boots nothing: it notes each run in a file and fails, hangs or fills the disk as its parameters say.
"""

import contextlib
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.machinery import SourceFileLoader
from types import SimpleNamespace

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests/harness"), os.path.join(TOP, "tools")]
from tap import Tap
from lib import crew, runs, shrink, stage, values

CAMPAIGN = os.path.join(TOP, "tools/campaign")
# Fails from 37 calls on, when point 130 is among those that may be refused.
PRETEND = '''# SPDX-License-Identifier: MIT
"""pretend - runs without a machine"""
import errno, os, re, time
BOOTS = False
PARAMETERS = {"calls": 10, "inject": "off", "held": 0, "full": 0, "broken": 0, "panics": "never", "step": "sound"}
SMALLER = ("calls",)
def narrower(run, result):
    yield from ({"step": step} for step in re.findall("at step ([0-9]+)", result["why"]) if run["step"] == "all")
def play(run, stage, verdict):
    folder = os.path.dirname(__file__)
    with open(os.path.join(folder, "noted"), "a") as file:
        file.write(f"{run}\\n")
    while run["held"] == "1" and run.seed > 6 and not os.path.exists(os.path.join(folder, "go")):
        time.sleep(0.05)
    if run["full"] == "1" and run.seed == 3:
        raise OSError(errno.ENOSPC, "No space left on device")
    if run["broken"] == "1":
        raise ValueError("out of order")
    if run["broken"] == "2":
        stage.no_such_thing()
    if run["panics"] != "never":
        other = run["panics"] == "one-or-other" and int(run["calls"]) < 100
        stage.panics.append(f"ante: panic: {'I4' if other else 'I3'}: call read takes {run['calls']} frames")
        verdict.need(False, "no end")
    if run["step"] != "sound":
        verdict.need(run["step"] not in ("all", "7"), "wrong: at step 7")
    window = re.search("@([0-9]+)-([0-9]+)", run["inject"])
    first, last = map(int, window.groups()) if window else (1, 1000)
    nth = re.search("nth=([0-9]+)", run["inject"])
    hit = int(nth[1]) == 130 if nth else first <= 130 <= last
    verdict.figures["points"] = 1000
    verdict.need(run["inject"] == "off" or int(run["calls"]) < 37 or not hit, "something is lost")
'''
BOOTING = '''"""booting - wants a machine"""
def play(run, stage, verdict):
    stage.boot("/bin/true")
'''
# Somebody takes QEMU away before the third run: the link to it in the folder that the test has made.
LEAVING = '''"""leaving - wants a machine in the end"""
import os, shutil
def play(run, stage, verdict):
    qemu = shutil.which("qemu-system-x86_64")
    if run.seed == 3 and qemu and os.path.islink(qemu) and os.path.dirname(qemu).endswith("/leaving"):
        os.remove(qemu)
    if run.seed >= 3:
        stage.boot("/bin/true")
'''


class Place:
    """A folder with scenarios, a campaign file and results."""

    def __init__(self, folder):
        self.folder = folder
        for name, text in (("pretend.py", PRETEND), ("booting.py", BOOTING), ("leaving.py", LEAVING)):
            self.write(name, text)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def command(self, *words):
        return [CAMPAIGN, *words, "--scenarios", self.folder]

    def campaign(self, text, *options, **more):
        path = self.write("test.campaign", text)
        return self.run(path, "--results", self.folder + "/results", "--jobs", "2", *options, **more)

    def run(self, *words, **more):
        return subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              check=False, **more)

    def noted(self):
        """The runs that took place, in order."""
        path = os.path.join(self.folder, "noted")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()

    def results(self):
        found = []
        for name in os.listdir(self.folder + "/results/test"):
            if name.startswith("results"):
                with open(f"{self.folder}/results/test/{name}", encoding="utf-8") as file:
                    found += [json.loads(line) for line in file]
        return found


def check_messages(tap, place):
    cases = (
        ("seeds 1-3\n", "no line names a scenario"),
        ("scenario nothing\n", r'test.campaign:1: there is no scenario "nothing" in .*pretend'),
        ("# text\ncals 5\n", r'test.campaign:2: "cals" is not known before the first scenario'),
        ("scenario pretend\n  cals 5\n", r'test.campaign:2: scenario pretend has no "cals" \(it has .*calls'),
        ("scenario pretend\n  policy retyr\n", r'test.campaign:2: "policy" takes fail, retry, backoff, not "retyr"'),
        ("scenario pretend\n  memory 16\n", r'test.campaign:2: "16" is no amount of memory'),
        ("scenario pretend\n  memory 8M-4M/1M\n", r'test.campaign:2: "8M-4M/1M" ends before it begins'),
        ("scenario pretend\n  seeds 5-1\n", r'test.campaign:2: "5-1" is no seed'),
        ("scenario pretend\n  seeds\n", r'test.campaign:2: "seeds" has no value'),
        ("scenario pretend\n  seeds 0\n", r'test.campaign:2: "0" is no seed'),
        ("scenario pretend\n  memory 1K\n", r'test.campaign:2: a machine has at least 3M, not "1K"'),
        ("# text\nwords nonsense\nscenario pretend\n", r'test.campaign:2: "words" takes -, or boot words .*tight=.*, not "nonsense"'),
        ("scenario pretend\n  words tight=1,ama=maybe\n", r'test.campaign:2: "ama" takes on, off, 1, 0, not "maybe"'),
    )
    for text, message in cases:
        done = place.campaign(text)
        tap.ok(done.returncode == 2 and re.search(message, done.stderr) and not done.stdout, f"{text!r} is refused with a reason",
               done.stderr + done.stdout)
    done = place.run(place.folder + "/not-there")
    tap.ok(done.returncode == 2 and "not-there: No such file or directory" in done.stderr, "a missing file is named", done.stderr)
    done = place.run("replay", "pretend seed=x")
    tap.ok(done.returncode == 2 and '"x" is no seed' in done.stderr, "so is a run that is not understood", done.stderr)
    tap.ok(not place.noted(), "nothing was run", place.noted())


# For each scenario what its parameters do not take, and what they do.
VALUES = (
    ("faults inject", "x 1.5 0.5@7 0.5@9-3 opne:0.5 fault:0.5 nth=0 try: 0.1234567890",
     "off 0.5 1.0 0.5@3-9 try:1.0 entry:0.1 open:nth=3 walk:0.1 nth=7"),
    ("faults calls", "abc 0 -1 0x10", "1 5000"),
    ("faults words", "inject=x tight root=hda2 quiet short=frames", "- dma=off,tight=1 inject=try:1.0 short=read:frames ama=off,floor=12"),
    ("faults memory", "1K 2M 1M-8M/1M", "3M 3328K 64M"),
    ("exhaust hog", "nothing memory+ memory+nothing", "memory names+memory"),
    ("diskfaults disk", "wrong", "sound write-once"),
    ("diskpower block", "3000", "1024 4096"),
    ("diskpower cuts", "many", "40 all"),
    ("stories story", "nothing", "forks broken"),
    ("mutated disks", "0 5", "1 4"),
    ("anycall processes", "0 9", "3"),
    ("short pair", "read", "read:frames mount:kmalloc-2048"),
    ("sweep part", "5/4 0/4", "1/1 4/4"),
    ("sweep only", "open-grow12:cold:0 open:lukewarm", "all stat stat-near:cold open-grow12:cold:3"),
    ("linux inject", "off 1.1", "0 0.99"),
)


def check_values(tap, place):
    """Bad values are named with their line before anything is run; each parameter says what it takes."""
    for name, wrong, right in VALUES:
        scenario, key = name.split()
        path = place.write("test.campaign", f"scenario {scenario}\n  {key} {right}\n")
        tap.ok(len(runs.read_campaign(path)) == len(right.split()), f"{name} takes {right}")
        said = []
        for value in wrong.split():
            place.write("test.campaign", f"scenario {scenario}\n  {key} {value}\n")
            try:
                runs.read_campaign(path)
                said.append(f"{value} is taken")
            except runs.CampaignError as error:
                said += [] if f"{path}:2: " in str(error) and value.split("=")[-1].split("-")[0] in str(error) else [str(error)]
        tap.ok(not said, f"and not {wrong}", said)
    modules = {name: runs.load_scenario(name) for name in runs.scenario_names()}
    missing = [f"{name} {key}" for name, module in modules.items() for key, value in runs.parameters(module).items()
               if key not in module.CHOICES or module.CHOICES[key].why(key, value)]
    tap.ok(not missing, "every parameter says what it takes, its default included", missing)
    with open(os.path.join(TOP, "kernel/boot.c"), encoding="utf-8") as file:
        known = re.search(r"known words: ([a-z ]+), then", file.read())[1].split()
    tap.ok(sorted(known) == sorted([*values.WORDS, *values.NOT_TAKEN]), "the boot words are the kernel's", known)
    done = place.campaign("scenario pretend\n  words nonsense\n", "--set", "words=-")
    tap.ok(done.returncode == 2 and not place.noted(), "nothing is run, also when another value is set in its place", done.stderr)


def judged(line, log):
    """The verdict of a scenario on a boot that has said this."""
    run, verdict = runs.parse_run(line), stage.Verdict()
    module = runs.load_scenario(run.scenario)
    result = SimpleNamespace(status=0, log=log + "\nante: balance: as before", why="", tail=lambda lines: log)
    after = stage.After(None, SimpleNamespace(second_disk=None), result)
    verdict.clean = module.look_at_disk = lambda *_: True
    module.play(run, SimpleNamespace(boot=lambda *_, **__: after, overlay=lambda base: base, disk=lambda *_: "disk"), verdict)
    return verdict.problems


def check_tried(tap, _):
    """A run in which nothing was refused that should have been says nothing about Ante."""
    def mix(refused):
        totals = "".join(f"totals begin\npoints 9\nrefusals {count}\nwaits 0\nlongest_wait_ns 0\ntotals end\n" for count in (0, refused))
        return (totals + f'{{"bench":"faultmix","calls":5,"refused":{refused},"short":0,"verified":true}}\n'
                "faultmix ended with 0\nthe file system can be used\n")

    def sweep(steps, call="swept open open-grow12 cold fail"):
        return f"{call} steps {steps} entries {steps} tries 0 short 0:\nsweep: 1 blocks, {steps} points, 0 wrong\n"

    cases = (("faults inject=0.5", mix(3), []), ("faults inject=off", mix(0), []), ("faults inject=try:1.0", mix(0), []),
             ("faults inject=0.5", mix(0), ["inject=0.5 has refused nothing"]),
             ("sweep only=open-grow12:cold:3", sweep(1), []), ("sweep only=open-grow12:cold", sweep(0), []),
             ("sweep only=open-grow12:cold:999", sweep(0), ["open-grow12:cold has no point 999"]),
             ("sweep only=nothing", "sweep: 0 blocks, 0 points, 0 wrong\n", ["nothing was swept: only nothing"]))
    for line, log, problems in cases:
        found = judged(line, log)
        tap.ok(found == problems, f"{line}: {problems[0] if problems else 'it was tried'}", found)


def check_once(tap, place):
    text = "seeds 1 1\nscenario pretend\n  policy fail retry  # two\n  memory 4M-4608K/256K\n  words - tight=1\n"
    done = place.campaign(text)
    tap.ok(done.returncode == 0 and "12 runs, all passed" in done.stdout, "every combination is run", done.stdout + done.stderr)
    tap.ok(len(place.noted()) == len(set(place.noted())) == 12, "each once", len(place.noted()))
    tap.ok("12 of 12 runs, 0 failed" in done.stderr and " left" in done.stderr, "progress and an estimate are shown", done.stderr)
    tap.ok(any("memory=4352K" in run for run in place.noted()), "memory goes up by the steps")
    place.campaign(text)
    tap.ok(len(place.noted()) == 12, "asked again, nothing is run twice")
    done = place.campaign(text, "--set", "seeds=1-2", "--quiet")
    tap.ok(len(place.noted()) == 24 and not done.stdout, "more seeds: only what is new is run")
    place.write("pretend.py", PRETEND + "# changed\n")
    done = place.campaign(text, "--set", "seeds=1", "--set", "words=-")
    tap.ok(len(place.noted()) == 30 and "of other builds" in done.stderr, "what was found for another build does not count", done.stderr)


def check_builds(tap, place):
    """A result is about the kernel, the disk, the scenario, and every file of tools/lib that has judged it."""
    library = os.path.join(place.folder, "lib")
    shutil.copytree(crew.LIBRARY, library, ignore=shutil.ignore_patterns("__pycache__"))
    before, there = crew.build_tag("pretend", place.folder), crew.LIBRARY
    try:
        crew.LIBRARY = library
        tap.ok(crew.build_tag("pretend", place.folder) == before, "the same files are the same build")
        same = []
        for name in ("stage", "promises", "powercut", "faults", "listing", "machine"):
            was = crew.build_tag("pretend", place.folder)
            with open(f"{library}/{name}.py", "a", encoding="utf-8") as file:
                file.write("# changed\n")
            same += [name] if crew.build_tag("pretend", place.folder) == was else []
        tap.ok(not same, "another judge is another build", same)
    finally:
        crew.LIBRARY = there


def check_interrupted(tap, place):
    path = place.write("test.campaign", "scenario pretend\n  seeds 1-12\n  held 1\n")
    running = subprocess.Popen(place.command(path, "--results", place.folder + "/results", "--jobs", "2"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a job in the background ignores it
    while running.poll() is None and (len(place.noted()) < 8 or len(place.results()) < 6):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    place.write("go", "")
    _, said = running.communicate(timeout=60)
    kept = len(place.results())
    tap.ok(running.returncode == 130 and "the same command goes on" in said, "an interruption says how to go on", said)
    tap.ok(6 <= kept <= 8, "the results so far are kept", kept)
    before = len(place.noted())
    done = place.run(path, "--results", place.folder + "/results", "--jobs", "2")
    tap.ok(done.returncode == 0 and f"12 runs, {kept} of them done" in done.stderr, "it goes on", done.stderr)
    tap.ok(len(place.noted()) == before + 12 - kept, "with what had no result")


def check_full_host(tap, place):
    text = "scenario pretend\n  seeds 1-9\n  full 1\n"
    done = place.campaign(text, "--jobs", "1")
    kept = place.results()
    tap.ok(done.returncode == 2 and "No space left on device" in done.stderr and "results are kept" in done.stderr,
           "a full host disk stops it with a message", done.stderr)
    tap.ok({result["run"].split()[1] for result in kept} >= {"seed=1", "seed=2"} and all(result["pass"] for result in kept),
           "and is no result of any run", kept)
    os.makedirs(place.folder + "/results/test", exist_ok=True)
    os.remove(place.folder + "/results/test/results.jsonl")
    os.symlink("/dev/full", place.folder + "/results/test/results.jsonl")
    done = place.campaign("scenario pretend\n")
    tap.ok(done.returncode == 2 and "results.jsonl: No space left on device" in done.stderr, "so does one for the results", done.stderr)


def check_results_folder(tap, place):
    """What cannot be written is named, with status 2; what was found so far stays, and a line that was cut off spoils no other."""
    done = place.campaign("scenario pretend\n  seeds 1-2\n")
    results = place.folder + "/results/test"
    os.remove(results + "/jobs")
    for name, *options in (("jobs",), ("jobs", "--slurm"), ("slurm.sh", "--slurm")):
        os.symlink("/dev/full", f"{results}/{name}")
        done = place.campaign("scenario pretend\n  seeds 1-4\n", *options)
        tap.ok(done.returncode == 2 and f"{name}: No space left on device; results so far are kept" in done.stderr and "Traceback" not in done.stderr,
               f"no room for {name} {' '.join(options)}", done.stderr)
        os.remove(f"{results}/{name}")
    tap.ok(len(place.results()) == 2, "the results so far are kept")
    done = place.run(place.folder + "/test.campaign", "--results", place.write("file", ""))
    tap.ok(done.returncode == 2 and "file/test: Not a directory" in done.stderr and "Traceback" not in done.stderr,
           "so it is when their folder cannot be made", done.stderr)
    with open(results + "/results.jsonl", "a", encoding="utf-8") as file:
        file.write('{"run": "pretend seed=3 pol')
    done = place.campaign("scenario pretend\n  seeds 1-4\n")
    again = place.campaign("scenario pretend\n  seeds 1-4\n")
    tap.ok(done.returncode == 0 and "4 runs, 2 of them done" in done.stderr and "4 runs, 4 of them done" in again.stderr,
           "a line that was cut off is the only one that is lost", done.stderr + again.stderr)


def programs(folder, *without):
    """A PATH with all programs of this machine, but for some."""
    os.mkdir(folder)
    for place in os.environ["PATH"].split(":") + ["/usr/sbin", "/sbin"]:
        for name in os.listdir(place) if os.path.isdir(place) else ():
            if name not in without and not os.path.lexists(os.path.join(folder, name)):
                os.symlink(os.path.join(place, name), os.path.join(folder, name))
    return {**os.environ, "PATH": folder}


def check_missing_programs(tap, place):
    done = place.campaign("scenario pretend\n", env=programs(place.folder + "/no-parallel", "parallel"))
    tap.ok(done.returncode == 2 and "GNU parallel is not installed; `make setup`" in done.stderr and not done.stdout,
           "without parallel it says so, and nothing of runs that passed", done.stdout + done.stderr)
    done = place.run("replay", "booting", env=programs(place.folder + "/no-qemu", "qemu-system-x86_64"))
    tap.ok(done.returncode == 2 and "qemu-system-x86_64 is not installed; `make setup`" in done.stderr, "without QEMU too", done.stderr)
    done = place.campaign("scenario leaving\n  seeds 1-4\n", "--jobs", "1", env=programs(place.folder + "/leaving"))
    kept = {result["run"]: result["pass"] for result in place.results()}
    tap.ok(done.returncode == 2 and "qemu-system-x86_64 is not installed; `make setup`" in done.stderr and "results are kept" in done.stderr,
           "so when it goes away on the way", done.stdout + done.stderr)
    tap.ok(len(kept) == 2 and all(kept.values()) and all(re.search("seed=[12]$|seed=[12] ", run) for run in kept),
           "and the runs before that have their results, the others none", kept)
    done = place.campaign("scenario leaving\n  seeds 1-4\n")
    tap.ok(done.returncode == 0 and "4 runs, 2 of them done" in done.stderr, "with QEMU back it goes on with them", done.stdout + done.stderr)


def panics_in_scenario_40(run):
    """A sweep that panics in one situation."""
    first, parts = map(int, run["part"].split("/"))
    hit = 40 % parts == first - 1 and run["caches"] in ("all", "cold") and run["route"] in ("all", "deep")
    return {"pass": not hit, "process": "abort" if hit else "ok", "fs": "ok", "why": "ante: panic: I3: x" if hit else "", "figures": {}}


def check_ways(tap, place):
    """What is left after minimise fails for the same reason, and has no refusals when none is needed."""
    def smallest(line):
        done = place.run("minimise", line)
        return done.stdout.splitlines()[-1] if done.returncode == 0 else done.stdout + done.stderr

    found = smallest("pretend calls=500 inject=0.5 panics=always")
    tap.ok("calls=1 " in found and "inject=off" in found, "a panic for which no refusal is needed has none, whatever its numbers are", found)
    found = smallest("pretend calls=500 words=inject=0.5 panics=always")
    tap.ok("calls=1 " in found and "words=- " in found, "nor one as a boot word", found)
    found = smallest("pretend calls=500 panics=one-or-other")
    tap.ok("calls=100 " in found, "another panic is not the same failure", found)
    found = smallest("pretend calls=500 step=all")
    tap.ok("step=7" in found and "calls=1 " in found, "what the scenario knows to be narrower is tried", found)
    done = place.run("replay", "pretend panics=always")
    tap.ok('"why": "ante: panic: I3: call read takes 10 frames; no end"' in done.stdout, "a panic's line comes first in what was wrong", done.stdout)
    same = (("I3: call read takes 3 x", "I3: call read takes 4 x", True), ("I3: x", "I4: x", False), ("sched.c:12: x", "sched.c:13: x", False),
            ("3 names have not what was written [a, b]", "1 names have not what was written [c]", True), ("at ffffffff80001234", "at ffffffff80004567", True),
            ("file 3: /d1/f03 is gone; x", "file 14: /f14 is gone; y; z", True))
    ways = [[shrink.way({"pass": False, "process": "abort", "fs": "ok", "why": why}) for why in pair[:2]] for pair in same]
    tap.ok(all((one == other) == pair[2] for (one, other), pair in zip(ways, same)), "numbers, paths and lists may differ, the rest not", ways)
    tried = shrink.Shrinker(runs.parse_run("linux inject=0.5"), runs.load_scenario("linux"),
                            lambda run: {"pass": False, "process": "abort", "fs": "ok", "why": str(run), "figures": {}}, lambda _: None)
    tap.ok(not tried.fails(shrink.with_injection(tried.run, "off")) and tried.tries == 1, "what a scenario does not take is not tried")
    sweep = runs.load_scenario("sweep")
    why = "wrong: open-grow12:cold:3 fail (open entry): a; wrong: stat-near:no-pages:0 fail (- -): b"
    steps = [changes.get("only") for changes in sweep.narrower(runs.parse_run("sweep part=1/4"), {"why": why})]
    tap.ok(steps[:2] == ["open-grow12:cold:3", "stat-near:no-pages"] and all(runs.parse_run(f"sweep only={step}") for step in steps[:2]),
           "of a sweep the step that failed is tried alone", steps)
    tried = shrink.Shrinker(runs.parse_run("sweep part=1/2"), sweep, panics_in_scenario_40, lambda _: None)
    found = tried.shrink()
    tap.ok((found["part"], found["caches"], found["route"]) == ("41/512", "cold", "deep") and tried.tries < 40,
           "after a panic the sweep is halved until one situation is left", f"{found}, {tried.tries} tries")


def check_replay(tap, place):
    done = place.campaign("scenario pretend\n  calls 10 500\n  inject 0.5\n")
    tap.ok(done.returncode == 1 and "2 runs, 1 failed" in done.stdout, "a failed run makes the campaign fail", done.stdout)
    found = re.search(r"replay: tools/(campaign replay .*)", done.stdout)
    again = subprocess.run(["sh", "-c", "tools/" + found[1]], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    tap.ok(again.returncode == 1 and "something is lost" in again.stdout and "calls=500" in again.stdout, "the printed command replays it",
           again.stdout + again.stderr)
    smaller = place.run("minimise", "pretend seed=7 calls=500 inject=0.5 words=dma=off,tight=1")
    last = smaller.stdout.splitlines()[-1]
    tap.ok("calls=37 " in last and "inject=nth=130" in last and "seed=7" in last and "words=- " in last, "minimise finds the smallest", smaller.stdout)
    check_ways(tap, place)
    done = place.run("minimise", "pretend calls=5 inject=0.5")
    tap.ok(done.returncode == 2 and "does not fail" in done.stderr, "a run that passes is not minimised", done.stderr)
    done = place.run("replay", "pretend broken=1")
    tap.ok(done.returncode == 1 and "ValueError: out of order" in done.stdout, "a scenario's own error is a failed run", done.stdout)
    done = place.campaign("scenario pretend\n  seeds 1-3\n  broken 0 2\n")
    tap.ok(done.returncode == 1 and "6 runs, 3 failed" in done.stdout and "AttributeError" in done.stdout,
           "so is a mistake in it, and the other runs go on", done.stdout + done.stderr)


def check_table(tap, _):
    """The table of `make faults` says how many calls a run has, and what in it was not observed."""
    loader = SourceFileLoader("faults", os.path.join(TOP, "tools/faults"))
    faults = importlib.util.module_from_spec(importlib.util.spec_from_loader("faults", loader))
    loader.exec_module(faults)
    result = {"pass": True, "process": "ok", "fs": "ok", "figures": {"calls": 10}}
    lines = ("faults policy=backoff inject=0.5", "faults policy=backoff inject=0.99 calls=10", "faults words=ama=off inject=0.5", "linux calls=500")
    ante = [(runs.parse_run(line), result) for line in lines[:3]]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        faults.show(ante, [(runs.parse_run(lines[3]), result)])
    rows = [line.split() for line in said.getvalue().splitlines()]
    head = next(row for row in rows if row[:2] == ["share", "policy"])
    tap.ok(head[2] == "calls" and ["Ante", "99", "%", "backoff", "10", "1"] in [row[:6] for row in rows] and
           ["Ante", "50", "%", "backoff", "5000", "1"] in [row[:6] for row in rows] and
           ["Linux", "ext2", "50", "%", "-", "500", "1"] in [row[:7] for row in rows], "the table has the calls of a run", said.getvalue())
    tap.ok("that is assigned" in said.getvalue(), "and says that the unusable file systems of ama=off are not observed", said.getvalue())


def check_other_machines(tap, place):
    logins = place.write("machines", ":\n")
    done = place.campaign("scenario pretend\n  seeds 1-4\n", "--sshloginfile", logins)
    tap.ok(done.returncode == 0 and len(place.noted()) == 4, "a list of machines is handed to parallel", done.stderr)
    done = place.campaign("scenario pretend\n  seeds 1-9\n", "--slurm")
    script = re.sub("^sbatch ", "", done.stdout.strip())
    text = open(os.path.join(os.getcwd(), script), encoding="utf-8").read()
    tap.ok("#SBATCH --array=1-5\n" in text and len(place.noted()) == 4, "--slurm writes an array for what is left", text)
    for task in range(1, 6):
        subprocess.run(["sh", script], stdin=subprocess.DEVNULL, env={**os.environ, "SLURM_ARRAY_TASK_ID": str(task)}, check=True)
    done = place.campaign("scenario pretend\n  seeds 1-9\n")
    tap.ok(done.returncode == 0 and "9 runs, 9 of them done" in done.stderr and len(place.noted()) == 9, "whose results count", done.stderr)


def check_relative_paths(tap, place):
    """Results and machines may be given relative to the folder that the command is given in."""
    path = place.write("test.campaign", "scenario pretend\n  seeds 1-3\n")
    place.write("machines", ":\n")
    done = place.run(path, "--results", "results", "--sshloginfile", "machines", cwd=place.folder)
    tap.ok(done.returncode == 0 and len(place.results()) == 3, "from another folder, too", done.stderr)
    done = place.run(path, "--results", "results", "--slurm", "--set", "seeds=4", cwd=place.folder)
    task = {"stdin": subprocess.DEVNULL, "env": {**os.environ, "SLURM_ARRAY_TASK_ID": "1"}, "check": False, "capture_output": True, "cwd": "/"}
    script = os.path.join(place.folder, re.sub("^sbatch ", "", done.stdout.strip()))
    ended = subprocess.run(["sh", script], **task)
    tap.ok(ended.returncode == 0 and len(place.results()) == 4, "and so for the tasks of an array", ended)
    os.remove(place.folder + "/results/test/jobs")
    tap.ok(subprocess.run(["sh", script], **task).returncode == 1, "a task without its list of jobs fails")


def main():
    tap = Tap()
    for check in (check_messages, check_values, check_tried, check_once, check_builds, check_interrupted, check_full_host,
                  check_results_folder, check_missing_programs, check_replay, check_table, check_other_machines, check_relative_paths):
        with tempfile.TemporaryDirectory(prefix="ante-test-") as folder:
            check(tap, Place(folder))
    tap.done()


main()
