#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What README.md and docs/ name exists: files, make targets, boot words, scopes, system calls; and of words, scopes and calls
nothing is left out.
"""

import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

FOLDERS = "arch|kernel|mm|fs|drivers|user|tests|tools|docs"
# A path inside the tree: of one of its folders, not of a folder on Ante's disk or below build/.
PATH = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/[\w./*-]*\w[\w/]*")
NEEDS = "docs/needs.md"


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def sources():
    folders = ("kernel", "mm", "fs", "drivers", "arch")
    return [os.path.relpath(path, TOP) for folder in folders
            for path in sorted(glob.glob(os.path.join(TOP, folder, "**/*.c"), recursive=True))]


def section(document, title):
    """The part of a document below a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", document, re.MULTILINE | re.DOTALL)
    return found.group(2) if found else ""


def first_column(part):
    """The words between backticks in the first column of the tables of a part."""
    rows = [line.split(" | ")[0] for line in part.splitlines() if line.startswith("| `")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


def same(tap, what, told, there):
    wrong = [f"{word} is told of, but is not there" for word in sorted(set(told) - set(there))]
    wrong += [f"{word} is there, but not told of" for word in sorted(set(there) - set(told))]
    tap.ok(there and not wrong, what, "\n".join(wrong) or "none was found")


def check_files(tap):
    for name in ["README.md"] + sorted(glob.glob("docs/*.md", root_dir=TOP)):
        prose = text(name)
        named = PATH.findall(prose) + [os.path.join(os.path.dirname(name), link)
                                       for link in re.findall(r"\]\(([\w./-]+)\)", prose)]
        wrong = sorted({path for path in named if not glob.glob(os.path.join(TOP, path))})
        tap.ok(not wrong, f"every file that {name} names exists", "\n".join(wrong))


def check_boot_words(tap):
    source = text("kernel/boot.c")
    known = re.findall(r'strcmp\((?:key|word), "(\w+)"\)', source)
    told = [word.split("=")[0] for word in first_column(section(text("README.md"), "Boot words"))]
    same(tap, "the README's boot words are those that the kernel knows", told, known)
    listed = re.search(r"known words: ([\w ]+), then", source).group(1).split()
    same(tap, "the message about an unknown boot word lists the same", listed, known)


def check_targets(tap):
    rules = set(re.findall(r"^([a-z-]+):(?!=)", text("Makefile"), re.MULTILINE))
    told = set(re.findall(r"`make ([a-z-]+)", text("README.md")))
    told |= set(re.findall(r"^    make ([a-z-]+)", text("README.md"), re.MULTILINE))
    told |= {word for name in glob.glob("docs/*.md", root_dir=TOP) for word in re.findall(r"`make ([a-z-]+)", text(name))}
    wrong = sorted(told - rules)
    tap.ok(not wrong, "every make target that is named exists", "\n".join(wrong))
    helped = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))
    listed = [word.split()[1] for word in first_column(section(text("README.md"), "Make targets"))]
    same(tap, "the README's table has the targets of make help", listed, helped)
    twice = sorted({word for word in listed if listed.count(word) > 1})
    tap.ok(not twice, "each once", twice)


def check_tools(tap):
    """Who only reads README.md learns of every command in tools/ that no make target runs."""
    commands = {f"tools/{name}" for name in os.listdir(os.path.join(TOP, "tools")) if os.path.isfile(os.path.join(TOP, "tools", name))}
    made, told = set(re.findall(r"tools/[a-z]+", text("Makefile"))), text("README.md")
    wrong = sorted(name for name in commands - made if name not in told)
    tap.ok(not wrong, "README.md names each tool that make does not run", wrong)


def check_scopes(tap):
    defined = {}
    for name in sources():
        for scope in re.findall(r"^SCOPE\((\w+)", text(name), re.MULTILINE):
            defined[scope] = name
    rows = [line.split(" | ") for line in section(text(NEEDS), "Scopes").splitlines() if line.startswith("| `")]
    told = {row[0].strip("| `"): row[1] for row in rows}
    same(tap, "needs.md has every scope and no other", told, defined)
    wrong = [f"{scope}: {told[scope]}, not {name}" for scope, name in sorted(defined.items())
             if scope in told and told[scope] != name]
    tap.ok(not wrong, "each stands in the file that needs.md says", "\n".join(wrong))


def calls():
    """name: (kind of need, scope) of every row of the table of system calls."""
    rows = re.findall(r'^CALL\(\d+, (\w+), \d, \(.*?\), "([^"]*)", "[^"]*", (NEED_\w+)\)', text("kernel/calls.def"), re.MULTILINE)
    return {name: (kind, scope) for name, scope, kind in rows}


def check_calls(tap):
    table = calls()
    everything = section(text(NEEDS), "System calls")
    kinds = re.findall(r"^### (NEED_\w+)", everything, re.MULTILINE)
    told = {}
    for kind in kinds:
        for item in re.findall(r"^- (.*(?:\n  .*)*)", section(everything, kind), re.MULTILINE):
            scope, _, rest = item.replace("\n", " ").partition(": ")
            scope = "-" if kind == "NEED_NOTHING" else scope.split(", the ")[0].strip("`")
            for name in re.findall(r"`(\w+)`", rest.split(";")[0]):
                told[name] = (kind, scope)
    same(tap, "needs.md has every system call and no other", told, table)
    wrong = [f"{name}: told {told[name]}, is {row}" for name, row in sorted(table.items()) if name in told and told[name] != row]
    tap.ok(not wrong, "with the kind of need and the scope that its row has", "\n".join(wrong))


def check_walks(tap):
    """The functions named in the README's walks exist in the sources."""
    prose = section(text("README.md"), "How to read the code in two evenings")
    named = {word for word in re.findall(r"`&?(?:gate_call\(&)?([a-z][a-z0-9]*_[a-z0-9_]+)\)?`", prose)}
    code = "\n".join(text(name) for name in sources()) + text("arch/x86_64/entry.asm")
    wrong = sorted(word for word in named if not re.search(rf"\b{word}\b", code))
    tap.ok(named and not wrong, "every function in the README's walks exists", "\n".join(wrong))


def check_tests(tap):
    scripts = sorted(glob.glob("tests/**/*.t", root_dir=TOP, recursive=True))
    same(tap, "docs/testing.md has every test script and no other",
         re.findall(r"^\| `(tests/[\w/-]+\.t)`", text("docs/testing.md"), re.MULTILINE), scripts)


def check_glossary(tap):
    terms = re.findall(r"^\*\*(.+?)\*\*", text("docs/glossary.md"), re.MULTILINE)
    tap.ok(terms and terms == sorted(terms, key=str.lower), "the glossary is sorted", " ".join(terms))


def main():
    tap = Tap()
    check_files(tap)
    check_boot_words(tap)
    check_targets(tap)
    check_tools(tap)
    check_scopes(tap)
    check_calls(tap)
    check_walks(tap)
    check_tests(tap)
    check_glossary(tap)
    tap.done()


main()
