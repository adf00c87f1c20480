// SPDX-License-Identifier: MIT
/*
 * faultmix_model.h - what a tree of files must look like, kept in memory without allocating any
 *
 *   name {parent folder, serial} ---> node {kind, links, size, extents}
 *
 * A node is a file, folder or symbolic link; several names may lead to one file.  A name's text follows from its
 * serial number.  A file's content is a list of extents, each a range of one generated stream; what no extent
 * covers reads as zeros.  Node 0 is the root folder of the tree and has no name.
 *
 * The functions stand in this header, not in a file of their own, because each program of this folder is one
 * source; they only compute and know no system call.
 */
#ifndef ANTE_USER_BENCH_FAULTMIX_MODEL_H
#define ANTE_USER_BENCH_FAULTMIX_MODEL_H

#include "user/bench/common.h"

#include <stdio.h>
#include <string.h>

enum {
    NODES = 1024,
    NAMES = 1280,
    EXTENTS = 12,
    NAME_TEXT = 48,
    TARGET_TEXT = 160,
    DEEPEST = 8,
    NO_NAME = -1,
};

enum kind { NONE, FILE_NODE, FOLDER, LINK_NODE };

struct extent {
    uint32_t at, len;
    uint64_t seed;
};

struct node {
    uint8_t kind;
    uint8_t extents;
    uint16_t links;
    uint32_t size; /* of a file; a symbolic link's target is made from it, and so is its length */
    struct extent extent[EXTENTS];
};

struct name {
    uint16_t node; /* 0: this slot is free, for the root has no name */
    uint16_t parent;
    uint32_t serial;
};

struct model {
    struct node nodes[NODES];
    struct name names[NAMES];
    uint32_t serials;               /* given out so far */
    unsigned files, folders, links; /* nodes of each kind; the root is not counted */
    uint64_t bytes;                 /* sum of the sizes of files */
};

static inline void model_init(struct model *m)
{
    memset(m, 0, sizeof *m);
    m->nodes[0].kind = FOLDER;
    m->nodes[0].links = 2;
}

/* --- names --- */

/* "n" and the serial in hexadecimal, then 0 to 30 letters that follow from it. */
static inline void name_text(char *text, uint32_t serial)
{
    unsigned tail = mix64(serial) % 8 == 0 ? mix64(serial) % 31 : mix64(serial) % 5, i;
    int n = snprintf(text, NAME_TEXT, "n%x", (unsigned)serial);

    for (i = 0; i < tail; i++)
        text[n++] = (char)('g' + mix64(serial + i) % 20);
    text[n] = '\0';
}

static inline int model_find(const struct model *m, unsigned parent, uint32_t serial)
{
    int i;

    for (i = 0; i < NAMES; i++)
        if (m->names[i].node != 0 && m->names[i].parent == parent && m->names[i].serial == serial)
            return i;
    return NO_NAME;
}

/* The only name of a folder. */
static inline int model_name_of(const struct model *m, unsigned node)
{
    int i;

    for (i = 0; i < NAMES; i++)
        if (m->names[i].node == node)
            return i;
    return NO_NAME;
}

static inline unsigned model_depth(const struct model *m, unsigned folder)
{
    unsigned depth = 0;

    for (; folder != 0; depth++)
        folder = m->names[model_name_of(m, folder)].parent;
    return depth;
}

static inline bool model_is_inside(const struct model *m, unsigned folder, unsigned ancestor)
{
    while (folder != 0 && folder != ancestor)
        folder = m->names[model_name_of(m, folder)].parent;
    return folder == ancestor;
}

static inline bool model_is_empty(const struct model *m, unsigned folder)
{
    int i;

    for (i = 0; i < NAMES; i++)
        if (m->names[i].node != 0 && m->names[i].parent == folder)
            return false;
    return true;
}

/* How many levels of folders lie below. */
static inline unsigned model_height(const struct model *m, unsigned folder)
{
    unsigned deepest = model_depth(m, folder), above = deepest, i;

    for (i = 0; i < NAMES; i++) {
        unsigned node = m->names[i].node;

        if (node != 0 && m->nodes[node].kind == FOLDER && model_is_inside(m, node, folder))
            deepest = model_depth(m, node) > deepest ? model_depth(m, node) : deepest;
    }
    return deepest - above;
}

/* The path of a folder below the root, with a slash at its end; "" for the root. */
static inline void model_folder_path(const struct model *m, unsigned folder, char *path)
{
    unsigned chain[DEEPEST + 2], n = 0;

    for (; folder != 0; folder = m->names[chain[n++]].parent)
        chain[n] = (unsigned)model_name_of(m, folder);
    *path = '\0';
    while (n > 0) {
        path += strlen(path);
        name_text(path, m->names[chain[--n]].serial);
        strcat(path, "/");
    }
}

