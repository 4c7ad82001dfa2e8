// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bridge's decisions, retraced as net/bridge makes them (br_input.c, br_forward.c, br_vlan.c):
 *
 *	port in: state ─► VLAN ─► FDB ─► one port, or all others: state, VLAN, isolation, hairpin ─► port out: size ─► queue
 *
 * Of a frame that was dropped it is known where it was (at its port in, or already at one out), its VLAN and its destination; what was
 * looked at is told by user space, a moment later. The first check that fails is the reason.
 */
#include "bridge.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "own_reason.h"

#define VLAN_MASK   0xfffu
#define COPIES_NS   1000000ull	    /* the copies of a flooded frame are made by one loop */
#define FDB_MAX	    262144u	    /* entries known at once; the oldest go */
#define FDB_KEEP_NS 600000000000ull /* what is gone is told of for so long */
#define SWEEP_NS    10000000000ull

struct at_key {
	uint32_t netns, ifindex;
};

struct port {
	struct at_key key;
	struct crumb_ev_port ev;
	UT_hash_handle hh;
};

struct fdb_key {
	uint32_t netns;
	uint16_t vlan;
	uint8_t mac[6];
};

struct fdb_entry {
	struct fdb_key key;
	uint32_t port, state, flags;
	uint64_t time_ns; /* read then */
	uint32_t updated_ms;
	UT_hash_handle hh;
};

struct fdb_read { /* when a namespace's tables were last read: what was not among it is gone */
	uint32_t netns;
	uint64_t time_ns;
	UT_hash_handle hh;
};

struct bridges {
	struct port *ports;
	struct fdb_entry *fdb;
	struct fdb_read *reads;
	uint64_t sweep_ns;
};

struct bridges *bridges_new(void)
{
	return calloc(1, sizeof(struct bridges));
}

void bridges_free(struct bridges *b)
{
	if (!b)
		return;
	HASH_FREE(b->ports);
	HASH_FREE(b->fdb);
	HASH_FREE(b->reads);
	free(b);
}

int bridges_port(struct bridges *b, const struct crumb_ev_port *ev)
{
	struct at_key key = { ev->netns, ev->ifindex };
	struct port *p;

	HASH_MAKE(b->ports, key, &key, p);
	if (!p)
		return -ENOMEM;
	p->ev = *ev;
	if (p->ev.ranges > CRUMB_PORT_VLANS)
		p->ev.ranges = CRUMB_PORT_VLANS;
	return 0;
}

static uint64_t read_ns(const struct bridges *b, uint32_t netns)
{
	struct fdb_read *read;

	HASH_FIND(hh, b->reads, &netns, sizeof(netns), read);
	return read ? read->time_ns : 0;
}

/* Entries that aged out long ago. */
static void fdb_sweep(struct bridges *b, uint64_t now_ns)
{
	struct fdb_entry *e, *next;

	if (now_ns < b->sweep_ns)
		return;
	b->sweep_ns = now_ns + SWEEP_NS;
	HASH_ITER(hh, b->fdb, e, next)
	{
		uint64_t read = read_ns(b, e->key.netns);

		if (read < FDB_KEEP_NS || e->time_ns >= read - FDB_KEEP_NS)
			continue;
		HASH_DEL(b->fdb, e);
		free(e);
	}
}

static struct fdb_entry *fdb_make(struct bridges *b, const struct fdb_key *key)
{
	struct fdb_entry *e;

	HASH_MAKE_BOUNDED(b->fdb, key, key, FDB_MAX, e);
	return e;
}

size_t bridges_entries(const struct bridges *b)
{
	return HASH_COUNT(b->fdb);
}

int bridges_fdb(struct bridges *b, const struct crumb_ev_fdb *ev)
{
	struct fdb_key key = { .netns = ev->netns, .vlan = ev->vlan };
	struct fdb_read *read;
	struct fdb_entry *e;

	memcpy(key.mac, ev->mac, sizeof(key.mac));
	HASH_MAKE(b->reads, netns, &ev->netns, read);
	if (!read)
		return -ENOMEM;
	read->time_ns = ev->h.time_ns;
	if (ev->removed) {
		HASH_FIND(hh, b->fdb, &key, sizeof(key), e);
		if (!e)
			return 0;
		HASH_DEL(b->fdb, e);
		free(e);
		return 0;
	}
	fdb_sweep(b, ev->h.time_ns);
	e = fdb_make(b, &key);
	if (!e)
		return -ENOMEM;
	e->port = ev->port;
	e->state = ev->state;
	e->flags = ev->flags;
	e->time_ns = ev->h.time_ns;
	e->updated_ms = ev->updated_ms;
	return 0;
}

