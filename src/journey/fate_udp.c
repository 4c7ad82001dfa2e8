// SPDX-License-Identifier: GPL-2.0-only
/* What became of a datagram that was not read: nothing sends it again, so what was seen last decides. */
#include "assembly.h"
#include "path.h"

#define DROP_WAIT_NS 20000000ull /* another copy of a flooded frame may still arrive */

void fate_dgram(struct assembler *a, const struct message *m, struct fate *f)
{
	const struct half *h = message_half(m);
	const struct sight_place *place = NULL;
	const struct sighting *last;

	f->drop = fate_newest_drop(a, m, 0, &f->drop_place);
	last = fate_last_seen(h, f->byte, &place);
	if (f->drop && last && place->point == CRUMB_PT_SOCK_READY && sighting_after(last, f->drop))
		f->drop = NULL; /* the branch of a flooded frame that led elsewhere */
	if (f->drop) {
		f->byte = (f->drop->end < m->last ? f->drop->end : m->last) - 1;
		fate_set(f, VERDICT_DROPPED, facts_reason(a->facts, f->drop->drop.reason),
			 fate_where(a, f->drop_place));
	} else if (!last) {
		fate_set(f, VERDICT_WAITING, "not seen below the socket", NULL);
	} else if (place->point == CRUMB_PT_SOCK_READY) {
		fate_set(f, VERDICT_WAITING,
			 m->taken ? "in the receive queue: the reader took a part of it" :
				    "in the receive queue: no recv call took it",
			 fate_where(a, place));
	} else if (!h->receiver_seen && fate_leads_out(a, place)) {
		fate_set(f, VERDICT_LEFT, NULL, fate_where(a, place));
	} else {
		fate_set(f, VERDICT_WAITING, "on its way", fate_where(a, place));
	}
}

bool fate_dgram_open(struct assembler *a, const struct message *m, const struct fate *f)
{
	const struct sight_place *place;
	const struct sighting *last = f->drop ? f->drop :
						fate_last_seen(message_half(m), f->byte, &place);
	uint64_t since = last ? last->time_ns : m->begin.h.time_ns;
	uint64_t patience = UNREAD_KEEP_NS;

	if (f->verdict == VERDICT_DROPPED)
		patience = DROP_WAIT_NS;
	else if (f->verdict == VERDICT_LEFT)
		patience = LEFT_NS;
	return a->now_ns - since < patience;
}
