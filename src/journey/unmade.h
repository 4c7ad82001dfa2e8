/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that were asked for and did not come about: they have no message, and no journey. */
#ifndef CRUMB_JOURNEY_UNMADE_H
#define CRUMB_JOURNEY_UNMADE_H

#include "assembly.h"

/* A SYN was seen; @reason: dropped, else 0. */
void unmade_syn(struct half *h, const struct crumb_ev_skb *ev, uint32_t reason);

/* "a", "dev.receive eth0": where that was, for the summary. */
void where_words(struct assembler *a, const struct sight_where *at, char host[TRACE_HOST_BYTES],
		 char place[TRACE_PLACE_BYTES]);

/* Nothing more comes of @c: into the summary, if it is one of those. */
void unmade_note(struct assembler *a, const struct conn *c);

#endif
