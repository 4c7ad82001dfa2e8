// SPDX-License-Identifier: GPL-2.0-only
#include "annotate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "devlink_look.h"
#include "hw_look.h"
#include "netns_look.h"
#include "route_look.h"
#include "rules.h"
#include "symbols.h"
#include "sync_look.h"
#include "tc_look.h"

#define FDB_FRESH_NS   1000000000ull /* a bridge's table is read again after this */
#define FDB_SHARE      50	     /* of the time is spent with that: one part in so many */
#define PORTS_FRESH_NS 1000000000ull /* ... its ports, where nothing is dropped */
#define PORTS_DROP_NS  50000000ull   /* ... where something is */
#define RULES_FRESH_NS 50000000ull   /* tc's filters, where they drop something */
#define DEV_RETRY_NS   1000000000ull /* an unknown device is looked for again after this */
#define HW_FRESH_NS \
	1000000000ull /* what a switch's hardware does is read again after this; no more of the time than of FDB_SHARE */
#define SYNC_FRESH_NS 1000000000ull /* what NTP or PTP say is read again after this */
#define HW_MAX	      8		    /* namespaces with such hardware */

/* Open addressing over 64-bit keys; 0 is no key. Only grows: facts are few. */
struct seen {
	uint64_t *keys;
	uint64_t *at_ns;
	size_t n, cap;
};

struct annotate {
	annotate_name_fn name;
	event_fn out;
	void *ctx;
	struct symbols *symbols;
	struct seen netns, devs, fdbs, ports, filters, traps, symbols_seen, reasons;
	uint64_t fdb_took_ns; /* to read the table the last time */
	uint32_t hw[HW_MAX];  /* namespaces with ports of a switch */
	unsigned int hws;
	uint64_t hw_next_ns;
	struct rules *nft;
	struct routes *routes;
	uint64_t sync_next_ns;
	uint32_t sync_status; /* as it was told last */
	bool sync_told;
	struct psample *samples; /* NULL: there are no such namespaces, or nothing is sampled */
	const char *expr;
	psample_take_fn take;
	void *take_ctx;
	struct utsname uts;
};

static uint64_t mix(uint64_t k)
{
	k ^= k >> 33;
	k *= 0xff51afd7ed558ccdull;
	k ^= k >> 33;
	return k;
}

static int seen_grow(struct seen *s)
{
	struct seen fresh = { .cap = s->cap ? s->cap * 2 : 64 };
	size_t i;

	fresh.keys = calloc(fresh.cap, sizeof(*fresh.keys));
	fresh.at_ns = calloc(fresh.cap, sizeof(*fresh.at_ns));
	if (!fresh.keys || !fresh.at_ns) {
		free(fresh.keys);
		free(fresh.at_ns);
		return -ENOMEM;
	}
	for (i = 0; i < s->cap; i++) {
		size_t at;

		if (!s->keys[i])
			continue;
		for (at = mix(s->keys[i]) & (fresh.cap - 1); fresh.keys[at];
		     at = (at + 1) & (fresh.cap - 1))
			;
		fresh.keys[at] = s->keys[i];
		fresh.at_ns[at] = s->at_ns[i];
		fresh.n++;
	}
	free(s->keys);
	free(s->at_ns);
	*s = fresh;
	return 0;
}

/* When @key was last noted; it is noted with @now if that is longer ago than @fresh_ns. True: go and look. */
static bool seen_stale(struct seen *s, uint64_t key, uint64_t now, uint64_t fresh_ns)
{
	size_t at;

	if (s->n * 2 >= s->cap && seen_grow(s))
		return false;
	for (at = mix(key) & (s->cap - 1); s->keys[at]; at = (at + 1) & (s->cap - 1)) {
		if (s->keys[at] != key)
			continue;
		if (now <= s->at_ns[at] || now - s->at_ns[at] < fresh_ns)
			return false;
		s->at_ns[at] = now;
		return true;
	}
	s->keys[at] = key;
	s->at_ns[at] = now;
	s->n++;
	return true;
}

static bool seen_has(const struct seen *s, uint64_t key)
{
	size_t at;

	if (!s->cap)
		return false;
	for (at = mix(key) & (s->cap - 1); s->keys[at]; at = (at + 1) & (s->cap - 1))
		if (s->keys[at] == key)
			return true;
	return false;
}

