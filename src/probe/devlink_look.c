// SPDX-License-Identifier: GPL-2.0-only
/* Over generic netlink, a dump of DEVLINK_CMD_TRAP_GET in each namespace: devlink devices belong to one. Reads only. */
#include "devlink_look.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <string.h>

#include "clock.h"
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

/* The family's number; 0: the kernel has none. */
static uint16_t family_of(struct mnl_socket *nl)
{
	struct genl_family devlink;

	return genl_find(nl, DEVLINK_GENL_NAME, NULL, &devlink) ? 0 : devlink.id;
}

bool devlink_has_traps(void)
{
	struct mnl_socket *nl = netns_generic(netns_of_process(0));
	struct genl_family devlink = { 0 };

	if (!nl)
		return false;
	devlink.id = family_of(nl);
	mnl_socket_close(nl);
	return devlink.id && netns_each(traps_there, &devlink);
}

/* ------------------------------------------------------------------------------------------------ their actions */

void devlink_parse_trap(const struct nlmsghdr *nlh, struct crumb_ev_trap_set *ret)
{
	bool named = false, told = false;
	uint8_t action = 0;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
	{
		switch (mnl_attr_get_type(a)) {
		case DEVLINK_ATTR_TRAP_NAME:
			named = netlink_is_text(a, ret->name);
			break;
		case DEVLINK_ATTR_TRAP_ACTION:
			told = mnl_attr_get_payload_len(a) == 1;
			action = told ? mnl_attr_get_u8(a) + 1 : 0;
			break;
		}
	}
	if (!named || !told || action > CRUMB_TRAP_MIRRORS)
		return;
	ret->action = ret->action && ret->action != action ? CRUMB_TRAP_DIFFERS : action;
}

static int on_set(const struct nlmsghdr *nlh, void *ctx)
{
	devlink_parse_trap(nlh, ctx);
	return MNL_CB_OK;
}

bool devlink_trap_set(const struct crumb_ev_trap *trap, struct crumb_ev_trap_set *ret)
{
	struct mnl_socket *nl = netns_generic(trap->s.netns);
	char buf[NETLINK_REQUEST_BYTES];
	uint16_t family = nl ? family_of(nl) : 0;

	*ret = (struct crumb_ev_trap_set){
		.h = { .time_ns = trap->s.h.time_ns, .type = CRUMB_EV_TRAP_SET, .size = sizeof(*ret) },
		.read_ns = clock_ns(CLOCK_MONOTONIC),
		.netns = trap->s.netns,
	};
	memcpy(ret->name, trap->name, sizeof(ret->name));
	if (family && netlink_dump(nl, genl_request(buf, family, DEVLINK_CMD_TRAP_GET), on_set, ret))
		ret->action = 0;
	if (nl)
		mnl_socket_close(nl);
	return ret->action;
}
