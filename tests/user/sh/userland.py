# SPDX-License-Identifier: MIT
"""
userland.py - where the tests find the programs, and how they run them

The programs are those in $ANTE_BIN, else in build/host/bin, which run.sh fills.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BIN = os.environ.get("ANTE_BIN", os.path.join(TOP, "build/host/bin"))

sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap  # noqa: E402,F401 (for the tests)


def environment(**more):
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS",) if name in os.environ}
    return {"PATH": BIN, "HOME": "/", "LC_ALL": "C", **kept, **more}


def run(*command, stdin="", folder=None, env=None):
    """(status, output, messages) of a program of Ante's; 128 + signal when one ended it."""
    command = [os.path.join(BIN, command[0]), *command[1:]]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=folder, timeout=60, check=False,
                          env=env or environment())
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return status, done.stdout, done.stderr


def sh(script, **options):
    return run("sh", "-c", script, **options)
