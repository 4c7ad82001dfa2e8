/* SPDX-License-Identifier: GPL-2.0-only */
/* Where on a message's way a switch's hardware stands between two steps. Private to journey/. */
#ifndef CRUMB_JOURNEY_HARDWARE_HOP_H
#define CRUMB_JOURNEY_HARDWARE_HOP_H

#include "path.h"

/* Between step @i and the next one; in scratch. NULL and 0: nothing says so. */
const struct journey_hardware *hardware_between(struct assembler *a, const struct message *m,
						const struct path *p, uint32_t i,
						uint32_t *ret_count);

#endif
