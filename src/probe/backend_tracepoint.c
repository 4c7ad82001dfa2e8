// SPDX-License-Identifier: GPL-2.0-only
/* tp_btf and raw_tp: the kernel's tracepoints, with typed arguments or with bare numbers. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "cleanup.h"
#include "insns.h"

#define TRIED "sched_process_exit"

static int able_tp_btf(const struct abilities *a, char *why, size_t size)
{
	/* The helper came with 5.11; without it typed programs do not know whose they are. */
	const struct bpf_insn insns[] = { INSN_CALL(BPF_FUNC_get_current_task_btf),
					  INSN_SET(BPF_REG_0, 0), INSN_EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	_cleanup_close_ int prog = -1, link = -1;

	if (a->btf_path) {
		snprintf(why, size, "typed hooks need the kernel's own BTF, a file is not enough");
		return -ENOTSUP;
	}
	opts.attach_btf_id = btf__find_by_name_kind(a->btf, "btf_trace_" TRIED, BTF_KIND_TYPEDEF);
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "crumb_try", "GPL", insns, 3, &opts);
	if (prog < 0)
		return backend_refuse(why, size, -errno,
				      "typed tracepoints (with bpf_get_current_task_btf, Linux 5.11)");
	link = bpf_raw_tracepoint_open(NULL, prog);
	return link < 0 ? backend_refuse(why, size, -errno, "attaching to a typed tracepoint") : 0;
}

static int able_raw_tp(const struct abilities *a, char *why, size_t size)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 0), INSN_EXIT };
	_cleanup_close_ int prog =
		bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "crumb_try", "GPL", insns, 2, NULL);
	_cleanup_close_ int link = -1;

	(void)a;
	if (prog < 0)
		return backend_refuse(why, size, -errno, "raw tracepoints");
	link = bpf_raw_tracepoint_open(TRIED, prog);
	return link < 0 ? backend_refuse(why, size, -errno, "attaching to a raw tracepoint") : 0;
}

static int has(const struct abilities *a, struct hook_place *h, char *why, size_t size)
{
	if (abilities_tracepoint_args(a, h->target) >= 0)
		return 0;
	snprintf(why, size, "this kernel has no tracepoint %s", h->target);
	return -ENOENT;
}

static int prepare(struct bpf_program *prog, const struct hook_place *h)
{
	(void)prog; /* the section's name says it all */
	(void)h;
	return 0;
}

static struct bpf_link *attach(struct bpf_program *prog, struct hook_place *h)
{
	(void)h;
	return bpf_program__attach(prog);
}

const struct backend backend_tp_btf = {
	.kind = HOOK_TP_BTF, .able = able_tp_btf, .has = has, .prepare = prepare, .attach = attach
};

const struct backend backend_raw_tp = {
	.kind = HOOK_RAW_TP, .able = able_raw_tp, .has = has, .prepare = prepare, .attach = attach
};
