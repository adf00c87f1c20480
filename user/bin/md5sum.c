// SPDX-License-Identifier: MIT
/*
 * md5sum.c - prints or checks MD5 sums
 *
 * Use:  md5sum [file...]      md5sum -c [file...]      the second reads lines that the first printed
 *
 * The algorithm is RFC 1321: blocks of 64 bytes, four rounds of 16 steps on four words; the last block ends
 * in the length in bits.  The table of constants is floor(2^32 * |sin(i + 1)|).
 */
#include "user/bin/common.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct md5 {
    uint32_t word[4];
    uint64_t length;
    unsigned char block[64];
};

static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static uint32_t rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

/* The mixing function of a round. */
static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round) {
    case 0:
        return (b & c) | (~b & d);
    case 1:
        return (b & d) | (c & ~d);
    case 2:
        return b ^ c ^ d;
    default:
        return c ^ (b | ~d);
    }
}

static void block_add(struct md5 *m)
{
    static const unsigned char shifts[4][4] = {
        {7, 12, 17, 22},
        {5, 9, 14, 20},
        {4, 11, 16, 23},
        {6, 10, 15, 21},
    };
    static const unsigned char first[4] = {0, 1, 5, 0}, stride[4] = {1, 5, 3, 7};
    uint32_t a = m->word[0], b = m->word[1], c = m->word[2], d = m->word[3], in;
    int i;

    for (i = 0; i < 64; i++) {
        int round = i / 16;
        const unsigned char *at = m->block + (first[round] + stride[round] * i) % 16 * 4;
        uint32_t next;

        in = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        next = b + rotate(a + mix(round, b, c, d) + in + sines[i], shifts[round][i % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    m->word[0] += a;
    m->word[1] += b;
    m->word[2] += c;
    m->word[3] += d;
}

static void md5_start(struct md5 *m)
{
    *m = (struct md5){.word = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

static void md5_add(struct md5 *m, const unsigned char *data, size_t len)
{
    while (len > 0) {
        size_t used = m->length % 64, n = 64 - used < len ? 64 - used : len;

        memcpy(m->block + used, data, n);
        m->length += n;
        data += n;
        len -= n;
        if (m->length % 64 == 0)
            block_add(m);
    }
}

/* Writes the sum as 32 digits. */
static void md5_end(struct md5 *m, char text[33])
{
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = m->length * 8;
    unsigned char tail[8];
    int i;

    for (i = 0; i < 8; i++)
        tail[i] = (unsigned char)(bits >> 8 * i);
    md5_add(m, padding, 1 + (119 - m->length % 64) % 64);
    md5_add(m, tail, 8);
    for (i = 0; i < 16; i++)
        sprintf(text + 2 * i, "%02x", (unsigned)(m->word[i / 4] >> i % 4 * 8 & 255));
}

static void file_sum(FILE *file, char text[33])
{
    static unsigned char block[BLOCK];
    struct md5 m;
    size_t got;

    md5_start(&m);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        md5_add(&m, block, got);
    md5_end(&m, text);
}

static int sum_print(FILE *file, const char *name)
{
    char text[33];

    file_sum(file, text);
    if (!ferror(file))
        printf("%s  %s\n", text, name);
    return 0;
}

/* Checks one line of the form "sum  name". */
static int line_check(char *line, const char *list)
{
    char text[33], *name = line + 34;
    FILE *file;
    bool same;

    line[strcspn(line, "\n")] = '\0';
    if (strspn(line, "0123456789abcdef") != 32 || line[32] != ' ' || !line[33] || !*name)
        return complain_text(list, "has a line that is no sum");
    file = file_open(name);
    if (!file)
        return printf("%s: FAILED open or read\n", name) > 0;
    file_sum(file, text);
    same = !ferror(file) && strncmp(line, text, 32) == 0;
    file_close(file);
    printf("%s: %s\n", name, same ? "OK" : "FAILED");
    return !same;
}

static int list_check(FILE *file, const char *name)
{
    static char line[BLOCK];
    int status = 0;

    while (fgets(line, sizeof line, file))
        status |= line_check(line, name);
    return status;
}

int main(int argc, char **argv)
{
    bool check = false;
    int c;

    prog_start(argv, "[-c] [file...]");
    while ((c = option_next(argc, argv, "c")) != -1) {
        if (c == '?')
            usage();
        check = true;
    }
    return prog_end(each_file(argv + option_index, check ? list_check : sum_print));
}
