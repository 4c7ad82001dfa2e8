// SPDX-License-Identifier: GPL-2.0-only
/*
 * Abilities are probed, not versions: a program is loaded if the kernel's BTF has its tracepoint, and a refusal is
 * kept as the reason why that point cannot be seen.
 */
#include "session.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cleanup.h"
#include "crumb.skel.h"
#include "flow_cells.h"
#include "func_hooks.h"
#include "irq_look.h"
#include "libc_hooks.h"
#include "loader.h"
#include "log.h"
#include "machine.h"
#include "misses.h"
#include "netfilter_links.h"
#include "point.h"
#include "cpu_ring.h"

#define BATCH_BYTES (256u << 10)
#define TEND_NS	    2000000000ull
#define SELDOM_NS   3600000000000ull

static const char NOT_ASKED_FOR[] = "not asked for";

struct session {
	struct session_config config;
	struct loader load;
	struct crumb *skel; /* load's */
	struct cpu_ring *rings;
	uint32_t cpus;
	uint8_t *batch;
	struct ring_buffer *news; /* children to hook */
	struct libc_hooks *libc;
	struct func_hooks *funcs; /* NULL: not asked for */
	uint32_t libc_cost_ns;
	int stats_fd;	    /* the kernel counts run times while it is open; -1 */
	char libc_why[120]; /* why libc could not be hooked, "" if it was or nobody asked */

	struct crumb_ev_flow *flows; /* taken before the start */
	size_t n_flows;
	struct crumb_counters seen; /* losses already reported */
	struct misses *misses;
	struct netfilter_links *netfilter; /* NULL: none */
	uint64_t tended_ns;
};

static int make_rings(struct session *s)
{
	s->rings = calloc(s->cpus, sizeof(*s->rings));
	s->batch = malloc(BATCH_BYTES);
	return s->rings && s->batch ? 0 : -ENOMEM;
}

static int on_child(void *ctx, void *data, size_t size)
{
	struct session *s = ctx;

	/* It may be gone already, or be no libc program: then its libc calls are not seen, and nothing is lost. */
	if (size >= sizeof(uint32_t))
		libc_hooks_attach(s->libc, *(uint32_t *)data, NULL);
	return 0;
}

static int open_libc(struct session *s)
{
	int err;

	snprintf(s->libc_why, sizeof(s->libc_why), "%s", s->load.libc_why);
	if (!s->config.libc || s->libc_why[0])
		return 0;
	err = libc_hooks_new(s->load.libc_multi, s->load.libc_enter, s->load.libc_return, &s->libc);
	if (err)
		return err;
	s->libc_cost_ns = libc_hooks_cost_ns(s->libc);
	s->news = ring_buffer__new(bpf_map__fd(s->skel->maps.news), on_child, s, NULL);
	return s->news ? 0 : -errno;
}

int session_new(const struct session_config *c, struct session **ret, struct error *e)
{
	struct session *s;
	int err;

	if (!machine_has_cap(CAP_SYS_ADMIN) &&
	    (!machine_has_cap(CAP_BPF) || !machine_has_cap(CAP_PERFMON)))
		return error_set(
			e, -EPERM,
			"CAP_BPF and CAP_PERFMON are needed to load BPF programs: run it with sudo");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->stats_fd = -1;
	s->config = *c;
	s->config.settings.self_tgid = getpid();
	s->config.settings.libc = c->libc;
	if (c->filter && c->filter[0])
		s->config.settings.select |= CRUMB_SELECT_FILTER;
	s->cpus = libbpf_num_possible_cpus();
	if (s->cpus > CRUMB_MAX_CPUS)
		s->cpus = CRUMB_MAX_CPUS;
	err = loader_load(&s->load, &s->config, s->cpus, e);
	s->skel = s->load.skel;
	if (!err)
		err = make_rings(s);
	if (!err)
		irq_look(&s->skel->bss->crumb_irqs);
	if (!err)
		err = open_libc(s);
	if (!err)
		err = misses_new(s->skel->obj, &s->load.plan, &s->skel->bss->crumb_counters,
				 &s->misses);
	if (err) {
		session_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void session_free(struct session *s)
{
	uint32_t cpu;

	if (!s)
		return;
	netfilter_links_free(s->netfilter);
	misses_free(s->misses);
	func_hooks_free(s->funcs);
	ring_buffer__free(s->news);
	libc_hooks_free(s->libc);
	for (cpu = 0; s->rings && cpu < s->cpus; cpu++)
		cpu_ring_done(&s->rings[cpu]);
	if (s->stats_fd >= 0)
		close(s->stats_fd);
	plan_detach(&s->load.plan);
	loader_done(&s->load);
	free(s->flows);
	free(s->rings);
	free(s->batch);
	free(s);
}

void session_freep(struct session **s)
{
	session_free(*s);
}

int session_add_process(struct session *s, pid_t pid, struct error *e)
{
	uint32_t key = pid;
	uint8_t one = 1;

	if (bpf_map_update_elem(bpf_map__fd(s->skel->maps.selected_tasks), &key, &one, BPF_ANY))
		return error_set(e, -errno, "cannot select process %d: %s", pid, strerror(errno));
	return 0;
}

void session_add_listen_port(struct session *s, uint32_t netns, uint16_t port, bool udp)
{
	struct crumb_listener l = { .netns = netns, .port = port | (udp ? CRUMB_LISTEN_UDP : 0) };
	uint8_t one = 1;

	bpf_map_update_elem(bpf_map__fd(s->skel->maps.listeners), &l, &one, BPF_ANY);
	s->skel->bss->crumb_listen[port] = 1;
}

uint64_t session_libc_calls(const struct session *s)
{
	return __atomic_load_n(&s->skel->bss->crumb_counters.libc_calls, __ATOMIC_RELAXED);
}

void session_prune_libc(struct session *s)
{
	if (s->libc)
		libc_hooks_prune(s->libc);
}

void session_unhook_libc(struct session *s)
{
	if (!s->libc)
		return;
	__atomic_store_n(&s->skel->bss->crumb_counters.libc_off, 1, __ATOMIC_RELEASE);
	libc_hooks_detach(s->libc);
}

static bool is_loopback(const uint8_t *a)
{
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff }, one[16] = { [15] = 1 };

	return (!memcmp(a, v4, 12) && a[12] == 127) || !memcmp(a, one, 16);
}

/* As zone_of() in bpf/body/flow.h. */
static uint32_t zone_of(const struct session *s, const struct crumb_ev_flow *f)
{
	uint32_t zone;

	if (is_loopback(f->addr[0]) || is_loopback(f->addr[1]))
		return f->netns;
	if (bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.zones), &f->netns, &zone))
		return 0;
	return zone;
}

