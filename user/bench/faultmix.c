// SPDX-License-Identifier: MIT
/*
 * faultmix.c - a seeded mix of file calls whose every answer is known beforehand, also when memory is refused
 *
 * A model of the tree (faultmix_model.h) says for each call what it must answer; the call is made, judged and, when
 * it was done, applied to the model.  Errors are part of the mix: names that exist, folders that are not empty.
 *   -p retry  every answer must be the model's; the digest of all answers equals that of a run without injection
 *   -p fail   a call may also answer ENOMEM: then what it names must be as before, which is looked at on the spot;
 *             a read or write that was refused in a later window may answer a short count, and exactly that is done
 *   -p any    as fail, but after the first wrong answer the calls go on, unjudged: for systems that are not expected
 *             to keep the promise
 * At five checkpoints and at the end the whole tree is compared: names, kinds, link counts, sizes, contents.
 *
 * Checks, and the making of the first 50 folders and 500 files, run without injection: /proc/self/ama/inject takes
 * "off" and "on" for this task, on Linux /proc/self/make-it-fail takes 0 and 1.  It is opened first of all and kept
 * open; where neither exists nothing injects.
 * Nothing is allocated here during the mix, except by opendir().
 */
#include "user/bench/common.h"
#include "user/bench/faultmix_check.h"
#include "user/bench/faultmix_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST_FOLDERS = 50, LEAST_FILES = 500, CHECKPOINTS = 5 };
enum { FILES = 1 << FILE_NODE, FOLDERS = 1 << FOLDER, LINKS = 1 << LINK_NODE, ANY = FILES | FOLDERS | LINKS };
static const uint64_t MOST_BYTES = 16 << 20;

/* --- choosing --- */

static int pick_name(struct mix *m, unsigned kinds)
{
    int start = (int)rng_below(&m->rng, NAMES), i;

    for (i = 0; i < NAMES; i++) {
        int name = (start + i) % NAMES;
        unsigned node = m->model.names[name].node;

        if (node != 0 && (kinds >> m->model.nodes[node].kind & 1) != 0)
            return name;
    }
    return NO_NAME;
}

static unsigned pick_folder(struct mix *m)
{
    int name = rng_below(&m->rng, 16) == 0 ? NO_NAME : pick_name(m, FOLDERS);

    return name == NO_NAME ? 0 : m->model.names[name].node;
}

/* Mostly a new place in some folder; one in `rare` exists already. */
static struct place pick_place(struct mix *m, unsigned rare)
{
    int name = rng_below(&m->rng, rare) == 0 ? pick_name(m, ANY) : NO_NAME;

    if (name != NO_NAME)
        return place_of(m, name);
    return (struct place){pick_folder(m), m->model.serials++};
}

static uint32_t pick_length(struct mix *m)
{
    uint64_t dice = rng_below(&m->rng, 32);

    return 1 + (uint32_t)rng_below(&m->rng, dice == 0 ? LARGEST : dice < 8 ? 20000 : 3000);
}

static bool full(const struct mix *m)
{
    unsigned used = 0, i;

    for (i = 0; i < NAMES; i++)
        used += m->model.names[i].node != 0;
    return used + 8 > NAMES || m->model.files + m->model.folders + m->model.links + 8 > NODES;
}

/* --- the calls --- */

static void write_at(struct mix *m, int fd, struct node *node, uint32_t at, uint32_t len, bool append)
{
    uint64_t seed = m->b->ops + 1;
    enum verdict verdict;
    long result;

    pattern_fill(buffer, len, seed, at);
    result = answer(append ? write(fd, buffer, len) : pwrite(fd, buffer, len, at));
    verdict = judge(m, append ? "append" : "write", result, (long)len);
    if (verdict == DONE || verdict == SHORT) {
        model_write(&m->model, node, at, (uint32_t)result, seed);
        m->b->bytes += (uint64_t)result;
    }
    if (verdict == SHORT) {
        inject(m, false);
        check_place(m, m->touched[0]);
        inject(m, true);
    }
}

static void call_truncate(struct mix *m);

static void write_or_append(struct mix *m, bool append)
{
    int name = pick_name(m, FILES), fd;
    struct node *node = &m->model.nodes[m->model.names[name].node];
    uint32_t len = pick_length(m),
             hole = rng_below(&m->rng, 8) == 0 ? (uint32_t)rng_below(&m->rng, 20000) : 0;
    uint32_t at = append     ? node->size
                  : hole > 0 ? node->size + hole
                             : (uint32_t)rng_below(&m->rng, node->size + 1);

    if (!model_can_write(node) || at + len > 2 * LARGEST || m->model.bytes + hole + len > MOST_BYTES) {
        call_truncate(m);
        return;
    }
    touch(m, 0, place_of(m, name));
    fd = mix_open(m, append ? O_WRONLY | O_APPEND : O_WRONLY);
    if (fd < 0)
        return;
    write_at(m, fd, node, at, len, append);
    close(fd);
}

