// SPDX-License-Identifier: GPL-2.0-only
/* Connections by number: see flow_table.h. */
#include "flow_table.h"

#include <errno.h>
#include <string.h>

void flow_init(struct flow *f, const struct crumb_ev_flow *ev)
{
	f->number = ev->flow;
	f->netns = ev->netns;
	f->proto = ev->proto;
	f->family = ev->family;
	memcpy(f->addr, ev->addr, sizeof(f->addr));
	memcpy(f->port, ev->port, sizeof(f->port));
	f->created_ns = ev->h.time_ns;
}

int flow_table_add(struct flow_table *t, struct flow *f)
{
	HASH_ADD(hh, t->all, number, sizeof(f->number), f);
	return f->hh.tbl ? 0 : -ENOMEM;
}

void flow_table_remove(struct flow_table *t, struct flow *f)
{
	if (t->recent == f)
		t->recent = NULL;
	HASH_DELETE(hh, t->all, f);
}

struct flow *flow_table_find(struct flow_table *t, uint32_t number)
{
	struct flow *f = t->recent;

	if (f && f->number == number)
		return f;
	HASH_FIND(hh, t->all, &number, sizeof(number), f);
	if (f)
		t->recent = f;
	return f;
}
