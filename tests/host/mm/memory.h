// SPDX-License-Identifier: MIT
/*
 * memory.h - what memory.c runs, each in a machine of its own
 */
#pragma once

void story_blocks(void *seed);  /* u64: the buddy system against a map of its frames */
void story_objects(void *seed); /* u64: three caches through credits, normal or tight */
/* Each of these breaks one rule. */
void story_frame_beyond(void *unused);
void story_object_beyond(void *unused);
void story_promise_beyond(void *unused);
void story_resource_beyond(void *unused);
void story_frame_twice(void *unused);
void story_foreign_object(void *unused);
void story_nested(void *unused);
void story_above_ceiling(void *unused);
