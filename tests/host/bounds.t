#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
docs/bounds.md tells the truth: the lines that it shows stand in the report, and its exercises end as it says.  And the figures of
the analysis are what they should be: everything is derived, from few annotations, soon.
"""

import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap


MARKS_MOST = 3.0
SECONDS_MOST = 10
MIB_MOST = 512


def run(*command, folder=TOP):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def blocks(document, kind):
    """The contents of the blocks that begin with ```kind, and what stands behind it on the line."""
    return re.findall(rf"^```{kind} *([^\n]*)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)


def check_lines(tap, document):
    report = text("build/report/needs.txt").split("\n")
    shown = [line for _, block in blocks(document, "report") for line in block.rstrip("\n").split("\n")]
    wrong = [line for line in shown if line not in report and
             not (line.endswith(" ...") and any(told.startswith(line[:-3]) for told in report))]
    tap.ok(len(shown) >= 5 and not wrong, f"{len(shown)} lines stand in the report", "\n".join(wrong))


def check_figures(tap):
    report = text("build/report/needs.txt")
    marks, each = re.search(r"^annotations +(\d+), ([\d.]+) for 100 lines", report, re.MULTILINE).groups()
    tap.ok(0 < float(each) <= MARKS_MOST, f"{marks} annotations, at most {MARKS_MOST} in 100 lines that take memory", each)
    scopes, derived = map(int, re.search(r"^scopes +(\d+), (\d+) derived; operations of ports \d+, all derived", report, re.MULTILINE).groups())
    tap.ok(scopes == derived > 30, f"all {scopes} scopes are derived", derived)
    seconds = float(re.search(r"^time +([\d.]+) s", report, re.MULTILINE)[1])
    tap.ok(seconds < SECONDS_MOST, f"the whole kernel takes less than {SECONDS_MOST} s of the processor", seconds)
    memory = int(re.search(r"^memory +(\d+) MiB", report, re.MULTILINE)[1])
    tap.ok(memory < MIB_MOST, f"and less than {MIB_MOST} MiB of memory", memory)


def check_first(tap, document):
    """The file with the two lines more, compiled and analyzed with the rest of the kernel."""
    (path, anchor), (_, more), (_, says) = (blocks(document, kind)[0] for kind in ("after", "insert", "says"))
    source = text(path)
    tap.ok(source.count(anchor) == 1, f"the line to look for stands in {path} once", anchor)
    analyze = run("make", "-s", "analyze-command").stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, os.path.dirname(path)))
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(source.replace(anchor, anchor + more))
        bitcode = os.path.join(folder, "x.bc")
        compiler = run("make", "-s", "bitcode-flags").stdout.split()
        done = run(*compiler, "-I" + TOP, "-emit-llvm", "-c", "-o", bitcode, path, folder=folder)
        told = run(*[bitcode if word == f"build/bitcode/{path}.bc" else word for word in analyze])
    tap.ok(told.returncode == 1 and says in told.stdout, "exercise 1: the build ends with the message that is shown",
           done.stderr + told.stdout)
    tap.ok(told.stdout.count(": error: ") == 1, "and with no other", told.stdout)


def tightness(bound):
    with tempfile.TemporaryDirectory() as folder:
        source = "tests/host/programs/exercise.c"
        compiler = run("make", "-s", "bitcode-flags").stdout.split()
        run(*compiler, "-DBOUND=" + bound, "-emit-llvm", "-c", "-o", folder + "/x.bc", source)
        run("build/tools/amalyzer", "-o", folder + "/need", "-r", folder + "/report", folder + "/x.bc")
        run("clang", "-std=gnu11", "-O1", "-w", "-I.", "-DANTE_HOST", "-DBOUND=" + bound, "-o", folder + "/run",
            f"{folder}/need/{source}", "tests/host/programs/run.c")
        return run(folder + "/run", "1", "1000")


def check_second(tap, document):
    table = re.findall(r"^\| `(count_\w+)` \| ([\d.]+) \|$", document, re.MULTILINE)
    for bound, figure in table:
        done = tightness(bound)
        tap.ok(done.returncode == 0 and f"tightness {figure}\n" == done.stdout, f"exercise 2: {bound} gives {figure}", done.stdout)
    tap.ok(len(table) == 2 and float(table[1][1]) < float(table[0][1]), "the exact bound is the tighter one", str(table))
    done = tightness("count_loose(a->thing)-!!count_loose")
    tap.ok(done.returncode and "more rounds than its bound" in done.stdout, "a bound that counts one too few stops the run", done.stdout)


def main():
    tap = Tap()
    run("make", "-s", "build/stack.done")
    document = text("docs/bounds.md")
    check_lines(tap, document)
    check_figures(tap)
    check_first(tap, document)
    check_second(tap, document)
    tap.done()


main()