static uint64_t dev_key(uint32_t netns, uint32_t ifindex)
{
	return (uint64_t)netns << 32 | ifindex | 1ull << 63;
}

int annotate_new(const struct btf *types, annotate_name_fn name, event_fn out, void *ctx,
		 struct annotate **ret)
{
	struct annotate *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->nft = rules_new();
	a->routes = routes_new();
	if (!a->nft || !a->routes || symbols_new(types, &a->symbols)) {
		annotate_free(a);
		return -ENOMEM;
	}
	a->name = name;
	a->out = out;
	a->ctx = ctx;
	uname(&a->uts);
	*ret = a;
	return 0;
}

void annotate_load_functions(struct annotate *a)
{
	symbols_load(a->symbols);
}

static void seen_done(struct seen *s)
{
	free(s->keys);
	free(s->at_ns);
}

void annotate_free(struct annotate *a)
{
	if (!a)
		return;
	symbols_free(a->symbols);
	psample_free(a->samples);
	seen_done(&a->netns);
	seen_done(&a->devs);
	seen_done(&a->fdbs);
	seen_done(&a->ports);
	rules_free(a->nft);
	routes_free(a->routes);
	seen_done(&a->filters);
	seen_done(&a->traps);
	seen_done(&a->symbols_seen);
	seen_done(&a->reasons);
	free(a);
}

static void read_boot_id(uint8_t *id)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	int i = 0, c, digits = 0, value = 0;

	while (f && i < 16 && (c = fgetc(f)) != EOF) {
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (d < 0)
			continue;
		value = value * 16 + d;
		if (++digits == 2) {
			id[i++] = value;
			value = digits = 0;
		}
	}
}

static void hw_add(struct annotate *a, uint32_t netns)
{
	for (unsigned int i = 0; i < a->hws; i++)
		if (a->hw[i] == netns)
			return;
	if (a->hws == HW_MAX)
		return;
	a->hw[a->hws++] = netns;
	a->hw_next_ns = 0;
	if (!a->samples && !psample_new(&a->samples) && a->take)
		psample_select(a->samples, a->expr, a->take, a->take_ctx);
	if (a->samples)
		psample_listen(a->samples, netns);
}

void annotate_samples(struct annotate *a, const char *expr, psample_take_fn take, void *ctx)
{
	a->expr = expr;
	a->take = take;
	a->take_ctx = ctx;
}

static int pass_on(void *ctx, const struct crumb_event *ev)
{
	struct annotate *a = ctx;

	return a->out(a->ctx, ev);
}

void annotate_forget_flow(struct annotate *a, const struct crumb_ev_flow *flow)
{
	if (a->samples)
		psample_forget(a->samples, flow);
}

struct dev_dump {
	struct annotate *a;
	uint64_t time_ns;
};

static int on_dev(void *ctx, const struct crumb_event *ev)
{
	const struct crumb_ev_dev *d = (const void *)ev;
	struct dev_dump *dump = ctx;

	seen_stale(&dump->a->devs, dev_key(d->netns, d->ifindex), dump->time_ns, 0);
	if (d->switch_id)
		hw_add(dump->a, d->netns);
	return dump->a->out(dump->a->ctx, ev);
}

/* Each second while there is such a daemon; else once, and when that changes. */
static int look_sync(struct annotate *a, uint64_t now_ns, bool at_once)
{
	struct crumb_ev_sync e;

	if (now_ns < a->sync_next_ns && !at_once)
		return 0;
	a->sync_next_ns = now_ns + SYNC_FRESH_NS;
	if (sync_look(now_ns, &e))
		return 0; /* a sandbox forbids it: as if there were none */
	if (a->sync_told && !e.synchronised && e.status == a->sync_status)
		return 0;
	a->sync_told = true;
	a->sync_status = e.status;
	return a->out(a->ctx, &e.h);
}

