/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP segments that the receiver found outside of its window and that hold no message's bytes: somebody made them up, or they came very late. */
#ifndef CRUMB_JOURNEY_OUTSIDE_H
#define CRUMB_JOURNEY_OUTSIDE_H

#include "assembly.h"

/* @ev was dropped; its bytes have the positions from @at on. Into the summary, if it is one of those. */
void outside_note(struct assembler *a, const struct conn *c, const struct crumb_ev_drop *ev,
		  uint64_t at);

#endif
