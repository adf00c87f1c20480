# SPDX-License-Identifier: MIT
"""
runs.py - what a campaign file asks for: a list of runs, each written as one line

A campaign file says on each line a name and its alternatives; every combination of alternatives is a run.  Lines
before the first scenario hold for all scenarios, a line within one for that scenario:

    # the paper's experiment
    memory   64M
    scenario faults
        seeds   1-15
        policy  fail retry
        inject  0.1 0.5 0.99          a parameter of this scenario
    scenario exhaust
        memory  4M-8M/256K            from 4 MiB to 8 MiB in steps of 256 KiB
        words   - tight=1,inject=0.1  boot words, joined by commas; "-" is none

A run is written like this, wherever it stands (results, replay commands, job lists):

    faults seed=3 policy=retry memory=64M words=- calls=5000 inject=0.5
"""

import importlib.util
import itertools
import os
import re

from lib import machine, values

FOLDER = os.path.join(machine.TOP, "tests/campaign")
POLICIES = ("fail", "retry", "backoff")
AXES = {"seeds": ["1"], "policy": ["fail"], "memory": ["64M"], "words": ["-"]}
UNITS = {"K": 1, "M": 1024}
LEAST_MEMORY = 3 << 10  # KiB: nothing smaller comes as far as to say that it is too small
MOST_SEED = (1 << 32) - 1
MOST_RUNS = 1_000_000


class CampaignError(Exception):
    """What was asked for cannot be done; the text says what and where."""


# --- scenarios ---

def scenario_names(folder=FOLDER):
    return sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".py"))


