// SPDX-License-Identifier: GPL-2.0-only
#include "genl.h"

#include <errno.h>
#include <linux/genetlink.h>

#include "netlink_dump.h"

struct finding {
	const char *name, *group;
	struct genl_family *ret;
};

static void find_group(const struct nlattr *groups, struct finding *f)
{
	const struct nlattr *group, *a;

	mnl_attr_for_each_nested(group, groups)
	{
		uint32_t id = 0;
		bool named = false;

		mnl_attr_for_each_nested(a, group)
		{
			if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME)
				named = netlink_is_text(a, f->group);
			else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID &&
				 mnl_attr_get_payload_len(a) == sizeof(id))
				id = mnl_attr_get_u32(a);
		}
		if (named)
			f->ret->group = id;
	}
}

static int on_family(const struct nlmsghdr *nlh, void *ctx)
{
	struct finding *f = ctx;
	const struct nlattr *a, *groups = NULL;
	bool named = false;
	uint16_t id = 0;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
	{
		switch (mnl_attr_get_type(a)) {
		case CTRL_ATTR_FAMILY_NAME:
			named = netlink_is_text(a, f->name);
			break;
		case CTRL_ATTR_FAMILY_ID:
			id = mnl_attr_get_payload_len(a) == sizeof(id) ? mnl_attr_get_u16(a) : 0;
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			groups = a;
			break;
		}
	}
	if (!named)
		return MNL_CB_OK;
	f->ret->id = id;
	if (groups && f->group)
		find_group(groups, f);
	return MNL_CB_OK; /* to the end: the socket is used again */
}

struct nlmsghdr *genl_request(void *buf, uint16_t family, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = 1;
	return nlh;
}

int genl_find(struct mnl_socket *nl, const char *name, const char *group, struct genl_family *ret)
{
	struct finding f = { name, group, ret };
	char buf[NETLINK_REQUEST_BYTES];

	*ret = (struct genl_family){ 0 };
	netlink_dump(nl, genl_request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY), on_family, &f);
	return ret->id ? 0 : -ENOENT;
}
