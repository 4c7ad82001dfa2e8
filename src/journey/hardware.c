// SPDX-License-Identifier: GPL-2.0-only
/*
 * A switch's tables and what follows from them: see hardware.h.
 *
 *	bridged  the frame's two addresses are behind two ports of one bridge, in one VLAN, and the entry of its destination has
 *		 `offload` (NTF_OFFLOADED)
 *	routed	 its destination is an address of the switch itself; the longest prefix of the packet's, in the table of the VRF that this device
 *		 belongs to, has `offload` (RTM_F_OFFLOAD) and not `trap`; what is known of the next hop does not contradict
 *
 * A reading is all records of one time; until the next event it is not known to be whole, and the one before it counts.
 */
#include "hardware.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define READINGS 8	 /* of a port's counters that are kept */
#define ENTRIES	 8	 /* of one address, in different VLANs */
#define DEV_UP	 4	 /* devices above one another: a port, its bond, its bridge, a VRF */
#define MACS_MAX 262144u /* addresses known at once; the oldest go */

struct place {
	uint32_t netns, ifindex;
};

struct mac_key {
	uint32_t netns;
	uint8_t mac[6];
	uint8_t pad[2];
};

struct entry { /* of a bridge's table */
	uint64_t time_ns;
	uint32_t bridge, port, state, flags;
	uint16_t vlan;
	bool used;
};

struct mac {
	struct mac_key key;
	struct entry entry[ENTRIES];
	UT_hash_handle hh;
};

struct own { /* a device of a switch, by its address */
	struct mac_key key;
	uint32_t ifindex;
	bool port; /* of a bridge, whose address may be the same */
	UT_hash_handle hh;
};

struct dev {
	struct place key;
	uint32_t master, table;
	uint8_t mac[6];
	UT_hash_handle hh;
};

struct port {
	struct place key;
	struct crumb_ev_count read[READINGS]; /* read[count % READINGS] is the next */
	uint64_t count;
	UT_hash_handle hh;
};

struct table { /* routes and neighbours of one reading */
	struct crumb_ev_offload *all;
	uint32_t count, room;
	uint64_t time_ns;
	bool cut;
};

struct hw_switch {
	uint32_t netns;
	uint64_t fdb_ns,
		fdb_before_ns; /* the newest reading of its bridges' tables, and the one before */
	struct table now, before;
	UT_hash_handle hh;
};

struct hardware {
	struct hw_switch *switches;
	struct mac *macs;
	struct own *own;
	struct dev *devs;
	struct port *ports;
};

struct hardware *hardware_new(void)
{
	return calloc(1, sizeof(struct hardware));
}

void hardware_free(struct hardware *h)
{
	struct hw_switch *s, *next;

	if (!h)
		return;
	HASH_ITER(hh, h->switches, s, next)
	{
		HASH_DEL(h->switches, s);
		free(s->now.all);
		free(s->before.all);
		free(s);
	}
	HASH_FREE(h->macs);
	HASH_FREE(h->own);
	HASH_FREE(h->devs);
	HASH_FREE(h->ports);
	free(h);
}

bool hardware_known(const struct hardware *h)
{
	return h->switches;
}

/* ---------------------------------------------------------------------------------------------- what was read */

static struct mac_key mac_key(uint32_t netns, const uint8_t mac[6])
{
	struct mac_key key = { .netns = netns };

	memcpy(key.mac, mac, sizeof(key.mac));
	return key;
}

static bool no_mac(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return !memcmp(mac, none, sizeof(none));
}

static bool no_address(const uint8_t addr[16])
{
	static const uint8_t none[16];

	return !memcmp(addr, none, sizeof(none));
}

static struct hw_switch *switch_get(const struct hardware *h, uint32_t netns)
{
	struct hw_switch *s;

	HASH_FIND(hh, h->switches, &netns, sizeof(netns), s);
	return s;
}

static struct hw_switch *switch_make(struct hardware *h, uint32_t netns)
{
	struct hw_switch *s;

	HASH_MAKE(h->switches, netns, &netns, s);
	return s;
}

