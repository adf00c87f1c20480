// SPDX-License-Identifier: MIT
/*
 * faultmix_check.h - looking at the tree, and judging the answer of one call
 *
 * struct mix is the state of a run.  Looking compares the tree on disk with the model and runs without injection;
 * judging decides whether an answer is the model's, a refusal or a short count that -p fail allows, or wrong.  A
 * refusal makes it look, on the spot, whether the places that the call named are as before.  The listing is for
 * whoever compares the disk later, from outside.
 *
 * Like the model this is a header because each program of this folder is one source.
 */
#ifndef ANTE_USER_BENCH_FAULTMIX_CHECK_H
#define ANTE_USER_BENCH_FAULTMIX_CHECK_H

#include "user/bench/common.h"
#include "user/bench/faultmix_model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 384 * 1024, PATH_TEXT = 1024, TRIES = 1000000 };

enum verdict { DONE, SHORT, REFUSED, WRONG };

/* A name in the tree, which may or may not exist. */
struct place {
    unsigned parent;
    uint32_t serial;
};

struct mix {
    struct bench *b;
    struct model model;
    struct rng rng;
    bool lenient; /* -p fail or any */
    bool any;     /* -p any */
    int control;  /* switches the injection, -1: there is none */
    bool digits;  /* it is that of Linux, which takes 0 and 1 */
    uint64_t refused, shorts, digest;
    struct place touched[2]; /* what the call names, for the check after a refusal */
    char root[BENCH_PATH];
    char path[2][PATH_TEXT]; /* of the touched places */
};

static char buffer[LARGEST], expected[LARGEST];

/* Under -p any nobody knows any more what the tree should be like once something was wrong. */
static inline bool lost(const struct mix *m)
{
    return m->any && m->b->errors > 0;
}

/* --- injection and checks --- */

static inline void inject(struct mix *m, bool on)
{
    const char *word = m->digits ? on ? "1\n" : "0\n" : on ? "on\n" : "off\n";

    if (m->control >= 0 && write(m->control, word, strlen(word)) != (ssize_t)strlen(word))
        bench_error(m->b, "cannot switch the injection");
}

/* Goes there, asking again when it is refused. */
static inline bool control_enter(const char *folder)
{
    int rc = -1, i;

    for (i = 0; i < TRIES && rc < 0 && (i == 0 || errno == ENOMEM || errno == EINTR); i++)
        rc = chdir(folder);
    return rc == 0;
}

static inline int control_try(const char *name)
{
    int fd = -1, i;

    for (i = 0; i < TRIES && fd < 0 && (i == 0 || errno == ENOMEM || errno == EINTR); i++)
        fd = open(name, O_WRONLY);
    return fd;
}

/* Nearly every step of a walk may be refused, so it is made one name at a time: what was reached stays reached. */
static inline void control_open(struct mix *m)
{
    char *back = NULL;
    int i;

    m->control = -1;
    for (i = 0; i < TRIES && !back && (i == 0 || errno == ENOMEM || errno == EINTR); i++)
        back = getcwd(NULL, PATH_TEXT);
    if (control_enter("/proc") && control_enter("self")) {
        m->digits = !control_enter("ama");
        m->control = control_try(m->digits ? "make-it-fail" : "inject");
    }
    inject(m, false);
    if (!back || !control_enter(back))
        bench_error(m->b, "cannot go back to the first folder");
    free(back);
}

static inline void place_path(struct mix *m, struct place p, char *path)
{
    strcpy(path, m->root);
    model_folder_path(&m->model, p.parent, path + strlen(path));
    name_text(path + strlen(path), p.serial);
}

/* Names what the next call is about. */
static inline void touch(struct mix *m, unsigned which, struct place p)
{
    m->touched[which] = p;
    place_path(m, p, m->path[which]);
    if (which == 0)
        m->touched[1] = p;
}

static inline struct place place_of(const struct mix *m, int name)
{
    return (struct place){m->model.names[name].parent, m->model.names[name].serial};
}

