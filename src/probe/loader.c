// SPDX-License-Identifier: GPL-2.0-only
#include "loader.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cast.h"
#include "cleanup.h"
#include "crumb.skel.h"
#include "filter.h"
#include "flow_cells.h"
#include "lanes.h"
#include "libc_hooks.h"

/* What libbpf said of the program that would not load. It hands its words to a function without a context. */
static struct {
	char prog[64];
	char why[WHY_BYTES];
} refused;

static libbpf_print_fn_t print_all; /* libbpf's own, for CRUMB_LIBBPF_DEBUG */

/* The verifier's last words before its statistics. */
static void last_words(const char *log, char *why, size_t size)
{
	const char *end = strstr(log, "\nprocessed "), *start;

	if (!end)
		end = strstr(log, "-- END PROG LOAD LOG --");
	if (!end)
		end = log + strlen(log);
	while (end > log && end[-1] == '\n')
		end--;
	for (start = end; start > log && start[-1] != '\n'; start--)
		;
	snprintf(why, size, "the kernel does not load it: %.*s", (int)(end - start), start);
}

static int listen_to_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL;
	const char *log;

	if (print_all) {
		va_list again;

		va_copy(again, args);
		print_all(level, fmt, again);
		va_end(again);
	}
	if (level != LIBBPF_WARN || vasprintf(&text, fmt, args) < 0)
		return 0;
	log = strstr(text, "-- BEGIN PROG LOAD LOG --\n");
	if (log) {
		last_words(log + 26, refused.why, sizeof(refused.why));
	} else if (sscanf(text, "libbpf: prog '%63[^']': BPF program load failed", refused.prog) == 1 &&
		   strstr(text, "load failed: ")) {
		const char *words = strstr(text, "load failed: ") + 13;

		snprintf(refused.why, sizeof(refused.why), "the kernel does not load it: %.*s",
			 (int)strcspn(words, "\n"), words);
	}
	return 0;
}

/* Open the object from a copy of its image in which the expression stands. */
static int open_object(struct loader *l, const struct session_config *c, struct error *e)
{
	struct filter *filter __attribute__((cleanup(filter_freep))) = NULL;
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = c->btf);
	const void *image;
	size_t size;
	int err;

	err = filter_compile(c->filter, &filter, e);
	if (err)
		return err;
	l->settings.filter_bytes = filter_reach(filter) > CRUMB_HEAD_BYTES ? CRUMB_FILTER_BYTES :
									     CRUMB_HEAD_BYTES;
	l->skel = calloc(1, sizeof(*l->skel));
	if (!l->skel)
		return -ENOMEM;
	err = crumb__create_skeleton(l->skel);
	if (err)
		return error_set(e, err, "cannot prepare the BPF object: %s", strerror(-err));
	image = crumb__elf_bytes(&size);
	l->elf = malloc(size);
	if (!l->elf)
		return -ENOMEM;
	memcpy(l->elf, image, size);
	err = filter_patch_elf(l->elf, size, filter, e);
	if (err)
		return err;
	l->skel->skeleton->data = l->elf;
	err = bpf_object__open_skeleton(l->skel->skeleton, &opts);
	if (err)
		return error_set(e, err, "cannot open the BPF object: %s", strerror(-err));
	return 0;
}

/* The object's image, 2 MiB of the program's read-only data, has been read for the last time: it need not stay in memory. */
static void forget_image(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from, to;
	size_t size;

	from = (uintptr_t)crumb__elf_bytes(&size);
	to = (from + size) & ~(page - 1);
	from = (from + page - 1) & ~(page - 1);
	if (from < to)
		(void)madvise((void *)from, to - from,
			      MADV_DONTNEED); /* of a file: read again if need be */
}

static void close_object(struct loader *l)
{
	if (l->skel)
		crumb__destroy(l->skel);
	free(l->elf);
	l->skel = NULL;
	l->elf = NULL;
}

/*
 * Some functions take pointers. Where global ones may not, they become static ones, which are verified at each of their
 * callers: what is which stands in the object's BTF alone.
 */
static void make_functions_static(struct loader *l)
{
	static const char *const taking_pointers[] = {
		"away_pack",	"away_record", "crumb_filter", "filter_takes_tuple",
		"flow_at",	"flow_begin",  "flow_take",    "ip6_behind",
		"ip6_cut",	"ip6_step",    "nat_link",     "pattern_stands",
		"packet_parse", "qdisc_tell",  "tunnel_enter", "tunnel_number",
		"tunnel_tell",
	};
	const struct btf *btf = bpf_object__btf(l->skel->obj);

	for (size_t i = 0; i < sizeof(taking_pointers) / sizeof(*taking_pointers); i++) {
		int id = btf__find_by_name_kind(btf, taking_pointers[i], BTF_KIND_FUNC);
		struct btf_type *t = id > 0 ? (struct btf_type *)btf__type_by_id(btf, id) : NULL;

		if (t)
			t->info = BTF_KIND_FUNC << 24 | BTF_FUNC_STATIC;
	}
}