/* Devices are told before it is known that theirs is a switch. The first of an address stays: a port's, before what lies on it. */
int hardware_dev(struct hardware *h, const struct crumb_ev_dev *ev)
{
	struct mac_key key = mac_key(ev->netns, ev->mac);
	struct place place = { ev->netns, ev->ifindex };
	struct own *o;
	struct dev *d;

	if (ev->removed)
		return 0;
	HASH_MAKE(h->devs, key, &place, d);
	if (!d)
		return -ENOMEM;
	d->master = ev->master;
	d->table = ev->table;
	memcpy(d->mac, ev->mac, sizeof(d->mac));
	if (no_mac(ev->mac))
		return 0;
	HASH_MAKE(h->own, key, &key, o);
	if (!o)
		return -ENOMEM;
	if (!o->ifindex || o->ifindex == ev->ifindex) {
		o->ifindex = ev->ifindex;
		o->port = ev->master;
	}
	return 0;
}

int hardware_count(struct hardware *h, const struct crumb_ev_count *ev)
{
	struct place key = { ev->netns, ev->ifindex };
	struct port *p;

	if (!switch_make(h, ev->netns))
		return -ENOMEM;
	HASH_MAKE(h->ports, key, &key, p);
	if (!p)
		return -ENOMEM;
	p->read[p->count++ % READINGS] = *ev;
	return 0;
}

/* The place of @ev's entry among those of its address: the same VLAN's and bridge's, a free one, else the oldest. */
static struct entry *entry_place(struct mac *m, const struct crumb_ev_fdb *ev)
{
	struct entry *oldest = &m->entry[0];

	for (unsigned int i = 0; i < ENTRIES; i++)
		if (m->entry[i].used && m->entry[i].vlan == ev->vlan &&
		    m->entry[i].bridge == ev->bridge)
			return &m->entry[i];
	for (unsigned int i = 0; i < ENTRIES; i++) {
		if (!m->entry[i].used)
			return &m->entry[i];
		if (m->entry[i].time_ns < oldest->time_ns)
			oldest = &m->entry[i];
	}
	return oldest;
}

static struct mac *mac_make(struct hardware *h, const struct mac_key *key)
{
	struct mac *m;

	HASH_MAKE_BOUNDED(h->macs, key, key, MACS_MAX, m);
	return m;
}

int hardware_fdb(struct hardware *h, const struct crumb_ev_fdb *ev)
{
	struct hw_switch *s = switch_get(h, ev->netns);
	struct mac_key key = mac_key(ev->netns, ev->mac);
	struct mac *m;

	if (!s || !ev->bridge || (ev->state & NUD_PERMANENT)) /* permanent: the bridge's own */
		return 0;
	if (s->fdb_ns != ev->h.time_ns) {
		s->fdb_before_ns = s->fdb_ns;
		s->fdb_ns = ev->h.time_ns;
	}
	m = mac_make(h, &key);
	if (!m)
		return -ENOMEM;
	*entry_place(m, ev) = (struct entry){ .time_ns = ev->h.time_ns,
					      .bridge = ev->bridge,
					      .port = ev->port,
					      .state = ev->state,
					      .flags = ev->flags,
					      .vlan = ev->vlan,
					      .used = !ev->removed };
	return 0;
}

static int table_grow(struct table *t)
{
	uint32_t room = t->room ? 2 * t->room : 64;
	struct crumb_ev_offload *all = realloc(t->all, room * sizeof(*all));

	if (!all)
		return -ENOMEM;
	t->all = all;
	t->room = room;
	return 0;
}

int hardware_offload(struct hardware *h, const struct crumb_ev_offload *ev)
{
	struct hw_switch *s = switch_make(h, ev->netns);
	struct table old;

	if (!s)
		return -ENOMEM;
	if (s->now.time_ns != ev->h.time_ns) {
		old = s->before;
		s->before = s->now;
		s->now = (struct table){ .all = old.all, .room = old.room, .time_ns = ev->h.time_ns };
	}
	if (ev->flags & CRUMB_OFFLOAD_CUT)
		s->now.cut = true;
	if (s->now.count == s->now.room && table_grow(&s->now))
		return -ENOMEM;
	s->now.all[s->now.count++] = *ev;
	return 0;
}

/* ------------------------------------------------------------------------------------------------- look-ups */

static bool entry_stands(const struct hw_switch *s, const struct entry *e, uint64_t now_ns)
{
	return e->used && e->time_ns >= (now_ns == s->fdb_ns ? s->fdb_before_ns : s->fdb_ns);
}

static const struct mac *mac_get(const struct hardware *h, uint32_t netns, const uint8_t mac[6])
{
	struct mac_key key = mac_key(netns, mac);
	struct mac *m;

	HASH_FIND(hh, h->macs, &key, sizeof(key), m);
	return m;
}