static void call_write(struct mix *m)
{
    write_or_append(m, false);
}

static void call_append(struct mix *m)
{
    write_or_append(m, true);
}

static void call_create(struct mix *m)
{
    struct place p = pick_place(m, 8);
    bool there = model_find(&m->model, p.parent, p.serial) != NO_NAME;
    unsigned node;
    int fd;

    touch(m, 0, p);
    fd = open(m->path[0], O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!done(m, "create", fd < 0 ? -1 : 0, there ? -EEXIST : 0))
        return;
    node = model_add(&m->model, p.parent, p.serial, FILE_NODE);
    write_at(m, fd, &m->model.nodes[node], 0, 1 + (uint32_t)rng_below(&m->rng, 3000), true);
    close(fd);
}

static void call_read(struct mix *m)
{
    int name = pick_name(m, FILES), fd;
    const struct node *node = &m->model.nodes[m->model.names[name].node];
    uint32_t len = pick_length(m), at = (uint32_t)rng_below(&m->rng, node->size + 100);
    uint32_t wanted = at >= node->size ? 0 : node->size - at < len ? node->size - at : len;
    long result;

    touch(m, 0, place_of(m, name));
    fd = mix_open(m, O_RDONLY);
    if (fd < 0)
        return;
    result = answer(pread(fd, buffer, len, at));
    if (judge(m, "read", result, (long)wanted) <= SHORT) {
        model_content(node, at, (uint32_t)result, expected);
        m->b->bytes += (uint64_t)result;
        errno = 0;
        if (!lost(m) && memcmp(buffer, expected, (size_t)result) != 0)
            bench_error(m->b, "read of %s gives wrong data", m->path[0]);
    }
    close(fd);
}

/* What rename must answer: the kernel's order of checks, see rename(2). */
static long rename_wanted(const struct model *m, int from, struct place to, int over)
{
    unsigned node = m->names[from].node, other = over == NO_NAME ? 0 : m->names[over].node;
    bool folder = m->nodes[node].kind == FOLDER;

    if (folder && model_is_inside(m, to.parent, node))
        return -EINVAL;
    if (other == 0 || other == node)
        return 0;
    if (m->nodes[other].kind == FOLDER && model_is_inside(m, m->names[from].parent, other))
        return -ENOTEMPTY;
    if (folder != (m->nodes[other].kind == FOLDER))
        return folder ? -ENOTDIR : -EISDIR;
    return folder && !model_is_empty(m, other) ? -ENOTEMPTY : 0;
}

static void call_rename(struct mix *m)
{
    int from = pick_name(m, ANY), over;
    struct place to = pick_place(m, 3);
    unsigned node = m->model.names[from].node;
    long wanted;

    if (m->model.files <= LEAST_FILES || m->model.folders <= LEAST_FOLDERS)
        to.serial = m->model.serials++;
    if (m->model.nodes[node].kind == FOLDER && !model_is_inside(&m->model, to.parent, node) &&
        model_depth(&m->model, to.parent) + 1 + model_height(&m->model, node) > DEEPEST)
        to.parent = 0;
    over = model_find(&m->model, to.parent, to.serial);
    wanted = rename_wanted(&m->model, from, to, over);
    touch(m, 0, place_of(m, from));
    touch(m, 1, to);
    if (!done(m, "rename", rename(m->path[0], m->path[1]), wanted))
        return;
    if (over != NO_NAME && m->model.names[over].node == node)
        return;
    if (over != NO_NAME)
        model_remove(&m->model, over);
    model_move(&m->model, from, to.parent, to.serial);
}

static void call_link(struct mix *m)
{
    int from = pick_name(m, ANY);
    struct place to = pick_place(m, 6);
    unsigned node = m->model.names[from].node;
    long wanted = m->model.nodes[node].kind == FOLDER ? -EPERM : 0;

    if (model_find(&m->model, to.parent, to.serial) != NO_NAME)
        wanted = -EEXIST;
    touch(m, 0, place_of(m, from));
    touch(m, 1, to);
    if (done(m, "link", link(m->path[0], m->path[1]), wanted))
        model_add_name(&m->model, to.parent, to.serial, node);
}

static void call_symlink(struct mix *m)
{
    struct place p = pick_place(m, 6);
    bool there = model_find(&m->model, p.parent, p.serial) != NO_NAME;
    struct node node = {.kind = LINK_NODE, .size = p.serial};
    char target[TARGET_TEXT];

    model_target(&node, target);
    touch(m, 0, p);
    if (done(m, "symlink", symlink(target, m->path[0]), there ? -EEXIST : 0))
        model_add(&m->model, p.parent, p.serial, LINK_NODE);
}

