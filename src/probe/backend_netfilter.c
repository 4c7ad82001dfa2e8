// SPDX-License-Identifier: GPL-2.0-only
/* Programs that netfilter calls among its hooks (net/netfilter/nf_bpf_link.c, 6.4). They are attached by netfilter_links.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "backend.h"
#include "insns.h"
#include "netfilter_links.h"

static int able(const struct abilities *a, char *why, size_t size)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 1), INSN_EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = NETFILTER_ATTACH_TYPE);
	int prog = bpf_prog_load(NETFILTER_PROG_TYPE, "crumb_try", "GPL", insns, 2, &opts);

	(void)a;
	if (prog < 0)
		return backend_refuse(
			why, size, -errno,
			"programs among netfilter's hooks (CONFIG_NETFILTER_BPF_LINK, Linux 6.4)");
	close(prog);
	return 0;
}

/* Where nobody has a chain a hook of ours would be the first, and would cost what it came to measure. */
static int has(const struct abilities *a, struct hook_place *h, char *why, size_t size)
{
	(void)h;
	if (!a->netfilter_why)
		return 0;
	snprintf(why, size, "%s", a->netfilter_why);
	return -ENOENT;
}

static int prepare(struct bpf_program *prog, const struct hook_place *h)
{
	int err = bpf_program__set_type(prog, NETFILTER_PROG_TYPE);

	(void)h;
	return err ? err : bpf_program__set_expected_attach_type(prog, NETFILTER_ATTACH_TYPE);
}

const struct backend backend_netfilter = {
	.kind = HOOK_NETFILTER, .able = able, .has = has, .prepare = prepare
};