/* ------------------------------------------------------------------------------------------------ look-ups */

static const struct crumb_ev_port *port_get(const struct bridges *b, uint32_t netns, uint32_t ifindex)
{
	struct at_key key = { netns, ifindex };
	struct port *p;

	HASH_FIND(hh, b->ports, &key, sizeof(key), p);
	return p ? &p->ev : NULL;
}

/* Also one that is gone: look at its time. */
static const struct fdb_entry *fdb_get(const struct bridges *b, uint32_t netns,
				       const uint8_t mac[6], uint16_t vlan)
{
	struct fdb_key key = { .netns = netns, .vlan = vlan };
	struct fdb_entry *e;

	memcpy(key.mac, mac, sizeof(key.mac));
	HASH_FIND(hh, b->fdb, &key, sizeof(key), e);
	if (!e && vlan) {
		key.vlan = 0;
		HASH_FIND(hh, b->fdb, &key, sizeof(key), e);
	}
	return e;
}

static bool fdb_gone(const struct bridges *b, const struct fdb_entry *e)
{
	return e->time_ns < read_ns(b, e->key.netns);
}

static bool port_has(const struct crumb_ev_port *p, uint16_t vid)
{
	for (unsigned int i = 0; i < p->ranges; i++)
		if (p->vlan[i].first <= vid && vid <= p->vlan[i].last)
			return true;
	return p->flags & CRUMB_PORT_MORE; /* who knows */
}

static bool no_mac(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return !memcmp(mac, none, sizeof(none));
}

/* -------------------------------------------------------------------------------------------------- words */

static void say_mac(struct words *w, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		if (i)
			words_put(w, ":");
		words_hex(w, mac[i], 2);
	}
}

