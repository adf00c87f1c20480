# SPDX-License-Identifier: MIT
"""
What tests/fuzz/run and tests/host/fuzz.t share: building the targets, running one, reading what libFuzzer says.

Use:    fuzz.build(); result = fuzz.run("elf", seconds=10); print(result); result.good
        fuzz.merge("elf")       leaves in the corpus only what reaches something that the rest does not
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile

import seeds

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, "build/fuzz")
TARGETS = sorted(seeds.MAKERS)
# Longest inputs: as many actions as a target takes, or a structure with all that may follow it.
LONGEST = {"boot": 1100, "elf": 1200, "ext2": 430, "script": 600, "tty": 300, "walk": 300}
HANGS_AFTER, MOST_MIB = 120, 2048


def build():
    subprocess.run(["make", "-s", "fuzz-programs"], cwd=TOP, stdin=subprocess.DEVNULL, check=True)


class Result:
    """What one run of a target came to."""

    def __init__(self, target, status, log, kept):
        number = lambda pattern: int((re.findall(pattern, log, re.MULTILINE) or ["0"])[-1])
        self.target, self.good, self.log, self.kept = target, status == 0, log, kept
        self.executions, self.edges = number(r"^stat::number_of_executed_units: (\d+)"), number(r"cov: (\d+)")

    def why(self):
        """The lines that tell what was wrong, and the command that replays it."""
        said = [line for line in self.log.splitlines() if not re.match(r"#\d|INFO|stat::|\t|###|\s+#[5-9]|\s+#\d\d", line)]
        replay = [f"replay: {os.path.relpath(self.program(), TOP)} {os.path.relpath(path, TOP)}" for path in self.kept]
        return "\n".join(said[-40:] + replay)

    def program(self):
        return os.path.join(FOLDER, self.target)

    def __str__(self):
        line = f"{self.target:8} {self.executions:9} executions {self.edges:6} edges"
        return line if self.good else f"{line}  FAILED\n{self.why()}"


def limits(target):
    return [f"-max_len={LONGEST[target]}", f"-timeout={HANGS_AFTER}", f"-rss_limit_mb={MOST_MIB}"]


def run(target, seconds, program=None, folder=FOLDER, seed=0):
    """Runs a target, or another program in its place; what it learns and finds stays in the folder.  Seed 0 is a new one each time."""
    corpus, prefix = os.path.join(folder, "corpus", target), os.path.join(folder, target + "-")
    os.makedirs(corpus, exist_ok=True)
    for number, data in enumerate(seeds.MAKERS[target]()):
        with open(os.path.join(corpus, f"seed-{number}"), "wb") as file:
            file.write(data)
    before = set(glob.glob(prefix + "*"))
    done = subprocess.run([program or os.path.join(FOLDER, target), f"-max_total_time={seconds}", *limits(target), "-len_control=0",
                           f"-seed={seed}", "-print_final_stats=1", f"-artifact_prefix={prefix}", corpus],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return Result(target, done.returncode, done.stdout.decode(errors="replace"), sorted(set(glob.glob(prefix + "*")) - before))


def merge(target, folder=FOLDER):
    """Makes a target's corpus small; it stays as it is when that does not come to its end.  Inputs before and after."""
    corpus = os.path.join(folder, "corpus", target)
    before = len(os.listdir(corpus))
    with tempfile.TemporaryDirectory(prefix=f"{target}-merge-", dir=folder) as place:
        smaller, larger = os.path.join(place, "smaller"), os.path.join(place, "larger")
        os.mkdir(smaller)
        done = subprocess.run([os.path.join(FOLDER, target), "-merge=1", *limits(target), f"-artifact_prefix={place}/", smaller, corpus],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode or not os.listdir(smaller):
            return before, before
        shutil.move(corpus, larger)
        shutil.move(smaller, corpus)
    return before, len(os.listdir(corpus))
