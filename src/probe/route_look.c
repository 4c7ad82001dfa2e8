// SPDX-License-Identifier: GPL-2.0-only
/* See route_look.h; net/ipv4/route.c: inet_rtm_getroute(), net/core/neighbour.c: neigh_get(). */
#include "route_look.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "hw_look.h"
#include "netlink_dump.h"
#include "netns_look.h"

/* Connections: each has one place; of two that meet there the newer one is known, and no route is told of the other. */
#define FLOWS  4096u
#define PLACES 4 /* of one connection, on several routers of this kernel */

struct place {
	uint32_t netns, ifindex;
	uint8_t dir;
	uint64_t told_ns; /* 0: not yet */
};

struct flow_known {
	struct crumb_ev_flow ev;
	bool translated;
	struct place place[PLACES];
	unsigned int next;
};

/*
 * So little of the time is spent with asking that the analysis keeps up: one part in LOOK_SHARE, and what was not spent of LOOK_BURST_NS. A
 * container's namespace is looked for among all processes. Of what is not asked for no route is told.
 */
#define LOOK_SHARE    20
#define LOOK_BURST_NS 200000000ll

struct routes {
	struct flow_known flows[FLOWS];
	int64_t credit_ns; /* of CPU time; below 0 nothing is asked */
	uint64_t credited_ns;
};

struct routes *routes_new(void)
{
	struct routes *r = calloc(1, sizeof(*r));

	if (r) {
		r->credit_ns = LOOK_BURST_NS;
		r->credited_ns = clock_ns(CLOCK_MONOTONIC);
	}
	return r;
}

void routes_free(struct routes *r)
{
	free(r);
}

void routes_flow(struct routes *r, const struct crumb_ev_flow *ev)
{
	struct flow_known *f = &r->flows[ev->flow % FLOWS];

	if (f->ev.flow != ev->flow)
		*f = (struct flow_known){ .ev = *ev };
}

void routes_nat(struct routes *r, const struct crumb_ev_nat *ev)
{
	struct flow_known *f = &r->flows[ev->flow % FLOWS];

	if (f->ev.flow == ev->flow)
		f->translated = true;
}

/* ------------------------------------------------------------------------------------------------- asking */

static size_t address_bytes(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

static void put_address(struct nlmsghdr *nlh, uint16_t type, uint8_t family, const uint8_t addr[16])
{
	size_t n = address_bytes(family);

	mnl_attr_put(nlh, type, n, addr + 16 - n);
}

static int on_route(const struct nlmsghdr *nlh, void *ctx)
{
	struct crumb_ev_route *r = ctx;
	const struct rtmsg *m = mnl_nlmsg_get_payload(nlh);
	struct crumb_ev_offload got = { .ifindex = 0 };

	if (nlh->nlmsg_type != RTM_NEWROUTE || !hw_parse_route(nlh, &got))
		return MNL_CB_STOP;
	r->flags = got.flags & CRUMB_OFFLOAD_MANY ? CRUMB_ROUTE_MANY : 0;
	r->ifindex = got.flags & CRUMB_OFFLOAD_MANY ? r->ifindex : got.ifindex;
	r->prefix = got.prefix;
	r->protocol = m->rtm_protocol;
	r->table = got.table;
	memcpy(r->dst, got.addr, sizeof(r->dst));
	memcpy(r->via, got.via, sizeof(r->via));
	r->read_ns = clock_ns(CLOCK_MONOTONIC);
	return MNL_CB_STOP;
}

/* The entry that this packet meets: by its addresses, ports and the device that it came by; not by a mark, which nobody tells. */
static bool ask_route(struct mnl_socket *nl, const struct crumb_ev_skb *e,
		      const struct crumb_ev_flow *f, struct crumb_ev_route *ret)
{
	char buf[2 * NETLINK_REQUEST_BYTES];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	uint8_t bits = address_bytes(f->family) * 8;
	struct rtmsg *m;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = 1;
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->rtm_family = f->family;
	m->rtm_dst_len = m->rtm_src_len = bits;
	m->rtm_flags = RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH;
	put_address(nlh, RTA_DST, f->family, f->addr[!e->dir]);
	put_address(nlh, RTA_SRC, f->family, f->addr[e->dir]);
	mnl_attr_put_u32(nlh, RTA_IIF, e->iif);
	mnl_attr_put_u8(nlh, RTA_IP_PROTO, f->proto);
	mnl_attr_put_u16(nlh, RTA_SPORT, __builtin_bswap16(f->port[e->dir]));
	mnl_attr_put_u16(nlh, RTA_DPORT, __builtin_bswap16(f->port[!e->dir]));
	return !netlink_dump(nl, nlh, on_route, ret) && ret->read_ns;
}

static int on_neigh(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(nlh);
	struct crumb_ev_offload got = { .ifindex = 0 };
	struct crumb_ev_route *r = ctx;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || !hw_parse_neigh(nlh, &got))
		return MNL_CB_STOP;
	memcpy(r->lladdr, got.lladdr, sizeof(r->lladdr));
	r->nud_state = (uint8_t)m->ndm_state;
	return MNL_CB_STOP;
}