static int look_hardware(struct annotate *a, uint64_t now_ns, bool at_once)
{
	struct dev_dump dump = { .a = a, .time_ns = now_ns };
	uint64_t start;
	int err = 0;

	if (!a->hws)
		return 0;
	if (a->samples)
		err = psample_read(a->samples, now_ns, pass_on, a);
	if (err || (now_ns < a->hw_next_ns && !at_once))
		return err;
	start = clock_ns(
		CLOCK_THREAD_CPUTIME_ID); /* where others have the CPU first it costs them nothing */
	for (unsigned int i = 0; !err && i < a->hws; i++) {
		if (a->samples && !netns_exists(a->hw[i]))
			psample_leave(a->samples, a->hw[i]);
		netns_dump_devices(a->hw[i], now_ns, on_dev,
				   &dump); /* a port comes into a bridge, a VRF */
		err = hw_look(a->hw[i], now_ns, pass_on, a);
		err = err == -ENOMEM ? err : 0;
	}
	a->hw_next_ns = now_ns + clock_pause_ns(start, FDB_SHARE, HW_FRESH_NS);
	return err;
}

int annotate_look(struct annotate *a, uint64_t now_ns, bool at_once)
{
	int err = look_sync(a, now_ns, at_once);

	if (!err)
		err = rules_look(a->nft, now_ns, pass_on, a);
	return err ? err : look_hardware(a, now_ns, at_once);
}

int annotate_netns(struct annotate *a, uint32_t netns, uint64_t time_ns)
{
	struct dev_dump dump = { .a = a, .time_ns = time_ns };
	struct crumb_ev_netns e = {
		.h = { .time_ns = time_ns, .type = CRUMB_EV_NETNS, .size = sizeof(e) },
		.netns = netns,
	};
	int err;

	if (!netns || !seen_stale(&a->netns, netns, time_ns, UINT64_MAX))
		return 0;
	snprintf(e.host, sizeof(e.host), "%.63s", a->uts.nodename);
	netns_name(netns, e.name, sizeof(e.name));
	rules_netns(a->nft, netns);
	if (a->name)
		a->name(netns, &e);
	err = a->out(a->ctx, &e.h);
	if (err)
		return err;
	err = netns_dump_devices(netns, time_ns, on_dev, &dump);
	return err == -ENOMEM ? err : 0;
}

int annotate_host(struct annotate *a, uint64_t time_ns)
{
	struct crumb_ev_host e = {
		.h = { .time_ns = time_ns, .type = CRUMB_EV_HOST, .size = sizeof(e) },
		.netns = netns_of_process(1),
		.ncpu = sysconf(_SC_NPROCESSORS_ONLN),
	};
	int err;

	e.realtime_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	read_boot_id(e.boot_id);
	snprintf(e.name, sizeof(e.name), "%.63s", a->uts.nodename);
	snprintf(e.release, sizeof(e.release), "%.63s", a->uts.release);
	snprintf(e.machine, sizeof(e.machine), "%.15s", a->uts.machine);
	err = a->out(a->ctx, &e.h);
	if (!err)
		err = look_sync(a, time_ns, true);
	if (err || !hw_look_any(e.netns))
		return err;
	/* Of what its hardware forwards no event speaks: its devices are told of now. */
	hw_add(a, e.netns);
	return annotate_netns(a, e.netns, time_ns);
}

/* A device that came up after its namespace was learned: read the namespace's list again. */
static int need_device(struct annotate *a, uint32_t netns, uint32_t ifindex, uint64_t now)
{
	struct dev_dump dump = { .a = a, .time_ns = now };
	int err;

	err = annotate_netns(a, netns, now);
	if (err || !ifindex || seen_has(&a->devs, dev_key(netns, ifindex)))
		return err;
	if (!seen_stale(&a->devs, dev_key(netns, 0) ^ 1ull << 62, now, DEV_RETRY_NS))
		return 0;
	err = netns_dump_devices(netns, now, on_dev, &dump);
	return err == -ENOMEM ? err : 0;
}

static int need_ports(struct annotate *a, const struct crumb_ev_skb *e, uint64_t fresh_ns)
{
	int err;

	if (!seen_stale(&a->ports, e->netns, e->h.time_ns, fresh_ns))
		return 0;
	err = netns_dump_ports(e->netns, e->h.time_ns, pass_on, a);
	return err == -ENOMEM ? err : 0;
}

