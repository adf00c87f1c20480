#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Each file of tests/host/amalyzer breaks one rule, and the analyzer says so: the line, what is wrong, the way there, what to write.

A file names the message ("// expect:"), parts of the way and of the advice ("// way:", "// write:"), and marks the line that must be
blamed with a comment "here".  Frame sizes and the size of the stack may be given ("// frame:", "// stack:"), and the frames that a
call may need ("// frames:").  No other error may
be told.  Every message of tools/amalyzer is told by one of the files.  Files that end in .ok.c break none, and their needs are as they
say ("// need:", a regular expression), and the report, too ("// report:").
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

ANALYZER = "build/tools/amalyzer"
FOLDER = "tests/host/amalyzer"


def run(*command):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def compiler():
    return run("make", "-s", "bitcode-flags").stdout.split()


def analyze(command, path, folder, marks):
    """The analyzer's status, and what it prints."""
    bitcode = os.path.join(folder, "x.bc")
    done = run(*command, "-emit-llvm", "-c", "-o", bitcode, path)
    if done.returncode:
        return done.returncode, done.stderr
    options = ["-o", os.path.join(folder, "need"), "-r", os.path.join(folder, "report")]
    if marks["frames"]:
        options += ["-f", marks["frames"][0]]
    if marks["stack"]:
        frames = os.path.join(folder, "frames")
        with open(frames, "w", encoding="utf-8") as file:
            for frame in marks["frame"]:
                name, size, kind = frame.split()
                file.write(f"{path}:1:{name}\t{size}\t{kind}\n")
        options += ["-k", frames, "-K", marks["stack"][0]]
    done = run(ANALYZER, *options, bitcode)
    return done.returncode, done.stdout + done.stderr


def marks_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        source = file.read()
    marks = {key: re.findall(rf"^// {key}: +(.+)$", source, re.MULTILINE) for key in ("expect", "way", "write", "frame", "stack", "frames")}
    marks["lines"] = [number for number, line in enumerate(source.splitlines(), 1) if "/* here */" in line]
    return marks


def check(tap, command, path):
    """The errors that were told."""
    marks = marks_of(path)
    with tempfile.TemporaryDirectory() as folder:
        status, told = analyze(command, path, folder, marks)
    errors = re.findall(r"^(\S+): error: (.*)\n    way: (.*)\n    write: (.*)$", told, re.MULTILINE)
    name = os.path.basename(path)
    places = {f"{path}:{line}" for line in marks["lines"]}
    wrong = [error for error in errors if not any(words in error[1] for words in marks["expect"])]
    wrong += [words for words in marks["expect"] if not any(words in error[1] for error in errors)]
    wrong += [error for error in errors if places and error[0] not in places]
    wrong += [words for words in marks["way"] if not any(words in error[2] for error in errors)]
    wrong += [words for words in marks["write"] if not any(words in error[3] for error in errors)]
    tap.ok(status == 1 and errors and marks["expect"] and not wrong, f"{name}: {'; '.join(marks['expect'])}", f"{wrong}\n{told}")
    return [error[1] for error in errors]


def content(path):
    """Of a file that may not be there: nothing is made when there was an error."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def check_good(tap, command, path):
    """What breaks no rule has no error, and the need that it should."""
    with tempfile.TemporaryDirectory() as folder:
        status, told = analyze(command, path, folder, marks_of(path))
        needs = re.sub(r"AMA_TERM\(\d+, (.*)\)\);", r"\1);", content(os.path.join(folder, "need", path)))
        report = content(os.path.join(folder, "report"))
    name = os.path.basename(path)
    tap.ok(status == 0 and not told, f"{name} breaks no rule and has no error", told)
    source = content(os.path.join(TOP, path))
    lines = re.findall(r"^// need: (.*)$", source, re.MULTILINE)
    missing = [line for line in lines if not re.search(line, needs)]
    missing += [line for line in re.findall(r"^// report: (.*)$", source, re.MULTILINE) if not re.search(line, report, re.MULTILINE)]
    tap.ok(lines and not missing, f"{name} has the needs that it says", f"{missing}\n{needs}\n{report}")


def arguments(source, at):
    """The arguments of the call whose parenthesis opens before `at`."""
    found, depth, start = [], 0, at
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[(),]', source[at:]):
        if token[0] in "),"  and not depth:
            found.append(source[start:at + token.start()])
            start = at + token.end()
            if token[0] == ")":
                return found
        depth += {"(": 1, ")": -1}.get(token[0], 0)
    return found


def messages():
    """(file, the message as a regular expression) of every error that the sources can tell: the third argument."""
    for path in sorted(glob.glob(os.path.join(TOP, "tools/amalyzer/*.c"))):
        with open(path, encoding="utf-8") as file:
            source = file.read()
        for call in re.finditer(r"\berror_(?:at|below)\(", source):
            literal = re.search(r'(?:"(?:[^"\\]|\\.)*"\s*)+', arguments(source, call.end())[2])
            words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal[0])) if literal else ""
            if words:
                yield os.path.basename(path), ".*".join(re.escape(part) for part in re.split(r"%[a-z]+", words))


def main():
    tap = Tap()
    command = compiler()
    run("make", "-s", ANALYZER)
    told = []
    for path in sorted(glob.glob(FOLDER + "/*.c", root_dir=TOP)):
        if path.endswith(".ok.c"):
            check_good(tap, command, path)
        else:
            told += check(tap, command, path)
    known = list(messages())
    silent = [f"{path}: {message}" for path, message in known if not any(re.search(message, error) for error in told)]
    tap.ok(len(known) > 10 and not silent, f"each of {len(known)} messages is told by one of the files", "\n".join(silent))
    tap.done()


main()
