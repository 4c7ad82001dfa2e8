/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When hosts of a joined trace were not recorded: of a message that was under way then it is unknown what they saw. Private to
 * journey/.
 */
#ifndef CRUMB_JOURNEY_ABSENCE_H
#define CRUMB_JOURNEY_ABSENCE_H

#include <stdbool.h>
#include <stdint.h>

struct absence {
	uint64_t from_ns, to_ns;
	unsigned int host;
};

struct absences {
	struct absence *all;
	uint32_t count, cap;
};

/* One that begins where an open one (@to_ns UINT64_MAX) does says when that ended. 0 or -ENOMEM. */
int absences_add(struct absences *l, const struct absence *one);
void absences_done(struct absences *l);

/* The first of one of @hosts (a bit each) within [@from_ns, @to_ns]; NULL none. */
const struct absence *absences_within(const struct absences *l, uint64_t hosts, uint64_t from_ns,
				      uint64_t to_ns);

#endif
