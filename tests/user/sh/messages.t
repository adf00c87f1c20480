#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Errors name the program, the path and the reason; syntax errors name the line and the token; statuses are right.
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from userland import BIN, Tap, environment, run, sh

MISSING = "No such file or directory"

UTILITIES = [
    (("cat", "/nothing"), 1, f"cat: /nothing: {MISSING}"),
    (("ls", "/nothing"), 2, f"ls: /nothing: {MISSING}"),
    (("cp", "/nothing", "/tmp"), 1, f"cp: /nothing: {MISSING}"),
    (("mv", "/nothing", "/tmp"), 1, f"mv: /nothing: {MISSING}"),
    (("rm", "/nothing"), 1, f"rm: /nothing: {MISSING}"),
    (("rmdir", "/proc"), 1, "rmdir: /proc: Device or resource busy"),
    (("mkdir", "/nothing/x"), 1, f"mkdir: /nothing/x: {MISSING}"),
    (("ln", "/nothing", "/tmp/x"), 1, f"ln: /tmp/x: {MISSING}"),
    (("stat", "/nothing"), 1, f"stat: /nothing: {MISSING}"),
    (("du", "/nothing"), 1, f"du: /nothing: {MISSING}"),
    (("df", "/nothing"), 1, f"df: /nothing: {MISSING}"),
    (("wc", "/nothing"), 1, f"wc: /nothing: {MISSING}"),
    (("grep", "x", "/nothing"), 2, f"grep: /nothing: {MISSING}"),
    (("grep", "-q", "x", "/etc"), 2, "grep: /etc: is a directory"),
    (("grep", "["), 2, "grep: ["),
    (("sort", "/nothing"), 2, f"sort: /nothing: {MISSING}"),
    (("find", "/nothing"), 1, f"find: /nothing: {MISSING}"),
    (("find", "/", "-nonsense"), 1, "find: -nonsense: not understood"),
    (("md5sum", "/nothing"), 1, f"md5sum: /nothing: {MISSING}"),
    (("hexdump", "/nothing"), 1, f"hexdump: /nothing: {MISSING}"),
    (("kill", "-NOPE", "1"), 2, "kill: NOPE: no such signal"),
    (("kill", "999999"), 1, "kill: 999999: No such process"),
    (("chmod", "x9", "/tmp"), 1, "chmod: x9: not a mode"),
    (("chown", "nosuchuser", "/tmp"), 1, "chown: nosuchuser: no such user"),
    (("head", "-n", "x"), 2, "head: x: not a number"),
    (("time", "/nothing"), 127, f"time: /nothing: {MISSING}"),
    (("env", "/etc/passwd"), 126, "env: /etc/passwd: Permission denied"),
    (("init", "/nothing"), 126, f"init: /nothing: {MISSING}"),
    (("mount", "/dev/null"), 2, "usage: mount "),
    (("umount", "/nothing"), 1, f"umount: /nothing: {MISSING}"),
    (("ls", "-?"), 2, "usage: ls "),
]

SYNTAX = [
    ("echo a\nif true; then\n", "line 3: syntax error: unexpected `end of file'"),
    ("echo a\n\nfi\n", "line 3: syntax error: unexpected `fi'"),
    ("(echo a; done)", "line 1: syntax error: unexpected `done'"),
    ("a |\n| b", "line 2: syntax error: unexpected `|'"),
    ("case x in\n)", "line 2: syntax error: unexpected `)'"),
    ("for 1x in a; do :; done", "line 1: syntax error: unexpected `1x'"),
    ("f() \n echo ${x!}", "line 2: syntax error: bad substitution"),
    ("echo\necho 'abc\n", "line 2: syntax error: ' is not closed"),
    ("echo $((1+", "line 1: syntax error: $(( is not closed"),
    ("x=$(echo `a; )", "line 1: syntax error: ` is not closed"),
    ("echo >", "line 1: syntax error: unexpected `end of file'"),
    ("a && ;", "line 1: syntax error: unexpected `;'"),
]

SHELL = [
    ("nosuchprogram", 127, "sh: line 1: nosuchprogram: not found"),
    (":\ncd /nothing", 1, f"sh: line 2: cd: /nothing: {MISSING}"),
    (": </nothing", 2, f"sh: line 1: /nothing: {MISSING}"),
    ("set -u; echo $x", 2, "sh: line 1: x: parameter is not set"),
    ("echo ${x:?is needed}", 2, "sh: line 1: x: is needed"),
    ("readonly x=1; x=2", 2, "sh: line 1: x: is read only"),
    ("echo $((1 / 0))", 2, "sh: line 1: arithmetic: division by zero in `1 / 0'"),
    ("x=x; echo $((x))", 2, "arithmetic: too much nesting"),
    ("f() { f; }; f", 2, "sh: line 1: f: calls are nested too deeply"),
    ("shift 2", 1, "sh: line 1: shift: 2: only 0 parameters"),
    ("echo x >&77", 1, "sh: line 1: 77: bad descriptor"),
    ("sh -c 'kill -SEGV $$'; exit $?", 139, "Segmentation fault"),
    ("echo x >/dev/full", 1, "sh: line 1: echo: No space left on device"),
]


