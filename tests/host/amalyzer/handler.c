// SPDX-License-Identifier: MIT
// An interrupt handler takes memory.
// expect: in key_pressed(): memory can be taken outside every scope: key_pressed -> remember -> kmalloc
// way: key_pressed
// write: the body of a scope
#include "tests/host/amalyzer/kernel.h"

void irq_register(u32 irq, void (*handler)(void *), void *arg);

static void remember(struct item *i)
{
    i->next = kmalloc(sizeof(*i)); /* here */
}

static void key_pressed(void *arg)
{
    remember(arg);
}

void keyboard_start(struct item *i)
{
    irq_register(1, key_pressed, i);
}
