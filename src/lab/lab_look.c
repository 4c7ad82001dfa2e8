// SPDX-License-Identifier: GPL-2.0-only
/*
 * One dump each of links, addresses and FDB inside the host's namespace, put together by interface
 * number.
 */
#include "lab_look.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "netns.h"
#include "rtnl.h"

static struct lab_iface *find_iface(const struct lab_look *l, int ifindex)
{
	for (size_t i = 0; i < l->n_ifaces; i++)
		if (l->ifaces[i].ifindex == ifindex)
			return &l->ifaces[i];
	return NULL;
}

/* The number of the bridge stands in ->n_learned until all names are known. */
static void add_iface(const struct rtnl_link *link, void *arg)
{
	struct lab_look *l = arg;
	struct lab_iface *grown = reallocarray(l->ifaces, l->n_ifaces + 1, sizeof(*grown));
	struct lab_iface *i;

	if (!grown) {
		l->err = -ENOMEM;
		return;
	}
	l->ifaces = grown;
	i = &l->ifaces[l->n_ifaces++];
	*i = (struct lab_iface){ .ifindex = link->ifindex,
				 .mtu_bytes = link->mtu_bytes,
				 .is_port = link->port_state != RTNL_NO_PORT,
				 .port_state = link->port_state == RTNL_NO_PORT ? 0 : link->port_state,
				 .n_learned = link->bridge_ifindex };
	/* lo has no operational state. */
	i->up = link->flags & IFF_UP && (link->operstate == IF_OPER_UP || link->flags & IFF_LOOPBACK);
	memcpy(i->name, link->name, sizeof(i->name));
	snprintf(i->kind, sizeof(i->kind), "%s",
		 link->flags & IFF_LOOPBACK ? "loopback" : link->kind);
	memcpy(i->mac, link->mac, sizeof(i->mac));
}

static void name_bridges(struct lab_look *l)
{
	const struct lab_iface *bridge;

	for (size_t i = 0; i < l->n_ifaces; i++) {
		bridge = find_iface(l, l->ifaces[i].n_learned);
		if (bridge)
			memcpy(l->ifaces[i].bridge, bridge->name, sizeof(bridge->name));
		l->ifaces[i].n_learned = 0;
	}
}

static void add_addr(const struct rtnl_addr *a, void *arg)
{
	struct lab_look *l = arg;
	struct lab_iface *i = find_iface(l, a->ifindex);
	struct lab_addr *grown;
	char text[INET6_ADDRSTRLEN];

	if (!i || !inet_ntop(a->family, a->bytes, text, sizeof(text)))
		return;
	grown = reallocarray(i->addrs, i->n_addrs + 1, sizeof(*grown));
	if (!grown) {
		l->err = -ENOMEM;
		return;
	}
	i->addrs = grown;
	grown = &i->addrs[i->n_addrs++];
	snprintf(grown->text, sizeof(grown->text), "%s/%u", text, a->prefix_bits);
	grown->link_local = a->family == AF_INET6 && a->bytes[0] == 0xfe &&
			    (a->bytes[1] & 0xc0) == 0x80;
}

static void count_fdb(const struct rtnl_fdb *f, void *arg)
{
	struct lab_iface *i = find_iface(arg, f->port_ifindex);

	if (i && f->learned)
		i->n_learned++;
}

void lab_look_done(struct lab_look *l)
{
	for (size_t i = 0; i < l->n_ifaces; i++)
		free(l->ifaces[i].addrs);
	free(l->ifaces);
	*l = (struct lab_look){ 0 };
}

int lab_look(const struct lab_host *h, struct lab_look *ret_look, struct error *e)
{
	_cleanup_(rtnl_closep) struct rtnl *r = NULL;
	_cleanup_close_ int fd = -1;
	struct lab_look l = { 0 };
	char path[128];
	int err;

	snprintf(path, sizeof(path), NETNS_DIR "/%s", h->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(e, -errno, "cannot open %s: %m; run as root (sudo)", path);
	err = rtnl_open(fd, &r, e);
	if (err)
		return err;
	err = rtnl_for_each_link(r, add_iface, &l);
	name_bridges(&l);
	if (!err)
		err = rtnl_for_each_addr(r, add_addr, &l);
	if (!err && h->is_switch)
		err = rtnl_for_each_fdb(r, count_fdb, &l);
	if (!err)
		err = l.err;
	if (err) {
		lab_look_done(&l);
		return error_set(e, err, "cannot list the interfaces of %s: %s", h->name,
				 strerror(-err));
	}
	*ret_look = l;
	return 0;
}

const char *lab_port_state_name(unsigned int state)
{
	static const char *const names[] = {
		[BR_STATE_DISABLED] = "disabled", [BR_STATE_LISTENING] = "listening",
		[BR_STATE_LEARNING] = "learning", [BR_STATE_FORWARDING] = "forwarding",
		[BR_STATE_BLOCKING] = "blocking",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}
