/* SPDX-License-Identifier: GPL-2.0-only */
/* What proves a drop. Private to journey/. */
#ifndef CRUMB_JOURNEY_PROOF_H
#define CRUMB_JOURNEY_PROOF_H

#include "assembly.h"

/* The record of the drop that was sighted as @s; NULL: forgotten. */
const struct crumb_ev_drop *proof_find(const struct half *h, const struct sighting *s);

/* "receive buffer: 213120 of 212992 bytes"; in scratch, NULL: the reason is all there is. */
const char *proof_words(struct assembler *a, const struct conn *c, const struct crumb_ev_drop *d);

/*
 * How far a message that waits has come: "65483 of 200000 bytes have arrived, 0 were read; held back by TCP, most of the time: ...";
 * in scratch, NULL: nothing is known of it.
 */
const char *proof_wait(struct assembler *a, const struct message *m);

#endif
