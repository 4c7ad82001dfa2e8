// SPDX-License-Identifier: GPL-2.0-only
/* From what is known of a packet to the question which filter it meets, and from the answer to words: see filter_proof.h, filters.h. */
#include "filter_proof.h"

#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>

#include "filters.h"
#include "hardware.h"
#include "own_reason.h"

#define VID_MASK	 0xfffu
#define FRESH_NS	 100000000ull /* older readings say nothing of a drop in the kernel */
#define HARDWARE_DROPPED "ingress_flow_action_drop" /* include/net/devlink.h */

static bool is_known(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return memcmp(mac, none, sizeof(none)) != 0;
}

static struct filter_packet packet_of(const struct conn *c, uint8_t dir, bool renamed)
{
	struct filter_packet p = { .proto = c->flow.proto, .addresses_known = !renamed };
	struct journey_address src, dst;

	conn_addresses(c, dir, &src, &dst);
	memcpy(p.src, src.addr, sizeof(p.src));
	memcpy(p.dst, dst.addr, sizeof(p.dst));
	p.sport = src.port;
	p.dport = dst.port;
	p.ip_version = address_is_v4(p.src) ? 4 : 6;
	return p;
}

/* Of a packet that was seen in that namespace. */
static struct filter_packet packet_seen(const struct conn *c, const struct crumb_ev_skb *s)
{
	struct filter_packet p = packet_of(c, s->dir, c->nats.count || (s->flags & CRUMB_SKB_TUNNEL));

	p.netns = s->netns;
	p.ifindex = s->ifindex;
	p.vid = s->vlan & VID_MASK;
	p.macs_known = is_known(s->dst_mac);
	memcpy(p.src_mac, s->src_mac, sizeof(p.src_mac));
	memcpy(p.dst_mac, s->dst_mac, sizeof(p.dst_mac));
	return p;
}

/* ---------------------------------------------------------------------------------------------- in words */

static void protocol_words(struct words *w, uint16_t protocol)
{
	switch (protocol) {
	case ETH_P_IP:
		words_put(w, "ip");
		break;
	case ETH_P_IPV6:
		words_put(w, "ipv6");
		break;
	case ETH_P_8021Q:
		words_put(w, "802.1Q");
		break;
	case ETH_P_ALL:
		words_put(w, "all");
		break;
	default:
		words_put(w, "0x");
		words_hex(w, protocol, 4);
	}
}

void filter_words(struct words *w, const struct crumb_ev_filter *f)
{
	char handle[16];

	words_put(w, "protocol ");
	protocol_words(w, f->protocol);
	words_put(w, " pref ");
	words_u64(w, f->pref);
	words_put(w, " ");
	words_put(w, f->kind);
	words_put(w, " chain ");
	words_u64(w, f->chain);
	snprintf(handle, sizeof(handle), " handle 0x%x", f->handle);
	words_put(w, handle);
}

/* A program of BPF that is asked before the filters: "tcx program drop_all, id 57, dev swp1 ingress" */
static void say_program(struct assembler *a, struct words *w, const struct crumb_ev_filter *f)
{
	char name[sizeof(f->cookie) + 1] = "";

	memcpy(name, f->cookie,
	       f->cookie_len < sizeof(f->cookie) ? f->cookie_len : sizeof(f->cookie));
	words_put(w, "tcx program ");
	words_put(w, name);
	words_put(w, name[0] ? ", id " : "id ");
	words_u64(w, f->handle);
	words_put(w, ", dev ");
	words_put(w, facts_dev_name(a->facts, f->netns, f->ifindex));
	words_put(w, f->egress ? " egress" : " ingress");
}

static void say_filter(struct assembler *a, struct words *w, const struct crumb_ev_filter *f)
{
	if (!strncmp(f->kind, "tcx", sizeof(f->kind))) {
		say_program(a, w, f);
		return;
	}
	words_put(w, "tc filter dev ");
	words_put(w, facts_dev_name(a->facts, f->netns, f->ifindex));
	words_put(w, f->egress ? " egress " : " ingress ");
	filter_words(w, f);
}

/* --------------------------------------------------------------------------------------------- in the kernel */

void filter_name_drop(struct assembler *a, struct crumb_ev_drop *ev)
{
	const char *reason = facts_reason(a->facts, ev->reason);
	struct conn *c = assembler_conn(a, ev->s.flow);
	struct words w = { .len = 0 };
	struct filter_packet p;
	struct filter_hit hit;
	uint32_t number;

	if (!c || (strcmp(reason, "TC_INGRESS") != 0 && strcmp(reason, "TC_EGRESS") != 0))
		return;
	p = packet_seen(c, &ev->s);
	p.egress = !strcmp(reason, "TC_EGRESS");
	if (!filters_dropped(a->filters, &p, ev->s.h.time_ns, &hit) ||
	    hit.filter->read_ns + FRESH_NS < ev->s.h.time_ns)
		return;
	say_filter(a, &w, hit.filter);
	if (hit.filter->action != CRUMB_FILTER_DROP)
		words_put(&w, ": the only one that may drop here");
	else
		words_put(&w, hit.only ? ": the only one that drops such here" :
					 ": the first that matches");
	words_put(&w, own_reason_late(ev->s.h.time_ns, hit.filter->read_ns));
	w.text[w.len] = '\0';
	number = own_reason(a->reasons, a->facts, reason, w.text);
	if (number)
		ev->reason = number;
}

/* ---------------------------------------------------------------------------------------------- in hardware */

