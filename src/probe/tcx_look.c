// SPDX-License-Identifier: GPL-2.0-only
/* BPF_PROG_QUERY of a device in its namespace (kernel/bpf/tcx.c): see tcx_look.h. Before Linux 6.6 the kernel refuses the question. */
#include "tcx_look.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <unistd.h>

#include "netns_look.h"

/* enum bpf_attach_type; newer than the headers */
#define TCX_INGRESS 46
#define TCX_EGRESS  47
#define TCX_MAX	    64 /* BPF_MPROG_MAX: no side has more */

struct query {
	const struct crumb_ev_filter *head;
	uint32_t ids[TCX_MAX];
	uint32_t n;
	int err;
};

static void ask(uint32_t inum, void *ctx)
{
	struct query *q = ctx;

	(void)inum;
	q->n = TCX_MAX;
	q->err = bpf_prog_query((int)q->head->ifindex, q->head->egress ? TCX_EGRESS : TCX_INGRESS,
				0, NULL, q->ids, &q->n);
	if (q->err)
		q->n = 0;
}

/* That takes CAP_SYS_ADMIN: without it there is the number. */
static void name_program(struct crumb_ev_filter *e)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(e->handle);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
		e->cookie_len = (uint8_t)strnlen(info.name, sizeof(e->cookie));
		memcpy(e->cookie, info.name, e->cookie_len);
	}
	close(fd);
}

/* EINVAL: a kernel that knows no such programs. ENODEV and ENOENT: the device is gone, or it has none. */
static bool answered(int err)
{
	return !err || err == -EINVAL || err == -ENODEV || err == -ENOENT;
}

int tcx_look(const struct crumb_ev_filter *head, event_fn fn, void *ctx, bool *ret_broken)
{
	struct query q = { .head = head };
	int err = 0;

	if (netns_within(head->netns, ask, &q) || !answered(q.err)) {
		*ret_broken = true;
		return 0;
	}
	for (uint32_t i = 0; i < q.n && i < TCX_MAX && !err; i++) {
		struct crumb_ev_filter e = *head;

		e.protocol = ETH_P_ALL;
		e.handle = q.ids[i]; /* and no pref: asked before all filters */
		e.action = CRUMB_FILTER_OTHER;
		e.flags = CRUMB_FILTER_MORE;
		e.sport[1] = e.dport[1] = 0xffff;
		strcpy(e.kind, "tcx");
		name_program(&e);
		err = fn(ctx, &e.h);
	}
	return err;
}
