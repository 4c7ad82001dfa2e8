// SPDX-License-Identifier: GPL-2.0-only
/*
 * A switch of two ports whose hardware is a few lines of code: what it forwards passes from one host's device to the other's without the
 * stack of the switch. For tests of what a switch's driver tells of that: FDB entries with `offload`, devlink traps, samples (psample), tc filters that are
 * in_hw, counters. h1 - [swp1 swp2] - h2; move h1 and h2 into namespaces.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/devlink.h>
#include <net/flow_offload.h>
#include <net/pkt_cls.h>
#include <net/psample.h>
#include <net/switchdev.h>

#define PORTS 2
#define RULES 8

/* What is done to packets to these ports, of TCP and UDP. */
enum {
	PORT_VLAN_FILTER = 7101, /* dropped */
	PORT_TAIL_DROP = 7102,	 /* dropped, the second of a row of 64 */
	PORT_EXCEPTION = 7103,	 /* given to the CPU, which forwards */
	PORT_COPIED = 7104,	 /* forwarded, and a copy to the CPU */
	PORT_CONTROL = 7106,  /* for the CPU, which gets it with the mark of what was forwarded */
	PORT_LOOPBACK = 7107, /* dropped, by a trap that may be set to mirror */
};

static unsigned int rate = 1;
module_param(rate, uint, 0644);
static unsigned int psample_group = 1;
module_param(psample_group, uint, 0644);

struct asic;

struct learned {
	struct work_struct work;
	struct net_device *dev;
	u8 mac[ETH_ALEN];
};

struct asic_port {
	struct asic *asic;
	struct net_device *sw, *host;
	struct devlink_port dl;
	u8 mac[ETH_ALEN]; /* who is behind it */
	u64 in_packets, in_bytes, out_packets, out_bytes, cpu_in, cpu_out;
};

struct asic_trap {
	void *ctx;
	enum devlink_trap_action action;
};

struct asic_rule {
	unsigned long cookie;
	u16 dport; /* 0: any */
	u64 packets, bytes, used;
	struct flow_action_cookie *fa;
	struct asic_port *port;
};

struct asic {
	struct asic_port port[PORTS];
	struct asic_trap trap[DEVLINK_TRAP_GENERIC_ID_MAX + 1];
	struct asic_rule rule[RULES];
	struct psample_group *group;
	struct workqueue_struct *wq;
	spinlock_t lock;
	u32 seen, rowed;
};

static struct platform_device *parent;
static struct devlink *devlink;
static LIST_HEAD(block_cbs);

struct asic_dev { /* of each netdev */
	struct asic_port *port;
	bool host;
};

static struct asic_port *port_of(struct net_device *dev)
{
	return ((struct asic_dev *)netdev_priv(dev))->port;
}

/* ------------------------------------------------------------------------------------------------ forwarding */

static void learn_work(struct work_struct *work)
{
	struct learned *l = container_of(work, struct learned, work);
	struct switchdev_notifier_fdb_info info = { .addr = l->mac, .offloaded = true };

	rtnl_lock();
	if (netif_is_bridge_port(l->dev))
		call_switchdev_notifiers(SWITCHDEV_FDB_ADD_TO_BRIDGE, l->dev, &info.info, NULL);
	rtnl_unlock();
	kfree(l);
}

static void learn(struct asic_port *p, const u8 *mac)
{
	struct learned *l;

	if (!is_valid_ether_addr(mac) || (ether_addr_equal(p->mac, mac)))
		return;
	ether_addr_copy(p->mac, mac);
	l = kzalloc(sizeof(*l), GFP_ATOMIC);
	if (!l)
		return;
	INIT_WORK(&l->work, learn_work);
	l->dev = p->sw;
	ether_addr_copy(l->mac, mac);
	queue_work(p->asic->wq, &l->work);
}

