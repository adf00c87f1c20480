// SPDX-License-Identifier: MIT
/*
 * list.h - doubly linked ring with a head, the links inside the objects
 *
 * A list of objects is a `struct list` head; an object on it embeds a `struct list` link.  An unlinked link points at
 * itself, so list_remove() may be called twice and list_linked() tells.
 */
#pragma once
#include "kernel/lib/types.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name) {&(name), &(name)}

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline bool list_linked(const struct list *l)
{
    return l->next != l;
}

static inline void list_insert_after(struct list *at, struct list *l)
{
    l->next = at->next;
    l->prev = at;
    at->next->prev = l;
    at->next = l;
}

static inline void list_push_front(struct list *head, struct list *l)
{
    list_insert_after(head, l);
}

static inline void list_push_back(struct list *head, struct list *l)
{
    list_insert_after(head->prev, l);
}

static inline void list_remove(struct list *l)
{
    l->next->prev = l->prev;
    l->prev->next = l->next;
    list_init(l);
}

/* The first link, taken off, or NULL when the list is empty. */
static inline struct list *list_pop_front(struct list *head)
{
    struct list *l = head->next;
    if (l == head)
        return NULL;
    list_remove(l);
    return l;
}

#define list_entry(l, type, field) container_of(l, type, field)
#define list_first(head, type, field) (list_empty(head) ? NULL : list_entry((head)->next, type, field))
#define list_each(i, head, type, field)                                                                                \
    for (type *i = list_entry((head)->next, type, field); &i->field != (head); i = list_entry(i->field.next, type, field))
/* The same, but the current object may be unlinked or destroyed by the loop's body. */
#define list_each_safe(i, head, type, field)                                                                           \
    for (type *i = list_entry((head)->next, type, field), *i##_next; i##_next = list_entry(i->field.next, type, field), \
              &i->field != (head);                                                                                     \
         i = i##_next)
