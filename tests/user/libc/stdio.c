// SPDX-License-Identifier: MIT
/*
 * stdio.c - formatted text and buffered files behave as ISO C says
 */
#include "tap.h"
#include <fcntl.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>

static void formats(const char *wanted, const char *format, ...)
{
    char got[256];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(got, sizeof got, format, args);
    va_end(args);
    if (!ok(strcmp(got, wanted) == 0 && length == (int)strlen(wanted), "%s gives %s", format, wanted))
        printf("# got %s\n", got);
}

static void test_printf(void)
{
    formats("-42 42 2a 2A 052", "%d %u %x %X %#o", -42, 42, 42, 42, 42);
    formats("-9223372036854775808", "%lld", LLONG_MIN);
    formats("18446744073709551615 7", "%zu %hhd", SIZE_MAX, 0x107);
    formats("[   ab][ab   ][00042]", "[%5s][%-5s][%05d]", "ab", "ab", 42);
    formats("3.142 1.5e+10 0x1.8p+1 inf", "%.3f %.1e %a %f", 3.14159, 1.5e10, 3.0, (double)INFINITY);
    formats("2.5", "%.1Lf", 2.5L);
    formats("b a", "%2$s %1$s", "a", "b");
    formats("0x10", "%p", (void *)16);
}

static void test_scanf(void)
{
    int number, used;
    unsigned hex;
    char word[8];
    double real;

    is(sscanf("-12 ff word 2.5e1!", "%d %x %7s %lf%n", &number, &hex, word, &real, &used), 4,
       "sscanf converts 4");
    ok(number == -12 && hex == 255 && strcmp(word, "word") == 0, "integers and words arrive");
    ok(real == 25.0 && used == 17, "so do a real number and the position");
    ok(strtod("1.7976931348623157e308", NULL) == DBL_MAX, "strtod reads the largest double");
    ok(strtod("4.9406564584124654e-324", NULL) > 0, "strtod reads the smallest");
    errno = 0;
    ok(strtol("99999999999999999999", NULL, 10) == LONG_MAX && errno == ERANGE, "strtol answers ERANGE");
}

static void test_file(void)
{
    char line[64];
    FILE *file = fopen("text", "w+");

    ok(file != NULL, "fopen w+");
    for (int i = 0; i < 1000; i++)
        fprintf(file, "line %d\n", i);
    is(ftell(file), 8890, "ftell counts what is buffered");
    rewind(file);
    ok(fgets(line, sizeof line, file) && strcmp(line, "line 0\n") == 0, "the first line comes back");
    is(fseek(file, -9, SEEK_END), 0, "fseek from the end");
    ok(fgets(line, sizeof line, file) && strcmp(line, "line 999\n") == 0, "the last line comes back");
    ok(!fgets(line, sizeof line, file) && feof(file) && !ferror(file), "then the end");
    is(fclose(file), 0, "fclose");

    file = fopen("text", "a");
    fputs("more", file);
    fclose(file);
    struct stat st;
    ok(stat("text", &st) == 0 && st.st_size == 8894, "mode a appends");
    ok(!fopen("text", "wx") && errno == EEXIST, "mode x refuses a file that is there");
    ok(!fopen("none", "r") && errno == ENOENT, "mode r wants a file");
    unlink("text");
}

static void test_full(void)
{
    FILE *full = fopen("/dev/full", "w");

    if (!full) {
        skip(1, "writing to a full device", "no /dev/full");
        return;
    }
    fputs("x", full);
    fails(fflush(full), ENOSPC, "fflush tells that the device is full");
    fclose(full);
}

static void test_memory(void)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    fprintf(stream, "%s %d", "kept", 7);
    fclose(stream);
    ok(size == 6 && strcmp(text, "kept 7") == 0, "open_memstream collects text");
    free(text);
    ok(asprintf(&text, "%05d", 42) == 5 && strcmp(text, "00042") == 0, "asprintf takes memory for its text");
    free(text);
}

static void test_getline(void)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen("lines", "w+");

    for (int i = 0; i < 5000; i++)
        fputc('x', file);
    fputs("\nlast", file);
    rewind(file);
    is(getline(&line, &room, file), 5001, "getline reads a long line");
    is(getline(&line, &room, file), 4, "and one without its newline");
    is(getline(&line, &room, file), -1, "and then the end");
    free(line);
    fclose(file);
    unlink("lines");
}

static void test_errors(void)
{
    ok(strcmp(strerror(ENOMEM), "Cannot allocate memory") == 0, "strerror knows ENOMEM");
    ok(strcmp(strerror(ENOTEMPTY), "Directory not empty") == 0, "strerror knows ENOTEMPTY");
    ok(strcmp(strerror(4000), "Unknown error 4000") == 0, "strerror names an unknown number");
    is(ENOSYS, 38, "errors have Linux's numbers");
}

int main(void)
{
    scratch();
    test_printf();
    test_scanf();
    test_file();
    test_full();
    test_memory();
    test_getline();
    test_errors();
    scratch_end();
    return done();
}