/* @f: ends in order */
static struct crumb_flow_key key_of(const struct session *s, const struct crumb_ev_flow *f)
{
	struct crumb_flow_key key = { .port = { f->port[0], f->port[1] },
				      .proto = f->proto,
				      .zone = zone_of(s, f) };

	memcpy(key.addr, f->addr, sizeof(key.addr));
	return key;
}

void session_add_zone(struct session *s, uint32_t netns, uint32_t zone)
{
	struct crumb_zone *place = &s->skel->bss->crumb_zones[netns & (CRUMB_ZONE_SLOTS - 1)];

	if (!place->netns) {
		place->zone = zone;
		__atomic_store_n(&place->netns, netns, __ATOMIC_RELEASE);
	}
	bpf_map_update_elem(bpf_map__fd(s->skel->maps.zones), &netns, &zone, BPF_NOEXIST);
}

int session_add_flow(struct session *s, const struct crumb_ev_flow *flow)
{
	struct crumb_ev_flow f = *flow, *flows;
	struct crumb_flow_key key;
	uint32_t id;
	int err;

	flow_order_ends(&f);
	key = key_of(s, &f);
	flows = realloc(s->flows, (s->n_flows + 1) * sizeof(*flows));
	if (!flows)
		return -ENOMEM;
	s->flows = flows;
	err = flow_cells_add(s->skel, &key, &id);
	if (err || !id)
		return err;
	if (f.proto == IPPROTO_UDP)
		s->skel->bss->crumb_counters.udp_flows = 1;
	f.h = (struct crumb_event){ .type = CRUMB_EV_FLOW, .size = sizeof(f) };
	f.flow = id;
	f.why = CRUMB_WHY_TASK;
	s->flows[s->n_flows++] = f;
	return 0;
}

uint32_t session_take_flow(struct session *s, const struct crumb_ev_flow *flow)
{
	struct crumb_flow_key key = key_of(s, flow);
	uint32_t id;

	if (flow_cells_add(s->skel, &key, &id))
		return 0;
	if (flow->proto == IPPROTO_UDP)
		s->skel->bss->crumb_counters.udp_flows = 1;
	return id ? id : flow_cells_find(s->skel, &key);
}

int session_flows(const struct session *s, event_fn fn, void *ctx)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < s->n_flows; i++)
		err = fn(ctx, &s->flows[i].h);
	return err;
}

int session_hook_libc(struct session *s, pid_t pid, struct error *e)
{
	struct error why = { 0 };
	int err;

	if (!s->libc)
		return 0;
	err = libc_hooks_attach(s->libc, pid, &why);
	if (err) {
		snprintf(s->libc_why, sizeof(s->libc_why), "%.119s", error_text(&why, err));
		return error_set(e, err, "%s", error_text(&why, err));
	}
	return 0;
}

int session_watch_children(struct session *s, int timeout_ms)
{
	return s->news ? ring_buffer__poll(s->news, timeout_ms) : -ENOENT;
}