/* The destination's port, 0: neither TCP nor UDP, or no bytes. */
static u16 port_to(const struct sk_buff *skb, unsigned int *ret_bytes)
{
	const struct ethhdr *eth = (const void *)skb->data;
	const __be16 *ports;
	unsigned int at, len, proto;

	*ret_bytes = 0;
	if (eth->h_proto == htons(ETH_P_IP) && skb_headlen(skb) >= ETH_HLEN + 20) {
		const struct iphdr *ip = (const void *)(eth + 1);

		at = ETH_HLEN + ip->ihl * 4;
		len = ntohs(ip->tot_len) - ip->ihl * 4;
		proto = ip->protocol;
	} else if (eth->h_proto == htons(ETH_P_IPV6) && skb_headlen(skb) >= ETH_HLEN + 40) {
		const struct ipv6hdr *ip = (const void *)(eth + 1);

		at = ETH_HLEN + 40;
		len = ntohs(ip->payload_len);
		proto = ip->nexthdr;
	} else {
		return 0;
	}
	if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) ||
	    skb_headlen(skb) < at + (proto == IPPROTO_TCP ? 20 : 8))
		return 0;
	ports = (const void *)(skb->data + at);
	*ret_bytes = len - (proto == IPPROTO_TCP ? (skb->data[at + 12] >> 4) * 4 : 8);
	return ntohs(ports[1]);
}

static void to_stack(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	skb_scrub_packet(skb, true);
	skb->protocol = eth_type_trans(skb, dev);
	netif_rx(skb);
}

static void egress(struct asic_port *out, struct sk_buff *skb)
{
	out->out_packets++;
	out->out_bytes += skb->len;
	to_stack(skb, out->host);
}

/* Told by devlink if that trap is on; 0: it is not. */
static int tell(struct asic_port *p, struct sk_buff *skb, u16 id,
		const struct flow_action_cookie *fa, bool marked)
{
	struct asic_trap *t = &p->asic->trap[id];

	if (!t->ctx || t->action == DEVLINK_TRAP_ACTION_DROP)
		return 0;
	skb->dev = p->sw;
	skb_reset_mac_header(skb);
	skb_scrub_packet(skb, true);
	skb->protocol = ((const struct ethhdr *)skb->data)->h_proto;
	skb->offload_fwd_mark = marked;
	p->cpu_in++;
	devlink_trap_report(devlink, skb, t->ctx, &p->dl, fa);
	return 1;
}

/* False: the trap is set to mirror, the packet goes on. */
static bool drop(struct asic_port *p, struct sk_buff *skb, u16 id, const struct flow_action_cookie *fa)
{
	bool mirror = p->asic->trap[id].action == DEVLINK_TRAP_ACTION_MIRROR;
	struct sk_buff *told = mirror ? skb_copy(skb, GFP_ATOMIC) : skb;

	if (!told)
		return false;
	tell(p, told, id, fa, false);
	consume_skb(told);
	return !mirror;
}

static void sample(struct asic_port *in, struct asic_port *out, struct sk_buff *skb)
{
	struct psample_metadata md = {
		.trunc_size = skb->len,
		.in_ifindex = in->sw->ifindex,
		.out_ifindex = out->sw->ifindex,
		.out_tc = 1,
		.out_tc_occ = 4096 + in->asic->seen,
		.latency = 1500 + in->asic->seen,
		.out_tc_valid = 1,
		.out_tc_occ_valid = 1,
		.latency_valid = 1,
	};

	if (in->asic->group && rate && in->asic->seen % rate == 0)
		psample_sample_packet(in->asic->group, skb, rate, &md);
}

static struct asic_rule *rule_for(struct asic_port *p, u16 dport)
{
	for (unsigned int i = 0; i < RULES; i++) {
		struct asic_rule *r = &p->asic->rule[i];

		if (r->cookie && r->port == p && (!r->dport || r->dport == dport))
			return r;
	}
	return NULL;
}