static int need_fdb(struct annotate *a, const struct crumb_ev_skb *e, uint64_t fresh_ns)
{
	uint64_t start;
	int err;

	/* A long table is read less often, so that where much is dropped we still do something else. */
	if (fresh_ns < a->fdb_took_ns * FDB_SHARE)
		fresh_ns = a->fdb_took_ns * FDB_SHARE;
	if (!seen_stale(&a->fdbs, e->netns, e->h.time_ns, fresh_ns))
		return 0;
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID); /* that others take the CPU makes no table long */
	err = netns_dump_fdb(e->netns, e->h.time_ns, pass_on, a);
	a->fdb_took_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	return err == -ENOMEM ? err : 0;
}

static int on_skb(struct annotate *a, const struct crumb_ev_skb *e)
{
	int err = need_device(a, e->netns, e->ifindex, e->h.time_ns);

	if (!err && e->point == CRUMB_PT_BRIDGE_IN)
		return need_ports(a, e, PORTS_FRESH_NS);
	if (!err && e->point == CRUMB_PT_BRIDGE_FORWARD)
		return need_fdb(a, e, FDB_FRESH_NS);
	if (!err)
		err = routes_packet(a->routes, e, pass_on, a);
	return err;
}

static int need_symbol(struct annotate *a, uint64_t addr, uint64_t now)
{
	struct crumb_ev_symbol e = {
		.h = { .time_ns = now, .type = CRUMB_EV_SYMBOL, .size = sizeof(e) },
		.addr = addr,
	};
	const char *name;

	if (!addr || !seen_stale(&a->symbols_seen, addr, now, UINT64_MAX))
		return 0;
	name = symbols_function(a->symbols, addr, &e.offset);
	if (!name)
		return 0;
	snprintf(e.name, sizeof(e.name), "%.63s", name);
	return a->out(a->ctx, &e.h);
}

static int on_stack(struct annotate *a, const struct crumb_ev_stack *e)
{
	unsigned int i;
	int err = annotate_netns(a, e->netns, e->h.time_ns);

	for (i = 0; !err && i < e->depth && i < CRUMB_STACK_DEPTH; i++)
		err = need_symbol(a, e->ip[i], e->h.time_ns);
	return err;
}

/* @name: of @value on this kernel, NULL if it has none. */
static int tell_reason(struct annotate *a, uint32_t value, const char *name, uint64_t now)
{
	struct crumb_ev_reason r = {
		.h = { .time_ns = now, .type = CRUMB_EV_REASON, .size = sizeof(r) },
		.value = value,
	};

	if (!name)
		return 0;
	snprintf(r.name, sizeof(r.name), "%.47s", name);
	return a->out(a->ctx, &r.h);
}

static int need_rule(struct annotate *a, const struct crumb_ev_drop *e)
{
	const char *reason = symbols_drop_reason(a->symbols, e->reason);

	if (!reason || strcmp(reason, "NETFILTER_DROP") != 0)
		return 0;
	return rules_drop(a->nft, e, pass_on, a);
}

static int need_filters(struct annotate *a, const struct crumb_ev_drop *e)
{
	const char *reason = symbols_drop_reason(a->symbols, e->reason);
	struct tc_side side = { .ifindex = e->s.ifindex };
	int err;

	if (!reason || !e->s.ifindex)
		return 0;
	side.egress = !strcmp(reason, "TC_EGRESS");
	if ((!side.egress && strcmp(reason, "TC_INGRESS") != 0) ||
	    !seen_stale(&a->filters, dev_key(e->s.netns, e->s.ifindex << 1 | side.egress),
			e->s.h.time_ns, RULES_FRESH_NS))
		return 0;
	err = tc_look(e->s.netns, &side, e->s.h.time_ns, pass_on, a);
	return err == -ENOMEM ? err : 0;
}

static int on_drop(struct annotate *a, const struct crumb_ev_drop *e)
{
	int err;

	err = need_device(a, e->s.netns, e->s.ifindex, e->s.h.time_ns);
	if (!err)
		err = need_rule(a, e);
	if (!err)
		err = need_filters(a, e);
	if (!err)
		err = need_symbol(a, e->location, e->s.h.time_ns);
	if (!err &&
	    (e->s.flags & CRUMB_SKB_PORT)) /* the bridge dropped it, perhaps: what did it look at? */
		err = need_ports(a, &e->s, PORTS_DROP_NS);
	if (!err && (e->s.flags & CRUMB_SKB_PORT))
		err = need_fdb(a, &e->s, PORTS_DROP_NS);
	if (err || !seen_stale(&a->reasons, e->reason | 1ull << 40, e->s.h.time_ns, UINT64_MAX))
		return err;
	return tell_reason(a, e->reason, symbols_drop_reason(a->symbols, e->reason), e->s.h.time_ns);
}

