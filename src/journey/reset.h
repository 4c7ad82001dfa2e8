/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that end by an RST: who sent it and why, and what that did to a message's bytes. */
#ifndef CRUMB_JOURNEY_RESET_H
#define CRUMB_JOURNEY_RESET_H

#include "assembly.h"

/* Take note of @ev. 0 or -ENOMEM. */
int ingest_reset(struct assembler *a, const struct crumb_ev_reset *ev);

/* A packet with RST was seen on its way. */
void reset_packet(struct assembler *a, struct half *h, const struct crumb_ev_skb *ev);

/* The RST that ended @c first, by whichever end: as its socket, or TCP without one, sent it. NULL not seen. */
const struct crumb_ev_reset *reset_first(const struct conn *c);

/* Has the socket of end @end done that, enum crumb_reset? */
bool reset_at_end(const struct conn *c, uint8_t end, uint8_t what);

/* Has @m's sender forgotten its bytes, by an RST that it got or sent? */
bool reset_sender(const struct message *m);

/* j->reset, if there was one before @end_ns or the message was not read whole. 0 or -ENOMEM. */
int reset_build(struct assembler *a, const struct message *m, uint64_t start_ns, uint64_t end_ns,
		struct journey *j);

#endif
