/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples of packets that hardware forwarded (psample): which are of a message's bytes. Private to journey/. */
#ifndef CRUMB_JOURNEY_SAMPLE_H
#define CRUMB_JOURNEY_SAMPLE_H

#include "path.h"

/* At most @most namespaces' samples of bytes that went from @from to @to, one of each: the first since the frame left, less @bound_ns. */
unsigned int samples_between(const struct message *m, const struct path_step *from,
			     const struct path_step *to, uint64_t bound_ns,
			     const struct crumb_ev_sample *ret[], unsigned int most);

#endif