/* By path or by descriptor, up or down; a folder has no size and a symbolic link leads nowhere. */
static void call_truncate(struct mix *m)
{
    int name = pick_name(m, rng_below(&m->rng, 8) == 0 ? ANY : FILES), fd;
    struct node *node = &m->model.nodes[m->model.names[name].node];
    uint32_t size =
        (uint32_t)rng_below(&m->rng, rng_below(&m->rng, 4) == 0 ? node->size + 20000 : node->size + 1);
    long wanted = node->kind == FOLDER ? -EISDIR : node->kind == LINK_NODE ? -ENOENT : 0;

    if (!model_can_write(node) || size > 2 * LARGEST || m->model.bytes + size > MOST_BYTES)
        size = 0;
    touch(m, 0, place_of(m, name));
    if (node->kind != FILE_NODE || rng_below(&m->rng, 2) == 0) {
        if (done(m, "truncate", truncate(m->path[0], size), wanted))
            model_resize(&m->model, node, size);
        return;
    }
    fd = mix_open(m, O_WRONLY);
    if (fd < 0)
        return;
    if (done(m, "ftruncate", ftruncate(fd, size), 0))
        model_resize(&m->model, node, size);
    close(fd);
}

/* Half of all files are held open over their unlink and must keep their content until they are closed. */
static void call_unlink(struct mix *m)
{
    int name, fd = -1;
    struct node node;

    if (m->model.files <= LEAST_FILES) {
        call_create(m);
        return;
    }
    name = pick_name(m, rng_below(&m->rng, 8) == 0 ? ANY : FILES | LINKS);
    node = m->model.nodes[m->model.names[name].node];
    touch(m, 0, place_of(m, name));
    if (node.kind == FILE_NODE && rng_below(&m->rng, 2) == 0)
        fd = mix_open(m, O_RDONLY);
    if (done(m, "unlink", unlink(m->path[0]), node.kind == FOLDER ? -EISDIR : 0)) {
        model_remove(&m->model, name);
        inject(m, false);
        if (fd >= 0 && !lost(m) && !same_content(fd, &node))
            bench_error(m->b, "%s lost its content while it was open", m->path[0]);
        inject(m, true);
    }
    if (fd >= 0)
        close(fd);
}

static void call_mkdir(struct mix *m)
{
    struct place p = pick_place(m, 8);
    bool there = model_find(&m->model, p.parent, p.serial) != NO_NAME;

    if (!there && model_depth(&m->model, p.parent) + 1 > DEEPEST)
        p.parent = 0;
    touch(m, 0, p);
    if (done(m, "mkdir", mkdir(m->path[0], 0755), there ? -EEXIST : 0))
        model_add(&m->model, p.parent, p.serial, FOLDER);
}

static void call_rmdir(struct mix *m)
{
    int name = pick_name(m, rng_below(&m->rng, 8) == 0 ? ANY : FOLDERS);
    unsigned node = m->model.names[name].node;
    long wanted = m->model.nodes[node].kind != FOLDER ? -ENOTDIR
                  : model_is_empty(&m->model, node)   ? 0
                                                      : -ENOTEMPTY;

    if (m->model.folders <= LEAST_FOLDERS) {
        call_mkdir(m);
        return;
    }
    touch(m, 0, place_of(m, name));
    if (done(m, "rmdir", rmdir(m->path[0]), wanted))
        model_remove(&m->model, name);
}

static void call_readdir(struct mix *m)
{
    int name = pick_name(m, FOLDERS);

    touch(m, 0, place_of(m, name));
    judge(m, "readdir", list_folder(m, m->model.names[name].node, m->path[0]), 0);
}

static void call_stat(struct mix *m)
{
    struct place p = pick_place(m, 1 + (unsigned)rng_below(&m->rng, 2));
    int name = model_find(&m->model, p.parent, p.serial);
    struct stat st;

    touch(m, 0, p);
    if (done(m, "lstat", lstat(m->path[0], &st), name == NO_NAME ? -ENOENT : 0) &&
        !same_status(m, &st, &m->model.nodes[m->model.names[name].node]))
        bench_error(m->b, "lstat of %s gives wrong values", m->path[0]);
}

static void call_fsync(struct mix *m)
{
    int fd;

    touch(m, 0, place_of(m, pick_name(m, FILES)));
    fd = mix_open(m, O_WRONLY);
    if (fd < 0)
        return;
    judge(m, "fsync", answer(fsync(fd)), 0);
    close(fd);
}

static const struct step {
    unsigned weight; /* of 100 */
    void (*call)(struct mix *m);
} steps[] = {
    {11, call_create}, {13, call_write},  {10, call_append},  {14, call_read},   {9, call_rename},
    {6, call_link},    {4, call_symlink}, {7, call_truncate}, {10, call_unlink}, {4, call_mkdir},
    {3, call_rmdir},   {3, call_readdir}, {5, call_stat},     {1, call_fsync},
};

