/* SPDX-License-Identifier: GPL-2.0-only */
/* A renderer turns journeys into bytes of one format; no renderer is special, text included. */
#ifndef CRUMB_RENDER_RENDER_H
#define CRUMB_RENDER_RENDER_H

#include "journey.h"
#include "strbuf.h"

struct render_options {
	bool color;
	unsigned int width; /* columns; 0 = 100 */
	bool unfold;	    /* -v: functions between the steps, state seen, calls before */
	bool utf8;	    /* box and bar characters allowed */
	/* --links: where a function stands, NULL unknown; NULL: not asked for. Borrowed. */
	const char *(*link)(void *ctx, const char *function, bool libc);
	void *link_ctx;
};

struct renderer {
	const char *name; /* --format NAME */
	const char *doc;
	/* Each appends whole lines to @out. NULL where the format has nothing to say. 0 or -ENOMEM. */
	int (*begin)(const struct render_options *o, const struct trace_info *info,
		     struct strbuf *out);
	int (*journey)(const struct render_options *o, const struct journey *j, struct strbuf *out);
	int (*end)(const struct render_options *o, const struct trace_summary *s, struct strbuf *out);
};

extern const struct renderer render_text, render_json;

const struct renderer *renderer_by_name(const char *name); /* NULL if there is none */
const struct renderer *renderer_at(unsigned int i);	   /* for --help; NULL past the last */

#endif
