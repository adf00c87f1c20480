# SPDX-License-Identifier: MIT
"""
crew.py - many runs at once, through GNU parallel, and what is known of them afterwards

Results are lines of JSON in build/campaign/NAME, appended as they come, each with the build that it is about.  A run
that has a result for this build is not run again, so an interrupted campaign goes on where it was.  Each job is one
"tools/campaign worker RUN", which prints one such line; it fails only when the host cannot run it.

    results.jsonl      what parallel's jobs said          results-N.jsonl    what task N of a Slurm array said
    jobs               the runs that were left            slurm.sh           the array job
"""

import contextlib
import glob
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

from lib import machine
from lib.runs import CampaignError, load_scenario
from lib.stage import IMAGE

LIBRARY = os.path.dirname(os.path.abspath(__file__))
CAMPAIGN = os.path.join(machine.TOP, "tools/campaign")
BLOCK = 64 << 10
SLURM_TASKS = 1000  # Slurm's usual limit for an array is 1001


def _hash_file(digest, path):
    """Adds what a file holds but for its zeros, so that a large image with holes costs little."""
    with open(path, "rb") as file:
        end, at = os.fstat(file.fileno()).st_size, 0
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA) // BLOCK * BLOCK
            except OSError:  # nothing but a hole up to the end
                return
            file.seek(at)
            data = file.read(BLOCK)
            if data.count(0) < len(data):
                digest.update(at.to_bytes(8, "little") + data)
            at += BLOCK


def build_tag(scenario, folder):
    """Which build a result is about: kernel, programs, scenario and all that judges with it (tools/lib), in twelve digits."""
    digest = hashlib.sha256()
    built = getattr(load_scenario(scenario, folder), "BUILT_FROM", (machine.Machine().kernel, IMAGE))
    judges = sorted(glob.glob(os.path.join(LIBRARY, "*.py")))
    for path in (*built, os.path.join(folder, scenario + ".py"), *judges):
        if os.path.exists(path):
            _hash_file(digest, path)
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def writing(path):
    """What the host does not let be written is a message with its name; the results so far stay."""
    try:
        yield
    except OSError as error:
        raise CampaignError(f"{error.filename or path}: {error.strerror}; results so far are kept") from error


class Results:
    """The results of a campaign on disk."""

    def __init__(self, folder, builds):
        self.folder, self.builds = folder, builds  # builds: {scenario: tag}
        self.path = os.path.join(folder, "results.jsonl")
        self.by_run, self.older, self.cut_off = {}, 0, False
        with writing(folder):
            os.makedirs(folder, exist_ok=True)
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if name.startswith("results") and name.endswith(".jsonl") and os.path.isfile(path):
                    self._read(path)

    def _read(self, path):
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                self.cut_off = self.cut_off or not line.endswith("\n")
                try:
                    result = json.loads(line)
                except ValueError:  # cut off when the host's disk was full or the machine went down
                    continue
                if result.get("build") == self.builds.get(result.get("scenario")):
                    self.by_run[result["run"]] = result
                else:
                    self.older += 1

    def forget(self):
        """Begins anew."""
        with writing(self.folder):
            for name in os.listdir(self.folder):
                if name.startswith("results"):
                    os.remove(os.path.join(self.folder, name))
        self.by_run, self.cut_off = {}, False

    def add(self, result):
        """Keeps a result, on the disk before anything else is done."""
        self.by_run[result["run"]] = result
        with writing(self.path), open(self.path, "a", encoding="utf-8") as file:
            file.write("\n" * self.cut_off + json.dumps(result) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.cut_off = False

    def left(self, runs):
        return [run for run in runs if str(run) not in self.by_run]

    def of(self, runs):
        return [self.by_run[str(run)] for run in runs if str(run) in self.by_run]


class Progress:
    """One line on a terminal, else a line from time to time: done, failed, and how long it may take."""

    def __init__(self, total, quiet):
        self.total, self.quiet, self.done, self.failed = total, quiet, 0, 0
        self.began, self.said, self.terminal = time.monotonic(), 0.0, sys.stderr.isatty()

    def add(self, result):
        self.done += 1
        self.failed += not result["pass"]
        now = time.monotonic()
        if self.quiet or (not self.terminal and now - self.said < 30 and self.done < self.total):
            return
        self.said = now
        left = (now - self.began) / self.done * (self.total - self.done)
        text = f"  {self.done} of {self.total} runs, {self.failed} failed, {duration(left)} left"
        print(text.ljust(70), end="\r" if self.terminal and self.done < self.total else "\n", file=sys.stderr, flush=True)


def duration(seconds):
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds:.0f} s"


