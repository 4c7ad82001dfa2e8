// SPDX-License-Identifier: GPL-2.0-only
/* From two steps to the question, and from the answer to what renderers read: see hardware.h. */
#include "hardware_hop.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "hardware.h"
#include "sample.h"
#include "tunnel.h"

#define VID_MASK 0xfffu

/* A frame that leaves one machine, and is seen next as it comes to another. */
static bool is_between(const struct path_step *from, const struct path_step *to)
{
	return from->seen && to->seen && !from->superseded && from->netns != to->netns &&
	       point_is_out(from->point) && from->point != CRUMB_PT_IP_OUTPUT &&
	       (point_is_poll(to->point) ||
		(point_is_in(to->point) && to->point != CRUMB_PT_IP_RECEIVE));
}

static void ask_about(struct assembler *a, const struct message *m, const struct path_step *from,
		      const struct path_step *to, struct hardware_ask *ask)
{
	struct journey_address src, dst;

	*ask = (struct hardware_ask){ .from = from->netns,
				      .to = to->netns,
				      .vlan = from->seen->dev.vlan & VID_MASK,
				      .left_ns = from->ns,
				      .came_ns = to->ns,
				      .now_ns = a->now_ns };
	memcpy(ask->mac, from->seen->dev.mac, sizeof(ask->mac));
	memcpy(ask->src_mac, from->seen->dev.src_mac, sizeof(ask->src_mac));
	conn_addresses(m->conn, m->dir, &src, &dst);
	/* Where addresses are translated, or an outer packet goes, it is not known here which address a router looked up. */
	if (!m->conn->nats.count && !tunnel_number(m, from))
		memcpy(ask->dst, dst.addr, sizeof(ask->dst));
}

/* Two readings count as before and after if they are by the clocks, within what these leave open; without packets by the machines' dates. */
static const char *counted_by(struct assembler *a, const struct path_step *from,
			      const struct hardware_hop *h)
{
	unsigned int host = facts_kernel(a->facts, from->netns),
		     other = facts_kernel(a->facts, h->netns);
	const char *state = "exact";
	uint64_t bound = 0;

	if (host != other && a->clocks.between)
		state = a->clocks.between(a->clocks.ctx, host, other, from->ns, &bound);
	if (bound == JOURNEY_BOUND_UNKNOWN)
		bound = 0;
	return h->counted && h->from_ns + bound <= h->left_ns && h->to_ns >= h->came_ns + bound ?
		       state :
		       NULL;
}

static bool has_steps(const struct path *p, uint32_t netns)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->steps[i].netns == netns)
			return true;
	return false;
}

static void shown(struct assembler *a, const struct path *p, const struct path_step *from,
		  const struct hardware_hop *h, struct journey_hardware *out)
{
	uint64_t start = p->steps[0].ns;

	*out = (struct journey_hardware){
		.host = facts_host(a->facts, h->netns),
		.netns = facts_netns_number(a->facts, h->netns),
		.in = facts_dev_name(a->facts, h->netns, h->in),
		.out = facts_dev_name(a->facts, h->netns, h->out),
		.routed = h->routed,
		.extern_learn = h->extern_learn,
		.vlan = h->vlan,
		.prefix = h->prefix,
		.table = h->table == RT_TABLE_MAIN ? 0 : h->table,
	};
	memcpy(out->mac, h->mac, sizeof(out->mac));
	memcpy(out->addr, h->addr, sizeof(out->addr));
	memcpy(out->via, h->via, sizeof(out->via));
	out->clock = counted_by(a, from, h);
	out->counted = out->clock;
	if (!out->counted)
		return;
	out->from_ns = (int64_t)(h->from_ns - start);
	out->to_ns = (int64_t)(h->to_ns - start);
	out->in_packets = h->in_packets;
	out->out_packets = h->out_packets;
	out->cpu_in = h->cpu_in;
	out->cpu_out = h->cpu_out;
}

/* How far the clocks of the sender and of that switch may be apart from what is believed. */
static uint64_t bound_of(struct assembler *a, const struct path_step *from)
{
	uint64_t bound = 0;

	if (a->clocks.between)
		a->clocks.between(a->clocks.ctx, facts_kernel(a->facts, from->netns), a->host,
				  from->ns, &bound);
	return bound == JOURNEY_BOUND_UNKNOWN ? 0 : bound;
}

static void sampled(struct assembler *a, const struct path *p, const struct crumb_ev_sample *e,
		    struct journey_hardware *hops, uint32_t *count)
{
	struct journey_hardware *h = hops;

	while (h < hops + *count && h->netns != facts_netns_number(a->facts, e->s.netns))
		h++;
	if (h == hops + *count) { /* no table says so, but the packet itself */
		*h = (struct journey_hardware){
			.host = facts_host(a->facts, e->s.netns),
			.netns = facts_netns_number(a->facts, e->s.netns),
			.in = facts_dev_name(a->facts, e->s.netns, e->s.ifindex),
			.out = facts_dev_name(a->facts, e->s.netns, e->out),
		};
		++*count;
	}
	h->sample = e;
	h->sample_in = facts_dev_name(a->facts, e->s.netns, e->s.ifindex);
	h->sample_out = facts_dev_name(a->facts, e->s.netns, e->out);
	h->sample_ns = (int64_t)(e->seen_ns - p->steps[0].ns);
	h->in = h->in ? h->in : h->sample_in;
	h->out = h->out ? h->out : h->sample_out;
}

const struct journey_hardware *hardware_between(struct assembler *a, const struct message *m,
						const struct path *p, uint32_t i, uint32_t *ret_count)
{
	const struct path_step *from = &p->steps[i], *to = &p->steps[i + 1];
	const struct crumb_ev_sample *samples[HARDWARE_HOPS];
	struct hardware_hop hops[HARDWARE_HOPS];
	struct journey_hardware *out;
	struct hardware_ask ask;
	unsigned int n, of;

	*ret_count = 0;
	if (!hardware_known(a->hardware) || !is_between(from, to))
		return NULL;
	ask_about(a, m, from, to, &ask);
	n = hardware_find(a->hardware, &ask, hops);
	of = samples_between(m, from, to, bound_of(a, from), samples, HARDWARE_HOPS);
	out = n + of ? scratch_take(&a->scratch, (n + of) * sizeof(*out)) : NULL;
	for (unsigned int k = 0; out && k < n; k++)
		if (!has_steps(p, hops[k].netns)) /* there its CPU forwarded */
			shown(a, p, from, &hops[k], &out[(*ret_count)++]);
	for (unsigned int k = 0; out && k < of; k++)
		if (!has_steps(p, samples[k]->s.netns))
			sampled(a, p, samples[k], out, ret_count);
	return *ret_count ? out : NULL;
}
