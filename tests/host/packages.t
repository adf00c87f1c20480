#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Every program that the Makefile and the tools call comes from a package listed in tools/packages, or from one that
every Debian has; and every command listed there comes from the package that it is listed under.  What belongs to Linux as it
is measured beside Ante may come from tests/linux/packages, too, and that list is checked as far as it is installed.

Calls are found by reading: in shell and in recipes the words in command position, in Python the first word of each
list handed to subprocess.
"""

import ast
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/harness"))
from tap import Tap

os.environ["PATH"] += ":/usr/sbin:/sbin"
BUILT_IN = set("""! . : [ alias break case cd command continue do done elif else esac eval exec exit export false fi
    for function getopts hash if in kill local printf pwd read readonly return set shift test then trap true type
    ulimit umask unset until wait while { }""".split())
# Words after which another command begins, with their options and plain arguments in between.
PREFIXES = {"env", "exec", "timeout", "fakeroot", "xargs", "nice", "sudo", "command", "!", "if", "then", "do", "else",
            "elif", "while", "until", "{"}
# Not there until setup has run, and then only named, never needed.
OPTIONAL = {"sudo"}


def run(*command):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False).stdout


def packages(path="tools/packages"):
    """{package: [commands]} from a list."""
    listed = {}
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        for line in file:
            fields = line.split("#")[0].split()
            if fields:
                listed[fields[0]] = [] if fields[1] == "-" else fields[1].split(",")
    return listed


def callers():
    """Makefile, tools, scripts of the user folder, of .ci and of the harness, by kind."""
    for name in run("git", "ls-files", "-co", "--exclude-standard").split():
        if name == "Makefile":
            yield name, "make"
        elif name.startswith(("tools/", "user/", "tests/", ".ci/")) and os.path.isfile(os.path.join(TOP, name)):
            with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as file:
                top = file.readline()
            if name.endswith(".py") or "python3" in top:
                yield name, "python"
            elif top.startswith("#!") and top.rstrip().endswith("sh"):
                yield name, "shell"


def with_sourced(script):
    """Behind a shell script what it has from tools/lib."""
    for name in re.findall(r'(?m)^\. "\$tree/(tools/lib/[\w.]+)"$', script):
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            script += file.read()
    return script


def without_texts(script):
    """Shell text without comments, here-documents and quoted strings (their command substitutions stay)."""
    script = re.sub(r"<<-?\s*'?\"?(\w+)'?\"?(.*?)\n.*?\n\s*\1\n", r"\2\n", script, flags=re.DOTALL)
    script = script.replace("\\\n", " ")
    script = re.sub(r"(?m)(^|\s)#.*$", r"\1", script)
    script = re.sub(r"\$\(\(.*?\)\)", "_", script)
    script = re.sub(r"\\.", "_", script)
    script = re.sub(r"'[^']*'", "_", script)
    quoted = r'"((?:[^"$]|\$(?!\()|\$\([^()]*\))*)"'
    return re.sub(quoted, lambda match: " ".join(["_"] + re.findall(r"\$\([^()]*\)", match[1])), script)


def shell_calls(script):
    """Words in command position."""
    script = without_texts(with_sourced(script))
    own = set(re.findall(r"(?m)^\s*(\w+)\s*\(\)", script))
    script = re.sub(r"(?m)^(\s*)\S+\)(?=\s)", r"\1", re.sub(r"(?m)^\s*\w+\s*\(\)", "", script))
    for part in re.split(r"\$\(|[\n;|&()`]", script):
        words = part.split()
        while words and (words[0] in PREFIXES or "=" in words[0] or words[0].startswith(("-", "@", ">", "<", "_"))
                         or words[0].isdigit()):
            words.pop(0)
        if words and re.fullmatch(r"[a-z][a-z0-9_.+-]*", words[0]) and words[0] not in own | BUILT_IN:
            yield words[0]


def make_calls(makefile):
    """Recipe lines, $(shell ...), and variables that recipes start with."""
    makefile = makefile.replace("\\\n", " ")
    recipes = re.findall(r"(?m)^\t(.*)$", makefile) + re.findall(r"\$\(shell ([^()]*)\)", makefile)
    recipes += re.findall(r"(?m)^\w+\s*=\s*\$Q(.*)$", makefile)
    for line in recipes:
        line = line.replace("$$(call", "$(call").replace("$$Q", "").replace("$Q", "").replace("$$", "\0")
        line = line.replace("$(CLANG)", "clang").lstrip("@")
        while re.search(r"\$\([^()]*\)", line):
            line = re.sub(r"\$\([^()]*\)", "_", line)
        yield from shell_calls(line.replace("\0", "$"))


def python_calls(program):
    """First words of the lists that begin with a plain string and stand where a command may stand."""
    lists = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Call) and "subprocess" in ast.unparse(node.func) and node.args:
            lists.update(first for first in ast.walk(node.args[0]) if isinstance(first, ast.List))
        if isinstance(node, ast.Assign) and re.search(r"command|line", ast.unparse(node.targets[0])):
            lists.update(first for first in ast.walk(node.value) if isinstance(first, ast.List))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "run" and node.args:
            lists.add(ast.List(elts=[node.args[0]]))
    for item in lists:
        first = item.elts[0] if item.elts else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if re.fullmatch(r"[a-z][a-z0-9_.+-]*", first.value):
                yield first.value


def owners(commands):
    """{command: the Debian package that it belongs to} for those on the PATH that dpkg knows; asks dpkg once."""
    paths = {}
    for command in commands:
        for folder in os.environ["PATH"].split(":"):
            path = os.path.join(folder, command)
            if os.access(path, os.X_OK):
                for name in (path, os.path.realpath(path), "/usr" + path, path.removeprefix("/usr")):
                    paths[name] = command
    found = {}
    for line in run("dpkg", "-S", *paths).splitlines():
        package, _, path = line.removeprefix("diversion by ").replace(" from: ", ": ").partition(": ")
        if path in paths:
            found.setdefault(paths[path], package.split(":")[0])
    return found


def is_essential(package):
    fields = run("dpkg-query", "-W", "-f", "${Essential} ${Priority}", package).split()
    return "yes" in fields or "required" in fields


def related(package, listed):
    """True when the package is listed, or one that a listed one only points to (gcc to gcc-12)."""
    fields = ["-f", "${Depends} ${Pre-Depends} "]
    return package in listed or package in run("dpkg-query", "-W", *fields, *listed).replace(",", " ").split()


def check_calls(tap, listed, for_linux):
    readers = {"make": make_calls, "shell": shell_calls, "python": python_calls}
    known = OPTIONAL.union(*listed.values())
    guest = {path[:-2] for path in os.listdir(os.path.join(TOP, "user/bin"))} | {"init"}  # what tests call in Ante
    calls = {}
    for name, kind in callers():
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            calls[name] = set(readers[kind](file.read())) - known - {os.path.basename(name)}
        if name.startswith("tests/"):
            calls[name] -= guest
        if name == "Makefile" or "linux" in name:
            calls[name] -= set().union(*for_linux.values())
    provided = owners(set().union(*calls.values()))
    for name, commands in sorted(calls.items()):
        wrong = [f"{command} comes from {provided.get(command, 'no package')}" for command in sorted(commands)
                 if command not in provided or not is_essential(provided[command])]
        tap.ok(not wrong, f"{name} calls only what is listed", "\n".join(wrong))


def installed(package):
    return run("dpkg-query", "-W", "-f", "${db:Status-Status}", package) == "installed"


def check_list(tap, listed):
    provided = owners(set().union(*listed.values()))
    for package, commands in sorted(listed.items()):
        wrong = [command for command in commands if not related(provided.get(command), listed)]
        tap.ok(not wrong, f"{package} has the commands listed for it", " ".join(wrong))
    tap.ok("grub-pc" not in listed, "grub-pc, which would install a boot loader on the host, is not listed")


def main():
    tap = Tap()
    listed, for_linux = packages(), packages("tests/linux/packages")
    check_calls(tap, listed, for_linux)
    check_list(tap, listed)
    check_list(tap, {name: commands for name, commands in for_linux.items() if installed(name)})
    tap.done()


main()