/* The action is not in the report. It is read anew for each trap, but for many at once. */
static int on_trap(struct annotate *a, const struct crumb_ev_trap *e)
{
	int err = need_device(a, e->s.netns, e->s.ifindex, e->s.h.time_ns);
	uint64_t key = mix(e->s.netns);
	struct crumb_ev_trap_set set;

	for (size_t i = 0; i < sizeof(e->name) && e->name[i]; i++)
		key = mix(key ^ (uint8_t)e->name[i]);
	if (err || !seen_stale(&a->traps, key | 1, e->s.h.time_ns, RULES_FRESH_NS) ||
	    !devlink_trap_set(e, &set))
		return err;
	return a->out(a->ctx, &set.h);
}

static int on_reset(struct annotate *a, const struct crumb_ev_reset *e)
{
	int err = annotate_netns(a, e->netns, e->h.time_ns);

	if (err || e->reason == CRUMB_REASON_NONE ||
	    !seen_stale(&a->reasons, e->reason | 1ull << 40, e->h.time_ns, UINT64_MAX))
		return err;
	return tell_reason(a, e->reason,
			   symbols_reset_reason(a->symbols, e->reason & ~CRUMB_REASON_RST),
			   e->h.time_ns);
}

static int on_decision(struct annotate *a, const struct crumb_ev_decision *e)
{
	int err = need_device(a, e->s.netns, e->s.ifindex, e->s.h.time_ns);

	return err || !e->out ? err : need_device(a, e->s.netns, e->out, e->s.h.time_ns);
}

int annotate_event(void *annotate, const struct crumb_event *ev)
{
	struct annotate *a = annotate;
	int err = 0;

	switch (ev->type) {
	case CRUMB_EV_SKB:
		err = on_skb(a, (const void *)ev);
		break;
	case CRUMB_EV_DROP:
		err = on_drop(a, (const void *)ev);
		break;
	case CRUMB_EV_TRAP:
		err = on_trap(a, (const void *)ev);
		break;
	case CRUMB_EV_RESET:
		err = on_reset(a, (const void *)ev);
		break;
	case CRUMB_EV_DECISION:
		err = on_decision(a, (const void *)ev);
		break;
	case CRUMB_EV_STACK:
		err = on_stack(a, (const void *)ev);
		break;
	case CRUMB_EV_FUNC:
		err = need_symbol(a, ((const struct crumb_ev_func *)ev)->func, ev->time_ns);
		break;
	case CRUMB_EV_FLOW:
		err = annotate_netns(a, ((const struct crumb_ev_flow *)ev)->netns, ev->time_ns);
		routes_flow(a->routes, (const void *)ev);
		if (!err && a->samples)
			err = psample_event(a->samples, ev);
		break;
	case CRUMB_EV_NAT:
		routes_nat(a->routes, (const void *)ev);
		err = annotate_netns(a, ((const struct crumb_ev_nat *)ev)->netns, ev->time_ns);
		break;
	case CRUMB_EV_TUNNEL:
		err = annotate_netns(a, ((const struct crumb_ev_tunnel *)ev)->netns, ev->time_ns);
		break;
	case CRUMB_EV_QDISC:
		err = annotate_netns(a, ((const struct crumb_ev_qdisc *)ev)->netns, ev->time_ns);
		break;
	case CRUMB_EV_SEND_BEGIN:
		err = annotate_netns(a, ((const struct crumb_ev_send_begin *)ev)->netns, ev->time_ns);
		break;
	case CRUMB_EV_NEIGH:
		err = annotate_netns(a, ((const struct crumb_ev_neigh *)ev)->netns, ev->time_ns);
		break;
	case CRUMB_EV_SOCK:
		err = annotate_netns(a, ((const struct crumb_ev_sock *)ev)->netns, ev->time_ns);
		break;
	}
	return err ? err : a->out(a->ctx, ev);
}
