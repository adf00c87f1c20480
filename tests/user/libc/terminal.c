// SPDX-License-Identifier: MIT
/*
 * terminal.c - terminals: settings, size, foreground group, lines
 *
 * A terminal of its own comes from /dev/ptmx; where there is none, only what is no terminal is tested.
 */
#include "tap.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#define TIOCGPTN_NUMBER   0x80045430
#define TIOCSPTLCK_NUMBER 0x40045431

static void test_none(void)
{
    struct termios t;
    int fd = open("/dev/null", O_RDWR);

    is(isatty(fd), 0, "/dev/null is no terminal");
    is(errno, ENOTTY, "and that is the reason");
    fails(tcgetattr(fd, &t), ENOTTY, "it has no settings");
    ok(!ttyname(fd) && errno == ENOTTY, "and no name as a terminal");
    fails(tcgetpgrp(fd), ENOTTY, "nor a group");
    fails(tcsetattr(fd, 9, &t), EINVAL, "tcsetattr has three modes");
    close(fd);
    is(isatty(99), 0, "a closed descriptor is none");
    is(errno, EBADF, "and that is the reason");
}

static void test_speeds(void)
{
    struct termios t = {.c_lflag = ICANON | ECHO | ISIG, .c_iflag = ICRNL, .c_oflag = OPOST};

    ok(cfsetospeed(&t, B38400) == 0 && cfgetospeed(&t) == B38400, "speeds are kept");
    fails(cfsetospeed(&t, 12345), EINVAL, "other numbers are none");
    cfmakeraw(&t);
    ok(!(t.c_lflag & (ICANON | ECHO | ISIG)) && !(t.c_iflag & ICRNL) && !(t.c_oflag & OPOST), "cfmakeraw");
}

/* Opens a new pair; returns the near end and stores the far one, or returns -1. */
static int open_pair(int *far, char *name)
{
    int near = open("/dev/ptmx", O_RDWR | O_NOCTTY), number = 0, unlock = 0;

    if (near < 0 || ioctl(near, TIOCSPTLCK_NUMBER, &unlock) < 0 || ioctl(near, TIOCGPTN_NUMBER, &number) < 0)
        return -1;
    sprintf(name, "/dev/pts/%d", number);
    *far = open(name, O_RDWR | O_NOCTTY);
    return *far < 0 ? -1 : near;
}

/* Comes the number of characters that wait to this one within a minute?  Linux hands them over in the background. */
static int come_to_wait(int far, int wanted)
{
    int waiting = -1;

    for (int i = 0; i < 6000 && waiting != wanted; i++) {
        usleep(i ? 10000 : 0);
        if (ioctl(far, FIONREAD, &waiting) < 0)
            return 0;
    }
    return waiting == wanted;
}

static void test_lines(int near, int far)
{
    char text[16];
    struct termios t;

    is(tcgetattr(far, &t), 0, "tcgetattr");
    ok((t.c_lflag & ICANON) && t.c_cc[VINTR] == 3 && t.c_cc[VEOF] == 4, "a new one collects lines");
    write(near, "ab\177c\r", 5);
    ok(read(far, text, 16) == 3 && memcmp(text, "ac\n", 3) == 0, "a line is edited before it is read");
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    is(tcsetattr(far, TCSAFLUSH, &t), 0, "tcsetattr");
    write(near, "x", 1);
    is(read(far, text, 16), 1, "without ICANON a key is read at once");
    write(near, "yz", 2);
    ok(come_to_wait(far, 2), "FIONREAD counts what waits");
    is(tcflush(far, TCIFLUSH), 0, "tcflush");
    ok(come_to_wait(far, 0), "drops it");
}

static int leads_session(int far)
{
    return setsid() > 0 && ioctl(far, TIOCSCTTY, 0) == 0 && tcgetpgrp(far) == getpid() &&
           tcsetpgrp(far, getpid()) == 0 && tcgetsid(far) == getpid();
}

enum { TERMINAL_RESULTS = 12 }; /* of what follows, with test_lines() */

static void test_terminal(void)
{
    char name[32];
    struct winsize size = {.ws_row = 33, .ws_col = 111}, now;
    int far, status, near = open_pair(&far, name);

    if (near < 0) {
        skip(TERMINAL_RESULTS, "a terminal", "no /dev/ptmx");
        return;
    }
    is(isatty(far), 1, "isatty");
    ok(ttyname(far) && strcmp(ttyname(far), name) == 0, "ttyname");
    ok(ioctl(far, TIOCSWINSZ, &size) == 0 && ioctl(far, TIOCGWINSZ, &now) == 0 && now.ws_col == 111,
       "window size");
    test_lines(near, far);
    pid_t pid = tap_fork();
    if (pid == 0)
        _exit(!leads_session(far));
    waitpid(pid, &status, 0);
    is(status, 0, "a session has its terminal and its group in front");
    close(near);
    close(far);
}

int main(void)
{
    test_none();
    test_speeds();
    test_terminal();
    return done();
}
