/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a journey in text, each whole lines; text.c puts them in order. */
#ifndef CRUMB_RENDER_TEXT_H
#define CRUMB_RENDER_TEXT_H

#include "page.h"
#include "unusual.h"

/* Left edge of all that stands below a journey's first line. */
#define TEXT_INDENT 2

/* Where the time went: a bar per cause, in the order of the path. */
int text_bars(struct page *p, const struct journey *j);

/* What was sent again, why, and what it cost. */
void text_transmissions(struct page *p, const struct journey *j);

/* After the journeys: those that took much longer than their like, and why; unfolded also what is usual. */
void text_unusual(struct page *p, const struct trace_unusual *u);

/* The steps; the calls before the first byte; the steps beside the path. */
void text_steps(struct page *p, const struct journey *j);
void text_hardware(struct page *p, const struct journey *j); /* what switches forwarded in hardware */
void text_calls(struct page *p, const struct journey *j);
void text_side_steps(struct page *p, const struct journey *j);

/* --functions: which had most of the time; and, from @column on, those of one step that came before (@after: behind) it. */
void text_functions(struct page *p, const struct journey *j);
void text_step_functions(struct page *p, unsigned int column, const struct journey_step *s,
			 bool after);

#endif
