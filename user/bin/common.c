// SPDX-License-Identifier: MIT
/*
 * common.c - what the utilities share (see common.h)
 */
#include "user/bin/common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *prog = "?", *usage_text = "";

/* Notes the program's name and how it is used, for messages. */
void prog_start(char **argv, const char *text)
{
    prog = argv[0] ? path_base(argv[0]) : "?";
    usage_text = text;
}

/* Sends the output on its way; gives the exit status, which is not 0 when that failed. */
int prog_end(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return status | complain("write");
}

/* Writes the pieces, which end in NULL, as one line; without stdio, which would triple the small programs. */
static void line_write(const char *const *pieces)
{
    struct iovec list[8];
    int n = 0;

    for (; pieces[n]; n++)
        list[n] = (struct iovec){.iov_base = (void *)pieces[n], .iov_len = strlen(pieces[n])};
    if (writev(2, list, n) < 0)
        _exit(3);
}

/* Prints "prog: path: reason" for errno; returns 1. */
int complain(const char *path)
{
    return complain_text(path, strerror(errno));
}

int complain_text(const char *path, const char *reason)
{
    fflush(stdout);
    line_write((const char *const[]){prog, ": ", path, ": ", reason, "\n", NULL});
    return 1;
}

void die(const char *path)
{
    exit(complain(path));
}

void usage(void)
{
    line_write((const char *const[]){"usage: ", prog, " ", usage_text, "\n", NULL});
    exit(2);
}

int option_index = 1;
char *option_value;

/*
 * The next option, '?' after a message, or -1 when there is none left.  The letters are those of getopt(3): a colon
 * stands behind a letter that wants an argument.  Options end at the first argument that is none, and at --.
 */
int option_next(int argc, char **argv, const char *letters)
{
    static const char *at = "";
    const char *known;
    char text[] = "-?";

    if (!*at) {
        at = option_index < argc ? argv[option_index] : "";
        if (at[0] != '-' || !at[1])
            return -1;
        option_index++;
        if (strcmp(at, "--") == 0)
            return -1;
        at++;
    }
    text[1] = *at++;
    known = text[1] == ':' ? NULL : strchr(letters, text[1]);
    if (known && known[1] == ':') {
        option_value = *at ? (char *)at : argv[option_index];
        option_index += !*at;
        at = "";
        known = option_value ? known : NULL;
    }
    if (!known)
        complain_text(text, strchr(letters, text[1]) ? "needs an argument" : "unknown option");
    return known ? *known : '?';
}

/* Like realloc(), but does not return without the memory. */
void *mem_get(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);

    if (!memory)
        die("memory");
    return memory;
}

char *text_copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(mem_get(NULL, size), text, size);
}

/* A decimal number given as an argument; anything else ends the program. */
long long number_arg(const char *text)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        exit(complain_text(text, "not a number") + 1);
    return n;
}

/* The same with an optional unit: k, M, G, or b for 512. */
long long size_arg(const char *text)
{
    static const char units[] = "bkKMG";
    static const long long factors[] = {512, 1024, 1024, 1024 * 1024, 1024 * 1024 * 1024};
    size_t len = strlen(text);
    const char *unit = len > 1 ? strchr(units, text[len - 1]) : NULL;
    char *number = text_copy(text);
    long long n;

    if (unit)
        number[len - 1] = '\0';
    n = number_arg(number) * (unit ? factors[unit - units] : 1);
    free(number);
    return n;
}

/* dir/name in memory of its own. */
char *path_join(const char *dir, const char *name)
{
    size_t len = strlen(dir), name_size = strlen(name) + 1;
    char *path = mem_get(NULL, len + name_size + 1);

    memcpy(path, dir, len);
    if (len && dir[len - 1] != '/')
        path[len++] = '/';
    memcpy(path + len, name, name_size);
    return path;
}

/* The last component; slashes at the end stay with it. */
const char *path_base(const char *path)
{
    const char *base = path, *c;

    for (c = path; *c; c++)
        if (*c == '/' && c[1] && c[1] != '/')
            base = c + 1;
    return base;
}

