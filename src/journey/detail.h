/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state seen at a step, in a few words, and what qualifies a segment's cause. Private to
 * journey/.
 */
#ifndef CRUMB_JOURNEY_DETAIL_H
#define CRUMB_JOURNEY_DETAIL_H

#include "path.h"

/* In scratch; NULL: nothing to say. */
const char *detail_step(struct assembler *a, const struct message *m, const struct path *p,
			const struct path_step *s);
/* detail_deep.c: of a step of --deep. */
void detail_decision(struct assembler *a, const struct message *m, const struct path_step *s,
		     struct words *w);
const char *detail_segment(struct assembler *a, const struct message *m, const struct path *p,
			   const struct path_step *from, const struct path_step *to,
			   const struct journey_segment *s);

#endif
