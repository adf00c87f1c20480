// SPDX-License-Identifier: MIT
/*
 * host.c - memory, messages and two threads of the host, for the tests of ext2-mfr
 */
#undef _STRUCT_TIMESPEC /* given for the kernel's headers, which this file does not use */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/host/ext2/image.h"

void host_fail(const char *text)
{
    fprintf(stderr, "%s\n", text);
    abort();
}

bool host_long(void)
{
    return getenv("ANTE_LONG") != NULL;
}

void host_say(const char *text)
{
    if (getenv("ANTE_TALK"))
        fputs(text, stderr);
}

unsigned host_format(char *to, size_t size, const char *fmt, va_list ap)
{
    return vsnprintf(to, size, fmt, ap);
}

void *host_alloc(size_t n)
{
    return calloc(1, n);
}

void host_free(void *p)
{
    free(p);
}

/* --- threads: a baton goes to and fro --- */

static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static bool second_runs, second_exists;
static __thread bool is_second;
static void (*second_entry)(void *);

static void wait_turn(void)
{
    while (second_runs != is_second)
        pthread_cond_wait(&passed, &baton);
}

static void *second(void *arg)
{
    is_second = true;
    pthread_mutex_lock(&baton);
    wait_turn();
    second_entry(arg);
    return NULL;
}

void threads_start(void (*entry)(void *), void *arg)
{
    pthread_t t;
    second_entry = entry;
    second_exists = true;
    pthread_mutex_lock(&baton);
    if (pthread_create(&t, NULL, second, arg))
        host_fail("no thread");
    pthread_detach(t);
}

bool threads_first(void)
{
    return !is_second;
}

void threads_switch(void)
{
    if (!second_exists)
        host_fail("a wait that nobody can end");
    second_runs = !is_second;
    pthread_cond_broadcast(&passed);
    wait_turn();
}
