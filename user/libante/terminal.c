// SPDX-License-Identifier: MIT
/*
 * terminal.c - terminals: settings, foreground group, names
 */
#include "kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

_Static_assert(sizeof(struct termios) == 36, "TCGETS fills this much");

int tcgetattr(int fd, struct termios *t)
{
    return ioctl(fd, TCGETS, t);
}

int tcsetattr(int fd, int when, const struct termios *t)
{
    if (when < TCSANOW || when > TCSAFLUSH) {
        errno = EINVAL;
        return -1;
    }
    return ioctl(fd, TCSETS + (unsigned)when, t);
}

int tcsendbreak(int fd, int duration)
{
    (void)duration;
    return ioctl(fd, TCSBRK, 0L);
}

int tcdrain(int fd)
{
    return ioctl(fd, TCSBRK, 1L);
}

int tcflush(int fd, int queue)
{
    return ioctl(fd, TCFLSH, (long)queue);
}

int tcflow(int fd, int action)
{
    return ioctl(fd, TCXONC, (long)action);
}

pid_t tcgetpgrp(int fd)
{
    pid_t group;
    return ioctl(fd, TIOCGPGRP, &group) < 0 ? -1 : group;
}

int tcsetpgrp(int fd, pid_t group)
{
    return ioctl(fd, TIOCSPGRP, &group);
}

pid_t tcgetsid(int fd)
{
    pid_t session;
    return ioctl(fd, TIOCGSID, &session) < 0 ? -1 : session;
}

int isatty(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0)
        return 1;
    if (errno != EBADF)
        errno = ENOTTY;
    return 0;
}

speed_t cfgetospeed(const struct termios *t)
{
    return t->c_cflag & CBAUD;
}

speed_t cfgetispeed(const struct termios *t)
{
    return cfgetospeed(t);
}

int cfsetospeed(struct termios *t, speed_t speed)
{
    if (speed & ~(speed_t)CBAUD) {
        errno = EINVAL;
        return -1;
    }
    t->c_cflag = (t->c_cflag & ~(tcflag_t)CBAUD) | speed;
    return 0;
}

/* An input speed of 0 means: as the output. */
int cfsetispeed(struct termios *t, speed_t speed)
{
    return speed ? cfsetospeed(t, speed) : 0;
}

int cfsetspeed(struct termios *t, speed_t speed)
{
    return cfsetospeed(t, speed);
}

void cfmakeraw(struct termios *t)
{
    t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t->c_oflag &= ~(tcflag_t)OPOST;
    t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t->c_cflag = (t->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    t->c_cc[VMIN] = 1;
    t->c_cc[VTIME] = 0;
}

/* Is the descriptor's file the one with this name? */
static int is_named(int fd, const char *name)
{
    struct stat mine, named;
    return fstat(fd, &mine) == 0 && stat(name, &named) == 0 && S_ISCHR(named.st_mode) &&
           mine.st_rdev == named.st_rdev;
}

/* The kernel knows the name (/proc/self/fd); without /proc the usual names are tried. */
int ttyname_r(int fd, char *name, size_t size)
{
    static const char *const usual[] = {"/dev/console", "/dev/ttyS0", "/dev/tty0", "/dev/tty1"};
    char link[32];

    if (!isatty(fd))
        return errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, size);
    if (length == (ssize_t)size)
        return ERANGE;
    if (length > 0) {
        name[length] = '\0';
        return 0;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (is_named(fd, usual[i]))
            return strlcpy(name, usual[i], size) < size ? 0 : ERANGE;
    return ENODEV;
}

char *ttyname(int fd)
{
    static char name[TTY_NAME_MAX];
    int error = ttyname_r(fd, name, sizeof name);

    if (!error)
        return name;
    errno = error;
    return NULL;
}

char *ctermid(char *name)
{
    static char own[] = "/dev/tty";
    return name ? strcpy(name, own) : own;
}

/* Reads a line up to size - 1 characters; returns its length without the newline, or -1. */
static ssize_t read_line(int fd, char *line, size_t size)
{
    size_t length = 0;
    ssize_t got;

    while (length < size - 1 && (got = read(fd, line + length, 1)) != 0) {
        if (got < 0)
            return -1;
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return (ssize_t)length;
}

char *getpass(const char *prompt)
{
    static char line[129];
    struct termios was, quiet;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    int is_terminal = tcgetattr(fd, &was) == 0;
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    if (is_terminal)
        tcsetattr(fd, TCSAFLUSH, &quiet);
    write(fd, prompt, strlen(prompt));
    ssize_t length = read_line(fd, line, sizeof line);
    write(fd, "\n", 1);
    if (is_terminal)
        tcsetattr(fd, TCSAFLUSH, &was);
    close(fd);
    return length < 0 ? NULL : line;
}
