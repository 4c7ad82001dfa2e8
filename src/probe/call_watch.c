// SPDX-License-Identifier: GPL-2.0-only
#include "call_watch.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_watch.skel.h"
#include "cleanup.h"
#include "symbols.h"

struct call_watch {
	struct call_watch_bpf *skel;
	struct bpf_link *links[CRUMB_WATCH_MAX];
	struct ring_buffer *ring;
	struct symbols *symbols;
	struct crumb_watch_seen *list;
	size_t n, cap;
	bool no_memory;
};

static const char *const tracepoints[CRUMB_WATCH_MAX] = {
#define X(tp) [CRUMB_WATCH_##tp] = #tp,
	CRUMB_WATCH_LIST(X)
#undef X
};

static int on_seen(void *ctx, void *data, size_t size)
{
	struct call_watch *w = ctx;

	if (size < sizeof(*w->list))
		return 0;
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 256;
		struct crumb_watch_seen *list = realloc(w->list, cap * sizeof(*list));

		if (!list) {
			w->no_memory = true;
			return 0;
		}
		w->list = list;
		w->cap = cap;
	}
	memcpy(&w->list[w->n++], data, sizeof(*w->list));
	return 0;
}

/* Data symbols are not among the functions of symbols.c, and here a function's address is asked for. */
static uint64_t kernel_address(const char *wanted)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], name[256];
	unsigned long long addr;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &addr, name) == 2 && !strcmp(name, wanted))
			return addr;
	return 0;
}

static int load(struct call_watch *w, struct error *e)
{
	struct btf *btf = btf__load_vmlinux_btf();
	char name[64];
	int err;

	w->skel = call_watch_bpf__open();
	if (!w->skel) {
		err = -errno;
		btf__free(btf);
		return error_set(e, err, "cannot open the BPF program: %s", strerror(-err));
	}
	w->skel->rodata->watch_table = kernel_address("sys_call_table");
	bpf_program__set_autoload(w->skel->progs.watch_read_code, true);
	for (unsigned int i = 1; i < CRUMB_WATCH_MAX; i++) {
		struct bpf_program *prog;

		snprintf(name, sizeof(name), "btf_trace_%s", tracepoints[i]);
		if (btf && btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) <= 0)
			continue;
		snprintf(name, sizeof(name), "watch_%s", tracepoints[i]);
		prog = bpf_object__find_program_by_name(w->skel->obj, name);
		if (prog)
			bpf_program__set_autoload(prog, true);
	}
	btf__free(btf);
	err = call_watch_bpf__load(w->skel);
	if (err)
		return error_set(e, err,
				 "the kernel refuses the BPF program that watches the call (%s): crumb "
				 "needs root, or CAP_BPF and CAP_PERFMON",
				 strerror(-err));
	return 0;
}

/* A tracepoint that does not take its program is one source less, unless it is the entry or the exit. */
static int attach(struct call_watch *w, struct error *e)
{
	char name[64];

	for (unsigned int i = 1; i < CRUMB_WATCH_MAX; i++) {
		struct bpf_program *prog;

		snprintf(name, sizeof(name), "watch_%s", tracepoints[i]);
		prog = bpf_object__find_program_by_name(w->skel->obj, name);
		if (!prog || bpf_program__fd(prog) < 0)
			continue;
		w->links[i] = bpf_program__attach(prog);
		if (!w->links[i] && i <= CRUMB_WATCH_sys_exit)
			return error_set(e, -errno, "cannot attach to tracepoint %s: %s",
					 tracepoints[i], strerror(errno));
	}
	return 0;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

int call_watch_new(struct call_watch **ret, struct error *e)
{
	struct call_watch *w = calloc(1, sizeof(*w));
	libbpf_print_fn_t before = libbpf_set_print(quiet);
	int err = w ? symbols_new(NULL, &w->symbols) : -ENOMEM;

	if (!err)
		err = load(w, e);
	if (!err) {
		w->ring = ring_buffer__new(bpf_map__fd(w->skel->maps.seen_ring), on_seen, w, NULL);
		err = w->ring ? attach(w, e) : -errno;
	}
	libbpf_set_print(before);
	if (err) {
		call_watch_free(w);
		return err;
	}
	*ret = w;
	return 0;
}

void call_watch_free(struct call_watch *w)
{
	if (!w)
		return;
	for (unsigned int i = 0; i < CRUMB_WATCH_MAX; i++)
		bpf_link__destroy(w->links[i]);
	ring_buffer__free(w->ring);
	call_watch_bpf__destroy(w->skel);
	symbols_free(w->symbols);
	free(w->list);
	free(w);
}

static void start(struct call_watch *w, pid_t tid, bool light)
{
	w->n = 0;
	ring_buffer__consume(w->ring); /* what an earlier thread left */
	w->n = 0;
	__atomic_store_n(&w->skel->bss->watch_lost, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&w->skel->bss->watch_inside, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&w->skel->bss->watch_light, light, __ATOMIC_RELAXED);
	__atomic_store_n(&w->skel->bss->watch_tid, tid, __ATOMIC_RELEASE);
}

void call_watch_start(struct call_watch *w, pid_t tid)
{
	start(w, tid, false);
}

void call_watch_start_light(struct call_watch *w, pid_t tid)
{
	start(w, tid, true);
}

void call_watch_stop(struct call_watch *w)
{
	__atomic_store_n(&w->skel->bss->watch_tid, 0, __ATOMIC_RELEASE);
	ring_buffer__consume(w->ring);
}

const struct crumb_watch_seen *call_watch_records(struct call_watch *w, size_t *ret_n,
						  uint64_t *ret_lost)
{
	*ret_n = w->n;
	*ret_lost = w->skel->bss->watch_lost + w->no_memory;
	return w->list;
}

const uint8_t *call_watch_dispatcher(struct call_watch *w, uint64_t *ret_addr, size_t *ret_n)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	static const char dispatcher[] = "x64_sys_call";
	uint64_t addr = kernel_address(dispatcher);
	uint32_t into;
	size_t n = 0;

	w->skel->bss->watch_code_at = addr;
	if (!addr || bpf_prog_test_run_opts(bpf_program__fd(w->skel->progs.watch_read_code), &opts) ||
	    opts.retval)
		return NULL;
	while (n < sizeof(w->skel->bss->watch_code)) {
		const char *name = symbols_function(w->symbols, addr + n, &into);

		if (!name || strcmp(name, dispatcher) != 0)
			break;
		n++;
	}
	*ret_addr = addr;
	*ret_n = n;
	return w->skel->bss->watch_code;
}

const char *call_watch_point(unsigned int point)
{
	return point < CRUMB_WATCH_MAX && tracepoints[point] ? tracepoints[point] : "?";
}

const char *call_watch_function(struct call_watch *w, uint64_t addr, uint32_t *ret_offset)
{
	return symbols_function(w->symbols, addr, ret_offset);
}
