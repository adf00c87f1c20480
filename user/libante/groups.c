// SPDX-License-Identifier: MIT
/*
 * groups.c - the groups in /etc/group: name:password:gid:member,member
 */
#include "table.h"
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME, PASSWORD, GID, MEMBERS, FIELDS };

static FILE *table; /* that getgrent() reads */
static struct group current;
static char line[4096];

/* Makes an array of the members out of the text, behind it in the buffer; returns 0 when it does not fit. */
static int members(struct group *group, char *text, const char *buffer_end)
{
    unsigned long behind = (unsigned long)(text + strlen(text) + 1);
    char **list = (char **)((behind + sizeof *list - 1) & -sizeof *list);
    char *name;

    group->gr_mem = list;
    while ((name = strsep(&text, ",")) != NULL) {
        if ((char *)(list + 2) > buffer_end)
            return 0;
        if (*name)
            *list++ = name;
    }
    *list = NULL;
    return 1;
}

/* Reads the next well-formed line into group, whose strings lie in buffer; returns as table_next() does. */
static int next(FILE *from, struct group *group, char *buffer, size_t size)
{
    char *field[FIELDS];
    int status;

    while ((status = table_next(from, buffer, size, field, FIELDS)) > 0) {
        if (!table_number(field[GID], &group->gr_gid))
            continue;
        group->gr_name = field[NAME];
        group->gr_passwd = field[PASSWORD];
        return members(group, field[MEMBERS], buffer + size) ? 1 : -1;
    }
    return status;
}

void setgrent(void)
{
    if (table)
        rewind(table);
}

void endgrent(void)
{
    if (table)
        fclose(table);
    table = NULL;
}

struct group *getgrent(void)
{
    if (!table)
        table = fopen(_PATH_GROUP, "re");
    return table && next(table, &current, line, sizeof line) > 0 ? &current : NULL;
}

/* Finds by name, or by gid when name is NULL; returns 0 or an errno. */
static int find(const char *name, gid_t gid, struct group *group, char *buffer, size_t size)
{
    FILE *from = fopen(_PATH_GROUP, "re");
    int status;

    if (!from)
        return errno;
    while ((status = next(from, group, buffer, size)) > 0)
        if (name ? strcmp(group->gr_name, name) == 0 : group->gr_gid == gid)
            break;
    fclose(from);
    if (status == 0)
        return ENOENT;
    return status < 0 ? ERANGE : 0;
}

/* No group by that name is no error for these two. */
static int find_result(int error, struct group *group, struct group **found)
{
    *found = error ? NULL : group;
    return error == ENOENT ? 0 : error;
}

int getgrnam_r(const char *name, struct group *group, char *buffer, size_t size, struct group **found)
{
    return find_result(find(name, 0, group, buffer, size), group, found);
}

int getgrgid_r(gid_t gid, struct group *group, char *buffer, size_t size, struct group **found)
{
    return find_result(find(NULL, gid, group, buffer, size), group, found);
}

struct group *getgrnam(const char *name)
{
    return find(name, 0, &current, line, sizeof line) == 0 ? &current : NULL;
}

struct group *getgrgid(gid_t gid)
{
    return find(NULL, gid, &current, line, sizeof line) == 0 ? &current : NULL;
}

static int has_member(const struct group *group, const char *user)
{
    for (char **member = group->gr_mem; *member; member++)
        if (strcmp(*member, user) == 0)
            return 1;
    return 0;
}

int initgroups(const char *user, gid_t base)
{
    gid_t list[NGROUPS_MAX] = {base};
    int count = 1;
    struct group *group;

    setgrent();
    while (count < NGROUPS_MAX && (group = getgrent()) != NULL)
        if (group->gr_gid != base && has_member(group, user))
            list[count++] = group->gr_gid;
    endgrent();
    return setgroups(count, list);
}
