// SPDX-License-Identifier: GPL-2.0-only
#include "misses.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "func_hooks.h"
#include "plan.h"

#define NO_TWIN -1
#define IGNORED \
	-2 /* a second program: where it is skipped the first one ran; or one that counts for itself */

struct watched {
	int fd;
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
	if (strstr(prog, "_nested") || strstr(prog, "_again") || func_hooks_program(prog))
		return IGNORED;
	if (!strncmp(prog, "tcp_probe", 9))
		return CRUMB_TWIN_PROBE;
	if (!strncmp(prog, "sk_data_ready", 13) || !strncmp(prog, "ready_enter", 11))
		return CRUMB_TWIN_READY;
	if (!strncmp(prog, "sys_enter", 9))
		return CRUMB_TWIN_ENTER;
	return strncmp(prog, "sys_exit", 8) ? NO_TWIN : CRUMB_TWIN_EXIT;
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

static uint64_t misses_of(const struct misses *m, const struct watched *w)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	uint64_t covered;

	if (bpf_obj_get_info_by_fd(w->fd, &info, &len))
		return w->last;
	if (w->twin < 0)
		return info.recursion_misses;
	covered = __atomic_load_n(&m->counters->covered[w->twin], __ATOMIC_ACQUIRE);
	return info.recursion_misses > covered ? info.recursion_misses - covered : 0;
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
