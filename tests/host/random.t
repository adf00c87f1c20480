#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Random programs never take more than the need that the analyzer derives for them, nor need more than its ceiling: 60 seeds, and with ANTE_LONG=1 500.  A known bug put
back into the analyzer is found by them.

A program that has no bound is refused, and that is no failure; but most must have one.  SEEDS=first-last in the environment runs
those alone.  What failed stays below build/random.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests/harness"), os.path.join(TOP, "tests/host/programs")]
from programs import Program
from tap import Tap

RUNS = "400"
SECONDS = 20  # of the analyzer, for one program: those that need more are left out
WORK = "build/random"
BOUNDED, REFUSED, SLOW, UNDERRUN, BROKEN = "bounded", "refused", "slow", "takes or reserves more than it may", "broken"
# A loop that keeps something counts as one round.
BUG = ("tools/amalyzer/walk.c", r"trips \? times\(minus\(trips, number\(1\)\), net\)", "trips ? number(0)")


def run(*command, **options):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)


def ceilings(report):
    """CLASS=CEILING for each class of the scope for which the report has a constant: in a kmalloc class there must be no other without."""
    with open(os.path.join(TOP, report), encoding="ascii") as file:
        scope = re.search(r"^main  .*?\n\n", file.read(), re.MULTILINE | re.DOTALL)
    listed = re.findall(r"^    ceiling  [a-z ]+: (.*)$", scope[0], re.MULTILINE) if scope else []
    classes = [text for line in listed for text in re.split(r", (?=[a-z0-9()]+ (?:\d+(?:,|$)|no constant))", line)]
    open_ended = {text.split()[0].split("(")[0] for text in classes if "no constant" in text}
    return [text.replace(" ", "=") for text in classes if re.fullmatch(r"\S+ \d+", text) and text.split()[0].split("(")[0] not in open_ended]


def judge(compiler, analyzer, seed):
    """(what became of the program of this seed, what was said)."""
    folder = os.path.join(WORK, f"{os.path.basename(analyzer)}-{seed}")
    source, bitcode, program = (os.path.join(folder, name) for name in ("program.c", "program.bc", "run"))
    os.makedirs(os.path.join(TOP, folder), exist_ok=True)
    with open(os.path.join(TOP, source), "w", encoding="utf-8") as file:
        file.write(Program(seed).build())
    done = run(*compiler, "-emit-llvm", "-c", "-o", bitcode, source)
    if done.returncode:
        return BROKEN, done.stderr
    try:
        done = run(analyzer, "-o", folder + "/need", "-r", folder + "/report", bitcode, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return SLOW, ""
    if done.returncode:
        return REFUSED if done.returncode == 1 else BROKEN, done.stdout + done.stderr
    done = run("clang", "-std=gnu11", "-O1", "-w", "-I.", "-DANTE_HOST", "-o", program, f"{folder}/need/{source}", "tests/host/programs/run.c")
    if done.returncode:
        return BROKEN, done.stderr
    done = run(program, str(seed), RUNS, *ceilings(folder + "/report"))
    if done.returncode:
        return UNDERRUN if done.returncode == 1 else BROKEN, done.stdout + done.stderr
    shutil.rmtree(os.path.join(TOP, folder))
    return BOUNDED, ""


def judge_all(compiler, analyzer, seeds):
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(seeds, pool.map(lambda seed: judge(compiler, analyzer, seed), seeds)))


def check_sound(tap, compiler, seeds):
    shutil.copy(os.path.join(TOP, "build/tools/amalyzer"), os.path.join(TOP, WORK))  # it may be built anew meanwhile
    result = judge_all(compiler, os.path.join(WORK, "amalyzer"), seeds)
    count = {kind: [seed for seed in seeds if result[seed][0] == kind] for kind in (BOUNDED, REFUSED, SLOW, UNDERRUN, BROKEN)}
    for kind in (UNDERRUN, BROKEN):
        tap.ok(not count[kind], f"of {len(seeds)} programs none {'is ' if kind == BROKEN else ''}{kind}",
               "\n".join(f"seed {seed}: {result[seed][1]}" for seed in count[kind]))
    tap.note(", ".join(f"{kind} {len(count[kind])}" for kind in count))
    tap.ok(len(count[BOUNDED]) > len(seeds) * 0.4, "and many have a bound", f"{len(count[BOUNDED])}")
    return count[BOUNDED]


def check_bug(tap, compiler, seeds):
    """The analyzer with the bug, built beside the other."""
    folder = os.path.join(TOP, WORK, "with-bug")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(TOP, "tools/amalyzer"), os.path.join(folder, "tools/amalyzer"))
    path, right, wrong = BUG
    with open(os.path.join(folder, path), encoding="utf-8") as file:
        source, changed = re.subn(right, wrong, file.read())
    with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
        file.write(source)
    build = run("make", "-s", "analyzer-command").stdout.strip()
    done = run("sh", "-c", f"cd {folder} && {build} -o {folder}/amalyzer-with-bug")
    tap.ok(changed == 1 and not done.returncode, "the analyzer can be built with a bug", f"{changed} places\n{done.stderr}")
    result = judge_all(compiler, os.path.join(WORK, "with-bug/amalyzer-with-bug"), seeds)
    found = [seed for seed in seeds if result[seed][0] == UNDERRUN]
    tap.ok(found, "a loop that counts once is found", str(result))
    tap.note(f"by {len(found)} of {len(seeds)} programs")


def main():
    tap = Tap()
    first, last = map(int, os.environ.get("SEEDS", "1-500" if os.environ.get("ANTE_LONG") else "1-60").split("-"))
    shutil.rmtree(os.path.join(TOP, WORK), ignore_errors=True)
    os.makedirs(os.path.join(TOP, WORK))
    run("make", "-s", "build/tools/amalyzer")
    compiler = run("make", "-s", "bitcode-flags").stdout.split()
    bounded = check_sound(tap, compiler, range(first, last + 1))
    check_bug(tap, compiler, bounded[:30])
    tap.done()


main()
