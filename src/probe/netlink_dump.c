// SPDX-License-Identifier: GPL-2.0-only
#include "netlink_dump.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

int netlink_dump(struct mnl_socket *nl, const struct nlmsghdr *request, mnl_cb_t fn, void *ctx)
{
	char buf[32768];
	int ret = MNL_CB_OK;

	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	while (ret > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (n <= 0) {
			errno = EIO;
			return 1;
		}
		ret = mnl_cb_run(buf, n, request->nlmsg_seq, mnl_socket_get_portid(nl), fn, ctx);
	}
	return ret != MNL_CB_STOP;
}

bool netlink_is_text(const struct nlattr *a, const char *text)
{
	size_t n = strlen(text) + 1;

	return a && mnl_attr_get_payload_len(a) == n && !memcmp(mnl_attr_get_payload(a), text, n);
}

static int nft_request(struct mnl_socket *nl, uint16_t what, uint16_t flags, mnl_cb_t fn, void *ctx)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg))];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | what;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = what;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	nfg->version = NFNETLINK_V0;
	return netlink_dump(nl, nlh, fn, ctx);
}

int nft_dump(struct mnl_socket *nl, uint16_t what, mnl_cb_t fn, void *ctx)
{
	return nft_request(nl, what, NLM_F_DUMP, fn, ctx);
}

int nft_ask(struct mnl_socket *nl, uint16_t what, mnl_cb_t fn, void *ctx)
{
	return nft_request(nl, what, 0, fn, ctx);
}