static const char *state_name(uint8_t state)
{
	static const char *const names[] = {
		[BR_STATE_DISABLED] = "disabled", [BR_STATE_LISTENING] = "listening",
		[BR_STATE_LEARNING] = "learning", [BR_STATE_FORWARDING] = "forwarding",
		[BR_STATE_BLOCKING] = "blocking",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

static void say_dev(struct assembler *a, struct words *w, const struct crumb_ev_port *p)
{
	words_put(w, facts_dev_name(a->facts, p->netns, p->ifindex));
}

static void say_vlans(struct words *w, const struct crumb_ev_port *p)
{
	if (!p->ranges)
		words_put(w, "none");
	for (unsigned int i = 0; i < p->ranges; i++) {
		words_put(w, i ? " " : "");
		words_u64(w, p->vlan[i].first);
		if (p->vlan[i].last == p->vlan[i].first)
			continue;
		words_put(w, "-");
		words_u64(w, p->vlan[i].last);
	}
	if (p->flags & CRUMB_PORT_MORE)
		words_put(w, " ...");
}

/* ------------------------------------------------------------------------------------------------- drops */

struct verdict_on {
	const char *name; /* NULL: nothing stands in the way */
	struct words why;
};

static void stp_refuses(struct assembler *a, struct verdict_on *v, const struct crumb_ev_port *p)
{
	v->name = "bridge.stp_state";
	say_dev(a, &v->why, p);
	words_put(&v->why, " is ");
	words_put(&v->why, state_name(p->state) ? state_name(p->state) : "in no state");
}

/* br_allowed_ingress(): a tag of the other protocol is payload to it. */
static bool tag_counts(const struct crumb_ev_port *p, uint8_t flags)
{
	return !(p->flags & CRUMB_PORT_STAG) == !(flags & CRUMB_SKB_STAG);
}

/* By its tag; 0: that of the port counts. */
static uint16_t vid_of(const struct crumb_ev_port *p, uint16_t vlan, uint8_t flags)
{
	return tag_counts(p, flags) ? vlan & VLAN_MASK : 0;
}

static const char *no_vid_words(const struct crumb_ev_port *p, const struct crumb_ev_skb *s)
{
	if (s->vlan && !tag_counts(p, s->flags))
		return p->flags & CRUMB_PORT_STAG ? "its tag is not 802.1ad's, and " :
						    "its tag is 802.1ad's, the bridge's not, and ";
	return s->vlan ? "its tag has a priority and no VLAN, and " : "no tag, and ";
}

/* @s: the frame, where it comes in. */
static void vlan_refuses(struct assembler *a, struct verdict_on *v, const struct crumb_ev_port *p,
			 uint16_t vid, const struct crumb_ev_skb *s)
{
	v->name = "bridge.vlan_filter";
	if (!vid) {
		words_put(&v->why, no_vid_words(p, s));
		say_dev(a, &v->why, p);
		words_put(&v->why, " has no PVID; its VLANs: ");
	} else {
		words_put(&v->why, "VLAN ");
		words_u64(&v->why, vid);
		words_put(&v->why, " is not among those of ");
		say_dev(a, &v->why, p);
		words_put(&v->why, ": ");
	}
	say_vlans(&v->why, p);
}

/* br_handle_frame(), br_allowed_ingress(). @vid: 0 no tag that counts; then the port's own. */
static void refuses_in(struct assembler *a, struct verdict_on *v, const struct crumb_ev_port *p,
		       const struct crumb_ev_skb *s, uint16_t *vid)
{
	if (p->state != BR_STATE_FORWARDING && p->state != BR_STATE_LEARNING) {
		stp_refuses(a, v, p);
		return;
	}
	if (!p->filtering)
		*vid = 0;
	else if (!*vid)
		*vid = p->pvid;
	if (p->filtering && (!*vid || !port_has(p, *vid)))
		vlan_refuses(a, v, p, *vid, s);
	else if (p->state != BR_STATE_FORWARDING)
		stp_refuses(a, v, p);
}

/* should_deliver() */
static void refuses_out(struct assembler *a, struct verdict_on *v, const struct crumb_ev_port *in,
			const struct crumb_ev_port *p, uint16_t vid)
{
	if (p->state != BR_STATE_FORWARDING) {
		stp_refuses(a, v, p);
	} else if (vid && p->filtering && !port_has(p, vid)) {
		vlan_refuses(a, v, p, vid, NULL);
	} else if (in && in->ifindex == p->ifindex && !(p->flags & CRUMB_PORT_HAIRPIN)) {
		v->name = "bridge.no_egress";
		words_put(&v->why, "it came in by ");
		say_dev(a, &v->why, p);
		words_put(&v->why, ", behind which its destination is (hairpin off)");
	} else if (in && in->flags & p->flags & CRUMB_PORT_ISOLATED) {
		v->name = "bridge.no_egress";
		say_dev(a, &v->why, in);
		words_put(&v->why, " and ");
		say_dev(a, &v->why, p);
		words_put(&v->why, " are isolated ports");
	}
}

/* br_flood(): nobody took it. Why not, port by port. */
static void refuses_flood(struct assembler *a, struct verdict_on *v, const struct crumb_ev_port *in,
			  const uint8_t mac[6], uint16_t vid)
{
	unsigned int others = 0;

	words_put(&v->why, "no FDB entry for ");
	say_mac(&v->why, mac);
	for (struct port *p = a->bridges->ports; p; p = p->hh.next) {
		struct verdict_on one = { NULL, { .len = 0 } };

		if (p->ev.netns != in->netns || p->ev.bridge != in->bridge ||
		    p->ev.ifindex == in->ifindex)
			continue;
		refuses_out(a, &one, in, &p->ev, vid);
		if (!one.name && p->ev.flags & CRUMB_PORT_NO_FLOOD) {
			one.name = "bridge.no_egress";
			say_dev(a, &one.why, &p->ev);
			words_put(&one.why, " takes no unknown addresses (flood off)");
		}
		if (!one.name) { /* it would have gone out there: something else it was */
			v->name = NULL;
			return;
		}
		v->name = others++ && strcmp(v->name, one.name) ? "bridge.no_egress" : one.name;
		words_put(&v->why, "; ");
		one.why.text[one.why.len] = '\0';
		words_put(&v->why, one.why.text);
	}
	if (others)
		return;
	v->name = "bridge.no_egress";
	words_put(&v->why, "; no other port");
}

static void refuses(struct assembler *a, struct verdict_on *v, const struct crumb_ev_drop *d,
		    const struct crumb_ev_port *at)
{
	const struct crumb_ev_port *in = port_get(a->bridges, d->s.netns, d->s.iif), *out;
	uint16_t vid = vid_of(at, d->s.vlan, d->s.flags);
	const struct fdb_entry *e;

	if (d->s.iif && d->s.iif != d->s.ifindex) { /* on its way out, at its port */
		refuses_out(a, v, in, at, vid);
		/* is_skb_forwardable(), net/core/dev.c: with the link-layer header, and room for a tag */
		if (v->name || d->s.gso_segs > 1 || !at->mtu || d->s.wire_len <= at->mtu + 14 + 4)
			return;
		if (d->qlimit && d->qlen >= d->qlimit) /* its queue was full as well: who knows */
			return;
		v->name = "bridge.mtu";
		words_put(&v->why, "packet of ");
		words_u64(&v->why,
			  d->s.wire_len - 14); /* skb_len is with that header or without, by kernel */
		words_put(&v->why, " bytes, mtu ");
		words_u64(&v->why, at->mtu);
		words_put(&v->why, " of ");
		say_dev(a, &v->why, at);
		return;
	}
	refuses_in(a, v, at, &d->s, &vid);
	if (v->name || no_mac(d->s.dst_mac))
		return;
	e = fdb_get(a->bridges, d->s.netns, d->s.dst_mac, vid);
	if (!e || fdb_gone(a->bridges, e)) {
		refuses_flood(a, v, at, d->s.dst_mac, vid);
		return;
	}
	out = port_get(a->bridges, d->s.netns, e->port);
	if (out &&
	    out->bridge != at->bridge) /* of another bridge's table: nothing is known of this one's */
		return;
	if (out)
		refuses_out(a, v, at, out, vid);
}

/* It says why by itself, as far as that goes: newer kernels have some reasons of the bridge's. */
static bool reason_is_told(const char *reason)
{
	return strcmp(reason, "NOT_SPECIFIED") != 0 && strncmp(reason, "reason ", 7) != 0;
}

static bool reason_is_bridges(const char *reason)
{
	return !strcmp(reason, "BRIDGE_INGRESS_STP_STATE") || !strcmp(reason, "NO_TX_TARGET") ||
	       !strcmp(reason, "BRIDGE_NO_EGRESS_PORT") || !strcmp(reason, "VLAN_FILTER");
}

int bridge_name_drop(struct assembler *a, struct crumb_ev_drop *ev)
{
	const char *told = facts_reason(a->facts, ev->reason);
	const struct crumb_ev_port *at = port_get(a->bridges, ev->s.netns, ev->s.ifindex);
	struct verdict_on v = { NULL, { .len = 0 } };
	uint32_t number;

	if (!at || !(ev->s.flags & CRUMB_SKB_PORT))
		return 0;
	if (reason_is_told(told) && !reason_is_bridges(told))
		return 0;
	refuses(a, &v, ev, at);
	if (!v.name)
		return 0;
	words_put(&v.why, own_reason_late(ev->s.h.time_ns, at->read_ns));
	v.why.text[v.why.len] = '\0';
	number = own_reason(a->reasons, a->facts, reason_is_told(told) ? told : v.name, v.why.text);
	if (number)
		ev->reason = number;
	return 0;
}

/* ------------------------------------------------------------------------------------------------- steps */

static void say_port(struct assembler *a, struct words *w, const struct path_step *s)
{
	const struct fact_dev *d = facts_dev(a->facts, s->netns, s->ifindex);
	const struct crumb_ev_port *p = port_get(a->bridges, s->netns, s->ifindex);
	const char *state = p ? state_name(p->state) : d ? state_name(d->port_state) : NULL;

	if (!state)
		return;
	words_put(w, w->len ? "; port " : "port ");
	words_put(w, state);
}

void bridge_say_in(struct assembler *a, struct words *w, const struct path_step *s)
{
	const struct crumb_ev_port *p = port_get(a->bridges, s->netns, s->ifindex);
	uint16_t vid;

	say_port(a, w, s);
	if (!p || !p->filtering)
		return;
	vid = s->seen ? vid_of(p, s->seen->dev.vlan, s->seen->dev.flags) : 0;
	if (!vid && !p->pvid) {
		words_put(w, "; no VLAN: no tag that counts, no PVID");
		return;
	}
	words_put(w, "; VLAN ");
	words_u64(w, vid ? vid : p->pvid);
	words_put(w, vid ? " by its tag" : " by the port's PVID");
}

/* Out of how many ports of that bridge the frame went: it may pass several bridges of one namespace. */
static unsigned int copies(const struct bridges *b, const struct message *m,
			   const struct path_step *s)
{
	const struct crumb_ev_port *at = port_get(b, s->netns, s->ifindex), *other;
	const struct half *h = message_half(m);
	unsigned int n = 0;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];

		if (l->place.kind == SIGHT_BYTES && l->place.point == CRUMB_PT_BRIDGE_FORWARD &&
		    l->place.netns == s->netns &&
		    (!at || !(other = port_get(b, s->netns, l->place.ifindex)) ||
		     other->bridge == at->bridge) &&
		    sight_log_newest(l, s->seen->end - 1, s->ns > COPIES_NS ? s->ns - COPIES_NS : 0,
				     s->ns + COPIES_NS, NULL))
			n++;
	}
	return n;
}