const struct crumb_ev_filter *filter_of_trap(struct assembler *a, const struct crumb_ev_trap *ev)
{
	struct conn *c = assembler_conn(a, ev->s.flow);
	struct filter_packet p;

	if (!c || ev->cookie_len > sizeof(ev->cookie) || strcmp(ev->name, HARDWARE_DROPPED) != 0)
		return NULL;
	p = packet_seen(c, &ev->s);
	p.vid_unsure = !p.vid; /* hardware may take the port's PVID for it */
	return filters_trapped(a->filters, &p, ev->cookie, ev->cookie_len);
}

struct suspect {
	struct filter_hit hit;
	unsigned int count; /* of filters that can have: then none is told */
	const char *clock;
	uint32_t netns;
};

static void ask_at(struct assembler *a, struct filter_packet p, uint32_t ifindex,
		   const uint64_t time[2], struct suspect *s)
{
	struct filter_hit hit;

	p.ifindex = ifindex;
	if (!ifindex || !filters_drops_in_hardware(a->filters, &p, time[0], time[1], &hit))
		return;
	s->hit = hit;
	s->netns = p.netns;
	s->count++;
}

/*
 * By the way that the switch's tables tell: in by a port, or the bond that it is of, and out by another one. Without a tag it has the port's PVID there, which is
 * not known; going out it may have another tag than it came with and, routed, other addresses of Ethernet.
 */
static void ask_switch(struct assembler *a, struct filter_packet p, const struct hardware_hop *hop,
		       const struct filter_frame *at, struct suspect *s)
{
	unsigned int host = facts_kernel(a->facts, at->netns),
		     other = facts_kernel(a->facts, hop->netns);
	const struct fact_dev *in = facts_dev(a->facts, hop->netns, hop->in);
	const char *clock = "exact";
	uint64_t bound = 0, time[2];
	unsigned int before = s->count;

	if (host != other && a->clocks.between)
		clock = a->clocks.between(a->clocks.ctx, host, other, at->ns, &bound);
	if (bound == JOURNEY_BOUND_UNKNOWN)
		bound = 0;
	time[0] = at->ns > bound ? at->ns - bound : 0;
	time[1] = at->ns + bound;
	p.netns = hop->netns;
	p.vid_unsure = !p.vid;
	ask_at(a, p, hop->in, time, s);
	if (in && in->master)
		ask_at(a, p, in->master, time, s);
	p.egress = true;
	p.vid_unsure = true;
	p.macs_known &= !hop->routed;
	ask_at(a, p, hop->out, time, s);
	if (s->count != before)
		s->clock = clock;
}

static void say_suspect(struct assembler *a, struct words *w, const struct suspect *s)
{
	words_put(w, "most likely dropped by ");
	words_put(w, facts_host(a->facts, s->netns));
	words_put(w, ": ");
	say_filter(a, w, s->hit.filter);
	words_put(w, ", in hardware, matches and counted ");
	words_u64(w, s->hit.packets);
	words_put(w, s->hit.packets == 1 ? " packet within " : " packets within ");
	words_seconds(w, (s->hit.to_ns - s->hit.from_ns) / 1000000);
	words_put(w, strcmp(s->clock, "none") ? " around it" : " around it, by the machines' dates");
	words_put(w, "; not proven: that it came there was not seen");
}

bool filter_suspected_frame(struct assembler *a, const struct conn *c, uint8_t dir,
			    const struct filter_frame *at, struct words *w)
{
	struct filter_packet p = packet_of(c, dir, at->renamed);
	struct hardware_hop ways[HARDWARE_HOPS];
	struct suspect s = { .count = 0 };
	struct hardware_ask ask = { .from = at->netns,
				    .vlan = at->tci & VID_MASK,
				    .left_ns = at->ns,
				    .came_ns = at->ns,
				    .now_ns = a->now_ns };
	unsigned int n;

	if (!hardware_known(a->hardware))
		return false;
	memcpy(ask.mac, at->dst_mac, sizeof(ask.mac));
	memcpy(ask.src_mac, at->src_mac, sizeof(ask.src_mac));
	if (!at->renamed)
		memcpy(ask.dst, p.dst, sizeof(ask.dst));
	p.vid = ask.vlan;
	p.macs_known = is_known(at->dst_mac);
	memcpy(p.src_mac, at->src_mac, sizeof(p.src_mac));
	memcpy(p.dst_mac, at->dst_mac, sizeof(p.dst_mac));
	n = hardware_ways(a->hardware, &ask, ways);
	for (unsigned int i = 0; i < n; i++)
		ask_switch(a, p, &ways[i], at, &s);
	if (s.count != 1)
		return false;
	say_suspect(a, w, &s);
	return true;
}

const char *filter_suspected(struct assembler *a, const struct message *m, const struct fate *f)
{
	const struct half *h = message_half(m);
	struct filter_frame at = { .renamed = m->conn->nats.count };
	const struct sight_place *place;
	struct words w = { .len = 0 };
	const struct sighting *last;

	if ((f->verdict != VERDICT_LEFT && f->verdict != VERDICT_WAITING) ||
	    !hardware_known(a->hardware))
		return NULL;
	last = fate_last_seen(h, f->byte, &place);
	if (!last || !fate_leads_out(a, place) || (!conn_is_udp(m->conn) && m->last <= h->rcv_nxt))
		return NULL;
	at.ns = last->time_ns;
	at.netns = place->netns;
	at.tci = last->dev.vlan;
	at.renamed |= last->dev.flags & CRUMB_SKB_TUNNEL;
	memcpy(at.src_mac, last->dev.src_mac, sizeof(at.src_mac));
	memcpy(at.dst_mac, last->dev.mac, sizeof(at.dst_mac));
	if (!filter_suspected_frame(a, m->conn, m->dir, &at, &w))
		return NULL;
	return words_keep(&a->scratch, &w);
}
