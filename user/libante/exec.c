// SPDX-License-Identifier: MIT
/*
 * exec.c - the forms of exec that C adds to execve(): arguments as a list, and the search along PATH
 *
 * None of them takes memory from malloc(), so that they may be called between vfork() and the exec.
 */
#include "kernel.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEARCH_DEFAULT "/bin:/sbin:/usr/bin:/usr/sbin"

/* newlib's popen() and posix_spawn() call it by this name. */
int _execve(const char *path, char *const argv[], char *const envp[]);
int _execve(const char *path, char *const argv[], char *const envp[])
{
    return execve(path, argv, envp);
}

int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

/* Runs a file without a known format as a script of the shell. */
static int exec_script(const char *path, char *const argv[], char *const envp[])
{
    int count = 0;
    while (argv[count])
        count++;

    const char *words[count + 3];
    words[0] = "sh";
    words[1] = path;
    for (int i = 1; i <= count; i++)
        words[i + 1] = argv[i];
    words[count ? count + 1 : 2] = NULL;
    return execve("/bin/sh", (char *const *)words, envp);
}

static int exec_file(const char *path, char *const argv[], char *const envp[])
{
    execve(path, argv, envp);
    return errno == ENOEXEC ? exec_script(path, argv, envp) : -1;
}

/* Is it worth looking for the file further along the path after this error? */
static int goes_on(int error)
{
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ENAMETOOLONG;
}

/* Tries the file in one folder of the path, given by the length of its name; an empty name is the working folder. */
static void exec_in(const char *dir, size_t length, const char *file, char *const argv[], char *const envp[])
{
    char path[PATH_MAX];

    errno = ENAMETOOLONG;
    if (length + 1 + strlen(file) >= sizeof path)
        return;
    memcpy(path, dir, length);
    strcpy(path + length, length ? "/" : "");
    strcat(path, file);
    exec_file(path, argv, envp);
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
    const char *dir = getenv("PATH");
    int denied = 0;

    if (!*file || strchr(file, '/'))
        return exec_file(file, argv, envp);
    dir = dir ? dir : SEARCH_DEFAULT;
    while (dir) {
        size_t length = strcspn(dir, ":");
        exec_in(dir, length, file, argv, envp);
        denied |= errno == EACCES;
        if (!goes_on(errno))
            return -1;
        dir = dir[length] ? dir + length + 1 : NULL;
    }
    errno = denied ? EACCES : errno;
    return -1;
}

int execvp(const char *file, char *const argv[])
{
    return execvpe(file, argv, environ);
}

/* How many arguments stand in the list after the first, without its NULL? */
static int list_count(va_list args)
{
    int count = 0;
    while (va_arg(args, char *))
        count++;
    return count;
}

/* Fills argv with the first argument, count more of the list, and the NULL behind them. */
static void list_fill(char **argv, const char *first, int count, va_list args)
{
    argv[0] = plain(first);
    for (int i = 1; i <= count + 1; i++)
        argv[i] = va_arg(args, char *);
}

int execl(const char *path, const char *first, ...)
{
    va_list args;

    va_start(args, first);
    int count = list_count(args);
    va_end(args);

    char *argv[count + 2];
    va_start(args, first);
    list_fill(argv, first, count, args);
    va_end(args);
    return execve(path, argv, environ);
}

int execlp(const char *file, const char *first, ...)
{
    va_list args;

    va_start(args, first);
    int count = list_count(args);
    va_end(args);

    char *argv[count + 2];
    va_start(args, first);
    list_fill(argv, first, count, args);
    va_end(args);
    return execvpe(file, argv, environ);
}

int execle(const char *path, const char *first, ...)
{
    va_list args;

    va_start(args, first);
    int count = list_count(args);
    va_end(args);

    char *argv[count + 2];
    va_start(args, first);
    list_fill(argv, first, count, args);
    char **envp = va_arg(args, char **);
    va_end(args);
    return execve(path, argv, envp);
}
