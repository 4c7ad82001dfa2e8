// SPDX-License-Identifier: GPL-2.0-only
/* kprobe.multi: the program of a kprobe on ftrace's jump (fprobe), many functions in one link. Since 5.18, CONFIG_FPROBE. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "backend.h"
#include "cleanup.h"
#include "insns.h"

static int try_multi(const char *func)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 0), INSN_EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, where);
	_cleanup_close_ int prog =
		bpf_prog_load(BPF_PROG_TYPE_KPROBE, "crumb_try", "GPL", insns, 2, &opts);
	int link;

	if (prog < 0)
		return -errno;
	where.kprobe_multi.syms = &func;
	where.kprobe_multi.cnt = 1;
	link = bpf_link_create(prog, 0, BPF_TRACE_KPROBE_MULTI, &where);
	if (link < 0)
		return -errno;
	close(link);
	return 0;
}

static int able(const struct abilities *a, char *why, size_t size)
{
	int err = try_multi("inet_bind");

	(void)a;
	return err ? backend_refuse(why, size, err, "kprobe.multi (CONFIG_FPROBE, Linux 5.18)") : 0;
}

static int has(const struct abilities *a, struct hook_place *h, char *why, size_t size)
{
	int err = backend_kprobe.has(a, h, why, size);

	if (!err) {
		close(h->event);
		h->event = -1;
	}
	return err;
}

static int prepare(struct bpf_program *prog, const struct hook_place *h)
{
	(void)h;
	return bpf_program__set_expected_attach_type(prog, BPF_TRACE_KPROBE_MULTI);
}

static struct bpf_link *attach(struct bpf_program *prog, struct hook_place *h)
{
	const char *func = h->target;
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = &func, .cnt = 1, .retprobe = h->ret);

	return bpf_program__attach_kprobe_multi_opts(prog, NULL, &opts);
}

const struct backend backend_kprobe_multi = { .kind = HOOK_KPROBE_MULTI,
					      .newest_first = true,
					      .able = able,
					      .has = has,
					      .prepare = prepare,
					      .attach = attach };
