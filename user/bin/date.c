// SPDX-License-Identifier: MIT
/*
 * date.c - shows or sets the time
 *
 * Use:  date [-u] [-d @seconds] [-s @seconds] [+format]      the format is that of strftime(3); times are UTC
 */
#include "user/bin/common.h"

#include <time.h>
#include <unistd.h>

static time_t seconds_parse(const char *text)
{
    return (time_t)number_arg(*text == '@' ? text + 1 : text);
}

int main(int argc, char **argv)
{
    const char *format = "%a %b %e %H:%M:%S UTC %Y";
    time_t now = time(NULL);
    static char text[512];
    int c;

    prog_start(argv, "[-u] [-d @seconds] [-s @seconds] [+format]");
    while ((c = option_next(argc, argv, "ud:s:")) != -1) {
        if (c == '?')
            usage();
        if (c == 'd' || c == 's')
            now = seconds_parse(option_value);
        if (c == 's' && clock_settime(CLOCK_REALTIME, &(struct timespec){.tv_sec = now}) < 0)
            die("clock");
    }
    if (argv[option_index] && argv[option_index][0] != '+')
        usage();
    if (argv[option_index])
        format = argv[option_index] + 1;
    if (strftime(text, sizeof text, format, gmtime(&now)) == 0 && *format)
        return complain_text(format, "gives too long a text");
    puts(text);
    return prog_end(0);
}
