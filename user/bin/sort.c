// SPDX-License-Identifier: MIT
/*
 * sort.c - sorts lines
 *
 * Use:  sort [-nrubs] [-t character] [-k first[.c][nrb][,last[.c]]]... [-o file] [file...]
 *
 *     -n by number, -r in reverse, -u each once, -b without leading blanks, -k by the fields first to last,
 *     which blanks or -t separate, -s keeps the order of lines whose keys are equal
 *
 * All lines are held in memory.
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct key {
    int first, first_char; // from 1
    int last, last_char;   // last 0: to the end of the line; last_char 0: to the end of the field
    bool numeric, reverse, blanks;
};

struct span {
    const char *at, *end;
};

struct line {
    char *text;
    size_t number; // in the input, so that equal lines keep their order
};

static struct key keys[8];
static int key_count;
static bool numeric, reverse, unique, blanks, stable;
static char separator;
static struct line *lines;
static size_t count, room;

/* Behind the field that begins at `at`: a separator, or the blanks before the next field. */
static const char *field_end(const char *at)
{
    if (separator)
        return at + strcspn(at, (char[]){separator, '\0'});
    while (*at && isblank((unsigned char)*at))
        at++;
    while (*at && !isblank((unsigned char)*at))
        at++;
    return at;
}

static const char *field_start(const char *at, int number)
{
    for (; number > 1 && *at; number--) {
        at = field_end(at);
        if (separator && *at)
            at++;
    }
    return at;
}

static const char *chars_skip(const char *at, int n)
{
    while (n-- > 0 && *at)
        at++;
    return at;
}

static const char *blanks_skip(const char *at)
{
    while (isblank((unsigned char)*at))
        at++;
    return at;
}

static struct span key_span(const struct key *k, const char *line)
{
    struct span s;

    s.at = field_start(line, k->first);
    if (k->blanks)
        s.at = blanks_skip(s.at);
    s.at = chars_skip(s.at, k->first_char - 1);
    if (!k->last)
        s.end = line + strlen(line);
    else if (k->last_char)
        s.end = chars_skip(field_start(line, k->last), k->last_char);
    else
        s.end = field_end(field_start(line, k->last));
    if (s.end < s.at)
        s.end = s.at;
    return s;
}

/* Numbers are compared as text, so that they may be of any length: first sign, then size, then digits. */
static int compare_digits(const char *a, const char *b)
{
    size_t x, y;
    int order;

    a += strspn(a, "0");
    b += strspn(b, "0");
    x = strspn(a, "0123456789");
    y = strspn(b, "0123456789");
    if (x != y)
        return x < y ? -1 : 1;
    order = strncmp(a, b, x);
    a += x;
    b += y;
    if (order || (*a != '.' && *b != '.'))
        return order;
    a += *a == '.';
    b += *b == '.';
    for (; isdigit((unsigned char)*a) || isdigit((unsigned char)*b);
         a += isdigit((unsigned char)*a) != 0, b += isdigit((unsigned char)*b) != 0) {
        int p = isdigit((unsigned char)*a) ? *a : '0', q = isdigit((unsigned char)*b) ? *b : '0';

        if (p != q)
            return p - q;
    }
    return 0;
}

static bool is_zero(const char *text)
{
    text += strspn(text, "0");
    if (*text == '.')
        text += 1 + strspn(text + 1, "0");
    return !isdigit((unsigned char)*text);
}

static int compare_numbers(const char *a, const char *b)
{
    bool x, y;

    a = blanks_skip(a);
    b = blanks_skip(b);
    x = *a == '-' && !is_zero(a + 1);
    y = *b == '-' && !is_zero(b + 1);
    a += *a == '-';
    b += *b == '-';
    if (x != y)
        return x ? -1 : 1;
    return x ? compare_digits(b, a) : compare_digits(a, b);
}