static void attach_netfilter(struct session *s)
{
	struct plan_point *p = &s->load.plan.points[CRUMB_PT_NETFILTER];

	if (!loader_netfilter(&s->load))
		return;
	s->netfilter = netfilter_links_new(bpf_program__fd(s->skel->progs.netfilter_first),
					   bpf_program__fd(s->skel->progs.netfilter_last));
	if (!s->netfilter)
		snprintf(p->why, sizeof(p->why), "netfilter took no program at any hook");
	else if (netfilter_links_left_out(s->netfilter))
		log_note("netfilter is not seen in %u namespace%s: a program reads an NFQUEUE there, or there are more than %d hooks",
			 netfilter_links_left_out(s->netfilter),
			 netfilter_links_left_out(s->netfilter) == 1 ? "" : "s",
			 NETFILTER_LINKS_MAX / 2);
}

uint64_t session_tend(struct session *s, uint64_t now_ns)
{
	if (!s->netfilter)
		return SELDOM_NS;
	if (now_ns >= s->tended_ns + TEND_NS) {
		s->tended_ns = now_ns;
		netfilter_links_tend(s->netfilter);
	}
	return TEND_NS;
}

int session_attach(struct session *s, struct error *e)
{
	int attached = plan_attach(&s->load.plan);

	/* The first program of a pair may have run before the second was there, or the second before the first. */
	memset(s->skel->bss->crumb_counters.covered, 0, sizeof(s->skel->bss->crumb_counters.covered));
	for (uint32_t cpu = 0; cpu < CRUMB_MAX_CPUS; cpu++)
		memset(s->skel->bss->crumb_cpus[cpu].handed, 0,
		       sizeof(s->skel->bss->crumb_cpus[cpu].handed));
	if (!attached)
		return error_set(e, -ENOTSUP, "no hook could be attached: %s",
				 s->load.plan.points[CRUMB_PT_DEV_QUEUE].why);
	attach_netfilter(s);
	if (s->load.func_rung == FUNC_NONE)
		return 0;
	return func_hooks_new(s->skel->obj, s->load.abilities, s->load.func_rung,
			      &s->skel->bss->crumb_counters, &s->funcs, e);
}

const char *session_functions(const struct session *s, struct func_counts *ret)
{
	if (!s->funcs)
		return NULL;
	func_hooks_counts(s->funcs, ret);
	return func_rung_name(s->load.func_rung);
}

int session_hooks(const struct session *s, event_fn fn, void *ctx)
{
	unsigned int i;
	int err;

	for (i = 1; i < CRUMB_PT_MAX; i++) {
		const struct point *row = point_get(i);
		const struct plan_point *p = &s->load.plan.points[i];
		const struct point_hook *h = p->hook ? p->hook : &row->via[0];
		const char *why = !p->asked && row->via[0].kind != HOOK_DERIVED ? NOT_ASKED_FOR :
										  p->why;
		struct crumb_ev_hook e = {
			.h = { .type = CRUMB_EV_HOOK, .size = sizeof(e) },
			.point = i,
			.cost_ns = row->layer == LAYER_LIBC ? s->libc_cost_ns : 0,
		};

		/* whether a socket would have told of an RST decides what one on its way means (journey/reset.c) */
		if (row->layer == LAYER_NOTE && i != CRUMB_PT_RESET_RECV)
			continue;
		if (row->layer == LAYER_LIBC && s->config.libc && s->libc_why[0])
			why = s->libc_why;
		e.visible = !why[0] ? 1 : why == NOT_ASKED_FOR ? 2 : 0;
		snprintf(e.why, sizeof(e.why), "%.119s", why);
		snprintf(e.via, sizeof(e.via), "%s", hook_kind_name(h->kind));
		snprintf(e.target, sizeof(e.target), "%s", h->target ? h->target : "");
		err = fn(ctx, &e.h);
		if (err)
			return err;
	}
	return 0;
}

int session_drain(struct session *s, session_take_fn take, void *ctx)
{
	unsigned int fullest = 0, fill;
	uint32_t cpu;

	for (cpu = 0; cpu < s->cpus; cpu++) {
		size_t waiting = cpu_ring_waiting(&s->rings[cpu], &fill),
		       left = waiting + BATCH_BYTES, n;
		uint64_t records;

		if (fill > fullest)
			fullest = fill;
		/* No more than what was there at the start, so that one busy CPU does not starve the others. */
		while (waiting && left >= BATCH_BYTES) {
			n = cpu_ring_take(&s->rings[cpu], s->batch, BATCH_BYTES, &records);
			if (!n)
				break;
			take(ctx, cpu, s->batch, n, records);
			left -= n < left ? n : left;
		}
	}
	return fullest;
}

