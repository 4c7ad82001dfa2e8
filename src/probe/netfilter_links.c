// SPDX-License-Identifier: GPL-2.0-only
/* Chains over netlink (include/uapi/linux/netfilter/nf_tables.h), links by the system call: libbpf 1.1 does not know them. */
#include "netfilter_links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "netlink_dump.h"
#include "netns_each.h"
#include "netns_look.h"

#define BPF_LINK_CREATE_CALL 28
#define PRIORITIES_TRIED \
	8 /* two programs of one priority are refused: another crumb may be there */
#define HOOKS_OF_IP ((1u << NF_INET_NUMHOOKS) - 1)

struct hooks { /* NF_INET_*, a bit each, at which there are chains */
	uint32_t v4, v6;
};

struct netfilter_links {
	int first, last;    /* programs */
	uint32_t own;	    /* crumb's namespace */
	struct hooks hooks; /* of the namespace that is being worked on */
	unsigned int count;
	unsigned int left_out; /* namespaces */
	struct {
		uint32_t netns;
		int fd;
		bool kept; /* somebody else has the namespace */
	} links[NETFILTER_LINKS_MAX];
};

static int on_chain(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct hooks *hooks = ctx;
	const struct nlattr *a, *b;
	uint32_t hook = NF_INET_NUMHOOKS;

	mnl_attr_for_each(a, nlh, sizeof(*nfg))
	{
		if (mnl_attr_get_type(a) != NFTA_CHAIN_HOOK)
			continue;
		mnl_attr_for_each_nested(b, a) if (mnl_attr_get_type(b) == NFTA_HOOK_HOOKNUM)
			hook = ntohl(mnl_attr_get_u32(b));
	}
	if (hook >= NF_INET_NUMHOOKS)
		return MNL_CB_OK;
	if (nfg->nfgen_family == NFPROTO_IPV4 || nfg->nfgen_family == NFPROTO_INET)
		hooks->v4 |= 1u << hook;
	if (nfg->nfgen_family == NFPROTO_IPV6 || nfg->nfgen_family == NFPROTO_INET)
		hooks->v6 |= 1u << hook;
	return MNL_CB_OK;
}

/* The old iptables says at no hook in particular that it is there, nor does a ruleset that changes meanwhile: then all of them count. */
static struct hooks hooks_in(uint32_t inum)
{
	struct mnl_socket *nl = netns_netfilter(inum);
	struct hooks hooks = { 0 };

	if (!nl) {
		if (errno == EEXIST)
			hooks.v4 = hooks.v6 = HOOKS_OF_IP;
		return hooks;
	}
	if (nft_dump(nl, NFT_MSG_GETCHAIN, on_chain, &hooks) == 1 && errno == EINTR)
		hooks.v4 = hooks.v6 = HOOKS_OF_IP;
	mnl_socket_close(nl);
	return hooks;
}

static bool has_hooks(uint32_t inum, void *ctx)
{
	struct hooks hooks = hooks_in(inum);

	(void)ctx;
	return hooks.v4 || hooks.v6;
}

bool netfilter_in_use(void)
{
	return netns_each(has_hooks, NULL);
}

/* In the calling thread's namespace. */
static int link_create(int prog, uint32_t family, uint32_t hook, int32_t priority)
{
	struct { /* union bpf_attr.link_create with .netfilter, include/uapi/linux/bpf.h */
		uint32_t prog_fd, target_fd, attach_type, flags;
		uint32_t pf, hooknum;
		int32_t priority;
		uint32_t nf_flags;
	} attr = { .prog_fd = prog,
		   .attach_type = NETFILTER_ATTACH_TYPE,
		   .pf = family,
		   .hooknum = hook,
		   .priority = priority };

	return syscall(SYS_bpf, BPF_LINK_CREATE_CALL, &attr, sizeof(attr));
}

static void link_add(struct netfilter_links *n, uint32_t inum, int prog, uint32_t family,
		     uint32_t hook)
{
	int fd = -1;

	for (int i = 1; i <= PRIORITIES_TRIED && fd < 0; i++) {
		fd = link_create(prog, family, hook,
				 prog == n->first ? INT32_MIN + i : INT32_MAX - i);
		if (fd < 0 && errno != EBUSY)
			return;
	}
	if (fd < 0)
		return;
	n->links[n->count].netns = inum;
	n->links[n->count++].fd = fd;
}

/*
 * Is a program bound to an NFQUEUE here? When a hook goes, the kernel drops what lies in the namespace's queues
 * (nf_queue_nf_hook_drop()), and when one comes, what lies there meets its chains again: crumb stays away.
 */
static bool queue_bound(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/thread-self/net/netfilter/nfnetlink_queue", "re");

	return f && fgetc(f) != EOF;
}

/* The last first: a packet that comes between is then asked nothing. */
static void links_add(uint32_t inum, void *ctx)
{
	struct netfilter_links *n = ctx;

	if (queue_bound()) {
		n->left_out++;
		return;
	}
	for (uint32_t hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		const uint32_t families[] = { n->hooks.v4 >> hook & 1 ? NFPROTO_IPV4 : 0,
					      n->hooks.v6 >> hook & 1 ? NFPROTO_IPV6 : 0 };

		for (unsigned int i = 0; i < 2; i++) {
			if (!families[i] || n->count + 2 > NETFILTER_LINKS_MAX)
				continue;
			link_add(n, inum, n->last, families[i], hook);
			link_add(n, inum, n->first, families[i], hook);
		}
	}
}

static bool look_at(uint32_t inum, void *ctx)
{
	struct netfilter_links *n = ctx;

	n->hooks = hooks_in(inum);
	if (!n->hooks.v4 && !n->hooks.v6)
		return false;
	if (n->count + 2 > NETFILTER_LINKS_MAX || netns_within(inum, links_add, n))
		n->left_out++;
	return false;
}

struct netfilter_links *netfilter_links_new(int first, int last)
{
	struct netfilter_links *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->first = first;
	n->last = last;
	n->own = netns_of_process(0);
	netns_each(look_at, n);
	if (n->count)
		return n;
	free(n);
	return NULL;
}

void netfilter_links_free(struct netfilter_links *n)
{
	for (unsigned int i = 0; n && i < n->count; i++)
		close(n->links[i].fd);
	free(n);
}

unsigned int netfilter_links_left_out(const struct netfilter_links *n)
{
	return n->left_out;
}

static bool keep(uint32_t inum, void *ctx)
{
	struct netfilter_links *n = ctx;

	for (unsigned int i = 0; i < n->count; i++)
		n->links[i].kept |= n->links[i].netns == inum;
	return false;
}

void netfilter_links_tend(struct netfilter_links *n)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n->count; i++)
		n->links[i].kept = n->links[i].netns == n->own;
	if (netns_each(keep, n))
		return; /* it has not looked at all of them */
	for (unsigned int i = 0; i < n->count; i++) {
		if (n->links[i].kept)
			n->links[kept++] = n->links[i];
		else
			close(n->links[i].fd);
	}
	n->count = kept;
}
