/* SPDX-License-Identifier: GPL-2.0-only */
/* crumb demo --explain: a journey told from its beginning to its end. A renderer like any other. */
#ifndef CRUMB_EXPLAIN_WALK_H
#define CRUMB_EXPLAIN_WALK_H

#include "render.h"

extern const struct renderer render_walk;

/* For walk.c: what a chapter is about. Causes by their code; the text comes before what was measured. */
struct walk_chapter {
	const char *title;
	const char *const *codes; /* ends with NULL */
	const char *text;	  /* paragraphs, a line each */
};

/* NULL past the last. */
const struct walk_chapter *walk_chapter_at(unsigned int i);

#endif