static int loss_event(uint64_t from, uint64_t to, uint64_t count, uint16_t cause, uint16_t point,
		      event_fn fn, void *ctx)
{
	struct crumb_ev_loss e = {
		.h = { .time_ns = to, .type = CRUMB_EV_LOSS, .size = sizeof(e) },
		.from_ns = from,
		.count = count,
		.cause = cause,
		.point = point,
		.on_cpu = UINT32_MAX,
	};

	return fn(ctx, &e.h);
}

int session_losses(struct session *s, uint64_t from_ns, uint64_t to_ns, event_fn fn, void *ctx)
{
	const struct crumb_counters *c = &s->skel->bss->crumb_counters;
	unsigned int i;
	int err = 0;

	if (__atomic_load_n(&c->lost_total, __ATOMIC_ACQUIRE) != s->seen.lost_total) {
		struct crumb_counters now = *c;

		for (i = 0; i < 64 && !err; i++)
			if (now.lost[i] != s->seen.lost[i])
				err = loss_event(from_ns, to_ns, now.lost[i] - s->seen.lost[i],
						 CRUMB_LOSS_RING, i, fn, ctx);
		if (!err && now.flows_full != s->seen.flows_full)
			err = loss_event(from_ns, to_ns, now.flows_full - s->seen.flows_full,
					 CRUMB_LOSS_FLOWS, CRUMB_PT_FLOW, fn, ctx);
		if (!err && now.tasks_full != s->seen.tasks_full)
			err = loss_event(from_ns, to_ns, now.tasks_full - s->seen.tasks_full,
					 CRUMB_LOSS_TASKS, CRUMB_PT_TASK, fn, ctx);
		s->seen = now;
	}
	return err;
}

int session_misses(struct session *s, uint64_t now_ns, event_fn fn, void *ctx)
{
	int err = misses_check(s->misses, now_ns, fn, ctx);

	return err || !s->funcs ? err : func_hooks_misses(s->funcs, now_ns, fn, ctx);
}

void session_forget_flow(struct session *s, const struct crumb_ev_flow *flow)
{
	const struct crumb_flow_key key = key_of(s, flow);

	flow_cells_forget(s->skel, &key, flow->flow);
}

size_t session_programs(const struct session *s, uint32_t *ids, size_t n)
{
	struct bpf_program *prog;
	size_t count = 0;

	bpf_object__for_each_program(prog, s->skel->obj)
	{
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		if (count < n)
			ids[count] = info.id;
		count++;
	}
	return count;
}

int session_asides(const struct session *s, uint64_t now_ns, event_fn fn, void *ctx)
{
	const struct crumb_counters *c = &s->skel->bss->crumb_counters;
	int err = 0;

	for (uint32_t what = 1; what < CRUMB_ASIDE_MAX && !err; what++) {
		struct crumb_ev_aside e = {
			.h = { .time_ns = now_ns, .type = CRUMB_EV_ASIDE, .size = sizeof(e) },
			.count = __atomic_load_n(&c->aside[what], __ATOMIC_ACQUIRE),
			.what = what,
		};

		if (e.count)
			err = fn(ctx, &e.h);
	}
	return err;
}

int session_map_rings(struct session *s, struct error *e)
{
	const int fd = bpf_map__fd(s->skel->maps.rings);
	int err = 0;

	for (uint32_t cpu = 0; cpu < s->cpus && !err; cpu++)
		err = cpu_ring_init(&s->rings[cpu], fd, cpu, s->load.ring_bytes, e);
	return err;
}

void session_settle(struct session *s)
{
	abilities_forget_types(s->load.abilities);
	malloc_trim(0); /* libbpf's work left holes */
}

const struct plan *session_plan(const struct session *s)
{
	return &s->load.plan;
}

struct abilities *session_abilities(const struct session *s)
{
	return s->load.abilities;
}

bool session_libc_multi(const struct session *s)
{
	return s->load.libc_multi;
}

const char *session_libc_why(const struct session *s)
{
	return s->libc_why;
}

unsigned int session_libc_cost_ns(const struct session *s)
{
	return s->libc_cost_ns;
}

int session_count_costs(struct session *s)
{
	s->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	return s->stats_fd < 0 ? -errno : 0;
}

void session_cost(const struct session *s, unsigned int point, uint64_t *ret_runs, uint64_t *ret_ns)
{
	const struct plan *p = &s->load.plan;
	const struct point_hook *h = p->points[point].hook;

	*ret_runs = *ret_ns = 0;
	for (unsigned int i = 0; h && i < p->n_programs; i++) {
		const struct plan_program *c = &p->programs[i];
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (c->backend->kind != h->kind ||
		    (c->point != point && strcmp(c->place.target, h->target)))
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(c->prog), &info, &len))
			continue;
		*ret_runs += info.run_cnt;
		*ret_ns += info.run_time_ns;
	}
}