static void ingress(struct asic_port *p, struct sk_buff *skb)
{
	struct asic_port *out = &p->asic->port[p == &p->asic->port[0]];
	struct asic_rule *rule;
	unsigned int bytes;
	u16 dport = port_to(skb, &bytes);

	p->asic->seen++;
	p->in_packets++;
	p->in_bytes += skb->len;
	learn(p, skb->data + ETH_ALEN);
	rule = rule_for(p, dport);
	if (rule && (bytes || rule->dport)) {
		rule->packets++;
		rule->bytes += skb->len;
		rule->used = jiffies;
		if (drop(p, skb, DEVLINK_TRAP_GENERIC_ID_INGRESS_FLOW_ACTION_DROP, rule->fa))
			return;
	}
	if (dport == PORT_VLAN_FILTER && bytes &&
	    drop(p, skb, DEVLINK_TRAP_GENERIC_ID_INGRESS_VLAN_FILTER, NULL))
		return;
	if (dport == PORT_LOOPBACK && bytes &&
	    drop(p, skb, DEVLINK_TRAP_GENERIC_ID_PORT_LOOPBACK_FILTER, NULL))
		return;
	if (dport == PORT_TAIL_DROP && bytes && p->asic->rowed++ % 64 == 1 &&
	    drop(p, skb, DEVLINK_TRAP_GENERIC_ID_TAIL_DROP, NULL))
		return;
	if (dport == PORT_CONTROL && bytes) {
		tell(p, skb, DEVLINK_TRAP_GENERIC_ID_LOCAL_ROUTE, NULL, true);
		to_stack(skb, p->sw);
		return;
	}
	if (dport == PORT_EXCEPTION && bytes) {
		struct sk_buff *copy = skb;

		if (tell(p, copy, DEVLINK_TRAP_GENERIC_ID_UNRESOLVED_NEIGH, NULL, false)) {
			to_stack(copy, p->sw);
			return;
		}
	}
	sample(p, out, skb);
	if (dport == PORT_COPIED && bytes) {
		struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);

		if (copy) {
			tell(p, copy, DEVLINK_TRAP_GENERIC_ID_UNRESOLVED_NEIGH, NULL, true);
			skb_scrub_packet(copy, true);
			copy->offload_fwd_mark = 1;
			copy->dev = p->sw;
			copy->protocol = eth_type_trans(copy, p->sw);
			netif_rx(copy);
		}
	}
	egress(out, skb);
}

static netdev_tx_t asic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct asic_dev *d = netdev_priv(dev);
	struct sk_buff *own = skb_copy(skb, GFP_ATOMIC); /* linear, and nobody's */

	consume_skb(skb);
	if (!own)
		return NETDEV_TX_OK;
	skb_orphan(own);
	own->skb_iif = 0;
	spin_lock_bh(&d->port->asic->lock);
	if (d->host) {
		ingress(d->port, own);
	} else {
		d->port->cpu_out++;
		egress(d->port, own);
	}
	spin_unlock_bh(&d->port->asic->lock);
	return NETDEV_TX_OK;
}

/* -------------------------------------------------------------------------------------------------- devices */

static void asic_stats(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	struct asic_dev *d = netdev_priv(dev);
	const struct asic_port *p = d->port;

	s->rx_packets = d->host ? p->out_packets : p->in_packets;
	s->rx_bytes = d->host ? p->out_bytes : p->in_bytes;
	s->tx_packets = d->host ? p->in_packets : p->out_packets;
	s->tx_bytes = d->host ? p->in_bytes : p->out_bytes;
}

static bool asic_has_offload(const struct net_device *dev, int id)
{
	return id == IFLA_OFFLOAD_XSTATS_CPU_HIT;
}

static int asic_offload_stats(int id, const struct net_device *dev, void *to)
{
	struct asic_port *p = port_of((struct net_device *)dev);
	struct rtnl_link_stats64 *s = to;

	if (id != IFLA_OFFLOAD_XSTATS_CPU_HIT)
		return -EINVAL;
	s->rx_packets = p->cpu_in;
	s->tx_packets = p->cpu_out;
	return 0;
}

static int asic_parent_id(struct net_device *dev, struct netdev_phys_item_id *id)
{
	if (((struct asic_dev *)netdev_priv(dev))->host)
		return -EOPNOTSUPP;
	id->id_len = 4;
	memcpy(id->id, "crmb", 4);
	return 0;
}

static int rule_replace(struct asic_port *p, struct flow_cls_offload *f)
{
	struct flow_rule *rule = flow_cls_offload_flow_rule(f);
	struct asic_rule *r = NULL;

	for (unsigned int i = 0; i < RULES && !r; i++)
		if (!p->asic->rule[i].cookie)
			r = &p->asic->rule[i];
	if (!r || rule->action.num_entries != 1 || rule->action.entries[0].id != FLOW_ACTION_DROP)
		return -EOPNOTSUPP;
	r->dport = 0;
	if (flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_PORTS)) {
		struct flow_match_ports m;

		flow_rule_match_ports(rule, &m);
		r->dport = ntohs(m.key->dst);
	}
	r->packets = r->bytes = 0;
	r->used = jiffies;
	r->port = p;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	r->fa = rule->action.entries[0].user_cookie;
