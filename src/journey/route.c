// SPDX-License-Identifier: GPL-2.0-only
/* See route.h. Names as `ip route` and `ip neigh` have them. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "route.h"

int ingest_route(struct assembler *a, const struct crumb_ev_route *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct crumb_ev_route *r;

	if (!c)
		return 0;
	if (c->routes.count >= ROUTES_KEPT)
		ring_pop(&c->routes, 1);
	r = ring_push(&c->routes);
	if (!r)
		return -ENOMEM;
	*r = *ev;
	return 0;
}

/* That which was told for this packet, or for one shortly before it: behind that one it was asked for again, and not found. */
static const struct crumb_ev_route *route_of(const struct message *m, const struct path_step *s)
{
	const struct ring *all = &m->conn->routes;

	for (uint32_t i = all->count; i-- > 0;) {
		const struct crumb_ev_route *r = ring_at(all, i);

		if (r->netns == s->netns && r->ifindex == s->ifindex && r->dir == m->dir &&
		    r->h.time_ns <= s->seen->time_ns)
			return s->seen->time_ns - r->h.time_ns < CRUMB_ROUTE_FRESH_NS ? r : NULL;
	}
	return NULL;
}

static bool no_address(const uint8_t addr[16])
{
	static const uint8_t none[16];

	return !memcmp(addr, none, sizeof(none));
}

/* include/uapi/linux/rtnetlink.h, iproute2's etc/iproute2/rt_protos */
static const char *protocol_name(uint8_t protocol)
{
	static const char *const names[] = {
		[RTPROT_REDIRECT] = "redirect",
		[RTPROT_KERNEL] = "kernel",
		[RTPROT_BOOT] = "boot",
		[RTPROT_STATIC] = "static",
		[RTPROT_RA] = "ra",
		[RTPROT_ZEBRA] = "zebra",
		[RTPROT_BIRD] = "bird",
		[RTPROT_DHCP] = "dhcp",
		[RTPROT_BGP] = "bgp",
		[RTPROT_ISIS] = "isis",
		[RTPROT_OSPF] = "ospf",
		[RTPROT_RIP] = "rip",
	};

	if (protocol == 196) /* FRR's own for static routes */
		return "static";
	return protocol < sizeof(names) / sizeof(names[0]) ? names[protocol] : NULL;
}

static const char *nud_name(uint8_t state)
{
	return state & NUD_PERMANENT ? "permanent" :
	       state & NUD_NOARP     ? "noarp" :
	       state & NUD_REACHABLE ? "reachable" :
	       state & NUD_STALE     ? "stale" :
	       state & NUD_DELAY     ? "delay" :
	       state & NUD_PROBE     ? "probe" :
				       "";
}

static void say_entry(struct words *w, const struct crumb_ev_route *r)
{
	const char *protocol = protocol_name(r->protocol);

	words_put(w, "; by ");
	if (r->prefix || !no_address(r->dst)) {
		words_address(w, r->dst);
		words_put(w, "/");
		words_u64(w, r->prefix);
	} else {
		words_put(w, "default");
	}
	words_put(w, " (");
	if (protocol) {
		words_put(w, protocol);
	} else {
		words_put(w, "protocol ");
		words_u64(w, r->protocol);
	}
	if (r->table != RT_TABLE_MAIN) {
		words_put(w, ", table ");
		words_u64(w, r->table);
	}
	words_put(w, ")");
}

static void say_hop(struct words *w, const struct crumb_ev_route *r, const uint8_t mac[6])
{
	static const uint8_t none[6];

	if (r->flags & CRUMB_ROUTE_MANY) {
		words_put(w, ", one of several next hops");
	} else {
		words_put(w, ", next hop ");
		words_address(w, r->via);
	}
	if (!memcmp(mac, none, sizeof(none)))
		return;
	words_put(w, " at ");
	for (int i = 0; i < 6; i++) {
		words_put(w, i ? ":" : "");
		words_hex(w, mac[i], 2);
	}
	if (r->nud_state && !memcmp(mac, r->lladdr, sizeof(none))) {
		words_put(w, ", ");
		words_put(w, nud_name(r->nud_state));
	}
}

void route_say(const struct message *m, const struct path_step *s, struct words *w)
{
	const struct crumb_ev_route *r = s->seen ? route_of(m, s) : NULL;

	if (!r)
		return;
	say_entry(w, r);
	say_hop(w, r, s->seen->dev.mac);
	words_put(w, "; TTL ");
	words_u64(w, r->ttl);
}
