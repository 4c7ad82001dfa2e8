// SPDX-License-Identifier: GPL-2.0-only
/* Programs that netfilter calls among its hooks (net/netfilter/nf_bpf_link.c, 6.4). They are attached by netfilter_links.c. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "insns.h"
#include "netfilter_links.h"

/*
 * A link has to keep its namespace (its ns_tracker, Linux 6.12 and 6.6.59): without, the kernel uses the namespace's memory after it is
 * gone, when the link is closed (CVE-2024-50130).
 */
static bool links_keep_netns(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "bpf_nf_link", BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (unsigned int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), "ns_tracker"))
			return true;
	return false;
}

static int able(const struct abilities *a, char *why, size_t size)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 1), INSN_EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = NETFILTER_ATTACH_TYPE);
	int prog = bpf_prog_load(NETFILTER_PROG_TYPE, "crumb_try", "GPL", insns, 2, &opts);

	if (prog < 0)
		return backend_refuse(
			why, size, -errno,
			"programs among netfilter's hooks (CONFIG_NETFILTER_BPF_LINK, Linux 6.4)");
	close(prog);
	if (links_keep_netns(a->btf))
		return 0;
	snprintf(why, size,
		 "programs among netfilter's hooks do not keep their namespace here (CVE-2024-50130)");
	return -ENOTSUP;
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
