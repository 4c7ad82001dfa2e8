// SPDX-License-Identifier: GPL-2.0-only
#include "netns_look.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "netlink_dump.h"

#define NAMED "/run/netns"

static uint32_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

uint32_t netns_of_process(int pid)
{
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	else
		snprintf(path, sizeof(path), "/proc/thread-self/ns/net");
	return inode_of(path);
}

static void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* An entry below @dir whose @suffix file is the namespace; the path goes to @path, its name to @name. */
static int find_below(const char *dir, const char *suffix, uint32_t inum, char *path, size_t size)
{
	DIR *d __attribute__((cleanup(cleanup_dir))) = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' ||
		    (suffix[0] && (entry->d_name[0] < '0' || entry->d_name[0] > '9')))
			continue;
		snprintf(path, size, "%s/%s%s", dir, entry->d_name, suffix);
		if (inode_of(path) == inum)
			return 0;
	}
	return -ENOENT;
}

void netns_name(uint32_t inum, char *name, size_t size)
{
	char path[320];

	name[0] = '\0';
	if (!find_below(NAMED, "", inum, path, sizeof(path)))
		snprintf(name, size, "%s", path + sizeof(NAMED));
}

static int open_netns(uint32_t inum)
{
	char path[320];
	int fd;

	if (find_below(NAMED, "", inum, path, sizeof(path)) &&
	    find_below("/proc", "/ns/net", inum, path, sizeof(path)))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool netns_exists(uint32_t inum)
{
	char path[320];

	return !find_below(NAMED, "", inum, path, sizeof(path)) ||
	       !find_below("/proc", "/ns/net", inum, path, sizeof(path));
}

/* The old iptables, of the calling thread's namespace: its rules are in no netlink dump. */
static bool has_old_tables(void)
{
	static const char *const names[] = { "ip_tables_names", "ip6_tables_names" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_fclose_ FILE *f = NULL;
		char path[64];

		snprintf(path, sizeof(path), "/proc/thread-self/net/%s", names[i]);
		f = fopen(path, "re");
		if (f && fgetc(f) != EOF)
			return true;
	}
	return false;
}

int netns_within(uint32_t inum, void (*fn)(uint32_t inum, void *ctx), void *ctx)
{
	_cleanup_close_ int home = -1, there = -1;
	int err;

	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	if (inode_of("/proc/thread-self/ns/net") != inum) {
		there = open_netns(inum);
		if (there < 0)
			return there;
		if (setns(there, CLONE_NEWNET))
			return -errno;
	}
	fn(inum, ctx);
	err = there >= 0 && setns(home, CLONE_NEWNET) ? -errno : 0;
	return err;
}

struct opening {
	int protocol, err;
	struct mnl_socket *nl;
};

static void open_here(uint32_t inum, void *ctx)
{
	struct opening *o = ctx;

	(void)inum;
	if (o->protocol == NETLINK_NETFILTER && has_old_tables()) {
		o->err = EEXIST;
		return;
	}
	o->nl = mnl_socket_open2(o->protocol, SOCK_CLOEXEC);
	o->err = o->nl ? 0 : errno;
	if (o->nl && mnl_socket_bind(o->nl, 0, MNL_SOCKET_AUTOPID)) {
		o->err = errno;
		mnl_socket_close(o->nl);
		o->nl = NULL;
	}
}

/* A netlink socket that belongs to that namespace; the thread itself comes back. */
static struct mnl_socket *socket_in(uint32_t inum, int protocol)
{
	struct opening o = { .protocol = protocol };
	int err = netns_within(inum, open_here, &o);

	if (err && o.nl) {
		mnl_socket_close(o.nl);
		o.nl = NULL;
	}
	errno = err ? -err : o.err;
	return o.nl;
}

struct mnl_socket *netns_rtnetlink(uint32_t inum)
{
	return socket_in(inum, NETLINK_ROUTE);
}

struct mnl_socket *netns_netfilter(uint32_t inum)
{
	return socket_in(inum, NETLINK_NETFILTER);
}

struct mnl_socket *netns_generic(uint32_t inum)
{
	return socket_in(inum, NETLINK_GENERIC);
}

struct dump {
	uint32_t inum;
	uint64_t time_ns;
	event_fn fn;
	void *ctx;
	int err;
	/* ports: bridges that look at VLANs */
	struct vlan_bridge {
		uint32_t ifindex;
		bool stag;
	} * filtering;
	unsigned int bridges, room;
};

static int run_dump(struct dump *d, uint16_t type, uint8_t family, mnl_cb_t cb)
{
	struct mnl_socket *nl = socket_in(d->inum, NETLINK_ROUTE);
	char buf[NETLINK_REQUEST_BYTES];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int ret;

	if (!nl)
		return errno ? -errno : -ENOENT;
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	if (type == RTM_GETLINK) {
		struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

		ifm->ifi_family = family;
		if (family == AF_BRIDGE)
			mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	} else {
		struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));

		ndm->ndm_family = family;
	}
	ret = netlink_dump(nl, nlh, cb, d);
	if (ret < 0)
		d->err = ret;
	mnl_socket_close(nl);
	return d->err;
}

