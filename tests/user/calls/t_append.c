// SPDX-License-Identifier: MIT
/*
 * O_APPEND must put each write whole at the end of the file as it is then, whoever else writes.
 */
#include "tests/user/calls/tap.h"

enum { ROUNDS = 300, RECORD = 37 };

static void one(void)
{
    int fd = open("a", O_RDWR | O_CREAT | O_APPEND, 0600), other = open("a", O_WRONLY);
    char c;

    is(write(fd, "one", 3), 3, "append");
    is(lseek(fd, 0, SEEK_SET), 0, "seek to the start");
    is(write(fd, "two", 3), 3, "append again");
    ok(holds("a", "onetwo"), "goes to the end");
    is(lseek(fd, 0, SEEK_CUR), 6, "and moves the offset there");
    is(pwrite(other, "xxx", 3, 6), 3, "another writer makes it longer");
    is(write(fd, "end", 3), 3, "append");
    ok(holds("a", "onetwoxxxend"), "finds the new end");
    is(lseek(fd, 1, SEEK_SET), 1, "reads");
    is(read(fd, &c, 1), 1, "happen at the offset");
    ok(c == 'n', "as ever");
    ftruncate(other, 2);
    is(write(fd, "!", 1), 1, "after a cut");
    ok(holds("a", "on!"), "append finds the nearer end");
    close(fd);
    close(other);
}

static void switched(void)
{
    int fd = open("a", O_WRONLY);

    is(fcntl(fd, F_SETFL, O_APPEND), 0, "F_SETFL sets O_APPEND");
    is(write(fd, "+", 1), 1, "write");
    ok(holds("a", "on!+"), "appends");
    is(fcntl(fd, F_SETFL, 0), 0, "F_SETFL clears it");
    is(lseek(fd, 0, SEEK_SET), 0, "seek");
    is(write(fd, "O", 1), 1, "write");
    ok(holds("a", "On!+"), "does not append");
    close(fd);
}

/* Appends records of its own letter. */
static int appender(char letter, int rounds)
{
    char record[RECORD];
    int fd = open("log", O_WRONLY | O_APPEND), i;

    NEED(fd >= 0);
    memset(record, letter, sizeof record);
    record[RECORD - 1] = '\n';
    for (i = 0; i < rounds; i++)
        NEED(write(fd, record, sizeof record) == RECORD);
    return 0;
}

static int append_a(void)
{
    return appender('a', ROUNDS);
}

static int append_b(void)
{
    return appender('b', ROUNDS);
}

static void together(void)
{
    static char log[2 * ROUNDS * RECORD + 1];
    int fd, i, j, whole = 0, count[2] = {0, 0};
    pid_t a, b;

    put("log", "");
    a = tap_start(append_a);
    b = tap_start(append_b);
    tap_status(tap_wait(a), 0, "one process appends");
    tap_status(tap_wait(b), 0, "another does too");
    fd = open("log", O_RDONLY);
    is(read(fd, log, sizeof log), 2 * ROUNDS * RECORD, "nothing is overwritten");
    close(fd);
    for (i = 0; i < 2 * ROUNDS; i++) {
        const char *record = log + i * RECORD;

        for (j = 1; j < RECORD - 1 && record[j] == record[0]; j++)
            ;
        whole += j == RECORD - 1 && record[j] == '\n';
        count[record[0] == 'b']++;
    }
    is(whole, 2 * ROUNDS, "each record is whole");
    ok(count[0] == ROUNDS && count[1] == ROUNDS, "and there are as many of each");
}

int main(void)
{
    tap_begin("append");
    one();
    switched();
    together();
    return tap_end();
}
