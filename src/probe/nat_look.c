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
	return MNL_CB_OK;
}

static bool has_chain(struct mnl_socket *nl)
{
	char buf[32768];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;
	int ret = MNL_CB_OK;
	bool found = false;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	nfg->version = NFNETLINK_V0;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	while (ret > MNL_CB_STOP && !found) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (n <= 0)
			return false;
		ret = mnl_cb_run(buf, n, 1, mnl_socket_get_portid(nl), on_chain, &found);
		if (ret < 0 && errno == EINTR) /* the rules change this moment */
			return true;
	}
	return found;
}

static bool translates(uint32_t inum, void *ctx)
{
	struct mnl_socket *nl = netns_netfilter(inum);
	bool found;

	(void)ctx;
	if (!nl) /* no netfilter there, or the namespace is gone, or the old tables */
		return errno == EEXIST;
	found = has_chain(nl);
	mnl_socket_close(nl);
	return found;
}

bool nat_in_use(void)
{
	return netns_each(translates, NULL);
}