def load_scenario(name, folder=FOLDER):
    """The scenario's module: PARAMETERS, CHOICES, SMALLER, TIMEOUT and play(); see docs/campaigns.md."""
    path = os.path.join(folder, name + ".py")
    if not re.fullmatch(r"\w+", name) or not os.path.isfile(path):
        there = ", ".join(scenario_names(folder)) if os.path.isdir(folder) else "no such folder"
        raise CampaignError(f'there is no scenario "{name}" in {os.path.relpath(folder)} ({there})')
    spec = importlib.util.spec_from_file_location("scenario_" + name, path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CampaignError(f"{os.path.relpath(path)}: {type(error).__name__}: {error}") from error
    if not callable(getattr(module, "play", None)):
        raise CampaignError(f"{os.path.relpath(path)} has no play(run, stage, verdict)")
    return module


def parameters(module):
    """{name: default}, all as text."""
    return {name: str(value) for name, value in getattr(module, "PARAMETERS", {}).items()}


def choices(module):
    """{name: kind of its values}, as far as the scenario says; see values.py."""
    return {"policy": values.one_of(*POLICIES), "words": values.BOOT_WORDS, **getattr(module, "CHOICES", {})}


# --- one run ---

class Run:
    """One run: run.seed, run.policy, run.memory, run.words, and run["parameter"]."""

    def __init__(self, scenario, axes, extra):
        self.scenario, self.extra = scenario, dict(extra)
        self.seed, self.policy, self.memory = int(axes["seeds"]), axes["policy"], axes["memory"]
        self.words = [] if axes["words"] == "-" else axes["words"].split(",")

    def __getitem__(self, name):
        return self.extra[name]

    def __str__(self):
        axes = f"{self.scenario} seed={self.seed} policy={self.policy} memory={self.memory} words={','.join(self.words) or '-'}"
        return " ".join([axes] + [f"{name}={value}" for name, value in sorted(self.extra.items())])

    def changed(self, **extra):
        """The same run with other parameters."""
        axes = {"seeds": self.seed, "policy": self.policy, "memory": self.memory, "words": ",".join(self.words) or "-"}
        return Run(self.scenario, axes, {**self.extra, **extra})


def parse_run(text, folder=FOLDER):
    """The run that a line describes; what it leaves out has its default."""
    name, *words = text.split() or [""]
    module = load_scenario(name, folder)
    axes = {key: offered[0] for key, offered in AXES.items()}
    extra = parameters(module)
    for word in words:
        key, sign, value = word.partition("=")
        key = "seeds" if key == "seed" else key
        if not sign or not value or key not in {**axes, **extra}:
            raise CampaignError(f'run "{text}": "{word}" is not understood')
        value = _alternatives(key, value, choices(module), f'run "{text}"')[0]
        (axes if key in axes else extra)[key] = value
    return Run(name, axes, extra)


# --- campaign files ---

def _kibibytes(text, where):
    found = re.fullmatch(r"(\d+)([KM])", text)
    if not found or not int(found[1]):
        raise CampaignError(f'{where}: "{text}" is no amount of memory, such as 16M or 4352K')
    return int(found[1]) * UNITS[found[2]]


def _machine(text, where):
    """The memory of a machine, in KiB."""
    size = _kibibytes(text, where)
    if size < LEAST_MEMORY:
        raise CampaignError(f'{where}: a machine has at least {LEAST_MEMORY >> 10}M, not "{text}"')
    return size


def _memory(word, where):
    """16M, or 4M-8M/256K."""
    found = re.fullmatch(r"([^-]+)-([^/]+)/(.+)", word)
    if not found:
        _machine(word, where)
        return [word]
    first, last, step = _machine(found[1], where), _machine(found[2], where), _kibibytes(found[3], where)
    sizes = range(first, last + 1, step)
    if not sizes:
        raise CampaignError(f'{where}: "{word}" ends before it begins')
    return [f"{size // 1024}M" if size % 1024 == 0 else f"{size}K" for size in sizes]


def _numbers(word, where):
    """7, or 1-15."""
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if first < 1 or last > MOST_SEED or last < first or last - first >= MOST_RUNS:
        raise CampaignError(f'{where}: "{word}" is no seed, such as 7, and no range of seeds, such as 1-15')
    return [str(number) for number in range(first, last + 1)]


def _alternatives(key, words, kinds, where):
    """What a line offers for one name."""
    read = {"seeds": _numbers, "memory": _memory}.get(key, lambda word, _: [word])
    offered = [value for word in words.split() for value in read(word, where)]
    if not offered:
        raise CampaignError(f'{where}: "{key}" has no value')
    wrong = next((kinds[key].why(key, value) for value in offered if key in kinds and kinds[key].why(key, value)), None)
    if wrong:
        raise CampaignError(f"{where}: {wrong}")
    return offered


class _Block:
    """One scenario of a campaign file with all that is offered for it."""

    def __init__(self, name, common, folder, where):
        try:
            self.module = load_scenario(name, folder)
        except CampaignError as error:
            raise CampaignError(f"{where}: {error}") from None
        self.name, self.offers = name, {**AXES, **{key: [value] for key, value in parameters(self.module).items()}}
        for key, (words, line) in common.items():
            self.add(key, words, line)

    def add(self, key, words, where):
        if key not in self.offers:
            raise CampaignError(f'{where}: scenario {self.name} has no "{key}" (it has {", ".join(self.offers)})')
        self.offers[key] = _alternatives(key, words, choices(self.module), where)

    def runs(self):
        for picked in itertools.product(*self.offers.values()):
            chosen = dict(zip(self.offers, picked))
            yield Run(self.name, chosen, {key: value for key, value in chosen.items() if key not in AXES})


def _lines(path):
    """(where, key, words) of each line that says something."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CampaignError(f"{path}: {getattr(error, 'strerror', None) or 'is no text'}") from None
    for number, line in enumerate(lines, 1):
        key, _, words = line.split("#")[0].strip().partition(" ")
        if key:
            yield f"{path}:{number}", key, words.strip()


def read_campaign(path, changes=(), folder=FOLDER):
    """All runs of a campaign file, each once, in order.  Changes, ("seeds", "1-3"), stand in place of its own lines."""
    blocks, common = [], {}
    for where, key, words in _lines(path):
        if key == "scenario":
            blocks.append(_Block(words, common, folder, where))
        elif blocks:
            blocks[-1].add(key, words, where)
        elif key in AXES:
            common[key] = (words, where)
        else:
            raise CampaignError(f'{where}: "{key}" is not known before the first scenario (known: {", ".join(AXES)})')
    if not blocks:
        raise CampaignError(f"{path}: no line names a scenario")
    for block in blocks:
        for key, words in changes:
            block.add(key, words, f"--set {key}")
    runs = list({str(run): run for block in blocks for run in itertools.islice(block.runs(), MOST_RUNS)}.values())
    if len(runs) >= MOST_RUNS:
        raise CampaignError(f"{path}: more than {MOST_RUNS} runs")
    return runs