static int compare_text(struct span a, struct span b)
{
    size_t x = (size_t)(a.end - a.at), y = (size_t)(b.end - b.at);
    int order = memcmp(a.at, b.at, x < y ? x : y);

    return order ? order : x < y ? -1 : x > y;
}

static int compare_key(const struct key *k, const char *a, const char *b)
{
    struct span x = key_span(k, a), y = key_span(k, b);
    int order = k->numeric ? compare_numbers(x.at, y.at) : compare_text(x, y);

    return k->reverse ? -order : order;
}

/* The order by the keys alone. */
static int compare_keys(const char *a, const char *b)
{
    int i, order = 0;

    for (i = 0; i < key_count && !order; i++)
        order = compare_key(&keys[i], a, b);
    return order;
}

static int compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = compare_keys(x->text, y->text);

    if (!order && !stable && !unique)
        order = reverse ? strcmp(y->text, x->text) : strcmp(x->text, y->text);
    if (!order)
        order = x->number < y->number ? -1 : 1;
    return order;
}

static int lines_read(FILE *file, const char *name)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t len;

    (void)name;
    while ((len = getline(&text, &size, file)) >= 0) {
        if (len && text[len - 1] == '\n')
            text[len - 1] = '\0';
        if (count == room) {
            room = room * 2 + 64;
            lines = mem_get(lines, room * sizeof *lines);
        }
        lines[count] = (struct line){text_copy(text), count};
        count++;
    }
    free(text);
    return 0;
}

static void lines_print(void)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (!unique || i == 0 || compare_keys(lines[i - 1].text, lines[i].text) != 0)
            puts(lines[i].text);
}

static char *letters_parse(char *at, struct key *k)
{
    for (; *at == 'n' || *at == 'r' || *at == 'b'; at++) {
        k->numeric |= *at == 'n';
        k->reverse |= *at == 'r';
        k->blanks |= *at == 'b';
    }
    return at;
}

static void key_parse(const char *text)
{
    struct key k = {.first_char = 1};
    char *at;

    k.first = (int)strtol(text, &at, 10);
    if (*at == '.')
        k.first_char = (int)strtol(at + 1, &at, 10);
    at = letters_parse(at, &k);
    if (*at == ',') {
        k.last = (int)strtol(at + 1, &at, 10);
        if (*at == '.')
            k.last_char = (int)strtol(at + 1, &at, 10);
        at = letters_parse(at, &k);
    }
    if (*at || k.first < 1 || k.first_char < 1 || key_count == sizeof keys / sizeof *keys)
        exit(complain_text(text, "not a key") + 1);
    keys[key_count++] = k;
}

/* Keys without letters of their own follow the options; without keys the line is one. */
static void keys_finish(void)
{
    int i;

    if (key_count == 0)
        keys[key_count++] = (struct key){.first = 1, .first_char = 1};
    for (i = 0; i < key_count; i++) {
        struct key *k = &keys[i];

        if (k->numeric || k->reverse || k->blanks)
            continue;
        k->numeric = numeric;
        k->reverse = reverse;
        k->blanks = blanks;
    }
}

int main(int argc, char **argv)
{
    const char *output = NULL;
    int c, status;

    prog_start(argv, "[-nrubs] [-t character] [-k key]... [-o file] [file...]");
    while ((c = option_next(argc, argv, "nrubst:k:o:")) != -1) {
        if (c == '?')
            usage();
        numeric |= c == 'n';
        reverse |= c == 'r';
        unique |= c == 'u';
        blanks |= c == 'b';
        stable |= c == 's';
        separator = c == 't' ? *option_value : separator;
        output = c == 'o' ? option_value : output;
        if (c == 'k')
            key_parse(option_value);
    }
    keys_finish();
    status = each_file(argv + option_index, lines_read);
    if (count)
        qsort(lines, count, sizeof *lines, compare);
    if (output && !freopen(output, "w", stdout))
        die(output);
    lines_print();
    return prog_end(status ? 2 : 0);
}
