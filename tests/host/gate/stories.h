// SPDX-License-Identifier: MIT
/*
 * stories.h - what gate.c runs, each in a machine of its own; a broken invariant ends the process with its text
 */
#pragma once

void story_random(void *seed); /* u64: tasks of random roles */
void story_forties(void *policy);   /* enum ama_policy: two tasks of 40 % fork */
void story_small_exiter(void *unused);
void story_reader(void *unused);
void story_stall(void *policy);
void story_own(void *unused);
void story_full(void *unused);
void story_churn(void *unused);
void story_busy(void *unused);
