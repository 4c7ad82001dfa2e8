// SPDX-License-Identifier: GPL-2.0-only
/* fentry, fexit: a jump at the function's first instruction, typed arguments; the BPF trampoline. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "aside.h"
#include "backend.h"
#include "cleanup.h"
#include "insns.h"

/* Called seldom, and there on every kernel. */
#define TRIED "inet_bind"

static int able(const struct abilities *a, char *why, size_t size)
{
	const struct bpf_insn insns[] = { INSN_CALL(BPF_FUNC_get_current_task_btf),
					  INSN_SET(BPF_REG_0, 0), INSN_EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	_cleanup_close_ int held = -1, prog = -1, link = -1; /* closed in the reverse order */
	int id;

	if (a->btf_path) {
		snprintf(why, size, "typed hooks need the kernel's own BTF, a file is not enough");
		return -ENOTSUP;
	}
	id = btf__find_by_name_kind(a->btf, TRIED, BTF_KIND_FUNC);
	if (id < 0)
		return backend_refuse(why, size, -ENOENT, "fentry: " TRIED "() in the kernel's BTF");
	opts.attach_btf_id = id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "crumb_try", "GPL", insns, 3, &opts);
	if (prog < 0)
		return backend_refuse(why, size, -errno, "fentry");
	link = bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0)
		return backend_refuse(why, size, -errno, "fentry");
	held = aside_hold(&link, 1);
	return 0;
}

static int has(const struct abilities *a, struct hook_place *h, char *why, size_t size)
{
	if (abilities_has_function(a, h->target))
		return 0;
	snprintf(why, size, "this kernel's BTF has no function %s", h->target);
	return -ENOENT;
}

static int prepare(struct bpf_program *prog, const struct hook_place *h)
{
	return bpf_program__set_attach_target(prog, 0, h->target);
}

static struct bpf_link *attach(struct bpf_program *prog, struct hook_place *h)
{
	(void)h;
	return bpf_program__attach(prog);
}

const struct backend backend_fentry = { .kind = HOOK_FENTRY,
					.newest_first = true,
					.able = able,
					.has = has,
					.prepare = prepare,
					.attach = attach };
