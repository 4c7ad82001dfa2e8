/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tc filter dropped a message: in the kernel, in a switch's hardware that told of it, and, as far as that can be said, in one that only counts. Private to journey/. */
#ifndef CRUMB_JOURNEY_FILTER_PROOF_H
#define CRUMB_JOURNEY_FILTER_PROOF_H

#include "assembly.h"

/* "protocol ip pref 10 flower chain 0 handle 0x1", as `tc filter show` has it. */
void filter_words(struct words *w, const struct crumb_ev_filter *f);

/* A drop for tc's reasons: if the filter is known, the reason's proof is its name. */
void filter_name_drop(struct assembler *a, struct crumb_ev_drop *ev);

/* The filter by which the hardware dropped what it told of. NULL: not known which. */
const struct crumb_ev_filter *filter_of_trap(struct assembler *a, const struct crumb_ev_trap *ev);

/*
 * The message was last seen on its way to a switch in whose hardware a filter drops such packets, and has counted some meanwhile: in words, in scratch. That
 * it came there was not seen, so its verdict does not hang on this. NULL: nothing of that kind is known.
 */
const char *filter_suspected(struct assembler *a, const struct message *m, const struct fate *f);

/* The same of a frame of direction @dir that was seen last at @at, a device by which it left. */
struct filter_frame {
	uint64_t ns;
	uint32_t netns;
	uint16_t tci;
	uint8_t src_mac[6], dst_mac[6];
	bool renamed; /* behind a translation, or in a tunnel: its addresses are not the connection's */
};
bool filter_suspected_frame(struct assembler *a, const struct conn *c, uint8_t dir,
			    const struct filter_frame *at, struct words *w);

#endif