/* --- changes --- */

/* The caller has made sure that slots are free. */
static inline void model_add_name(struct model *m, unsigned parent, uint32_t serial, unsigned node)
{
    int i = 0;

    while (m->names[i].node != 0)
        i++;
    m->names[i] = (struct name){(uint16_t)node, (uint16_t)parent, serial};
    if (m->nodes[node].kind == FOLDER)
        m->nodes[parent].links++;
    else
        m->nodes[node].links++;
}

static inline unsigned *model_count(struct model *m, unsigned kind)
{
    return kind == FILE_NODE ? &m->files : kind == FOLDER ? &m->folders : &m->links;
}

static inline unsigned model_add(struct model *m, unsigned parent, uint32_t serial, unsigned kind)
{
    unsigned node = 1;

    while (m->nodes[node].kind != NONE)
        node++;
    memset(&m->nodes[node], 0, sizeof m->nodes[node]);
    m->nodes[node].kind = (uint8_t)kind;
    m->nodes[node].links = kind == FOLDER ? 2 : 0;
    m->nodes[node].size = kind == LINK_NODE ? serial : 0;
    ++*model_count(m, kind);
    model_add_name(m, parent, serial, node);
    return node;
}

static inline void model_remove(struct model *m, int which)
{
    struct name name = m->names[which];
    struct node *node = &m->nodes[name.node];

    m->names[which].node = 0;
    if (node->kind == FOLDER) {
        m->nodes[name.parent].links--;
        node->links = 0;
    } else {
        node->links--;
    }
    if (node->links > 0)
        return;
    --*model_count(m, node->kind);
    if (node->kind == FILE_NODE)
        m->bytes -= node->size;
    node->kind = NONE;
}

static inline void model_move(struct model *m, int which, unsigned parent, uint32_t serial)
{
    struct name *name = &m->names[which];

    if (m->nodes[name->node].kind == FOLDER) {
        m->nodes[name->parent].links--;
        m->nodes[parent].links++;
    }
    name->parent = (uint16_t)parent;
    name->serial = serial;
}

/* --- contents --- */

static inline void extent_add(struct node *node, uint32_t at, uint32_t end, uint64_t seed)
{
    if (at < end)
        node->extent[node->extents++] = (struct extent){at, end - at, seed};
}

/* Takes the range out of all extents.  A range in the middle of one leaves two: at most one more in all. */
static inline void extents_cut(struct node *node, uint32_t at, uint32_t end)
{
    struct extent old[EXTENTS];
    unsigned n = node->extents, i;

    memcpy(old, node->extent, sizeof old);
    node->extents = 0;
    for (i = 0; i < n; i++) {
        uint32_t from = old[i].at, to = old[i].at + old[i].len;

        extent_add(node, from, to < at ? to : at, old[i].seed);
        extent_add(node, from > end ? from : end, to, old[i].seed);
    }
}

/* Whether a write still fits: it adds one extent and may split one. */
static inline bool model_can_write(const struct node *node)
{
    return node->extents + 2 <= EXTENTS;
}

static inline void model_resize(struct model *m, struct node *node, uint32_t size)
{
    if (size < node->size)
        extents_cut(node, size, UINT32_MAX);
    m->bytes = m->bytes - node->size + size;
    node->size = size;
}

static inline void model_write(struct model *m, struct node *node, uint32_t at, uint32_t len, uint64_t seed)
{
    extents_cut(node, at, at + len);
    extent_add(node, at, at + len, seed);
    if (at + len > node->size)
        model_resize(m, node, at + len);
}

/* The bytes [at, at + len) of the file as they must be. */
static inline void model_content(const struct node *node, uint32_t at, uint32_t len, char *out)
{
    unsigned i;

    memset(out, 0, len);
    for (i = 0; i < node->extents; i++) {
        const struct extent *e = &node->extent[i];
        uint32_t from = e->at > at ? e->at : at, to = e->at + e->len < at + len ? e->at + e->len : at + len;

        if (from < to)
            pattern_fill(out + (from - at), to - from, e->seed, from);
    }
}

/* A symbolic link's target: short ones fit into an inode, long ones do not. */
static inline size_t model_target(const struct node *node, char *out)
{
    size_t len = mix64(node->size) % 3 == 0 ? 70 + mix64(node->size) % 80 : 5 + mix64(node->size) % 50, i;

    for (i = 0; i < len; i++)
        out[i] = (char)('a' + mix64(node->size + i) % 26);
    out[len] = '\0';
    return len;
}

#endif
