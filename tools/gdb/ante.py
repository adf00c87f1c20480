# SPDX-License-Identifier: MIT
"""
ante.py - commands for gdb that know Ante's structures

    tasks             every task: number, state, call under way, what it holds
    reservations      who holds memory: scope, granted, left
    locks             who holds which locks, outermost first, and who owns a mutex that is waited for
    task-backtrace N  where task N stands in the kernel: the running one by its registers, others by their saved stack
"""

import gdb

STACK_SWITCH_PUSHED = 6  # stack_switch() in arch/x86_64/entry.asm saves these below the return address, rbp on top
NO_CALL = 0xFFFF
DEPTH = 40


def value(expression):
    return gdb.parse_and_eval(expression)


def tasks():
    """Every struct task, in the order of all_tasks."""
    task_type = gdb.lookup_type("struct task")
    offset = next(field.bitpos // 8 for field in task_type.fields() if field.name == "all")
    head = value("&all_tasks")
    node = head["next"]
    while int(node) and int(node) != int(head):
        yield gdb.Value(int(node) - offset).cast(task_type.pointer()).dereference()
        node = node["next"]


def find(number):
    for task in tasks():
        if int(task["pid"]) == number:
            return task
    raise gdb.GdbError(f"there is no task {number}")


def running(task):
    """True when a processor runs it at this moment."""
    cpus = value("cpus")
    first, last = cpus.type.range()
    return any(int(cpus[i]["running"]) == int(task.address) for i in range(first, last + 1))


def scope_name(task):
    scope = task["reservation"]["scope"]
    return scope["name"].string() if int(scope) else "-"


def state(task):
    return str(task["state"]).removeprefix("TASK_").lower()


class Tasks(gdb.Command):
    """Every task: number, state, call under way, what it holds."""

    def __init__(self):
        super().__init__("tasks", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(f"{'pid':>5} {'name':16} {'state':9} {'call':>5} {'scope':14} {'locks':>5} {'frames left':>11}")
        for task in tasks():
            call = int(task["call"])
            print(f"{int(task['pid']):5} {task['name'].string():16} {state(task):9}"
                  f" {'-' if call == NO_CALL else call:>5} {scope_name(task):14} {int(task['held']['count']):5}"
                  f" {int(task['reservation']['left']['frames']):11}")


class Reservations(gdb.Command):
    """Who holds memory: scope, granted, left."""

    def __init__(self):
        super().__init__("reservations", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for task in tasks():
            if scope_name(task) == "-":
                continue
            held = task["reservation"]
            print(f"{int(task['pid'])} {task['name'].string()}: {scope_name(task)}")
            for label in ("granted", "left"):
                need = held[label]
                objects = ", ".join(f"{int(need['object'][i]['count'])} {need['object'][i]['cache']['name'].string()}"
                                    for i in range(int(need["objects"])))
                print(f"    {label:8} {int(need['frames'])} frames, {int(need['now'])} lasting now,"
                      f" {int(need['charge'])} promised; {objects or 'no objects'}")


class Locks(gdb.Command):
    """Who holds which locks, outermost first."""

    def __init__(self):
        super().__init__("locks", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for task in tasks():
            held = task["held"]
            for i in range(int(held["count"])):
                print(f"{int(task['pid']):5} {task['name'].string():16} rank {int(held['rank'][i]):2}"
                      f" {held['name'][i].string():20} {held['lock'][i]}")


class TaskBacktrace(gdb.Command):
    """task-backtrace N: where task N stands in the kernel."""

    def __init__(self):
        super().__init__("task-backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        task = find(int(argument))
        if running(task):
            gdb.execute("backtrace")
            return
        word = gdb.lookup_type("unsigned long").pointer()
        stack = gdb.Value(int(task["arch"]["rsp"])).cast(word)
        frame, address = int(stack[STACK_SWITCH_PUSHED - 1]), int(stack[STACK_SWITCH_PUSHED])
        for depth in range(DEPTH):
            print(f"#{depth:<3} {gdb.execute(f'info symbol {address:#x}', to_string=True).strip()}")
            if frame < 1 << 47 or frame >= int(task["arch"]["stack_top"]):
                return
            link = gdb.Value(frame).cast(word)
            frame, address = int(link[0]), int(link[1])


Tasks()
Reservations()
Locks()
TaskBacktrace()
print("Ante: tasks, reservations, locks, task-backtrace N")
