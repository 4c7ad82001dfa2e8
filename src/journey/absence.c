// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that were not recorded for a time: see absence.h. */
#include "absence.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

int absences_add(struct absences *l, const struct absence *one)
{
	for (uint32_t i = 0; i < l->count; i++) {
		struct absence *a = &l->all[i];

		if (a->host != one->host || a->to_ns != UINT64_MAX || one->from_ns < a->from_ns)
			continue;
		if (one->from_ns == a->from_ns)
			a->to_ns = one->to_ns;
		return 0;
	}
	if (l->count == l->cap) {
		uint32_t cap = l->cap ? 2 * l->cap : 8;
		struct absence *all = realloc(l->all, cap * sizeof(*all));

		if (!all)
			return -ENOMEM;
		l->all = all;
		l->cap = cap;
	}
	l->all[l->count++] = *one;
	return 0;
}

void absences_done(struct absences *l)
{
	free(l->all);
	*l = (struct absences){ 0 };
}

const struct absence *absences_within(const struct absences *l, uint64_t hosts, uint64_t from_ns,
				      uint64_t to_ns)
{
	for (uint32_t i = 0; i < l->count; i++) {
		const struct absence *a = &l->all[i];

		if ((hosts >> a->host & 1) && a->from_ns < to_ns && a->to_ns > from_ns)
			return a;
	}
	return NULL;
}
