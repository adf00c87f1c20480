#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
programs.py - small programs at random, of everything that a kernel author may write: programs.py SEED prints one

Loops of many kinds, state functions, marks that are true, recursion with a limit, tables of operations, early returns, what is given
back on some ways only, structures on the stack, what a scope changes itself.  A program may also be one that has no bound; its marks
keep their word in any case.
"""

import random
import sys

CACHES = ("&cache0", "&cache1", "&cache2")
SIZES = (24, 64, 100, 256)


class Program:
    """Functions f0, f1 ...: each calls only those before it, so recursion is where it is meant."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.moves = self.random.random() < 0.3  # stores into `moving`
        self.ported = self.random.random() < 0.4
        self.names = 0
        self.functions = []
        self.text = []

    # --- small parts ---

    def pick(self, *of):
        return self.random.choice(of)

    def name(self, start):
        self.names += 1
        return f"{start}{self.names}"

    def number(self, scope):
        """A count that cannot wrap."""
        one = self.pick(*scope)
        if self.random.random() < (0.02 if self.moves else 0.004):
            return self.pick("moved(t)", "(t->moving & 7)", "any_upto(2)")
        return self.pick(one, one, one, str(self.random.randint(0, 4)), f"{one} + {self.random.randint(1, 2)}", f"{one} / 2",
                         f"{one} % 3", f"({one} & 3)", f"({one} > 2 ? 1 : {one})", f"MIN({one}, {self.pick(*scope)})",
                         f"MAX({one}, {self.pick(*scope)})", f"room(t, {one})", f"{one} + {self.pick(*scope)}",
                         "(t->fixed & 7)", *([] if self.moves else ["moved(t)", "(t->moving & 7)"]))

    def stable(self, scope):
        """A count that is at the entry what it will be: parameters, and state that no program changes."""
        one = self.pick(*[name for name in scope if name in ("a", "b")] or ["2"])
        return self.pick(one, one, str(self.random.randint(0, 3)), f"room(t, {one})", f"{one} + 1", "(t->fixed & 7)", f"MIN({one}, 3)",
                         f"({one} > 1 ? 2 : {one})")

    def condition(self, scope):
        one = self.pick(*scope)
        return self.pick("chance()", "chance()", f"{one} > {self.random.randint(0, 3)}", f"{one} == {self.random.randint(0, 2)}",
                         f"{one} < {self.pick(*scope)}", "(t->fixed & 7) > 2", "t->next", "moved(t)", f"room(t, {one})",
                         f"t->ops == &ops{self.random.randint(0, 1)}", f"{one} && !t->next", f"!{one} || chance()")

    def loop(self, scope):
        """The head of a loop that ends, and the counter's name."""
        k, limit = self.name("k"), self.number(scope)
        start = self.pick("0", "0", "0", "1", self.pick(*scope))
        kind = self.random.randint(0, 9)
        if kind == 0:
            return f"for (u64 {k} = {start}; {k} <= {self.pick('2', 'a', 'b')}; {k}++)", k
        if kind == 1:
            return f"for (int {k} = 0; {k} < (int)({limit}); {k}++)", f"(u64){k}"
        if kind == 2:
            return f"for (u64 {k} = {start}; {k} < {limit} && {self.condition(scope)}; {k}++)", k
        if kind == 3 and self.random.random() < 0.1:
            return f"for (u64 {k} = {limit}; {k}; {k}--)", k
        if kind == 5 and self.random.random() < 0.5:
            return f"for (int {k} = {self.random.randint(-3, -1)}; {k} < {self.pick('1', '2', '(int)a', '(int)' + limit)}; {k}++)", f"(u64)({k} & 3)"
        if kind == 4:
            return f"for (u64 {k} = {start}, end{k} = {limit}; {k} < end{k}; {k}++)", k
        return f"for (u64 {k} = {start}; {k} < {limit}; {k}++)", k

    # --- statements: lists of body ---

    def block(self, scope, depth, give="", loop=False):
        body = []
        for _ in range(self.random.randint(1, 2 if depth else 3)):
            body += self.statement(scope, depth, give, loop)
        return body

    @staticmethod
    def inside(head, body):
        return [head + " {"] + ["    " + line for line in body] + ["}"]

    def statement(self, scope, depth, give, loop):
        kinds = [self.keep, self.keep, self.scratch, self.call]
        if self.random.random() < 0.03:
            kinds = [self.assign]
        if depth < 3:
            kinds += [self.branch, self.branch, self.counted, self.counted, self.credit, self.listed]
        if depth and give is not None:
            kinds += [self.leave]
        return self.pick(*kinds)(scope, depth, give, loop)

    def keep(self, scope, _depth, _give, _loop):
        return [self.pick(f"hold(kmem_cache_alloc({self.pick(*CACHES)}));", "hold_frame(frame_take());",
                          f"hold(kmalloc({self.pick(*SIZES)}));",
                          f"hold(kmalloc_upto(AMA_UPTO(any_upto({self.pick(*SIZES)}), 256), 256));",
                          *(["t->moving = any_upto(3);"] if self.moves else []))]

    def assign(self, scope, _depth, _give, _loop):
        names = [name for name in scope if name in ("a", "b")]
        return [f"{self.pick(*names)} = {self.stable(scope)};"]

    def scratch(self, scope, depth, give, loop):
        """Something is taken, used, and given back, on some ways earlier than on others."""
        x = self.name("x")
        cache = self.pick(*CACHES)
        size = self.pick(*SIZES)
        take, back = self.pick((f"kmem_cache_alloc({cache})", f"kmem_cache_free({cache}, {x});"), (f"kmalloc({size})", f"kfree({x});"),
                               ("frame_take()", f"frame_put({x});"))
        body = [f"void *{x} = {take};"]
        if depth < 3:
            body += self.block(scope, depth + 1, give + back + " ", loop)
        how = self.random.randint(0, 3)
        if how == 0:
            return ["{"] + body + [f"if ({self.condition(scope)})", "    " + back, "else", f"    hold({x});", "}"]
        if how == 1:
            old = self.name("o")
            body += [f"void *{old} = old_object({cache});", f"if ({old})", f"    kmem_cache_free({cache}, {old});"]
        return ["{"] + ["    " + line for line in body + [back]] + ["}"]

    def leave(self, _scope, _depth, give, loop):
        return [f"if (chance()) {{ {give}return {self.pick('-1', '-1', '0', '1')}; }}"] if not loop or chance_of(self, 0.6) else \
               [f"if (chance()) {self.pick('break', 'continue')};"] if not give else []

    def branch(self, scope, depth, give, loop):
        body = self.inside(f"if ({self.condition(scope)})", self.block(scope, depth + 1, give, loop))
        if self.random.random() < 0.5:
            body[-1] = "} else {"
            body += ["    " + line for line in self.block(scope, depth + 1, give, loop)] + ["}"]
        return body

    def counted(self, scope, depth, give, _loop):
        head, counter = self.loop(scope)
        return self.inside(head, self.block(scope + [counter], depth + 1, give, not give))

    def listed(self, scope, depth, give, _loop):
        """A list, each round paid by a bound."""
        x, left, bound = self.name("x"), self.name("left"), self.name("bound")
        most = self.stable(scope)
        body = [f"if ({self.condition(scope)})", "    continue;", f"if (!{left})", "    break;", f"{left}--;", f"AMA_ITER({bound});"]
        body += self.block(scope, depth + 1, give, False)
        return self.known(left, bound, most) + self.inside(f"for (struct thing *{x} = t; {x}; {x} = {x}->next)", body)

    def credit(self, scope, depth, give, _loop):
        """Two loops, one in the other, which together take something at most so often."""
        left, bound = self.name("left"), self.name("bound")
        head, counter = self.loop(scope)
        inner, second = self.loop(scope)
        body = [f"if (!{left})", "    break;", f"{left}--;", f"AMA_ITER({bound});"]
        body += self.block(scope + [counter, second], depth + 1, give, False)
        return self.known(left, bound, self.stable(scope)) + self.inside(head, self.inside(inner, body))

    def known(self, left, bound, most):
        """The count is taken once: the variables in it may change later."""
        return [f"ama_bound {bound} = AMA_BOUND({most});", f"u64 {left} = {most};"]

    def call(self, scope, _depth, give, _loop):
        if not self.functions:
            return ["hold_frame(frame_take());"]
        f = self.pick(*self.functions[-4:])
        if f == "ops" or f == "port":
            f = "t->ops->work" if f == "ops" else "t->port->serve"
        other = self.pick("t", "t", "t", "(t->next ? t->next : t)")
        call = f"{f}({other}, {self.number(scope)}, {self.number(scope)})"
        if f.startswith("r"):
            call = f"{f}(t, {self.number(scope)}, 0)"
        if f.startswith("g"):
            return [f"if ({call} {self.pick('> 0', '== 0', '>= 0', '!= 0')})", "    hold_frame(frame_take());"]
        if f.startswith("h"):
            rc = self.name("rc")
            return [f"long {rc} = {call};", f"if ({rc} {self.pick('> 0', '== 0', '< 0')})", "    hold_frame(frame_take());"]
        if f.startswith("w"):
            w = self.name("w")
            return ["{", f"    struct work {w} = {{t, {self.number(scope)}}};", f"    {f}(&{w}, {self.number(scope)});", "}"]
        rc = self.name("rc")
        how = self.random.randint(0, 4)
        if how == 0:
            return [f"long {rc} = {call};", f"if ({rc} < 0) {{ {give}return {rc}; }}"]
        if how == 1:
            return [f"if ({call} {self.pick('> 0', '== 0', '< 0', '>= 0')})", "    hold_frame(frame_take());"]
        if how == 2:
            return [f"if (!{call})", f"    hold(kmem_cache_alloc({self.pick(*CACHES)}));"]
        return [f"{call};"]

    # --- functions ---

    def define(self, head, body, result="0"):
        self.text += [head, "{"] + ["    " + line for line in body] + [f"    return {result};", "}", ""]

    def plain(self):
        f = self.name("f")
        self.define(f"static long {f}(struct thing *t, u64 a, u64 b)", self.block(["a", "b"], 0), self.pick("0", "1", "-1", "chance()"))
        return f

    def unsigned(self):
        """A result that is a truth, or has no sign: wider, it is never below zero."""
        f, kind = self.pick(("g", "bool"), ("h", "u32"))
        f = self.name(f)
        results = ("true", "false", "chance()") if kind == "bool" else ("0xfffffff0", "0", "(chance() ? 0x80000000 : 0)", "(chance() ? 0xfffffff0 : 1)")
        self.define(f"static {kind} {f}(struct thing *t, u64 a, u64 b)", self.block(["a", "b"], 1), self.pick(*results))
        return f

    def recursive(self):
        """At most `levels` deep; sometimes two functions take turns."""
        f, levels = self.name("r"), self.random.randint(1, 3)
        other = self.name("s") if self.random.random() < 0.4 else f
        deeper = [f"if (b < {levels - 1}) {{", *["    " + line for line in self.block(["a"], 2)], f"    {other}(t, {self.number(['a'])}, b + 1);", "}"]
        if self.random.random() < 0.4:
            deeper += [f"if (b < {levels - 1})", f"    {other}(t, a, b + 1);"]
        if other != f:
            self.text += [f"static long {f}(struct thing *t, u64 a, u64 b);", ""]
            self.define(f"static long {other}(struct thing *t, u64 a, u64 b)", [f"{f}(t, a, b);"] + self.keep(["a"], 0, "", False))
        body = [f"AMA_DEPTH({levels});", *self.block(["a"], 1), *deeper, *self.block(["a"], 2)]
        self.define(f"static long {f}(struct thing *t, u64 a, u64 b)", body, self.pick("0", "chance()"))
        return f

    def limited(self):
        """AMA_AT_MOST for the function as a whole."""
        f = self.name("f")
        cache, take = self.pick(("AMA_FRAMES", "hold_frame(frame_take());"), *[(c, f"hold(kmem_cache_alloc({c}));") for c in CACHES])
        most = self.stable(["a", "b"])
        body = [f"AMA_AT_MOST({cache}, {most});", f"u64 left = {most};", *self.inside("while (left && chance())", ["left--;", take])]
        self.define(f"static long {f}(struct thing *t UNUSED, u64 a UNUSED, u64 b UNUSED)", body, "chance()")
        return f

    def structured(self):
        """A structure of the caller's stack leads the way, and may be changed."""
        f, k = self.name("w"), self.name("k")
        change = self.pick("", "", "", "", "", "", "w->n = any_upto(6);", "w->n += b;", "if (chance()) w->n = 1;", "*(chance() ? &w->n : &b) += 2;",
                           "struct work more = {t, 5}; __builtin_memcpy(w, &more, sizeof(more));", "u64 *n = &w->n; *n = b + 3;")
        body = ["struct thing *t = w->thing;", change, *self.inside(f"for (u64 {k} = 0; {k} < w->n; {k}++)", self.keep(["b"], 0, "", False)),
                 *self.keep(["b"], 0, "", False)]
        self.define(f"static long {f}(struct work *w, u64 b)", [line for line in body if line] + ["(void)t, (void)b;"])
        return f

    def tables(self):
        """Two tables of operations, and two of a port, whose operations have needs of their own."""
        f = [self.pick(*[g for g in self.functions if g.startswith("f")]) for _ in range(2)]
        self.text += [f"const struct ops ops{i} = {{{g}}};" for i, g in enumerate(f)] + [""]
        self.functions.append("ops")
        if not self.ported:
            self.text += ["static const struct port port0, port1;", ""]
            return
        for i in range(2):
            p = self.name("p")
            self.text += [f"void need_{p}(struct thing *t, u64 a, u64 b, struct need *n);"]
            self.define(f"static long {p}(struct thing *t, u64 a, u64 b)", self.block(["a", "b"], 0), self.pick("0", "1", "-1", "chance()"))
            self.text += [f"static const struct port port{i} = {{{p}, need_{p}}};", ""]
        self.functions.append("port")

    def build(self):
        self.text = ["// SPDX-License-Identifier: MIT", '#include "tests/host/programs/random.h"', "",
                     "struct kmem_cache cache0, cache1, cache2;", "extern const struct ops ops0, ops1;", ""]
        for _ in range(2):
            self.functions.append(self.plain())
        self.functions.append(self.limited())
        if self.random.random() < 0.6:
            self.functions.append(self.plain())
        self.tables()
        for _ in range(self.random.randint(1, 4)):
            self.functions.append(self.pick(self.plain, self.plain, self.recursive, self.limited, self.structured, self.unsigned)())
        self.define("static long main_body(void *p)", ["struct args *args = p;", "struct thing *t = args->thing;", "u64 a = args->a & 7, b = args->b & 7;",
                                                       "(void)t, (void)a, (void)b;", *self.block(["a", "b"], 0), *self.call(["a", "b"], 0, "", False),
                                                       "t->ops->work(t, 0, 0);", *(["t->port->serve(t, 0, 0);"] if self.ported else [])])
        self.text += ["SCOPE(main);", "", "const struct ops *const all_ops[] = {&ops0, &ops1};", "const u64 ops_count = 2;",
                      "const struct port *const all_ports[] = {&port0, &port1};", "const u64 port_count = 2;", ""]
        return "\n".join(self.text)


def chance_of(program, share):
    return program.random.random() < share


if __name__ == "__main__":
    print(Program(int(sys.argv[1])).build())