/* As bridge(8) calls them. */
static void say_flags(struct words *w, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} all[] = {
		{ NTF_EXT_LEARNED, ", extern_learn" },
		{ NTF_OFFLOADED, ", offload" },
		{ NTF_STICKY, ", sticky" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (flags & all[i].flag)
			words_put(w, all[i].name);
}

static void say_entry(struct assembler *a, struct words *w, const struct path_step *s,
		      const struct fdb_entry *e)
{
	uint64_t updated_ns = (uint64_t)e->updated_ms * 1000000;

	words_put(w, "FDB: ");
	words_put(w, facts_dev_name(a->facts, s->netns, e->port));
	if (e->state & NUD_PERMANENT) {
		words_put(w, " (permanent");
	} else if (e->state & NUD_NOARP) {
		words_put(w, " (static");
	} else if (s->ns + updated_ns < e->time_ns) {
		words_put(w, " (learned, and refreshed since");
	} else {
		words_put(w, " (learned, ");
		words_seconds(w, (s->ns + updated_ns - e->time_ns) / 1000000);
		words_put(w, " old");
	}
	say_flags(w, e->flags);
	words_put(w, ") for ");
	say_mac(w, e->key.mac);
}

static void say_flooded(struct assembler *a, struct words *w, const struct path_step *s,
			const struct fdb_entry *e, unsigned int ports)
{
	words_put(w, "no FDB entry for ");
	say_mac(w, s->seen->dev.mac);
	words_put(w, ": flooded");
	if (ports > 1) {
		words_put(w, " to ");
		words_u64(w, ports);
		words_put(w, " ports");
	}
	if (e && fdb_gone(a->bridges, e) && e->time_ns < s->ns) {
		words_put(w, "; the one of ");
		words_put(w, facts_dev_name(a->facts, s->netns, e->port));
		words_put(w, ", last seen ");
		words_seconds(w, (s->ns - e->time_ns) / 1000000);
		words_put(w, " before, is gone: it aged out or was deleted");
	} else if (e && ports > 1 && e->time_ns >= s->ns) {
		words_put(w, "; learned since");
	}
}

void bridge_say_forward(struct assembler *a, const struct message *m, struct words *w,
			const struct path_step *s)
{
	const uint8_t *mac = s->seen->dev.mac;
	const struct fdb_entry *e;
	unsigned int ports;

	if (no_mac(mac)) {
		say_port(a, w, s);
		return;
	}
	e = fdb_get(a->bridges, s->netns, mac, s->seen->dev.vlan & VLAN_MASK);
	ports = copies(a->bridges, m, s);
	if (e && !fdb_gone(a->bridges, e) && ports <= 1)
		say_entry(a, w, s, e);
	else if (read_ns(a->bridges, s->netns))
		say_flooded(a, w, s, e, ports);
	say_port(a, w, s);
}
