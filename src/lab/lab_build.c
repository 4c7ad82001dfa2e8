// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a topology to veth pairs, bridges and addresses, in this order: links in place, everything
 * up, ports into their bridges, addresses, then wait for the carriers. Interface numbers and MAC
 * addresses follow from the topology alone, so that the same lab looks the same every time:
 *	ifindex 2, 3, ... over the whole lab (lo is 1), MAC 02:47:<lab, 16 bits of hash>:<host number>:<ordinal>
 * Where modules of tunnels give each namespace devices of their own (tunl0, gre0), the numbers begin behind those.
 */
#include "lab_build.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "netns.h"
#include "rtnl.h"

#define READY_WAIT_MS 5000
#define LOOK_AGAIN_MS 20

struct build {
	const struct topo *t;
	const int *netns_fds;
	int ifindex_first;
	struct rtnl *rtnl[TOPO_HOSTS_MAX];
	uint16_t lab_hash;
	struct error *e;
};

struct readiness {
	const struct build *b;
	int host;
	int n_ready;
};

struct sysctl {
	const char *path;
	const char *value;
};

/*
 * Of the namespace that writes them. No duplicate address detection (all and default both count,
 * see addrconf_dad_begin()), so that addresses work at once; no router is ever solicited: there is
 * none.
 */
static const struct sysctl ipv6_sysctls[] = {
	{ "/proc/sys/net/ipv6/conf/all/disable_ipv6", "0" },
	{ "/proc/sys/net/ipv6/conf/default/disable_ipv6", "0" },
	{ "/proc/sys/net/ipv6/conf/all/accept_dad", "0" },
	{ "/proc/sys/net/ipv6/conf/default/accept_dad", "0" },
	{ "/proc/sys/net/ipv6/conf/default/router_solicitations", "0" },
	{ "/proc/sys/net/ipv6/conf/default/accept_ra", "0" },
};

/*
 * Where nobody has an IPv6 address, a switch as a rule, no link-local ones either: they only make
 * noise.
 */
static const struct sysctl no_link_local = { "/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1" };

static void write_sysctl(const struct sysctl *s)
{
	_cleanup_close_ int fd = open(s->path, O_WRONLY | O_CLOEXEC);

	/*
	 * A kernel without IPv6, or a read-only /proc/sys in a container: the addresses then
	 * decide.
	 */
	if (fd >= 0 && write(fd, s->value, strlen(s->value)) < 0)
		return;
}

static int write_sysctls(void *arg)
{
	const bool *has_ipv6 = arg;

	for (size_t i = 0; i < sizeof(ipv6_sysctls) / sizeof(ipv6_sysctls[0]); i++)
		write_sysctl(&ipv6_sysctls[i]);
	if (!*has_ipv6)
		write_sysctl(&no_link_local);
	return 0;
}

static bool host_has_ipv6(const struct topo *t, int host)
{
	for (int i = 0; i < t->n_addrs; i++)
		if (t->addrs[i].family == AF_INET6 && t->ifaces[t->addrs[i].iface].host == host)
			return true;
	return false;
}

/* FNV-1a, folded to 16 bits. */
static uint16_t hash_name(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h >> 16 ^ h;
}

/*
 * Never the same at both ends of a link: linkwatch_urgent_event() takes such a pair for one device
 * that has no lower one, and lets its carrier wait for up to a second.
 */
static int ifindex_of(const struct build *b, const struct topo_iface *i)
{
	return b->ifindex_first + (i - b->t->ifaces);
}

_Static_assert(TOPO_HOSTS_MAX < 256 && TOPO_HOST_IFACES_MAX < 256, "one byte of a MAC address each");

/* Bit 1 of the first byte says locally administered. */
static void make_mac(const struct build *b, const struct topo_iface *i, uint8_t mac[6])
{
	mac[0] = 0x02;
	mac[1] = 0x47;
	mac[2] = b->lab_hash >> 8;
	mac[3] = b->lab_hash;
	mac[4] = i->host + 1;
	mac[5] = i->ordinal;
}

static struct rtnl_new_link describe(const struct build *b, const struct topo_iface *i,
				     uint8_t mac[6])
{
	make_mac(b, i, mac);
	return (struct rtnl_new_link){ .name = i->name, .ifindex = ifindex_of(b, i), .mac = mac };
}

static void past_link(const struct rtnl_link *l, void *arg)
{
	struct build *b = arg;

	if (l->ifindex >= b->ifindex_first)
		b->ifindex_first = l->ifindex + 1;
}

static int open_hosts(struct build *b)
{
	bool has_ipv6;
	int err = 0;

	for (int h = 0; h < b->t->n_hosts && !err; h++) {
		has_ipv6 = host_has_ipv6(b->t, h);
		err = netns_call(b->netns_fds[h], write_sysctls, &has_ipv6, b->e);
		if (!err)
			err = rtnl_open(b->netns_fds[h], &b->rtnl[h], b->e);
		if (!err)
			err = rtnl_set_up(b->rtnl[h], 1, b->e);
		if (!err)
			err = rtnl_for_each_link(b->rtnl[h], past_link, b);
	}
	return err;
}

