// SPDX-License-Identifier: GPL-2.0-only
/* Chains over netlink (include/uapi/linux/netfilter/nf_tables.h) in each network namespace. */
#include "nat_look.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <string.h>

#include "netlink_dump.h"
#include "netns_each.h"
#include "netns_look.h"

static int on_chain(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nlattr *a;
	bool *found = ctx;

	mnl_attr_for_each(a, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == NFTA_CHAIN_TYPE && !strcmp(mnl_attr_get_str(a), "nat"))
			*found = true;
	}
	return *found ? MNL_CB_STOP : MNL_CB_OK;
}

static bool translates(uint32_t inum, void *ctx)
{
	struct mnl_socket *nl = netns_netfilter(inum);
	bool found = false;

	(void)ctx;
	if (!nl) /* no netfilter there, or the namespace is gone, or the old tables */
		return errno == EEXIST;
	if (nft_dump(nl, NFT_MSG_GETCHAIN, on_chain, &found) == 1 && errno == EINTR)
		found = true; /* the rules change this moment */
	mnl_socket_close(nl);
	return found;
}

bool nat_in_use(void)
{
	return netns_each(translates, NULL);
}
