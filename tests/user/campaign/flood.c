// SPDX-License-Identifier: MIT
/*
 * flood.c - gigabytes for the console in one call, by write and by sendfile: whoever sends them can be killed
 *
 * The gigabytes are a file without blocks.  The serial line takes minutes for them; the sender is killed at once and
 * has a minute to end.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE (1L << 30)

static void nap(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

    nanosleep(&time, NULL);
}

static void by_write(int console, int zeros)
{
    void *at = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, zeros, 0);

    if (at != MAP_FAILED)
        write(console, at, SIZE);
}

static void by_sendfile(int console, int zeros)
{
    sendfile(console, zeros, NULL, SIZE);
}

static void check(const char *name, void (*send)(int, int), int zeros)
{
    int console = open("/dev/console", O_WRONLY), status = 0, tenths;
    pid_t sender = fork();

    if (sender == 0) {
        send(console, zeros);
        _exit(0);
    }
    nap(300);
    kill(sender, SIGKILL);
    for (tenths = 0; tenths < 600 && waitpid(sender, &status, WNOHANG) == 0; tenths++)
        nap(100);
    printf("\n%s: %s\n", name, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? "killed" : "not killed");
    fflush(stdout);
    close(console);
}

int main(void)
{
    int zeros = open("/tmp/zeros", O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (zeros < 0 || ftruncate(zeros, SIZE) != 0) {
        perror("/tmp/zeros");
        return 1;
    }
    check("write", by_write, zeros);
    check("sendfile", by_sendfile, zeros);
    unlink("/tmp/zeros");
    return 0;
}