static int add_links(struct build *b)
{
	const struct topo_iface *one, *other;
	struct rtnl_new_link link, peer;
	uint8_t mac[6], peer_mac[6];
	int err = 0;

	for (int i = 0; i < b->t->n_ifaces && !err; i++) {
		one = &b->t->ifaces[i];
		link = describe(b, one, mac);
		if (one->kind == TOPO_BRIDGE) {
			err = rtnl_add_bridge(b->rtnl[one->host], &link, b->e);
		} else if (one->peer > i) {
			other = &b->t->ifaces[one->peer];
			peer = describe(b, other, peer_mac);
			err = rtnl_add_veth(b->rtnl[one->host], &link, b->netns_fds[other->host],
					    &peer, b->e);
		}
	}
	return err;
}

static int connect_links(struct build *b)
{
	const struct topo_iface *iface;
	int err = 0;

	for (int i = 0; i < b->t->n_ifaces && !err; i++)
		err = rtnl_set_up(b->rtnl[b->t->ifaces[i].host], ifindex_of(b, &b->t->ifaces[i]),
				  b->e);
	for (int i = 0; i < b->t->n_ifaces && !err; i++) {
		iface = &b->t->ifaces[i];
		if (iface->bridge != TOPO_NONE)
			err = rtnl_set_bridge(b->rtnl[iface->host], ifindex_of(b, iface),
					      ifindex_of(b, &b->t->ifaces[iface->bridge]), b->e);
	}
	return err;
}

static int add_addresses(struct build *b)
{
	const struct topo_addr *a;
	struct rtnl_addr addr;
	int err = 0;

	for (int i = 0; i < b->t->n_addrs && !err; i++) {
		a = &b->t->addrs[i];
		addr = (struct rtnl_addr){ .ifindex = ifindex_of(b, &b->t->ifaces[a->iface]),
					   .family = a->family,
					   .prefix_bits = a->prefix_bits };
		memcpy(addr.bytes, a->bytes, sizeof(addr.bytes));
		err = rtnl_add_addr(b->rtnl[b->t->ifaces[a->iface].host], &addr, b->e);
	}
	return err;
}

/* A bridge with no port that forwards has no carrier of its own; only link ends are waited for. */
static void count_ready(const struct rtnl_link *l, void *arg)
{
	struct readiness *r = arg;
	const struct topo_iface *iface;

	for (int i = 0; i < r->b->t->n_ifaces; i++) {
		iface = &r->b->t->ifaces[i];
		if (iface->host != r->host || ifindex_of(r->b, iface) != l->ifindex ||
		    iface->kind != TOPO_LINK_END)
			continue;
		r->n_ready += l->operstate == IF_OPER_UP &&
			      (iface->bridge == TOPO_NONE || l->port_state == BR_STATE_FORWARDING);
	}
}

static int wait_host(struct build *b, int host, int64_t until_ms)
{
	int n_wanted = 0, err;

	for (int i = 0; i < b->t->n_ifaces; i++)
		n_wanted += b->t->ifaces[i].host == host && b->t->ifaces[i].kind == TOPO_LINK_END;
	for (;;) {
		struct readiness r = { .b = b, .host = host };

		err = rtnl_for_each_link(b->rtnl[host], count_ready, &r);
		if (err)
			return error_set(b->e, err, "cannot list the links of %s: %s",
					 b->t->hosts[host].name, strerror(-err));
		if (r.n_ready == n_wanted)
			return 0;
		if (clock_ms(CLOCK_MONOTONIC) >= until_ms)
			return error_set(b->e, -ETIMEDOUT,
					 "only %d of %d links of %s came up within %d s; is the "
					 "machine overloaded?",
					 r.n_ready, n_wanted, b->t->hosts[host].name,
					 READY_WAIT_MS / 1000);
		rtnl_wait_link(b->rtnl[host], LOOK_AGAIN_MS);
	}
}

static int wait_ready(struct build *b)
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + READY_WAIT_MS;
	int err = 0;

	for (int h = 0; h < b->t->n_hosts && !err; h++)
		err = wait_host(b, h, until_ms);
	return err;
}

int lab_build(const char *lab, const struct topo *t, const int *netns_fds, struct error *e)
{
	struct build b = { .t = t, .netns_fds = netns_fds, .lab_hash = hash_name(lab), .e = e };
	int err;

	err = open_hosts(&b);
	if (!err)
		err = add_links(&b);
	if (!err)
		err = connect_links(&b);
	if (!err)
		err = add_addresses(&b);
	if (!err)
		err = wait_ready(&b);
	for (int h = 0; h < t->n_hosts; h++)
		rtnl_close(b.rtnl[h]);
	return err;
}
