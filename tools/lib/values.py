# SPDX-License-Identifier: MIT
"""
values.py - what may stand in a campaign file: the values of a scenario's parameters, and boot words

A scenario declares beside its PARAMETERS which values each of them takes.  A value that it does not take is named when
the file is read, before anything is run:

    PARAMETERS = {"inject": "off", "disk": "sound", "steps": "300"}
    CHOICES = {"inject": INJECTION, "disk": one_of("sound", "full"), "steps": number(1)}

"words" stands there only for a scenario that boots another kernel than Ante.
"""

import functools
import glob
import os
import re

from lib.machine import TOP

MOST = 1_000_000


class Kind:
    """Values of one kind: `text` says which, allows(value) whether this is one."""

    def __init__(self, text, allows):
        self.text, self.allows = text, allows

    def why(self, name, value):
        """What is wrong with the value; None when nothing is."""
        return None if self.allows(value) else f'"{name}" takes {self.text}, not "{value}"'


def one_of(*words):
    return Kind(", ".join(words), lambda value: value in words)


def several_of(*words):
    """Some of them, joined by +."""
    return Kind(", ".join(words) + ", or several joined by +", lambda value: set(value.split("+")) <= set(words))


def number(least=0, most=MOST, *words):
    """A decimal number, or one of the words."""
    return Kind(" or ".join([f"a number from {least} to {most}", *words]),
                lambda value: value in words or (re.fullmatch("[0-9]{1,18}", value) and least <= int(value) <= most))


def pattern(text, expression):
    return Kind(text, lambda value: re.fullmatch(expression, value))


BLOCKS = one_of("1024", "2048", "4096")
PROBABILITY = pattern("a probability from 0 to 1", r"0(\.[0-9]{1,9})?|1(\.0{1,9})?")
PAIR = pattern("SCOPE:CLASS or list", r"list|\w{1,31}:[\w-]{1,31}")


def part(value):
    """I/OF, the I-th of OF parts."""
    found = re.fullmatch("([0-9]{1,3})/([0-9]{1,3})", value)
    return found and 1 <= int(found[1]) <= int(found[2])


PART = Kind("I/OF, such as 1/4", part)


# --- injection, as kernel/inject.h has it ---

@functools.lru_cache
def scopes():
    """All scopes that the injector looks at."""
    found = set()
    for folder in ("kernel", "fs", "mm", "drivers"):
        for path in glob.glob(f"{TOP}/{folder}/**/*.c", recursive=True):
            with open(path, encoding="utf-8") as file:
                defined = re.findall(r"^SCOPE\((\w+)([^;]*);", file.read(), re.MULTILINE)
            found |= {name for name, rest in defined if "SCOPE_NO_INJECT" not in rest}
    return found


def injection(value):
    """off, or [what:]AMOUNT; an amount is nth=N, or a probability and perhaps a window of points."""
    what, colon, amount = value.rpartition(":")
    if value == "off" or (colon and what not in ("try", "entry") and what not in scopes()):
        return value == "off"
    if amount.startswith("nth="):
        return re.fullmatch("nth=0*[1-9][0-9]{0,17}", amount)
    probability, at, window = amount.partition("@")
    found = re.fullmatch("([0-9]{1,18})-([0-9]{1,18})", window)
    return PROBABILITY.allows(probability) and (not at or (found and 1 <= int(found[1]) <= int(found[2])))


INJECTION = Kind("off, P, try:P, entry:P or SCOPE:P, where P is a probability such as 0.5, 0.5@FIRST-LAST, or nth=N", injection)


# --- boot words, as kernel/boot.c has them ---

SWITCH = one_of("on", "off", "1", "0")
WORDS = {"ama": SWITCH, "peek": SWITCH, "recycle": SWITCH, "window": SWITCH, "tight": SWITCH, "dma": SWITCH,
         "short": PAIR, "inject": INJECTION,
         "floor": number(), "stack": number(), "trace": one_of("calls")}
NOT_TAKEN = ("root", "init", "policy", "seed", "ro", "quiet")  # a run has its own, and needs what the kernel prints


class BootWords:
    """Boot words, joined by commas."""

    text = "-, or boot words joined by commas, of " + ", ".join(f"{name}=" for name in WORDS)

    def why(self, name, value):
        wrong = [self.why_word(name, word) for word in value.split(",")] if value != "-" else []
        return next(filter(None, wrong), None)

    def why_word(self, name, word):
        key, sign, value = word.partition("=")
        return WORDS[key].why(key, value) if sign and key in WORDS else f'"{name}" takes {self.text}, not "{word}"'


BOOT_WORDS = BootWords()
ANY_WORDS = pattern("-, or words joined by commas", r"[\w.,=:-]+")
