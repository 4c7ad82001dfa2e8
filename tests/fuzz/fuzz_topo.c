// SPDX-License-Identifier: GPL-2.0-only
/* The topology parser on any bytes: a topology that keeps its own rules, or a reason in words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "topo.h"

static void demand(int truth)
{
	if (!truth)
		abort();
}

static int index_ok(int index, int count)
{
	return index == TOPO_NONE || (index >= 0 && index < count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct topo *t = NULL;
	struct error e = {};

	if (topo_parse((const char *)data, size, "fuzz", &t, &e) < 0) {
		demand(!t && error_text(&e, -1)[0]);
		return 0;
	}
	demand(t->n_hosts >= 0 && t->n_hosts <= TOPO_HOSTS_MAX);
	demand(t->n_ifaces >= 0 && t->n_ifaces <= TOPO_IFACES_MAX);
	demand(t->n_addrs >= 0 && t->n_addrs <= TOPO_ADDRS_MAX);
	for (int i = 0; i < t->n_ifaces; i++) {
		const struct topo_iface *f = &t->ifaces[i];

		demand(f->host >= 0 && f->host < t->n_hosts);
		demand(index_ok(f->peer, t->n_ifaces) && index_ok(f->bridge, t->n_ifaces));
		demand(memchr(f->name, 0, sizeof(f->name)) != NULL);
		if (f->kind == TOPO_LINK_END)
			demand(f->peer != TOPO_NONE && t->ifaces[f->peer].peer == i);
	}
	for (int i = 0; i < t->n_addrs; i++)
		demand(t->addrs[i].iface >= 0 && t->addrs[i].iface < t->n_ifaces);
	topo_free(t);
	return 0;
}