static inline bool same_content(int fd, const struct node *node)
{
    uint32_t at = 0;

    while (at < node->size) {
        uint32_t len = node->size - at < BENCH_CHUNK ? node->size - at : BENCH_CHUNK;

        model_content(node, at, len, expected);
        if (read(fd, buffer, len) != (ssize_t)len || memcmp(buffer, expected, len) != 0)
            return false;
        at += len;
    }
    return read(fd, buffer, 1) == 0;
}

static inline void check_content(struct mix *m, const char *path, const struct node *node)
{
    int fd = open(path, O_RDONLY);

    if (fd < 0 || !same_content(fd, node))
        bench_error(m->b, "%s has not the right content", path);
    close(fd);
}

static inline mode_t node_type(const struct node *node)
{
    return node->kind == FILE_NODE ? S_IFREG : node->kind == FOLDER ? S_IFDIR : S_IFLNK;
}

static inline off_t node_size(const struct node *node)
{
    char target[TARGET_TEXT];

    return node->kind == LINK_NODE ? (off_t)model_target(node, target) : (off_t)node->size;
}

/* btrfs does not count the links of folders: all have one. */
static inline bool same_links(const struct mix *m, const struct stat *st, const struct node *node)
{
    return st->st_nlink == node->links || (m->digits && node->kind == FOLDER && st->st_nlink == 1);
}

static inline bool same_status(const struct mix *m, const struct stat *st, const struct node *node)
{
    return (st->st_mode & S_IFMT) == node_type(node) && same_links(m, st, node) &&
           (node->kind == FOLDER || st->st_size == node_size(node));
}

static inline void check_target(struct mix *m, const char *path, const struct node *node)
{
    char target[TARGET_TEXT], found[TARGET_TEXT];
    ssize_t len = (ssize_t)model_target(node, target);

    if (readlink(path, found, sizeof found) != len || memcmp(found, target, (size_t)len) != 0)
        bench_error(m->b, "%s points elsewhere", path);
}

/* Compares one place with the model; without injection. */
static inline void check_place(struct mix *m, struct place p)
{
    static char path[PATH_TEXT];
    int name = model_find(&m->model, p.parent, p.serial);
    const struct node *node = &m->model.nodes[name == NO_NAME ? 0 : m->model.names[name].node];
    struct stat st;
    int result;

    if (lost(m))
        return;
    place_path(m, p, path);
    errno = 0;
    result = lstat(path, &st);
    if (name == NO_NAME) {
        if (result == 0 || errno != ENOENT)
            bench_error(m->b, "%s must not exist", path);
        return;
    }
    if (result != 0 || !same_status(m, &st, node))
        bench_error(m->b, "%s: kind, links or size are not %u, %u, %lu", path, (unsigned)node->kind,
                    (unsigned)node->links, (unsigned long)node_size(node));
    else if (node->kind == FILE_NODE)
        check_content(m, path, node);
    else if (node->kind == LINK_NODE)
        check_target(m, path, node);
}

/* Reads a folder and compares its names with the model's: 0, 1 when they differ, or a negative errno. */
static inline long list_folder(struct mix *m, unsigned folder, const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char text[NAME_TEXT];
    uint64_t sum = 0;
    long result = 0;
    int i;

    if (dir == NULL)
        return -errno;
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        uint32_t serial = (uint32_t)strtoul(entry->d_name + 1, NULL, 16);

        name_text(text, serial);
        if (strcmp(entry->d_name, text) == 0)
            sum += mix64(serial);
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = 1;
    }
    if (errno != 0)
        result = -errno;
    closedir(dir);
    for (i = 0; i < NAMES; i++)
        if (m->model.names[i].node != 0 && m->model.names[i].parent == folder)
            sum -= mix64(m->model.names[i].serial);
    return result != 0 ? result : sum != 0;
}

