// SPDX-License-Identifier: MIT
/*
 * users.c - the users in /etc/passwd: name:password:uid:gid:comment:home:shell
 */
#include "kernel.h"
#include "table.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME, PASSWORD, UID, GID, COMMENT, HOME, SHELL, FIELDS };

static FILE *table; /* that getpwent() reads */
static struct passwd current;
static char line[1024];

/* Reads the next well-formed line into user, whose strings lie in buffer; returns as table_next() does. */
static int next(FILE *from, struct passwd *user, char *buffer, size_t size)
{
    char *field[FIELDS];
    int status;

    while ((status = table_next(from, buffer, size, field, FIELDS)) > 0) {
        if (!table_number(field[UID], &user->pw_uid) || !table_number(field[GID], &user->pw_gid))
            continue;
        user->pw_name = field[NAME];
        user->pw_passwd = field[PASSWORD];
        user->pw_comment = plain("");
        user->pw_gecos = field[COMMENT];
        user->pw_dir = field[HOME];
        user->pw_shell = field[SHELL];
        return 1;
    }
    return status;
}

void setpwent(void)
{
    if (table)
        rewind(table);
}

void endpwent(void)
{
    if (table)
        fclose(table);
    table = NULL;
}

struct passwd *getpwent(void)
{
    if (!table)
        table = fopen(_PATH_PASSWD, "re");
    return table && next(table, &current, line, sizeof line) > 0 ? &current : NULL;
}

/* Finds by name, or by uid when name is NULL; returns 0 or an errno, and sets found to NULL when there is none. */
static int find(const char *name, uid_t uid, struct passwd *user, char *buffer, size_t size)
{
    FILE *from = fopen(_PATH_PASSWD, "re");
    int status;

    if (!from)
        return errno;
    while ((status = next(from, user, buffer, size)) > 0)
        if (name ? strcmp(user->pw_name, name) == 0 : user->pw_uid == uid)
            break;
    fclose(from);
    if (status == 0)
        return ENOENT;
    return status < 0 ? ERANGE : 0;
}

/* Nobody by that name is no error for these two. */
static int find_result(int error, struct passwd *user, struct passwd **found)
{
    *found = error ? NULL : user;
    return error == ENOENT ? 0 : error;
}

int getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size, struct passwd **found)
{
    return find_result(find(name, 0, user, buffer, size), user, found);
}

int getpwuid_r(uid_t uid, struct passwd *user, char *buffer, size_t size, struct passwd **found)
{
    return find_result(find(NULL, uid, user, buffer, size), user, found);
}

struct passwd *getpwnam(const char *name)
{
    return find(name, 0, &current, line, sizeof line) == 0 ? &current : NULL;
}

struct passwd *getpwuid(uid_t uid)
{
    return find(NULL, uid, &current, line, sizeof line) == 0 ? &current : NULL;
}

int getlogin_r(char *name, size_t size)
{
    struct passwd user, *found;
    char buffer[sizeof line];
    int error = getpwuid_r(getuid(), &user, buffer, sizeof buffer, &found);

    if (error || !found)
        return error ? error : ENOENT;
    if (strlen(user.pw_name) >= size)
        return ERANGE;
    strcpy(name, user.pw_name);
    return 0;
}

char *getlogin(void)
{
    static char name[256];
    int error = getlogin_r(name, sizeof name);

    if (!error)
        return name;
    errno = error;
    return NULL;
}