static void plan_libc(struct loader *l)
{
	bool untyped = l->plan.untyped;

	l->libc_enter = untyped ? l->skel->progs.libc_enter_raw : l->skel->progs.libc_enter;
	l->libc_return = untyped ? l->skel->progs.libc_return_raw : l->skel->progs.libc_return;
	if (!l->settings.libc)
		return;
	if (!l->abilities->attach_cookie) {
		snprintf(l->libc_why, sizeof(l->libc_why),
			 "the kernel does not tell a uprobe's program where it stands (bpf_get_attach_cookie, Linux 5.15)");
		return;
	}
	bpf_program__set_autoload(l->libc_enter, true);
	bpf_program__set_autoload(l->libc_return, true);
}

/* How programs at a return find what was noted at the entry. */
static void settle_returns(struct loader *l)
{
	const struct point_hook *netfilter = l->plan.points[CRUMB_PT_NETFILTER].hook;
	const enum hook_kind funcs = l->func_rung == FUNC_MULTI ? HOOK_KPROBE_MULTI : HOOK_KPROBE;

	if (netfilter)
		abilities_return_frame(l->abilities, netfilter->kind, &l->settings.verdict_pop);
	abilities_return_frame(l->abilities, funcs, &l->settings.func_pop);
}

bool loader_netfilter(const struct loader *l)
{
	const struct point_hook *h = l->plan.points[CRUMB_PT_NETFILTER].hook;

	return h && h->kind == HOOK_NETFILTER;
}

static void settle_maps(struct loader *l, const struct session_config *c, uint32_t cpus)
{
	struct abilities *a = l->abilities;
	uint32_t cells;

	l->settings.tasks_in_map = l->plan.untyped || !a->task_storage;
	l->settings.retransmit_has_err = abilities_tracepoint_args(a, "tcp_retransmit_skb") > 2;
	l->settings.drop_has_reason = abilities_tracepoint_args(a, "kfree_skb") > 2;
	l->settings.reset_has_reason = abilities_tracepoint_args(a, "tcp_send_reset") > 2;
	l->settings.drop_has_sock = abilities_tracepoint_args(a, "kfree_skb") > 3;
	bpf_map__set_autocreate(l->skel->maps.task_states, !l->settings.tasks_in_map);
	bpf_map__set_autocreate(l->skel->maps.task_map, l->settings.tasks_in_map);
	bpf_map__set_max_entries(l->skel->maps.rings, cpus);
	bpf_map__set_value_size(l->skel->maps.rings, CRUMB_LANES_BYTES(l->ring_bytes));
	l->settings.ring_mask = l->ring_bytes - 1;
	if (c->max_flows)
		bpf_map__set_max_entries(l->skel->maps.flows, c->max_flows);
	cells = flow_cells_for(bpf_map__max_entries(l->skel->maps.flows));
	bpf_map__set_max_entries(l->skel->maps.flow_cells, cells);
	l->settings.cell_mask = cells - 1;
	l->settings.calls_preempted = l->plan.preempted;
	l->settings.sends_again = l->plan.sends_again;
	l->settings.lanes_preempted = l->plan.may_be_preempted || a->calls_preempted || c->libc ||
				      c->functions;
	l->settings.lock_from = a->lock_from;
	l->settings.lock_bytes = a->lock_bytes;
	l->settings.nft = a->nft;
	l->settings.ipt = a->ipt;
	settle_returns(l);
	bpf_map__set_autocreate(l->skel->maps.verdicts, c->deep);
	l->settings.nat = !a->nat_why;
	if (!l->settings.nat)
		bpf_map__set_max_entries(l->skel->maps.aliases, 1);
	l->settings.tunnels = a->tunnel_why ? 0 : a->tunnels.kinds;
	memcpy(l->settings.tunnel_ports, a->tunnels.port, sizeof(l->settings.tunnel_ports));
	if (!l->settings.tunnels)
		bpf_map__set_max_entries(l->skel->maps.tunnels, 1);
	if (!(l->settings.tunnels & 1u << CRUMB_TUNNEL_WIREGUARD))
		bpf_map__set_max_entries(l->skel->maps.seals, 1);
	l->settings.filter_in_map = !a->global_arguments;
	if (!a->global_arguments)
		make_functions_static(l);
	l->skel->rodata->crumb_cfg = l->settings;
}

