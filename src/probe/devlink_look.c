// SPDX-License-Identifier: GPL-2.0-only
/* Over generic netlink, a dump of DEVLINK_CMD_TRAP_GET in each namespace: devlink devices belong to one. Reads only. */
#include "devlink_look.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>

#include "genl.h"
#include "netlink_dump.h"
#include "netns_each.h"
#include "netns_look.h"

static int on_trap(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nlattr *a;
	bool *found = ctx;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) *found |= mnl_attr_get_type(a) ==
								       DEVLINK_ATTR_TRAP_NAME;
	return *found ? MNL_CB_STOP : MNL_CB_OK;
}

static bool traps_there(uint32_t inum, void *ctx)
{
	const struct genl_family *devlink = ctx;
	struct mnl_socket *nl = netns_generic(inum);
	char buf[NETLINK_REQUEST_BYTES];
	bool found = false;

	if (!nl)
		return false;
	netlink_dump(nl, genl_request(buf, devlink->id, DEVLINK_CMD_TRAP_GET), on_trap, &found);
	mnl_socket_close(nl);
	return found;
}

bool devlink_has_traps(void)
{
	struct mnl_socket *nl = netns_generic(netns_of_process(0));
	struct genl_family devlink;
	int err;

	if (!nl)
		return false;
	err = genl_find(nl, DEVLINK_GENL_NAME, NULL, &devlink);
	mnl_socket_close(nl);
	return !err && netns_each(traps_there, &devlink);
}
