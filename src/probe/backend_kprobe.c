// SPDX-License-Identifier: GPL-2.0-only
/* kprobe, kretprobe: a trap, or a jump where ftrace has left room, at any instruction; arguments from registers. */
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
#include "number.h"

static int kprobe_pmu(void)
{
	int type = number_in_file("/sys/bus/event_source/devices/kprobe/type");

	return type < 0 ? -ENOTSUP : type;
}

/* @ret: PERF_PROBE_CONFIG_IS_RETPROBE, kernel/events/core.c */
static int place(const char *func, bool ret)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
					.config = ret,
					.config1 = (uintptr_t)func };
	int type = kprobe_pmu(), fd;

	if (type < 0)
		return type;
	attr.type = type;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int able(const struct abilities *a, char *why, size_t size)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 0), INSN_EXIT };
	_cleanup_close_ int prog =
		bpf_prog_load(BPF_PROG_TYPE_KPROBE, "crumb_try", "GPL", insns, 2, NULL);
	_cleanup_close_ int event = -1;

	(void)a;
	if (prog < 0)
		return backend_refuse(why, size, -errno, "kprobe programs");
	event = place("inet_bind", false);
	if (event == -ENOTSUP) {
		snprintf(why, size, "no kprobes: the kernel was built without CONFIG_KPROBE_EVENTS");
		return event;
	}
	return event < 0 ? backend_refuse(why, size, event, "a kprobe at inet_bind()") : 0;
}

/* The kernel looks through all its symbols for the function, one after another before 6.2: the place that it found is kept. */
static int has(const struct abilities *a, struct hook_place *h, char *why, size_t size)
{
	int event = place(h->target, h->ret);

	(void)a;
	if (event >= 0) {
		h->event = event;
		return 0;
	}
	if (event == -ENOENT || event == -EINVAL)
		snprintf(why, size, "this kernel has no function %s", h->target);
	else
		snprintf(why, size, "no kprobe at %s: %s", h->target, strerror(-event));
	return event == -EINVAL ? -ENOENT : event;
}

static int prepare(struct bpf_program *prog, const struct hook_place *h)
{
	(void)h;
	return bpf_program__set_expected_attach_type(prog, 0);
}

static struct bpf_link *attach(struct bpf_program *prog, struct hook_place *h)
{
	int event = h->event >= 0 ? h->event : place(h->target, h->ret);
	struct bpf_link *link;

	if (event < 0) {
		errno = -event;
		return NULL;
	}
	link = bpf_program__attach_perf_event(prog, event);
	if (!link)
		close(event);
	h->event = -1;
	return link;
}

const struct backend backend_kprobe = { .kind = HOOK_KPROBE,
					.newest_first = true,
					.able = able,
					.has = has,
					.prepare = prepare,
					.attach = attach };
