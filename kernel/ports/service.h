// SPDX-License-Identifier: MIT
/*
 * service.h - how services are composed into the image
 *
 * kernel/services.c lists them in start order.  A service is linked on its own with everything but its port made local; its
 * start runs once, in a scope of its own (the start of a service is a call like any other), after memory and tasks are up.
 */
#pragma once
#include "kernel/lib/token.h"
#include "mm/reserve.h"

struct service {
    const char *name;
    void (*need)(struct need *n);
    /* 0, or -errno with a message printed: the machine goes on without it. */
    int (*start)(void);
};