static inline void check_all(struct mix *m)
{
    char path[PATH_TEXT];
    unsigned i;

    if (lost(m))
        return;
    inject(m, false);
    for (i = 0; i < NAMES; i++)
        if (m->model.names[i].node != 0)
            check_place(m, place_of(m, (int)i));
    for (i = 0; i < NODES; i++) {
        if (m->model.nodes[i].kind != FOLDER)
            continue;
        strcpy(path, m->root);
        model_folder_path(&m->model, i, path + strlen(path));
        if (list_folder(m, i, path) != 0)
            bench_error(m->b, "%s has not the right names", path);
    }
    inject(m, true);
}

/* --- the listing --- */

/* The checksum of POSIX cksum(1), a chunk at a time. */
static inline uint32_t crc_add(uint32_t crc, const char *data, size_t len)
{
    size_t i;
    int bit;

    for (i = 0; i < len; i++) {
        crc ^= (uint32_t)(uint8_t)data[i] << 24;
        for (bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc >> 31 != 0 ? 0x04c11db7 : 0);
    }
    return crc;
}

static inline uint32_t node_cksum(const struct node *node)
{
    uint32_t crc = 0, at, len;
    uint64_t size = (uint64_t)node_size(node);

    if (node->kind == LINK_NODE) {
        len = (uint32_t)model_target(node, buffer);
        crc = crc_add(crc, buffer, len);
    }
    for (at = 0; node->kind == FILE_NODE && at < node->size; at += len) {
        len = node->size - at < BENCH_CHUNK ? node->size - at : BENCH_CHUNK;
        model_content(node, at, len, buffer);
        crc = crc_add(crc, buffer, len);
    }
    for (; size > 0; size >>= 8) {
        char byte = (char)size;

        crc = crc_add(crc, &byte, 1);
    }
    return ~crc;
}

/* What the model holds, a line for each name: path, type, size, checksum as of cksum (of a link: its target). */
static inline void write_listing(struct mix *m, const char *to)
{
    FILE *out = fopen(to, "w");
    unsigned i;

    if (out == NULL) {
        bench_error(m->b, "%s", to);
        return;
    }
    for (i = 0; i < NAMES; i++) {
        const struct node *node = &m->model.nodes[m->model.names[i].node];

        if (m->model.names[i].node == 0)
            continue;
        touch(m, 0, place_of(m, (int)i));
        fprintf(out, "%s %c %lu %lu\n", m->path[0] + strlen(m->root), "-fdl"[node->kind],
                (unsigned long)node_size(node), node -> kind == FOLDER ? 0 : (unsigned long)node_cksum(node));
    }
    if (fclose(out) != 0)
        bench_error(m->b, "%s", to);
}

/* --- judging one call --- */

static inline long answer(long result)
{
    return result < 0 ? -errno : result;
}

static inline enum verdict judge(struct mix *m, const char *what, long result, long wanted)
{
    m->b->ops++;
    m->digest = mix64(m->digest ^ (uint64_t)result) + m->b->ops;
    if (result == wanted)
        return DONE;
    if (lost(m) && (result <= 0 || result >= wanted)) {
        m->refused += result == -ENOMEM;
        return REFUSED;
    }
    if (m->lenient && result == -ENOMEM) {
        m->refused++;
        inject(m, false);
        check_place(m, m->touched[0]);
        if (m->touched[1].serial != m->touched[0].serial)
            check_place(m, m->touched[1]);
        inject(m, true);
        return REFUSED;
    }
    if (m->lenient && result > 0 && result < wanted) {
        m->shorts++;
        return SHORT;
    }
    errno = 0;
    bench_error(m->b, "call %llu: %s %s answers %ld instead of %ld", (unsigned long long)m->b->ops, what,
                m->path[0], result, wanted);
    return WRONG;
}

static inline bool done(struct mix *m, const char *what, long result, long wanted)
{
    return judge(m, what, answer(result), wanted) == DONE && wanted == 0;
}

/* Opens the touched file; -1 when the open was refused or is wrong. */
static inline int mix_open(struct mix *m, int flags)
{
    int fd = open(m->path[0], flags, 0644);

    return judge(m, "open", fd < 0 ? -errno : 0, 0) == DONE ? fd : -1;
}

#endif
