/* SPDX-License-Identifier: GPL-2.0-only */
/* Journeys to a file or the terminal: the end of every command that shows some. Counts what it showed. */
#ifndef CRUMB_CMD_SHOW_H
#define CRUMB_CMD_SHOW_H

#include "assemble.h"
#include "clocks.h"
#include "error.h"
#include "options.h"

struct show;

/* Journeys of a rehearsal (CRUMB_TRACE_REHEARSAL) are left out. */
int show_new(const struct options *o, struct show **ret, struct error *e);
void show_free(struct show *s);

/* --links: let @r find where functions stand. *@ret_source is to be freed after the last use of @r. */
struct source;
int show_links(struct render_options *r, struct source **ret_source);

/* A text as a whole to @o's output or standard output. 0, or negative errno and a sentence. */
int show_text(const struct options *o, const struct strbuf *text, struct error *e);

/* What an assembler feeds; lives as long as @s. */
const struct assembler_sink *show_sink(struct show *s);

/* Journeys across hosts: @a compares their times by @clocks, which must live as long. */
void show_clocks(struct assembler *a, const struct clocks *clocks);

/* What is buffered reaches its reader: call when there is nothing else to do. */
int show_flush(struct show *s);

uint64_t show_journeys(const struct show *s); /* shown so far */
bool show_wants_more(const struct show *s);   /* --count not reached */

/* A sentence about a failed write, NULL if there was none. */
const char *show_failure(const struct show *s);

#endif