static const struct table *table_get(const struct hw_switch *s, uint64_t now_ns)
{
	return now_ns == s->now.time_ns ? &s->before : &s->now;
}

static bool prefix_fits(const struct crumb_ev_offload *r, const uint8_t addr[16])
{
	unsigned int bits = r->prefix + (r->family == 2 ? 96 : 0), bytes = bits / 8; /* AF_INET */

	if (bits > 128 || memcmp(r->addr, addr, bytes) != 0)
		return false;
	return bits % 8 == 0 || !((r->addr[bytes] ^ addr[bytes]) >> (8 - bits % 8));
}

static bool is_v4(const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	return !memcmp(addr, mapped, sizeof(mapped));
}

/* Where what comes in by that device is looked up: in its VRF's table, else in the main one (l3mdev). */
static uint32_t table_of(const struct hardware *h, uint32_t netns, uint32_t ifindex)
{
	struct place place = { netns, ifindex };

	for (int i = 0; i < DEV_UP; i++) {
		struct dev *d;

		HASH_FIND(hh, h->devs, &place, sizeof(place), d);
		if (!d)
			break;
		if (d->table)
			return d->table;
		place.ifindex = d->master;
	}
	return RT_TABLE_MAIN;
}

/* The table for frames to that address of the switch. Several devices may have it (all of a bridge's VLANs): 0, if their tables are not the same. */
static uint32_t table_for(const struct hardware *h, const struct mac_key *to)
{
	uint32_t table = 0;

	for (const struct dev *d = h->devs; d; d = d->hh.next) {
		uint32_t its;

		if (d->key.netns != to->netns || memcmp(d->mac, to->mac, sizeof(d->mac)) != 0)
			continue;
		its = table_of(h, d->key.netns, d->key.ifindex);
		if (table && its != table)
			return 0;
		table = its;
	}
	return table;
}

/* The longest prefix in @table, of equal ones the lowest metric; NULL none. */
static const struct crumb_ev_offload *route_get(const struct table *t, uint32_t table,
						const uint8_t addr[16])
{
	const struct crumb_ev_offload *best = NULL;
	bool v4 = is_v4(addr);

	for (uint32_t i = 0; i < t->count; i++) {
		const struct crumb_ev_offload *r = &t->all[i];

		if (r->kind != CRUMB_OFFLOAD_ROUTE || (r->family == 2) != v4 ||
		    (r->table ? r->table : RT_TABLE_MAIN) != table || !prefix_fits(r, addr))
			continue;
		if (!best || r->prefix > best->prefix ||
		    (r->prefix == best->prefix && r->metric < best->metric))
			best = r;
	}
	return best;
}

static const struct crumb_ev_offload *neigh_get(const struct table *t, uint32_t ifindex,
						const uint8_t addr[16])
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->all[i].kind == CRUMB_OFFLOAD_NEIGH && t->all[i].ifindex == ifindex &&
		    !memcmp(t->all[i].addr, addr, 16))
			return &t->all[i];
	return NULL;
}

/* -------------------------------------------------------------------------------------------------- hops */

static bool entry_is_offloaded(const struct entry *e)
{
	return e->flags & NTF_OFFLOADED;
}

static void hop_by_entry(struct hardware_hop *hop, const struct entry *e, const uint8_t mac[6])
{
	hop->out = e->port;
	hop->vlan = e->vlan;
	hop->extern_learn = e->flags & NTF_EXT_LEARNED;
	memcpy(hop->mac, mac, sizeof(hop->mac));
}

/* Behind which other port of that bridge the sender is; 0 not known, the same port's number if it is behind that. */
static uint32_t port_of_sender(const struct hw_switch *s, const struct mac *sender,
			       const struct entry *e, uint64_t now_ns)
{
	for (unsigned int i = 0; sender && i < ENTRIES; i++) {
		const struct entry *k = &sender->entry[i];

		if (entry_stands(s, k, now_ns) && k->bridge == e->bridge && k->vlan == e->vlan)
			return k->port;
	}
	return 0;
}

