/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A story as a text file: one record a line, a tag and key=value fields between tabs. Written by crumb explain --save, read
 * by -r, on any machine. A reader skips keys and tags that it does not know.
 */
#ifndef CRUMB_CALL_STORY_FILE_H
#define CRUMB_CALL_STORY_FILE_H

#include <stdio.h>

#include "error.h"
#include "story.h"

int story_write(const struct story *s, FILE *f);
int story_read(FILE *f, struct story **ret, struct error *e);

#endif
