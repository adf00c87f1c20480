// SPDX-License-Identifier: MIT
/*
 * mutant.c - the number of the count that is one less, in the kernel of tests/boot/mutants.t
 *
 * The test finds the mark in the image and writes a number from build/need/terms.txt behind it; 0 is none.
 */
#include "kernel/lib/ama.h"

struct ama_mutant ama_mutant = {.mark = "ama-mutant:"};
