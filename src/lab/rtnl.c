// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtnetlink by libmnl: create veth pairs and a bridge, set them up, give addresses, list links,
 * addresses and FDB entries. A socket belongs to the namespace it was opened in, so no request ever
 * needs a setns(). Kernel side: net/core/rtnetlink.c, drivers/net/veth.c, net/bridge/br_netlink.c.
 */
#include "rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "netns.h"

#define REQUEST_BYTES	1024
#define REPLY_BYTES	32768 /* a dump arrives in parts of at most this, MNL_SOCKET_DUMP_SIZE */
#define REPLY_TIMEOUT_S 5

struct rtnl {
	struct mnl_socket *requests;
	struct mnl_socket *changes; /* joined to RTNLGRP_LINK */
	uint32_t seq;
};

struct request {
	char bytes[REQUEST_BYTES];
	struct nlmsghdr *nlh;
};

static int open_sockets(void *arg)
{
	const struct timeval timeout = { .tv_sec = REPLY_TIMEOUT_S };
	struct rtnl *r = arg;

	r->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!r->requests || mnl_socket_bind(r->requests, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	setsockopt(mnl_socket_get_fd(r->requests), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		   sizeof(timeout));
	r->changes = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!r->changes || mnl_socket_bind(r->changes, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

void rtnl_close(struct rtnl *r)
{
	if (!r)
		return;
	if (r->requests)
		mnl_socket_close(r->requests);
	if (r->changes)
		mnl_socket_close(r->changes);
	free(r);
}

void rtnl_closep(struct rtnl **r)
{
	rtnl_close(*r);
}

int rtnl_open(int netns_fd, struct rtnl **ret_rtnl, struct error *e)
{
	_cleanup_(rtnl_closep) struct rtnl *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return error_set(e, -ENOMEM, "out of memory");
	err = netns_call(netns_fd, open_sockets, r, e);
	if (err)
		return error_set(e, err, "cannot open a netlink socket: %s", strerror(-err));
	*ret_rtnl = steal_ptr(r);
	return 0;
}

static void *request_begin(struct request *q, uint16_t type, uint16_t flags, size_t header_bytes)
{
	q->nlh = mnl_nlmsg_put_header(q->bytes);
	q->nlh->nlmsg_type = type;
	q->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(q->nlh, header_bytes);
}

/* Send @q and hand each message of the answer to @cb until its end or its acknowledgement. */
static int request_run(struct rtnl *r, struct request *q, mnl_cb_t cb, void *arg)
{
	unsigned int portid = mnl_socket_get_portid(r->requests);
	_cleanup_free_ char *reply = malloc(REPLY_BYTES);
	ssize_t n;
	int ret;

	if (!reply)
		return -ENOMEM;
	q->nlh->nlmsg_seq = ++r->seq;
	if (mnl_socket_sendto(r->requests, q->nlh, q->nlh->nlmsg_len) < 0)
		return -errno;
	do {
		do
			n = mnl_socket_recvfrom(r->requests, reply, REPLY_BYTES);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		ret = mnl_cb_run(reply, n, r->seq, portid, cb, arg);
	} while (ret > MNL_CB_STOP);
	return ret < 0 ? -errno : 0;
}

static int request_ack(struct rtnl *r, struct request *q)
{
	return request_run(r, q, NULL, NULL);
}

static void put_new_link(struct nlmsghdr *nlh, const struct rtnl_new_link *link)
{
	mnl_attr_put_strz(nlh, IFLA_IFNAME, link->name);
	mnl_attr_put(nlh, IFLA_ADDRESS, 6, link->mac);
}

static int cannot_add(const char *kind, const char *name, int err, struct error *e)
{
	if (err == -EOPNOTSUPP)
		return error_set(e, err,
				 "this kernel cannot create a %s; load its module (modprobe %s) or boot one "
				 "that has it",
				 kind, kind);
	return error_set(e, err, "cannot create %s %s: %s", kind, name, strerror(-err));
}

int rtnl_add_veth(struct rtnl *r, const struct rtnl_new_link *link, int peer_netns_fd,
		  const struct rtnl_new_link *peer, struct error *e)
{
	struct nlattr *info, *data, *end;
	struct ifinfomsg *ifi, *peer_ifi;
	struct request q;
	int err;

	ifi = request_begin(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof(*ifi));
	ifi->ifi_index = link->ifindex;
	put_new_link(q.nlh, link);
	info = mnl_attr_nest_start(q.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(q.nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(q.nlh, IFLA_INFO_DATA);
	/* The peer is described by a whole link message of its own, header included. */
	end = mnl_attr_nest_start(q.nlh, VETH_INFO_PEER);
	peer_ifi = mnl_nlmsg_put_extra_header(q.nlh, sizeof(*peer_ifi));
	peer_ifi->ifi_index = peer->ifindex;
	put_new_link(q.nlh, peer);
	mnl_attr_put_u32(q.nlh, IFLA_NET_NS_FD, peer_netns_fd);
	mnl_attr_nest_end(q.nlh, end);
	mnl_attr_nest_end(q.nlh, data);
	mnl_attr_nest_end(q.nlh, info);
	err = request_ack(r, &q);
	return err ? cannot_add("veth", link->name, err, e) : 0;
}

int rtnl_add_bridge(struct rtnl *r, const struct rtnl_new_link *link, struct error *e)
{
	struct nlattr *info, *data;
	struct ifinfomsg *ifi;
	struct request q;
	int err;

	ifi = request_begin(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof(*ifi));
	ifi->ifi_index = link->ifindex;
	put_new_link(q.nlh, link);
	info = mnl_attr_nest_start(q.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(q.nlh, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(q.nlh, IFLA_INFO_DATA);
	/* Without STP a port forwards at once; with it, after twice the forward delay (30 s). */
	mnl_attr_put_u32(q.nlh, IFLA_BR_STP_STATE, 0);
	mnl_attr_nest_end(q.nlh, data);
	mnl_attr_nest_end(q.nlh, info);
	err = request_ack(r, &q);
	return err ? cannot_add("bridge", link->name, err, e) : 0;
}

int rtnl_set_up(struct rtnl *r, int ifindex, struct error *e)
{
	struct ifinfomsg *ifi;
	struct request q;
	int err;

	ifi = request_begin(&q, RTM_NEWLINK, NLM_F_ACK, sizeof(*ifi));
	ifi->ifi_index = ifindex;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	err = request_ack(r, &q);
	return err ? error_set(e, err, "cannot set interface %d up: %s", ifindex, strerror(-err)) : 0;
}

int rtnl_set_bridge(struct rtnl *r, int ifindex, int bridge_ifindex, struct error *e)
{
	struct ifinfomsg *ifi;
	struct request q;
	int err;

	ifi = request_begin(&q, RTM_NEWLINK, NLM_F_ACK, sizeof(*ifi));
	ifi->ifi_index = ifindex;
	mnl_attr_put_u32(q.nlh, IFLA_MASTER, bridge_ifindex);
	err = request_ack(r, &q);
	return err ? error_set(e, err, "cannot make interface %d a bridge port: %s", ifindex,
			       strerror(-err)) :
		     0;
}

static size_t addr_bytes(int family)
{
	return family == AF_INET ? 4 : 16;
}

int rtnl_add_addr(struct rtnl *r, const struct rtnl_addr *a, struct error *e)
{
	struct ifaddrmsg *ifa;
	struct request q;
	uint32_t broadcast;
	int err;

	ifa = request_begin(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof(*ifa));
	ifa->ifa_family = a->family;
	ifa->ifa_prefixlen = a->prefix_bits;
	ifa->ifa_index = a->ifindex;
	ifa->ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put(q.nlh, IFA_LOCAL, addr_bytes(a->family), a->bytes);
	mnl_attr_put(q.nlh, IFA_ADDRESS, addr_bytes(a->family), a->bytes);
	if (a->family == AF_INET && a->prefix_bits <= 30) {
		memcpy(&broadcast, a->bytes, 4);
		broadcast |= htonl(0xffffffffu >> a->prefix_bits);
		mnl_attr_put_u32(q.nlh, IFA_BROADCAST, broadcast);
	}
	err = request_ack(r, &q);
	if (a->family == AF_INET6 && (err == -EOPNOTSUPP || err == -EACCES))
		return error_set(e, -EOPNOTSUPP,
				 "IPv6 is off in this kernel; boot without ipv6.disable=1, or give "
				 "a topology with IPv4 addresses only");
	return err ? error_set(e, err, "cannot add an address to interface %d: %s", a->ifindex,
			       strerror(-err)) :
		     0;
}

struct walk {
	union {
		rtnl_link_fn link;
		rtnl_addr_fn addr;
		rtnl_fdb_fn fdb;
	} fn;
	void *arg;
};

static void copy_name(char to[RTNL_NAME_BYTES], const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return;
	strncpy(to, mnl_attr_get_str(attr), RTNL_NAME_BYTES - 1);
}

static void copy_mac(uint8_t to[6], const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) >= 6)
		memcpy(to, mnl_attr_get_payload(attr), 6);
}

static void read_link_info(struct rtnl_link *l, const struct nlattr *info)
{
	const struct nlattr *attr, *inner;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_name(l->kind, attr);
		if (mnl_attr_get_type(attr) != IFLA_INFO_SLAVE_DATA)
			continue;
		mnl_attr_for_each_nested(inner,
					 attr) if (mnl_attr_get_type(inner) == IFLA_BRPORT_STATE)
			l->port_state = mnl_attr_get_u8(inner);
	}
}

static int on_link(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct rtnl_link l = { .port_state = RTNL_NO_PORT };
	const struct walk *w = arg;
	const struct nlattr *attr;

	l.ifindex = ifi->ifi_index;
	l.flags = ifi->ifi_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			copy_name(l.name, attr);
			break;
		case IFLA_ADDRESS:
			copy_mac(l.mac, attr);
			break;
		case IFLA_MTU:
			l.mtu_bytes = mnl_attr_get_u32(attr);
			break;
		case IFLA_OPERSTATE:
			l.operstate = mnl_attr_get_u8(attr);
			break;
		case IFLA_MASTER:
			l.bridge_ifindex = mnl_attr_get_u32(attr);
			break;
		case IFLA_LINKINFO:
			read_link_info(&l, attr);
			break;
		}
	}
	w->fn.link(&l, w->arg);
	return MNL_CB_OK;
}

int rtnl_for_each_link(struct rtnl *r, rtnl_link_fn fn, void *arg)
{
	struct walk w = { .fn.link = fn, .arg = arg };
	struct ifinfomsg *ifi;
	struct request q;

	ifi = request_begin(&q, RTM_GETLINK, NLM_F_DUMP, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	return request_run(r, &q, on_link, &w);
}

static int on_addr(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct rtnl_addr a = { .ifindex = ifa->ifa_index,
			       .family = ifa->ifa_family,
			       .prefix_bits = ifa->ifa_prefixlen };
	const struct walk *w = arg;
	const struct nlattr *attr;

	if (a.family != AF_INET && a.family != AF_INET6)
		return MNL_CB_OK;
	/*
	 * IPv4 has both on a point-to-point link, IFA_LOCAL being the own one; IPv6 has IFA_ADDRESS
	 * alone.
	 */
	mnl_attr_for_each(attr, nlh, sizeof(*ifa))
	{
		int type = mnl_attr_get_type(attr);

		if (type != (a.family == AF_INET ? IFA_LOCAL : IFA_ADDRESS) ||
		    mnl_attr_get_payload_len(attr) != addr_bytes(a.family))
			continue;
		memcpy(a.bytes, mnl_attr_get_payload(attr), addr_bytes(a.family));
		w->fn.addr(&a, w->arg);
	}
	return MNL_CB_OK;
}

int rtnl_for_each_addr(struct rtnl *r, rtnl_addr_fn fn, void *arg)
{
	struct walk w = { .fn.addr = fn, .arg = arg };
	struct ifaddrmsg *ifa;
	struct request q;

	ifa = request_begin(&q, RTM_GETADDR, NLM_F_DUMP, sizeof(*ifa));
	ifa->ifa_family = AF_UNSPEC;
	return request_run(r, &q, on_addr, &w);
}

static int on_fdb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);
	struct rtnl_fdb f = { .port_ifindex = nd->ndm_ifindex };
	const struct walk *w = arg;
	const struct nlattr *attr;

	/* NTF_SELF entries are a device's own unicast filter, not the bridge's table. */
	if (nd->ndm_flags & NTF_SELF)
		return MNL_CB_OK;
	f.learned = !(nd->ndm_state & (NUD_PERMANENT | NUD_NOARP));
	mnl_attr_for_each(attr, nlh, sizeof(*nd)) if (mnl_attr_get_type(attr) == NDA_LLADDR)
		copy_mac(f.mac, attr);
	w->fn.fdb(&f, w->arg);
	return MNL_CB_OK;
}

int rtnl_for_each_fdb(struct rtnl *r, rtnl_fdb_fn fn, void *arg)
{
	struct walk w = { .fn.fdb = fn, .arg = arg };
	struct request q;
	struct ndmsg *nd;

	nd = request_begin(&q, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*nd));
	nd->ndm_family = AF_BRIDGE;
	return request_run(r, &q, on_fdb, &w);
}

void rtnl_wait_link(struct rtnl *r, int timeout_ms)
{
	struct pollfd fd = { .fd = mnl_socket_get_fd(r->changes), .events = POLLIN };
	_cleanup_free_ char *drain = malloc(REPLY_BYTES);

	if (poll(&fd, 1, timeout_ms) <= 0 || !drain)
		return;
	/*
	 * What changed does not matter: the caller looks again. A lost notification ends the wait
	 * as well.
	 */
	while (mnl_socket_recvfrom(r->changes, drain, REPLY_BYTES) > 0)
		;
}
