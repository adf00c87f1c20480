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
    /* Called with the name.  0, or -errno with a message printed: the machine goes on without it. */
    int (*start)(const char *self);
    void (*start_need)(const char *self, struct need *n); /* derived by the build, see kernel/lib/ama.h */
};