static void read_linkinfo(const struct nlattr *info, struct crumb_ev_dev *e)
{
	const struct nlattr *a, *b, *data = NULL, *own = NULL;
	bool port = false;

	mnl_attr_for_each_nested(a, info)
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_INFO_KIND:
			snprintf(e->kind, sizeof(e->kind), "%s", mnl_attr_get_str(a));
			break;
		case IFLA_INFO_SLAVE_KIND:
			port = !strcmp(mnl_attr_get_str(a), "bridge");
			break;
		case IFLA_INFO_SLAVE_DATA:
			data = a;
			break;
		case IFLA_INFO_DATA:
			own = a;
			break;
		}
	}
	if (own && !strcmp(e->kind, "vrf"))
		mnl_attr_for_each_nested(b, own) if (mnl_attr_get_type(b) == IFLA_VRF_TABLE)
			e->table = mnl_attr_get_u32(b);
	if (!port || !data)
		return;
	mnl_attr_for_each_nested(b, data) if (mnl_attr_get_type(b) == IFLA_BRPORT_STATE)
		e->port_state = mnl_attr_get_u8(b);
}

/* FNV-1a; never 0. */
static uint64_t digest_of(const uint8_t *bytes, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 0x100000001b3ull;
	return h ? h : 1;
}

static int on_link(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	struct dump *d = ctx;
	struct crumb_ev_dev e = {
		.h = { .time_ns = d->time_ns, .type = CRUMB_EV_DEV, .size = sizeof(e) },
		.netns = d->inum,
		.ifindex = ifm->ifi_index,
		.port_state = 0xff,
	};
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(*ifm))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME:
			snprintf(e.name, sizeof(e.name), "%s", mnl_attr_get_str(a));
			break;
		case IFLA_MASTER:
			e.master = mnl_attr_get_u32(a);
			break;
		case IFLA_LINK:
			e.peer = mnl_attr_get_u32(a);
			break;
		case IFLA_MTU:
			e.mtu = mnl_attr_get_u32(a);
			break;
		case IFLA_QDISC:
			snprintf(e.qdisc, sizeof(e.qdisc), "%s", mnl_attr_get_str(a));
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(a) == 6)
				memcpy(e.mac, mnl_attr_get_payload(a), 6);
			break;
		case IFLA_LINKINFO:
			read_linkinfo(a, &e);
			break;
		case IFLA_PHYS_SWITCH_ID:
			e.switch_id = digest_of(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
			break;
		}
	}
	d->err = d->fn(d->ctx, &e.h);
	return d->err ? MNL_CB_STOP : MNL_CB_OK;
}

struct kinds {
	struct dump d;
	void (*fn)(void *ctx, const char *kind, uint16_t port);
	void *ctx;
};

static uint16_t port_of(const char *kind, const struct nlattr *data)
{
	uint16_t type = !strcmp(kind, "vxlan")	? IFLA_VXLAN_PORT :
			!strcmp(kind, "geneve") ? IFLA_GENEVE_PORT :
						  0;
	const struct nlattr *a;

	if (type && data)
		mnl_attr_for_each_nested(a, data) if (mnl_attr_get_type(a) ==
						      type) return ntohs(mnl_attr_get_u16(a));
	return 0;
}

