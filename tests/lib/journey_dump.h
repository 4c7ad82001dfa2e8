/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A journey as plain lines, for a person who debugs the assembler; the real renderers are in
 * src/render.
 */
#ifndef CRUMB_TESTS_JOURNEY_DUMP_H
#define CRUMB_TESTS_JOURNEY_DUMP_H

#include <stdio.h>

#include "journey.h"

void journey_dump(FILE *to, const struct journey *j);

#endif
