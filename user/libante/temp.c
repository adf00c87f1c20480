// SPDX-License-Identifier: MIT
/*
 * temp.c - files and folders under names that nobody else has: the Xs before the suffix become random letters
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define XS    6
#define TRIES 1000

/* Makes what is wanted under the name; returns a descriptor or 0, or -1 with errno. */
typedef int (*make_fn)(const char *name, int flags);

static int make_file(const char *name, int flags)
{
    return open(name, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
}

static int make_folder(const char *name, int flags)
{
    (void)flags;
    return mkdir(name, 0700);
}

/* Makes nothing, succeeds when the name is free. */
static int make_nothing(const char *name, int flags)
{
    struct stat st;

    (void)flags;
    if (lstat(name, &st) < 0)
        return errno == ENOENT ? 0 : -1;
    errno = EEXIST;
    return -1;
}

static int randomize(char *xs)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    unsigned char bytes[XS];

    if (getentropy(bytes, sizeof bytes) < 0)
        return -1;
    for (int i = 0; i < XS; i++)
        xs[i] = letters[bytes[i] % 64];
    return 0;
}

static int make(char *name, int suffix, make_fn make_it, int flags)
{
    long xs = (long)strlen(name) - suffix - XS;

    if (suffix < 0 || xs < 0 || memcmp(name + xs, "XXXXXX", XS) != 0) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < TRIES; i++) {
        if (randomize(name + xs) < 0)
            return -1;
        int made = make_it(name, flags);
        if (made >= 0 || errno != EEXIST)
            return made;
    }
    return -1;
}

int mkostemps(char *name, int suffix, int flags)
{
    return make(name, suffix, make_file, flags);
}

int mkstemps(char *name, int suffix)
{
    return mkostemps(name, suffix, 0);
}

int mkostemp(char *name, int flags)
{
    return mkostemps(name, 0, flags);
}

int mkstemp(char *name)
{
    return mkostemps(name, 0, 0);
}

char *mkdtemp(char *name)
{
    return make(name, 0, make_folder, 0) < 0 ? NULL : name;
}

char *mktemp(char *name)
{
    if (make(name, 0, make_nothing, 0) < 0)
        *name = '\0';
    return name;
}