static int on_kind(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nlattr *a, *b, *data = NULL;
	struct kinds *k = ctx;
	const char *kind = NULL;

	mnl_attr_for_each(a, nlh, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(a) != IFLA_LINKINFO)
			continue;
		mnl_attr_for_each_nested(b, a)
		{
			if (mnl_attr_get_type(b) == IFLA_INFO_KIND)
				kind = mnl_attr_get_str(b);
			else if (mnl_attr_get_type(b) == IFLA_INFO_DATA)
				data = b;
		}
	}
	if (kind)
		k->fn(k->ctx, kind, port_of(kind, data));
	return MNL_CB_OK;
}

int netns_dump_kinds(uint32_t inum, void (*fn)(void *ctx, const char *kind, uint16_t port), void *ctx)
{
	struct kinds k = { .d = { .inum = inum }, .fn = fn, .ctx = ctx };

	return run_dump(&k.d, RTM_GETLINK, AF_UNSPEC, on_kind);
}

int netns_dump_devices(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx)
{
	struct dump d = { .inum = inum, .time_ns = time_ns, .fn = fn, .ctx = ctx };

	return run_dump(&d, RTM_GETLINK, AF_UNSPEC, on_link);
}

static int on_neigh(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	struct dump *d = ctx;
	struct crumb_ev_fdb e = {
		.h = { .time_ns = d->time_ns, .type = CRUMB_EV_FDB, .size = sizeof(e) },
		.netns = d->inum,
		.port = ndm->ndm_ifindex,
		.state = ndm->ndm_state,
		.flags = ndm->ndm_flags,
	};
	const struct nlattr *a;
	const struct nda_cacheinfo *cache;

	mnl_attr_for_each(a, nlh, sizeof(*ndm))
	{
		switch (mnl_attr_get_type(a)) {
		case NDA_LLADDR:
			if (mnl_attr_get_payload_len(a) == 6)
				memcpy(e.mac, mnl_attr_get_payload(a), 6);
			break;
		case NDA_MASTER:
			e.bridge = mnl_attr_get_u32(a);
			break;
		case NDA_VLAN:
			e.vlan = mnl_attr_get_u16(a);
			break;
		case NDA_CACHEINFO: /* clock ticks of USER_HZ */
			cache = mnl_attr_get_payload(a);
			e.updated_ms = cache->ndm_updated * 1000u / sysconf(_SC_CLK_TCK);
			e.used_ms = cache->ndm_used * 1000u / sysconf(_SC_CLK_TCK);
			break;
		}
	}
	d->err = d->fn(d->ctx, &e.h);
	return d->err ? MNL_CB_STOP : MNL_CB_OK;
}

int netns_dump_fdb(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx)
{
	struct dump d = { .inum = inum, .time_ns = time_ns, .fn = fn, .ctx = ctx };

	return run_dump(&d, RTM_GETNEIGH, AF_BRIDGE, on_neigh);
}