static bool bridged(const struct hardware *h, const struct hw_switch *s,
		    const struct hardware_ask *ask, struct hardware_hop *hop)
{
	const struct mac *to = mac_get(h, s->netns, ask->mac);
	const struct mac *sender = mac_get(h, s->netns, ask->src_mac);

	for (unsigned int i = 0; to && i < ENTRIES; i++) {
		const struct entry *e = &to->entry[i];
		uint32_t in;

		if (!entry_stands(s, e, ask->now_ns) || !entry_is_offloaded(e) ||
		    (ask->vlan && e->vlan && e->vlan != ask->vlan))
			continue;
		in = port_of_sender(s, sender, e, ask->now_ns);
		if (!in || in == e->port) /* not seen there, or this switch is not between them */
			continue;
		hop->in = in;
		hop_by_entry(hop, e, ask->mac);
		return true;
	}
	return false;
}

/* The routed frame leaves by @ifindex: a port, or a bridge (or a VLAN's device on it), whose table names the port. */
static bool leaves_by(const struct hardware *h, const struct hw_switch *s,
		      const struct hardware_ask *ask, const uint8_t mac[6], struct hardware_hop *hop)
{
	const struct mac *m = mac_get(h, s->netns, mac);

	for (unsigned int i = 0; m && i < ENTRIES; i++) {
		if (!entry_stands(s, &m->entry[i], ask->now_ns))
			continue;
		if (!entry_is_offloaded(&m->entry[i]))
			return false;
		hop_by_entry(hop, &m->entry[i], mac);
		break;
	}
	return true;
}

static bool routed(const struct hardware *h, const struct hw_switch *s,
		   const struct hardware_ask *ask, struct hardware_hop *hop)
{
	struct mac_key key = mac_key(s->netns, ask->mac);
	const struct table *t = table_get(s, ask->now_ns);
	const struct crumb_ev_offload *r, *n = NULL;
	const struct mac *sender = mac_get(h, s->netns, ask->src_mac);
	struct own *own;
	uint32_t table;

	HASH_FIND(hh, h->own, &key, sizeof(key), own);
	table = own && !t->cut && !no_address(ask->dst) ? table_for(h, &key) : 0;
	r = table ? route_get(t, table, ask->dst) : NULL;
	if (!r || !(r->flags & CRUMB_OFFLOAD_DONE) ||
	    (r->flags & (CRUMB_OFFLOAD_TRAP | CRUMB_OFFLOAD_FAILED)))
		return false;
	hop->routed = true;
	hop->prefix = r->prefix;
	hop->table = table;
	memcpy(hop->addr, r->addr, sizeof(hop->addr));
	memcpy(hop->via, r->via, sizeof(hop->via));
	hop->in = own->port ? 0 : own->ifindex;
	for (unsigned int i = 0; sender && i < ENTRIES; i++)
		if (entry_stands(s, &sender->entry[i], ask->now_ns))
			hop->in = sender->entry[i].port;
	if (r->flags & CRUMB_OFFLOAD_MANY)
		return true;
	hop->out = r->ifindex;
	n = neigh_get(t, r->ifindex, no_address(r->via) ? ask->dst : r->via);
	if (!n)
		return true;
	return (n->flags & CRUMB_OFFLOAD_DONE) && leaves_by(h, s, ask, n->lladdr, hop);
}

bool hardware_sends_copy(const struct hardware *h, uint32_t netns, uint32_t port,
			 const uint8_t mac[6], uint64_t now_ns)
{
	const struct hw_switch *s = switch_get(h, netns);
	const struct mac *m = s ? mac_get(h, netns, mac) : NULL;
	bool elsewhere = false;

	for (unsigned int i = 0; m && i < ENTRIES; i++) {
		const struct entry *e = &m->entry[i];

		if (!entry_stands(s, e, now_ns))
			continue;
		if (!entry_is_offloaded(e) || e->port == port)
			return false;
		elsewhere = true;
	}
	return elsewhere;
}

/* The readings around the frame's passage: the last before it left, the first after it came. */
static bool readings(const struct hardware *h, uint32_t netns, uint32_t ifindex,
		     const struct hardware_ask *ask, const struct crumb_ev_count *ret[2])
{
	struct place key = { netns, ifindex };
	struct port *p;

	HASH_FIND(hh, h->ports, &key, sizeof(key), p);
	ret[0] = ret[1] = NULL;
	for (uint64_t i = p && p->count > READINGS ? p->count - READINGS : 0; p && i < p->count; i++) {
		const struct crumb_ev_count *c = &p->read[i % READINGS];

		if (c->read_ns <= ask->left_ns)
			ret[0] = c;
		else if (c->read_ns >= ask->came_ns && !ret[1])
			ret[1] = c;
	}
	return ret[0] && ret[1] && ret[0]->rx_packets <= ret[1]->rx_packets &&
	       ret[0]->tx_packets <= ret[1]->tx_packets;
}