def check_init(tap):
    tap.ok(run("init", "sh", "-c", "exit 7")[0] == 7, "init gives its program's status")
    tap.ok(run("init", "--", "sh", "-c", "kill -9 $$")[0] == 137, "init gives 128 + signal")
    status, out, _ = run("init", "sh", "-c", "echo $PATH $HOME", env={"X": "1", **environment(PATH=BIN)})
    tap.ok((status, out) == (0, f"{BIN} /\n"), "init keeps the environment that it has", out)


def check_ama(tap):
    """ama sorts, sums and divides what /proc/ama/calls says."""
    names = ("scope entries refused waits res_frames used_frames hw_frames res_objects used_objects hw_objects "
             "res_bytes used_bytes\n")
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/calls", "w", encoding="utf-8") as file:
            file.write(names + "open 5 1 0 10 4 2 20 15 3 3000 2000\nread 90 2 3 7 7 1 0 0 0 1000 1000\nidle " + "0 " * 11
                       + "\n")
        status, out, _ = run("ama", "-p", folder)
        rows = [line.split() for line in out.splitlines()[2:]]
        tap.ok(status == 0 and [row[0] for row in rows] == ["read", "open", "total"], "ama: busiest first, no idle", out)
        tap.ok(rows[1] == "open 5 1 0 10 4 2 2.50 20 15 3 1.33 1.50".split(), "ama: a row and its ratios", rows[1])
        tap.ok(rows[2] == "total 95 3 3 17 11 2 1.55 20 15 3 1.33 1.33".split(), "ama: totals, the most as a maximum", rows[2])
        tap.ok("idle" in run("ama", "-a", "-p", folder)[1], "ama -a: idle calls too")
        with open(folder + "/calls", "w", encoding="utf-8") as file:
            file.write("scope entries nonsense\n")
        tap.ok(run("ama", "-p", folder)[0] == 1, "ama: another form is an error")
        with open(folder + "/caches", "w", encoding="utf-8") as file:
            file.write("cache size live free frames aside credits max high\ninode 512 3 5 1 0 2 0 9\n")
        out = run("ama", "-p", folder, "caches")[1].splitlines()
        tap.ok([line.split()[0] for line in out] == ["cache", "inode"], "ama caches", out)


def check_shown(tap):
    """What shows the machine answers with its own process, its own disk."""
    status, out, _ = sh("ps; echo $$")
    pid = out.splitlines()[-1]
    row = next((line.split() for line in out.splitlines()[1:-1] if line.split()[0] == pid), None)
    tap.ok(status == 0 and row is not None and row[-1] == "sh", "ps lists the shell that asks", out)
    status, out, _ = run("free")
    with open("/proc/meminfo", encoding="utf-8") as file:
        total = file.readline().split()[1]
    tap.ok(status == 0 and out.splitlines()[1].split()[1] == total, "free shows the total of /proc/meminfo", out)
    status, out, _ = run("df", "/")
    tap.ok(status == 0 and out.splitlines()[1].split()[-1] == "/", "df names where it is mounted", out)
    status, out, _ = sh("help")
    tap.ok(status == 0 and all(word in out for word in ("built into the shell", "getopts", "^D")), "help", out)
    status, out, err = run("time", "false")
    words = [line.split()[0] for line in err.splitlines()]
    tap.ok((status, words) == (1, ["real", "user", "sys"]), "time", err)


def main():
    tap = Tap()
    for command, status, message in UTILITIES:
        have = run(*command)
        tap.ok(have[0] == status and message in have[2], f"{' '.join(command)}: {message}", have)
    for script, message in SYNTAX:
        have = run("sh", "-c", script)
        tap.ok(have[0] == 2 and have[2] == f"sh: {message}\n", f"{script!r}: {message}", have)
    for script, status, message in SHELL:
        have = sh(script)
        tap.ok(have[0] == status and message in have[2], f"{script!r}: {message}", have)
    have = run("sh", stdin="read x\nline for read\necho \"got $x\"\ncat\nfor cat\n")
    tap.ok(have[1] == "got line for read\nfor cat\n", "a script on the standard input leaves the rest to its commands", have)
    check_init(tap)
    check_ama(tap)
    check_shown(tap)
    tap.done()


main()