static int bridge_add(struct dump *d, struct vlan_bridge bridge)
{
	if (d->bridges == d->room) {
		unsigned int room = d->room ? 2 * d->room : 32;
		struct vlan_bridge *more = realloc(d->filtering, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		d->filtering = more;
		d->room = room;
	}
	d->filtering[d->bridges++] = bridge;
	return 0;
}

static int read_bridge(struct dump *d, uint32_t ifindex, const struct nlattr *data)
{
	struct vlan_bridge bridge = { .ifindex = ifindex };
	const struct nlattr *a;
	bool filtering = false;

	mnl_attr_for_each_nested(a, data)
	{
		if (mnl_attr_get_type(a) == IFLA_BR_VLAN_FILTERING)
			filtering = mnl_attr_get_u8(a);
		else if (mnl_attr_get_type(a) == IFLA_BR_VLAN_PROTOCOL)
			bridge.stag = ntohs(mnl_attr_get_u16(a)) == ETH_P_8021AD;
	}
	return filtering ? bridge_add(d, bridge) : 0;
}

/* Which bridges look at VLANs? */
static int on_bridge(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a, *b;
	struct dump *d = ctx;

	mnl_attr_for_each(a, nlh, sizeof(*ifm))
	{
		const struct nlattr *data = NULL;
		bool bridge = false;

		if (mnl_attr_get_type(a) != IFLA_LINKINFO)
			continue;
		mnl_attr_for_each_nested(b, a)
		{
			if (mnl_attr_get_type(b) == IFLA_INFO_KIND)
				bridge = !strcmp(mnl_attr_get_str(b), "bridge");
			else if (mnl_attr_get_type(b) == IFLA_INFO_DATA)
				data = b;
		}
		if (bridge && data && !d->err)
			d->err = read_bridge(d, ifm->ifi_index, data);
	}
	return d->err ? MNL_CB_STOP : MNL_CB_OK;
}

static void read_vlan(const struct bridge_vlan_info *v, struct crumb_ev_port *e)
{
	if (v->flags & BRIDGE_VLAN_INFO_PVID)
		e->pvid = v->vid;
	if (e->flags & CRUMB_PORT_MORE)
		return;
	if (v->flags & BRIDGE_VLAN_INFO_RANGE_END) {
		if (e->ranges)
			e->vlan[e->ranges - 1].last = v->vid;
		return;
	}
	if (e->ranges == CRUMB_PORT_VLANS) {
		e->flags |= CRUMB_PORT_MORE;
		return;
	}
	e->vlan[e->ranges].first = v->vid;
	e->vlan[e->ranges++].last = v->vid;
}

static void read_port(const struct nlattr *info, struct crumb_ev_port *e)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, info)
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_BRPORT_STATE:
			e->state = mnl_attr_get_u8(a);
			break;
		case IFLA_BRPORT_UNICAST_FLOOD:
			e->flags |= mnl_attr_get_u8(a) ? 0 : CRUMB_PORT_NO_FLOOD;
			break;
		case IFLA_BRPORT_ISOLATED:
			e->flags |= mnl_attr_get_u8(a) ? CRUMB_PORT_ISOLATED : 0;
			break;
		case IFLA_BRPORT_MODE:
			e->flags |= mnl_attr_get_u8(a) ? CRUMB_PORT_HAIRPIN : 0;
			break;
		}
	}
}

static int on_port(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	struct dump *d = ctx;
	struct crumb_ev_port e = {
		.h = { .time_ns = d->time_ns, .type = CRUMB_EV_PORT, .size = sizeof(e) },
		.read_ns = clock_ns(CLOCK_MONOTONIC),
		.netns = d->inum,
		.ifindex = ifm->ifi_index,
		.state = 0xff,
	};
	const struct nlattr *a, *b;

	mnl_attr_for_each(a, nlh, sizeof(*ifm))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_MASTER:
			e.bridge = mnl_attr_get_u32(a);
			break;
		case IFLA_MTU:
			e.mtu = mnl_attr_get_u32(a);
			break;
		case IFLA_PROTINFO | NLA_F_NESTED:
		case IFLA_PROTINFO:
			read_port(a, &e);
			break;
		case IFLA_AF_SPEC:
			mnl_attr_for_each_nested(b, a) if (mnl_attr_get_type(b) ==
							   IFLA_BRIDGE_VLAN_INFO)
				read_vlan(mnl_attr_get_payload(b), &e);
			break;
		}
	}
	for (unsigned int i = 0; i < d->bridges; i++) {
		if (d->filtering[i].ifindex != e.bridge)
			continue;
		e.filtering = 1;
		e.flags |= d->filtering[i].stag ? CRUMB_PORT_STAG : 0;
	}
	if (e.state == 0xff) /* the bridge itself */
		return MNL_CB_OK;
	d->err = d->fn(d->ctx, &e.h);
	return d->err ? MNL_CB_STOP : MNL_CB_OK;
}

int netns_dump_ports(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx)
{
	struct dump d = { .inum = inum, .time_ns = time_ns, .fn = fn, .ctx = ctx };
	int err = run_dump(&d, RTM_GETLINK, AF_UNSPEC, on_bridge);

	if (!err)
		err = run_dump(&d, RTM_GETLINK, AF_BRIDGE, on_port);
	free(d.filtering);
	return err;
}