#else
	r->fa = rule->action.entries[0].cookie;
#endif
	if (r->fa)
		r->fa = kmemdup(r->fa, sizeof(*r->fa) + r->fa->cookie_len, GFP_KERNEL);
	r->cookie = f->cookie;
	return 0;
}

static int asic_cls(enum tc_setup_type type, void *data, void *priv)
{
	struct flow_cls_offload *f = data;
	struct asic_port *p = priv;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	if (f->command == FLOW_CLS_REPLACE)
		return rule_replace(p, f);
	for (unsigned int i = 0; i < RULES; i++) {
		struct asic_rule *r = &p->asic->rule[i];

		if (r->cookie != f->cookie)
			continue;
		if (f->command == FLOW_CLS_DESTROY) {
			r->cookie = 0;
			kfree(r->fa);
			r->fa = NULL;
		} else if (f->command == FLOW_CLS_STATS) {
			flow_stats_update(&f->stats, r->bytes, r->packets, 0, r->used,
					  FLOW_ACTION_HW_STATS_IMMEDIATE);
			r->bytes = r->packets = 0;
		}
		return 0;
	}
	return -ENOENT;
}

static int asic_setup_tc(struct net_device *dev, enum tc_setup_type type, void *data)
{
	struct asic_port *p = port_of(dev);

	if (type != TC_SETUP_BLOCK)
		return -EOPNOTSUPP;
	return flow_block_cb_setup_simple(data, &block_cbs, asic_cls, p, p, true);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
static struct devlink_port *asic_devlink_port(struct net_device *dev)
{
	struct asic_dev *d = netdev_priv(dev);

	return d->host ? NULL : &d->port->dl;
}
#endif

static const struct net_device_ops host_ops = {
	.ndo_start_xmit = asic_xmit,
	.ndo_get_stats64 = asic_stats,
	.ndo_set_mac_address = eth_mac_addr,
};

static const struct net_device_ops port_ops = {
	.ndo_start_xmit = asic_xmit,
	.ndo_get_stats64 = asic_stats,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_port_parent_id = asic_parent_id,
	.ndo_has_offload_stats = asic_has_offload,
	.ndo_get_offload_stats = asic_offload_stats,
	.ndo_setup_tc = asic_setup_tc,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	.ndo_get_devlink_port = asic_devlink_port,
#endif
};

static void setup(struct net_device *dev)
{
	ether_setup(dev);
	eth_hw_addr_random(dev);
	dev->tx_queue_len = 0;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	dev->features |= NETIF_F_HW_CSUM;
}

static struct net_device *make_dev(struct asic_port *p, const char *name, bool host)
{
	struct net_device *dev =
		alloc_netdev(sizeof(struct asic_dev), name, NET_NAME_PREDICTABLE, setup);
	struct asic_dev *d;

	if (!dev)
		return NULL;
	d = netdev_priv(dev);
	d->port = p;
	d->host = host;
	dev->netdev_ops = host ? &host_ops : &port_ops;
	if (!host) {
		dev->features |= NETIF_F_HW_TC;
		dev->hw_features |= NETIF_F_HW_TC;
		SET_NETDEV_DEV(dev, &parent->dev);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
		SET_NETDEV_DEVLINK_PORT(dev, &p->dl);
#endif
	}
	if (register_netdev(dev)) {
		free_netdev(dev);
		return NULL;
	}
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	if (!host)
		devlink_port_type_eth_set(&p->dl, dev);
#endif
	return dev;
}

/* A bridge knows by this that the hardware forwards between the two. */
static int on_netdev(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct netdev_notifier_changeupper_info *info = ptr;

	if (event != NETDEV_CHANGEUPPER || dev->netdev_ops != &port_ops ||
	    !netif_is_bridge_master(info->upper_dev))
		return NOTIFY_DONE;
	if (info->linking)
		return notifier_from_errno(
			switchdev_bridge_port_offload(dev, dev, NULL, NULL, NULL, false, NULL));
	switchdev_bridge_port_unoffload(dev, NULL, NULL, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block nb = { .notifier_call = on_netdev };

/* -------------------------------------------------------------------------------------------------- devlink */

static int asic_trap_init(struct devlink *dl, const struct devlink_trap *trap, void *ctx)
{
	struct asic *a = devlink_priv(dl);

	a->trap[trap->id].ctx = ctx;
	a->trap[trap->id].action = trap->init_action;
	return 0;
}

static int asic_trap_action_set(struct devlink *dl, const struct devlink_trap *trap,
				enum devlink_trap_action action, struct netlink_ext_ack *extack)
{
	struct asic *a = devlink_priv(dl);

	a->trap[trap->id].action = action;
	return 0;
}

static const struct devlink_ops ops = { .trap_init = asic_trap_init,
					.trap_action_set = asic_trap_action_set };

static const struct devlink_trap_group groups[] = {
	DEVLINK_TRAP_GROUP_GENERIC(L2_DROPS, 0),       DEVLINK_TRAP_GROUP_GENERIC(L3_EXCEPTIONS, 0),
	DEVLINK_TRAP_GROUP_GENERIC(BUFFER_DROPS, 0),   DEVLINK_TRAP_GROUP_GENERIC(ACL_DROPS, 0),
	DEVLINK_TRAP_GROUP_GENERIC(LOCAL_DELIVERY, 0),
};

#define PORT DEVLINK_TRAP_METADATA_TYPE_F_IN_PORT
#define TRAP(type, init, id, group) \
	DEVLINK_TRAP_GENERIC(type, init, id, DEVLINK_TRAP_GROUP_GENERIC_ID_##group, PORT)

static const struct devlink_trap traps[] = {
	TRAP(DROP, DROP, INGRESS_VLAN_FILTER, L2_DROPS),
	TRAP(DROP, DROP, TAIL_DROP, BUFFER_DROPS),
	TRAP(DROP, DROP, PORT_LOOPBACK_FILTER, L2_DROPS),
	TRAP(EXCEPTION, TRAP, UNRESOLVED_NEIGH, L3_EXCEPTIONS),
	TRAP(CONTROL, TRAP, LOCAL_ROUTE, LOCAL_DELIVERY),
	DEVLINK_TRAP_GENERIC(DROP, DROP, INGRESS_FLOW_ACTION_DROP,
			     DEVLINK_TRAP_GROUP_GENERIC_ID_ACL_DROPS,
			     PORT | DEVLINK_TRAP_METADATA_TYPE_F_FA_COOKIE),
};

static int register_devlink(struct asic *a)
{
	int err;

	devl_lock(devlink);
	err = devl_trap_groups_register(devlink, groups, ARRAY_SIZE(groups));
	if (!err)
		err = devl_traps_register(devlink, traps, ARRAY_SIZE(traps), a);
	for (unsigned int i = 0; i < PORTS && !err; i++) {
		struct devlink_port_attrs attrs = { .flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL,
						    .phys = { .port_number = i + 1 } };

		devlink_port_attrs_set(&a->port[i].dl, &attrs);
		err = devl_port_register(devlink, &a->port[i].dl, i + 1);
	}
	devl_unlock(devlink);
	return err;
}

static int __init asic_init(void)
{
	struct asic *a;
	int err;

	parent = platform_device_register_simple("asic", -1, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	devlink = devlink_alloc(&ops, sizeof(*a), &parent->dev);
	if (!devlink)
		return -ENOMEM;
	a = devlink_priv(devlink);
	spin_lock_init(&a->lock);
	a->wq = alloc_ordered_workqueue("asic", 0);
	a->group = psample_group_get(&init_net, psample_group);
	err = register_devlink(a);
	if (err)
		pr_err("asic: devlink: %d\n", err);
	err = register_netdevice_notifier(&nb);
	for (unsigned int i = 0; i < PORTS; i++) {
		static const char *const sw[] = { "swp1", "swp2" }, *const host[] = { "h1", "h2" };

		a->port[i].asic = a;
		a->port[i].sw = make_dev(&a->port[i], sw[i], false);
		a->port[i].host = make_dev(&a->port[i], host[i], true);
	}
	devlink_register(devlink);
	return err;
}

module_init(asic_init); /* and no way out: for guests that are switched off */
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a switch of two ports for tests");