/* As far as the kernel answers that of one neighbour (Linux 5.0). */
static void ask_neigh(struct mnl_socket *nl, const uint8_t hop[16], uint8_t family,
		      struct crumb_ev_route *ret)
{
	char buf[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *m;

	nlh->nlmsg_type = RTM_GETNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = 2;
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->ndm_family = family;
	m->ndm_ifindex = (int)ret->ifindex;
	put_address(nlh, NDA_DST, family, hop);
	netlink_dump(nl, nlh, on_neigh, ret);
}

static bool look(const struct crumb_ev_skb *e, const struct crumb_ev_flow *f,
		 struct crumb_ev_route *ret)
{
	static const uint8_t none[16], mapped[12] = { [10] = 0xff, 0xff };
	struct mnl_socket *nl = netns_rtnetlink(e->netns);
	bool found;

	*ret = (struct crumb_ev_route){
		.h = { .time_ns = e->h.time_ns, .type = CRUMB_EV_ROUTE, .size = sizeof(*ret) },
		.flow = e->flow,
		.dir = e->dir,
		.netns = e->netns,
		.ifindex = e->ifindex,
		.ttl = e->ttl,
	};
	if (!nl)
		return false;
	/* Out of another device, it was not by this entry: what is asked by a mark, or changed meanwhile. */
	found = ask_route(nl, e, f, ret) && ret->ifindex == e->ifindex;
	if (found && !(ret->flags & CRUMB_ROUTE_MANY)) {
		if (!memcmp(ret->via, none, sizeof(none))) {
			ret->flags |= CRUMB_ROUTE_DIRECT;
			memcpy(ret->via, f->addr[!e->dir], sizeof(ret->via));
		}
		/* A gateway of IPv6 is possible for a destination of IPv4 (BGP unnumbered). */
		ask_neigh(nl, ret->via,
			  !memcmp(ret->via, mapped, sizeof(mapped)) ? AF_INET : AF_INET6, ret);
	}
	mnl_socket_close(nl);
	return found;
}

static bool may_ask(struct routes *r)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	r->credit_ns += (int64_t)((now - r->credited_ns) / LOOK_SHARE);
	r->credited_ns = now;
	if (r->credit_ns > LOOK_BURST_NS)
		r->credit_ns = LOOK_BURST_NS;
	return r->credit_ns >= 0;
}

/* That of the packet, if it is time to ask for it; else NULL. */
static struct place *due(struct flow_known *f, const struct crumb_ev_skb *e)
{
	struct place *p;

	for (unsigned int i = 0; i < PLACES; i++) {
		p = &f->place[i];
		if (p->netns == e->netns && p->ifindex == e->ifindex && p->dir == e->dir)
			return !p->told_ns || e->h.time_ns >= p->told_ns + CRUMB_ROUTE_FRESH_NS ?
				       p :
				       NULL;
	}
	p = &f->place[f->next++ % PLACES];
	*p = (struct place){ e->netns, e->ifindex, e->dir, 0 };
	return p;
}

int routes_packet(struct routes *r, const struct crumb_ev_skb *ev, event_fn out, void *ctx)
{
	struct flow_known *f = &r->flows[ev->flow % FLOWS];
	struct crumb_ev_route route;
	struct place *p;
	uint64_t start;
	bool found;

	/* Bridges send by MAC addresses; in a tunnel other addresses count. */
	if (ev->point != CRUMB_PT_DEV_QUEUE || !(ev->flags & CRUMB_SKB_FORWARDED) || !ev->iif ||
	    (ev->flags & (CRUMB_SKB_PORT | CRUMB_SKB_TUNNEL)) || ev->flow != f->ev.flow ||
	    f->translated)
		return 0;
	p = due(f, ev);
	if (!p || !may_ask(r))
		return 0;
	p->told_ns = ev->h.time_ns;
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	found = look(ev, &f->ev, &route);
	r->credit_ns -= (int64_t)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
	return found ? out(ctx, &route.h) : 0;
}
