/* SPDX-License-Identifier: GPL-2.0-only */
/* The connections of a trace, by their number. An owner embeds struct flow and keeps the memory. */
#ifndef CRUMB_FLOW_FLOW_TABLE_H
#define CRUMB_FLOW_FLOW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "hash.h"

struct flow {
	uint32_t number;
	uint32_t netns; /* where it was first seen */
	uint8_t proto, family;
	uint8_t addr[2][16];
	uint16_t port[2];
	uint64_t created_ns;
	UT_hash_handle hh;
};

struct flow_table {
	struct flow *all; /* in order of arrival: ->hh.next */
	struct flow *recent;
};

void flow_init(struct flow *f, const struct crumb_ev_flow *ev);
int flow_table_add(struct flow_table *t, struct flow *f); /* 0 or -ENOMEM */
void flow_table_remove(struct flow_table *t, struct flow *f);
struct flow *flow_table_find(struct flow_table *t, uint32_t number); /* NULL if there is none */

#endif
