// SPDX-License-Identifier: MIT
/*
 * leave.c - the program that execve in the sweep leads to: says what the injector has counted, and ends
 *
 * Descriptors are those of sweep.h: the task's own injection, and where to report.
 */
#include "tests/user/campaign/sweep.h"

int main(void)
{
    static char text[80] = "off 0 - -";
    ssize_t n = strlen(text);

    if (pwrite(FD_CONTROL, "off", 3, 0) == 3)
        n = pread(FD_CONTROL, text, sizeof text, 0);
    _exit(write(FD_REPORT_OUT, text, (size_t)n) != n);
}
