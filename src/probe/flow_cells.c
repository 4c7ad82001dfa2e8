// SPDX-License-Identifier: GPL-2.0-only
#include "flow_cells.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "crumb.skel.h"

#define ROOMY_BELOW 4096 /* so few connections get two cells each: a new one is sure to find one */

uint32_t flow_cells_for(uint32_t max_flows)
{
	uint32_t n = 64;

	while (n < max_flows)
		n *= 2;
	return n < ROOMY_BELOW ? 2 * n : n;
}

/* A number whose cell nobody has: *ret_at. 0: none near. */
static uint32_t draw(struct crumb *skel, uint32_t *ret_at)
{
	uint32_t mask = bpf_map__max_entries(skel->maps.flow_cells) - 1;
	int fd = bpf_map__fd(skel->maps.flow_cells);

	for (int i = 0; i < CRUMB_CELL_TRIES; i++) {
		uint32_t id = __atomic_add_fetch(&skel->bss->crumb_counters.next_flow, 1,
						 __ATOMIC_RELAXED);
		struct crumb_flow f;

		*ret_at = id & mask;
		if (!bpf_map_lookup_elem(fd, ret_at, &f) && !f.id)
			return id;
	}
	return 0;
}

static void give_back(struct crumb *skel, uint32_t at)
{
	const struct crumb_flow nobodys = { 0 };

	bpf_map_update_elem(bpf_map__fd(skel->maps.flow_cells), &at, &nobodys, BPF_ANY);
}

uint8_t flow_order_ends(struct crumb_ev_flow *f)
{
	uint8_t addr[16];
	uint16_t port = f->port[0];

	if (f->port[0] < f->port[1] ||
	    (f->port[0] == f->port[1] && memcmp(f->addr[0], f->addr[1], 16) < 0))
		return 0;
	memcpy(addr, f->addr[0], 16);
	memcpy(f->addr[0], f->addr[1], 16);
	memcpy(f->addr[1], addr, 16);
	f->port[0] = f->port[1];
	f->port[1] = port;
	return 1;
}

int flow_cells_add(struct crumb *skel, const struct crumb_flow_key *key, uint32_t *ret_id)
{
	struct crumb_flow f = { .key = *key, .midstream = 1 };
	uint32_t at;

	*ret_id = 0;
	f.id = draw(skel, &at);
	if (!f.id || bpf_map_update_elem(bpf_map__fd(skel->maps.flow_cells), &at, &f, BPF_ANY))
		return -ENOSPC;
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.flows), key, &at, BPF_NOEXIST)) {
		int err = errno == EEXIST ? 0 : -ENOSPC;

		give_back(skel, at);
		return err;
	}
	skel->bss->crumb_slots[crumb_flow_slot(key->addr[0][3], key->addr[1][3], key->port[0],
					       key->port[1])] = at + 1;
	*ret_id = f.id;
	return 0;
}

/* The place and the cell of the one that is there. False: none is. */
static bool find(struct crumb *skel, const struct crumb_flow_key *key, uint32_t *ret_at,
		 struct crumb_flow *ret)
{
	return !bpf_map_lookup_elem(bpf_map__fd(skel->maps.flows), key, ret_at) &&
	       !bpf_map_lookup_elem(bpf_map__fd(skel->maps.flow_cells), ret_at, ret);
}

uint32_t flow_cells_find(struct crumb *skel, const struct crumb_flow_key *key)
{
	struct crumb_flow f;
	uint32_t at;

	return find(skel, key, &at, &f) ? f.id : 0;
}

void flow_cells_forget(struct crumb *skel, const struct crumb_flow_key *key, uint32_t id)
{
	struct crumb_flow f;
	uint32_t at;

	if (!find(skel, key, &at, &f) || f.id != id)
		return;
	bpf_map_delete_elem(bpf_map__fd(skel->maps.flows), key);
	give_back(skel, at);
}