static size_t default_ring_bytes(uint32_t cpus)
{
	size_t bytes = CRUMB_RING_BYTES_MAX;

	while (bytes > CRUMB_RING_BYTES_MIN && bytes * cpus > CRUMB_RING_BYTES)
		bytes /= 2;
	return bytes;
}

/* Was it the rings' map that the kernel would not make, since a value of it is too large? No program had its turn then. */
static bool rings_too_large(const struct loader *l, int err)
{
	return err == -E2BIG && !refused.prog[0] && l->ring_bytes > CRUMB_RING_BYTES_MIN;
}

static int explain_load_failure(const struct loader *l, int err, struct error *e)
{
	if (rings_too_large(l, err))
		return error_set(e, err, "this kernel has no rings of %zu bytes: --ring-size 2M",
				 l->ring_bytes);
	if (err == -EPERM || err == -EACCES)
		return error_set(e, err,
				 "the kernel refused to load BPF programs (%s): run crumb as root, "
				 "or with CAP_BPF and CAP_PERFMON, and before Linux 5.11 with "
				 "unlimited locked memory (ulimit -l)",
				 strerror(-err));
	if (err == -ENOMEM)
		return error_set(e, err,
				 "not enough memory for the BPF maps: try a smaller --max-flows "
				 "or --ring-size");
	return error_set(e, err,
			 "the kernel refused crumb's BPF programs: %s; set "
			 "CRUMB_LIBBPF_DEBUG=1 to see the verifier's words",
			 strerror(-err));
}

static int nothing_to_load(const struct loader *l, struct error *e)
{
	return error_set(e, -ENOTSUP, "no hook of crumb's works here: %s",
			 l->plan.points[CRUMB_PT_DEV_QUEUE].why);
}

/* Once through. -EAGAIN: a program was refused, and the next plan does without it. */
static int load_once(struct loader *l, const struct session_config *c, uint32_t cpus, struct error *e)
{
	const struct plan_request r = {
		.force = c->force,
		.libc = c->libc,
		.deep = c->deep,
		.wireguard = !l->abilities->tunnel_why &&
			     l->abilities->tunnels.kinds & 1u << CRUMB_TUNNEL_WIREGUARD,
		.lock_why = abilities_lock(l->abilities),
		.traps_why = l->abilities->traps_why,
		.children = c->settings.select & CRUMB_SELECT_TGID,
	};
	int err = open_object(l, c, e);

	if (err)
		return err;
	if (plan_make(&l->plan, l->skel->obj, l->abilities, &r))
		return nothing_to_load(l, e);
	plan_libc(l);
	settle_maps(l, c, cpus);
	err = func_hooks_prepare(l->skel->obj, l->abilities, l->func_rung, e);
	if (err)
		return err;
	if (l->abilities->cast)
		err = cast_in(l->skel->obj, l->abilities->cast);
	if (err)
		return error_set(e, err, "cannot change the BPF programs: %s", strerror(-err));
	if (c->libc && !l->libc_why[0])
		l->libc_multi = c->force != HOOK_UPROBE &&
				libc_hooks_prepare(l->abilities->btf, l->libc_enter, l->libc_return);
	refused.prog[0] = '\0';
	err = bpf_object__load_skeleton(l->skel->skeleton);
	if (!err)
		return 0;
	if (rings_too_large(l, err) && !c->ring_bytes) {
		l->ring_bytes = CRUMB_RING_BYTES_MIN;
		return -EAGAIN;
	}
	if (err == -ENOMEM || err == -EPERM || !refused.prog[0] ||
	    !plan_refuse(&l->plan, refused.prog, refused.why))
		return explain_load_failure(l, err, e);
	return -EAGAIN;
}

int loader_load(struct loader *l, const struct session_config *c, uint32_t cpus, struct error *e)
{
	libbpf_print_fn_t own = libbpf_set_print(listen_to_libbpf);

	int err;

	print_all = getenv("CRUMB_LIBBPF_DEBUG") && own != listen_to_libbpf ? own : print_all;
	l->settings = c->settings;
	l->ring_bytes = c->ring_bytes ? c->ring_bytes : default_ring_bytes(cpus);
	err = abilities_new(c->btf, c->deep, &l->abilities, e);
	if (!err && c->functions) {
		l->func_rung = func_hooks_rung(l->abilities, c->force, e);
		err = l->func_rung == FUNC_NONE ? -ENOTSUP : 0;
	}
	while (!err) {
		err = load_once(l, c, cpus, e);
		if (err != -EAGAIN)
			break;
		close_object(l);
		err = 0;
	}
	if (!err) {
		free(l->elf);
		l->elf = NULL;
		forget_image();
	}
	return err;
}

void loader_done(struct loader *l)
{
	close_object(l);
	abilities_free(l->abilities);
	*l = (struct loader){ 0 };
}
