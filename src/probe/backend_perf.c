// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracepoint: a program on a tracepoint's perf event. It gets what the event would print (TRACE_EVENT(), include/trace/events/), and
 * perf_trace_NAME() calls it with preemption off, also where the tracepoint itself is called with it on (Linux 7).
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"
#include "cleanup.h"
#include "insns.h"
#include "tracefs.h"

#define TRIED "sched:sched_process_exit"

/* Its number; negative errno. @name: GROUP:NAME, as perf writes it. */
static int event_number(const char *name)
{
	const char *colon = strchr(name, ':');
	_cleanup_fclose_ FILE *f = NULL;
	char path[160];
	int id;

	snprintf(path, sizeof(path), "events/%.*s/%s/id", (int)(colon - name), name, colon + 1);
	f = tracefs_open(path);
	if (!f)
		return -errno;
	return fscanf(f, "%d", &id) == 1 ? id : -EINVAL;
}

/* The program of one CPU's event is called on all of them (trace_call_bpf(), kernel/trace/bpf_trace.c). */
static int event_open(const char *name)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = PERF_TYPE_TRACEPOINT,
					.sample_period = 1,
					.sample_type = PERF_SAMPLE_RAW };
	int id = event_number(name), fd;

	if (id < 0)
		return id;
	attr.config = (uint64_t)id;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int able(const struct abilities *a, char *why, size_t size)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 0), INSN_EXIT };
	_cleanup_close_ int prog =
		bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "crumb_try", "GPL", insns, 2, NULL);
	_cleanup_close_ int event = -1;

	if (prog < 0)
		return backend_refuse(why, size, -errno, "programs on perf events of tracepoints");
	if (!a->kprobe_misses) { /* the same counter */
		snprintf(why, size,
			 "programs of perf events that the kernel skips are not counted before Linux 6.7");
		return -ENOTSUP;
	}
	event = event_open(TRIED);
	return event < 0 ? backend_refuse(why, size, event, "a perf event of a tracepoint") : 0;
}

static int has(const struct abilities *a, struct hook_place *h, char *why, size_t size)
{
	int event = event_open(h->target);

	(void)a;
	if (event >= 0) {
		close(event);
		return 0;
	}
	if (event == -ENOENT)
		snprintf(why, size, "this kernel has no event %s", h->target);
	else
		backend_refuse(why, size, event, h->target);
	return event;
}

static int prepare(struct bpf_program *prog, const struct hook_place *h)
{
	(void)prog; /* the section's name says it all */
	(void)h;
	return 0;
}

static struct bpf_link *attach(struct bpf_program *prog, struct hook_place *h)
{
	int event = event_open(h->target);
	struct bpf_link *link;

	if (event < 0) {
		errno = -event;
		return NULL;
	}
	link = bpf_program__attach_perf_event(prog, event); /* and has the event from now on */
	if (!link)
		close(event);
	return link;
}

const struct backend backend_tracepoint = {
	.kind = HOOK_TRACEPOINT, .able = able, .has = has, .prepare = prepare, .attach = attach
};
