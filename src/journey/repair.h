/* SPDX-License-Identifier: GPL-2.0-only */
/* The transmissions of a message of which something was sent again. Private to journey/. */
#ifndef CRUMB_JOURNEY_REPAIR_H
#define CRUMB_JOURNEY_REPAIR_H

#include "path.h"

/* Fills in the transmissions of @j, whose path is @p. 0 or -ENOMEM. */
int repair_build(struct assembler *a, const struct message *m, const struct fate *f,
		 const struct path *p, struct journey *j);

/* What sent @byte again at @sent_ns, as it was seen at the device. False: not seen. */
bool repair_resent(const struct message *m, uint64_t byte, uint64_t sent_ns, uint8_t *ret_how);

#endif