/* Writes everything; -1 with errno when that fails. */
int write_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Copies to the end of `from`; returns 0, or 1 after a message that names the file at fault. */
int copy_data(int from, const char *from_name, int to, const char *to_name)
{
    static char block[16 * BLOCK];
    ssize_t n;

    while ((n = read(from, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return complain(from_name);
        if (write_all(to, block, (size_t)n) < 0)
            return complain(to_name);
    }
    return 0;
}

/* Opens a file to be read, "-" being the standard input; NULL after a message. */
FILE *file_open(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

    if (!file)
        complain(path);
    return file;
}

void file_close(FILE *file)
{
    if (file != stdin)
        fclose(file);
}

/* Calls `use` for every file, or for the standard input when none is named; joins the results by or. */
int each_file(char **paths, int (*use)(FILE *file, const char *name))
{
    static char *standard[] = {"-", NULL};
    int status = 0;

    for (paths = *paths ? paths : standard; *paths; paths++) {
        FILE *file = file_open(*paths);

        if (!file) {
            status |= 1;
            continue;
        }
        status |= use(file, *paths);
        if (ferror(file))
            status |= complain(*paths);
        file_close(file);
    }
    return status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads the names in a directory, without . and .. unless `all`; -1 with errno. */
int names_read(struct names *n, const char *dir, bool all)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    size_t size = 0;

    *n = (struct names){0};
    if (!d)
        return -1;
    while ((e = readdir(d))) {
        if (!all && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0))
            continue;
        if (n->count == size) {
            size = size * 2 + 16;
            n->list = mem_get(n->list, size * sizeof *n->list);
        }
        n->list[n->count++] = text_copy(e->d_name);
    }
    closedir(d);
    if (n->count)
        qsort(n->list, n->count, sizeof *n->list, by_text);
    return 0;
}

void names_free(struct names *n)
{
    while (n->count)
        free(n->list[--n->count]);
    free(n->list);
}

/* ---- users and groups: lines of name:password:number:... ---- */

/* Finds the line whose name, or else number, fits; false when there is none. */
static bool account_find(const char *file, const char *name, long *number, char *found, size_t size)
{
    char line[256];
    FILE *in = fopen(file, "r");
    bool hit = false;

    while (in && !hit && fgets(line, sizeof line, in)) {
        char *colon = strchr(line, ':'), *second = colon ? strchr(colon + 1, ':') : NULL;
        long n = second ? atol(second + 1) : -1;

        if (!second)
            continue;
        *colon = '\0';
        hit = name ? strcmp(line, name) == 0 : n == *number;
        if (!hit)
            continue;
        *number = n;
        snprintf(found, size, "%.31s", line);
    }
    if (in)
        fclose(in);
    return hit;
}

static const char *account_text(const char *file, unsigned id)
{
    static char text[32];
    long number = (long)id;

    if (!account_find(file, NULL, &number, text, sizeof text))
        snprintf(text, sizeof text, "%u", id);
    return text;
}

static long account_number(const char *file, const char *name)
{
    char text[32], *end;
    long number = 0;

    if (account_find(file, name, &number, text, sizeof text))
        return number;
    number = strtol(name, &end, 10);
    return *end || end == name ? -1 : number;
}

/* The user's name, or the number when it has none; valid until the next call. */
const char *user_text(unsigned id)
{
    return account_text("/etc/passwd", id);
}

const char *group_text(unsigned id)
{
    return account_text("/etc/group", id);
}

/* The number of a user given by name or number; -1 when there is none. */
long user_number(const char *name)
{
    return account_number("/etc/passwd", name);
}

long group_number(const char *name)
{
    return account_number("/etc/group", name);
}

/* ---- file modes ---- */

static char type_letter(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFLNK:
        return 'l';
    case S_IFCHR:
        return 'c';
    case S_IFBLK:
        return 'b';
    case S_IFIFO:
        return 'p';
    case S_IFSOCK:
        return 's';
    default:
        return '-';
    }
}

/* The ten characters of ls -l. */
void mode_text(mode_t mode, char text[11])
{
    static const char letters[] = "rwxrwxrwx";
    static const struct {
        mode_t bit;
        int at;
        char with, without; // an x at the same place or none
    } special[] = {{S_ISUID, 3, 's', 'S'}, {S_ISGID, 6, 's', 'S'}, {S_ISVTX, 9, 't', 'T'}};
    int i;

    text[0] = type_letter(mode);
    for (i = 0; i < 9; i++)
        text[i + 1] = mode & (0400U >> i) ? letters[i] : '-';
    for (i = 0; i < 3; i++)
        if (mode & special[i].bit)
            text[special[i].at] = text[special[i].at] == 'x' ? special[i].with : special[i].without;
    text[10] = '\0';
}

/* The bits that the letters of u g o a stand for; moves *at behind them. */
static mode_t who_parse(const char **at)
{
    mode_t who = 0;

    for (;; ++*at)
        switch (**at) {
        case 'u':
            who |= 04700;
            break;
        case 'g':
            who |= 02070;
            break;
        case 'o':
            who |= 01007;
            break;
        case 'a':
            who |= 07777;
            break;
        default:
            return who ? who : 07777;
        }
}

static mode_t permissions_parse(const char **at, mode_t mode)
{
    mode_t bits = 0;

    for (;; ++*at)
        switch (**at) {
        case 'r':
            bits |= 0444;
            break;
        case 'w':
            bits |= 0222;
            break;
        case 'x':
            bits |= 0111;
            break;
        case 'X':
            bits |= S_ISDIR(mode) || mode & 0111 ? 0111 : 0;
            break;
        case 's':
            bits |= 06000;
            break;
        case 't':
            bits |= 01000;
            break;
        case 'u':
            bits |= (mode >> 6 & 7) * 0111;
            break;
        case 'g':
            bits |= (mode >> 3 & 7) * 0111;
            break;
        case 'o':
            bits |= (mode & 7) * 0111;
            break;
        default:
            return bits;
        }
}

/*
 * Changes *mode as chmod's argument says: octal, or clauses such as u+x,go-w; false when it cannot be read.
 */
bool mode_parse(const char *text, mode_t *mode)
{
    char *end;
    unsigned long octal = strtoul(text, &end, 8);

    if (!*end && end != text && octal <= 07777) {
        *mode = (mode_t)octal;
        return true;
    }
    for (;;) {
        mode_t who = who_parse(&text), bits;
        char op = *text++;

        if (op != '+' && op != '-' && op != '=')
            return false;
        bits = permissions_parse(&text, *mode) & who;
        *mode = op == '+' ? *mode | bits : op == '-' ? *mode & ~bits : (*mode & ~who) | bits;
        if (*text == ',')
            text++;
        else if (!*text)
            break;
    }
    *mode &= 07777;
    return true;
}