def worker_command(builds, folder):
    tags = ",".join(f"{name}={tag}" for name, tag in sorted(builds.items()))
    return [CAMPAIGN, "worker", "--builds", tags, "--scenarios", folder]


def parallel_command(options, results):
    """GNU parallel's command line.  Each job's output comes as a whole when it ends."""
    command = ["parallel", "--will-cite", "--plain", "--halt", "soon,fail=1", "--tmpdir", results.folder,
               "--arg-file", os.path.join(results.folder, "jobs")]
    command += ["--jobs", str(options.jobs)] if options.jobs else []
    if options.sshloginfile:
        command += ["--sshloginfile", options.sshloginfile, "--workdir", machine.TOP]
    return command + worker_command(results.builds, options.scenarios)


def write_jobs(runs, results):
    path = os.path.join(results.folder, "jobs")
    with writing(path), open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{run}\n" for run in runs)


def read_result(line, wanted):
    """A worker's line as a result; None when it is something else."""
    try:
        result = json.loads(line)
    except ValueError:
        return None
    return result if isinstance(result, dict) and result.get("run") in wanted else None


def run_all(runs, options, results):
    """Runs what is left.  Returns when all is done, or with CampaignError when it cannot go on; results are kept."""
    if not shutil.which("parallel"):
        raise CampaignError("GNU parallel is not installed; `make setup` installs what is missing")
    write_jobs(runs, results)
    progress, wanted = Progress(len(runs), options.quiet), {str(run) for run in runs}
    crew = subprocess.Popen(parallel_command(options, results), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            env={**os.environ, "PARALLEL_HOME": results.folder}, cwd=machine.TOP, start_new_session=True)
    try:
        for line in crew.stdout:
            result = read_result(line, wanted)
            if result:
                results.add(result)
                progress.add(result)
        crew.wait()
    finally:
        dismiss(crew)
    if progress.done < len(runs):
        raise CampaignError(f"stopped after {progress.done} of {len(runs)} runs (see above); "
                            "their results are kept: the same command goes on")


def dismiss(crew):
    """Ends parallel and its jobs, however this process came here."""
    if crew.poll() is None:
        os.killpg(crew.pid, signal.SIGTERM)
        crew.wait()
    crew.stdout.close()


def write_slurm(runs, name, options, results):
    """The array job for the runs that are left; each of its tasks takes every n-th of them."""
    write_jobs(runs, results)
    tasks = min(len(runs), SLURM_TASKS)
    path = os.path.join(results.folder, "slurm.sh")
    worker = shlex.join(worker_command(results.builds, options.scenarios))
    folder = shlex.quote(results.folder)
    with writing(path), open(path, "w", encoding="utf-8") as file:
        file.write(f"""#!/bin/sh
#SBATCH --job-name=ante-{name}
#SBATCH --array=1-{tasks}
#SBATCH --ntasks=1
#SBATCH --output={results.folder}/slurm-%a.log
# {len(runs)} runs; afterwards the same tools/campaign command without --slurm shows the results.
cd {shlex.quote(machine.TOP)} && [ -r {folder}/jobs ] || exit 1
awk -v n={tasks} -v i="$SLURM_ARRAY_TASK_ID" 'NR % n == i % n' {folder}/jobs | while read -r run; do
    {worker} "$run" </dev/null >> {folder}/results-"$SLURM_ARRAY_TASK_ID".jsonl || exit 1
done
""")
    os.chmod(path, 0o755)
    return path
