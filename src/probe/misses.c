// SPDX-License-Identifier: GPL-2.0-only
#include "misses.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "func_hooks.h"
#include "plan.h"

#define NO_TWIN -1
#define IGNORED \
	-2 /* a second program: where it is skipped the first one ran; or one that counts for itself */

struct watched {
	int fd;
	int again_fd; /* its second program in task context, -1: none */
	int twin;
	uint16_t point;
	uint64_t last; /* misses not made good, as of the last check */
	uint64_t reported;
};

struct misses {
	const struct crumb_counters *counters;
	struct watched *list;
	size_t n;
	uint64_t last_ns, before_ns;
};

static int twin_of(const char *prog)
{
	static const struct {
		const char *begins;
		int twin;
	} twins[] = {
		{ "tcp_probe", CRUMB_TWIN_PROBE },
		{ "sk_data_ready", CRUMB_TWIN_READY },
		{ "ready_enter", CRUMB_TWIN_READY },
		{ "tcp_xmit_enter", CRUMB_TWIN_XMIT },
		{ "ip_output_enter", CRUMB_TWIN_OUTPUT },
		{ "ip6_output_enter", CRUMB_TWIN_OUTPUT },
		{ "sys_enter", CRUMB_TWIN_ENTER },
		{ "sys_exit", CRUMB_TWIN_EXIT },
		{ "tcp_sendmsg_locked", CRUMB_TWIN_APPEND },
		{ "sock_send_length", CRUMB_TWIN_SENT },
		{ "skb_copy_datagram_iovec", CRUMB_TWIN_COPY },
		{ "sock_recv_length", CRUMB_TWIN_RECEIVED },
	};

	if (strstr(prog, "_nested") || strstr(prog, "_again") || func_hooks_program(prog))
		return IGNORED;
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
		if (!strncmp(prog, twins[i].begins, strlen(twins[i].begins)))
			return twins[i].twin;
	return NO_TWIN;
}

/* The program that acts where @name was skipped; -1: there is none. By the tracepoint's event, as the first one, or a kprobe's by fentry. */
static int again_of(struct bpf_object *obj, const char *name)
{
	static const char *const suffixes[] = { "_event_again_raw", "_again_raw", "_again" };
	const char *raw = strstr(name, "_raw");
	const int bare = (int)(raw ? raw - name : (ptrdiff_t)strlen(name));
	char again[64];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const struct bpf_program *prog;

		snprintf(again, sizeof(again), "%.*s%s", bare, name, suffixes[i]);
		prog = bpf_object__find_program_by_name(obj, again);
		if (prog && bpf_program__fd(prog) >= 0)
			return bpf_program__fd(prog);
	}
	return -1;
}

int misses_new(struct bpf_object *obj, const struct plan *plan, const struct crumb_counters *c,
	       struct misses **ret)
{
	struct misses *m = calloc(1, sizeof(*m));
	struct bpf_program *prog;
	size_t programs = 0;

	bpf_object__for_each_program(prog, obj) programs++;
	if (m)
		m->list = calloc(programs, sizeof(*m->list));
	if (!m || !m->list) {
		free(m);
		return -ENOMEM;
	}
	m->counters = c;
	bpf_object__for_each_program(prog, obj)
	{
		const char *name = bpf_program__name(prog);
		struct watched w = { .fd = bpf_program__fd(prog), .twin = twin_of(name) };

		if (w.fd < 0 || w.twin == IGNORED)
			continue;
		w.again_fd = again_of(obj, name);
		w.point = plan_point_of(plan, name);
		m->list[m->n++] = w;
	}
	*ret = m;
	return 0;
}

void misses_free(struct misses *m)
{
	if (!m)
		return;
	free(m->list);
	free(m);
}

static int skipped(int fd, uint64_t *ret)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*ret = info.recursion_misses;
	return 0;
}

static uint64_t misses_of(const struct misses *m, const struct watched *w)
{
	uint64_t n = 0, made_good, again = 0;

	if (skipped(w->fd, &n))
		return w->last;
	if (w->twin >= 0) {
		made_good = __atomic_load_n(&m->counters->covered[w->twin], __ATOMIC_ACQUIRE);
		n = n > made_good ? n - made_good : 0;
	}
	/* Lost is what both were skipped for: at most as often as the second one was. */
	if (w->again_fd >= 0 && !skipped(w->again_fd, &again) && again < n)
		n = again;
	return n;
}

int misses_check(struct misses *m, uint64_t now_ns, event_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; i < m->n && !err; i++) {
		struct watched *w = &m->list[i];
		uint64_t found = misses_of(m, w),
			 sure = w->twin < 0 || found < w->last ? found : w->last;
		struct crumb_ev_loss e = {
			.h = { .time_ns = now_ns, .type = CRUMB_EV_LOSS, .size = sizeof(e) },
			.from_ns = m->before_ns,
			.cause = CRUMB_LOSS_MISSED,
			.point = w->point,
			.on_cpu = UINT32_MAX,
		};

		w->last = found;
		if (sure <= w->reported)
			continue;
		e.count = sure - w->reported;
		w->reported = sure;
		err = fn(ctx, &e.h);
	}
	m->before_ns = m->last_ns;
	m->last_ns = now_ns;
	return err;
}