static uint64_t cpu_part(uint64_t before, uint64_t after)
{
	return before == CRUMB_COUNT_UNKNOWN || after == CRUMB_COUNT_UNKNOWN || after < before ?
		       CRUMB_COUNT_UNKNOWN :
		       after - before;
}

static void count(const struct hardware *h, const struct hardware_ask *ask, struct hardware_hop *hop)
{
	const struct crumb_ev_count *in[2], *out[2];

	if (!hop->in || !hop->out || !readings(h, hop->netns, hop->in, ask, in) ||
	    !readings(h, hop->netns, hop->out, ask, out))
		return;
	hop->counted = true;
	hop->from_ns = in[0]->read_ns;
	hop->to_ns = out[1]->read_ns;
	hop->in_packets = in[1]->rx_packets - in[0]->rx_packets;
	hop->out_packets = out[1]->tx_packets - out[0]->tx_packets;
	hop->cpu_in = cpu_part(in[0]->cpu_rx_packets, in[1]->cpu_rx_packets);
	hop->cpu_out = cpu_part(out[0]->cpu_tx_packets, out[1]->cpu_tx_packets);
}

static bool may_be_in(const struct entry *e, uint16_t vlan)
{
	return !vlan || !e->vlan || e->vlan == vlan;
}

/* The one port behind which the sender is, and the destination is not; else, of a frame to the switch itself, the port with that address. 0: not known. */
static uint32_t way_in(const struct hardware *h, const struct hw_switch *s,
		       const struct hardware_ask *ask)
{
	const struct mac *sender = mac_get(h, s->netns, ask->src_mac);
	const struct mac *to = mac_get(h, s->netns, ask->mac);
	struct mac_key key = mac_key(s->netns, ask->mac);
	uint32_t port = 0;
	struct own *own;

	for (unsigned int i = 0; sender && i < ENTRIES; i++) {
		const struct entry *e = &sender->entry[i];

		if (!entry_stands(s, e, ask->now_ns) || !may_be_in(e, ask->vlan))
			continue;
		if (port && port != e->port)
			return 0;
		port = e->port;
	}
	for (unsigned int i = 0; port && to && i < ENTRIES; i++)
		if (entry_stands(s, &to->entry[i], ask->now_ns) && to->entry[i].port == port &&
		    may_be_in(&to->entry[i], ask->vlan))
			return 0;
	if (port)
		return port;
	HASH_FIND(hh, h->own, &key, sizeof(key), own);
	return own && !own->port ? own->ifindex : 0;
}

/* By which ports of @s, as its tables tell. False: they do not, and @ret says which switch it is, no more. */
static bool way_through(const struct hardware *h, struct hw_switch *s,
			const struct hardware_ask *ask, struct hardware_hop *ret)
{
	*ret = (struct hardware_hop){ .netns = s->netns };
	if (bridged(h, s, ask, ret))
		return true;
	*ret = (struct hardware_hop){ .netns = s->netns };
	if (routed(h, s, ask, ret))
		return true;
	*ret = (struct hardware_hop){ .netns = s->netns };
	return false;
}

unsigned int hardware_ways(const struct hardware *h, const struct hardware_ask *ask,
			   struct hardware_hop hops[HARDWARE_HOPS])
{
	unsigned int n = 0;

	if (no_mac(ask->mac))
		return 0;
	for (struct hw_switch *s = h->switches; s && n < HARDWARE_HOPS; s = s->hh.next) {
		struct hardware_hop hop;

		if (s->netns == ask->from)
			continue;
		if (!way_through(h, s, ask, &hop) || !hop.in)
			hop.in = way_in(h, s, ask);
		if (hop.in)
			hops[n++] = hop;
	}
	return n;
}

unsigned int hardware_find(const struct hardware *h, const struct hardware_ask *ask,
			   struct hardware_hop hops[HARDWARE_HOPS])
{
	unsigned int n = 0;

	if (no_mac(ask->mac))
		return 0;
	for (struct hw_switch *s = h->switches; s && n < HARDWARE_HOPS; s = s->hh.next) {
		struct hardware_hop hop;

		if (s->netns == ask->from || s->netns == ask->to || !way_through(h, s, ask, &hop))
			continue;
		hop.left_ns = ask->left_ns;
		hop.came_ns = ask->came_ns;
		count(h, ask, &hop);
		hops[n++] = hop;
	}
	return n;
}