static void step(struct mix *m)
{
    uint64_t dice = rng_below(&m->rng, 100);
    const struct step *s = steps;

    while (dice >= s->weight)
        dice -= s++->weight;
    if (full(m))
        call_unlink(m);
    else
        s->call(m);
}

/* --- the run --- */

static void populate(struct mix *m)
{
    if (mkdir(m->root, 0755) != 0) {
        bench_error(m->b, "mkdir %s", m->root);
        return;
    }
    strcat(m->root, "/");
    while (m->model.folders <= LEAST_FOLDERS && m->b->errors == 0)
        call_mkdir(m);
    while (m->model.files <= LEAST_FILES && m->b->errors == 0)
        call_create(m);
    m->b->ops = m->b->bytes = 0;
}

static void run(struct mix *m, uint64_t calls)
{
    uint64_t began = bench_now(), next = calls / CHECKPOINTS;

    inject(m, true);
    while (m->b->ops < calls && (m->b->errors == 0 || m->any)) {
        step(m);
        if (m->b->ops >= next) {
            check_all(m);
            next += calls / CHECKPOINTS;
        }
    }
    check_all(m);
    inject(m, false);
    m->b->ns = bench_now() - began;
}

/* Everything that the model holds must be there to be removed, and nothing else. */
static void remove_all(struct mix *m)
{
    int name;

    while (m->b->errors == 0 && (name = pick_name(m, FILES | LINKS)) != NO_NAME) {
        touch(m, 0, place_of(m, name));
        if (unlink(m->path[0]) != 0)
            bench_error(m->b, "unlink %s", m->path[0]);
        model_remove(&m->model, name);
    }
    while (m->b->errors == 0 && (name = pick_name(m, FOLDERS)) != NO_NAME) {
        if (!model_is_empty(&m->model, m->model.names[name].node))
            continue;
        touch(m, 0, place_of(m, name));
        if (rmdir(m->path[0]) != 0)
            bench_error(m->b, "rmdir %s", m->path[0]);
        model_remove(&m->model, name);
    }
    if (rmdir(m->root) != 0)
        bench_error(m->b, "rmdir %s", m->root);
}

static void details(struct mix *m, uint64_t seed)
{
    unsigned i;

    for (i = 0; i < NAMES; i++) {
        const struct name *name = &m->model.names[i];

        if (name->node != 0)
            m->digest += mix64(name->serial + ((uint64_t)m->model.nodes[name->node].size << 32));
    }
    bench_detail(m->b, "\"calls\":%llu,\"refused\":%llu,\"short\":%llu,\"digest\":\"%016llx\",\"seed\":%llu",
                 (unsigned long long)m->b->ops, (unsigned long long)m->refused, (unsigned long long)m->shorts,
                 (unsigned long long)m->digest, (unsigned long long)seed);
    bench_detail(m->b, "\"folders\":%u,\"files\":%u,\"links\":%u", m->model.folders, m->model.files,
                 m->model.links);
}

static void set_policy(struct mix *m, const char *name)
{
    m->any = strcmp(name, "any") == 0;
    m->lenient = m->any || strcmp(name, "fail") == 0;
    if (!m->lenient && strcmp(name, "retry") != 0)
        bench_usage(m->b);
}

int main(int argc, char **argv)
{
    static struct mix m;
    struct bench b;
    uint64_t calls = 5000, seed = 1;
    const char *listing = NULL;
    int c;

    m.b = &b;
    bench_init(&b, "faultmix", "[-n CALLS] [-s SEED] [-p any|fail|retry] [-l LISTING]");
    control_open(&m);
    while ((c = bench_option(&b, argc, argv, "n:s:p:l:")) != -1) {
        if (c == 'n')
            calls = bench_number(&b, optarg, UINT32_MAX);
        else if (c == 's')
            seed = bench_number(&b, optarg, UINT32_MAX);
        else if (c == 'l')
            listing = optarg;
        else
            set_policy(&m, optarg);
    }
    bench_params(&b, "\"calls\":%llu,\"seed\":%llu,\"policy\":\"%s\",\"injection\":%s",
                 (unsigned long long)calls, (unsigned long long)seed, m.any ? "any" : m.lenient ? "fail" : "retry",
                 m.control >= 0 ? "true" : "false");
    model_init(&m.model);
    rng_seed(&m.rng, seed);
    bench_path(&b, m.root, "tree");
    populate(&m);
    if (b.errors == 0)
        run(&m, calls);
    details(&m, seed);
    if (listing != NULL)
        write_listing(&m, listing);
    if (!b.keep)
        remove_all(&m);
    return bench_report(&b);
}
