// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's own programs in a guest: ifupdown2 configures it from /etc/network/interfaces (interfaces(5), ifupdown-addons-interfaces(5))
 * as on a switch that is bought, lldpd tells its neighbours who it is, FRR's zebra and staticd keep its routes, chronyd its clock. There is no
 * init system: the set-up script starts them.
 */
#include "vm_state.h"

#include <arpa/inet.h>

void vm_put_address(int family, const uint8_t *bytes, struct strbuf *b)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, bytes, text, sizeof(text));
	strbuf_puts(b, text);
}

static bool is_of(const struct topo *t, int i, int bridge)
{
	return t->ifaces[i].vlan && (t->ifaces[i].bridge == bridge || t->ifaces[i].over == bridge);
}

/* The VLANs of its ports and SVIs, each once: ifquery compares. */
static void put_vids(const struct topo *t, int bridge, struct strbuf *b)
{
	bool any = false;

	for (int i = 0; i < t->n_ifaces; i++) {
		int seen = 0;

		while (seen < i &&
		       !(is_of(t, seen, bridge) && t->ifaces[seen].vlan == t->ifaces[i].vlan))
			seen++;
		if (seen < i || !is_of(t, i, bridge))
			continue;
		strbuf_printf(b, "%s%d", any ? " " : "\n    bridge-vids ", t->ifaces[i].vlan);
		any = true;
	}
	strbuf_puts(b, "\n");
}

static void put_bridge(const char *lab, const struct topo *t, int bridge, struct strbuf *b)
{
	char mac[18];

	vm_mac(lab, &t->ifaces[bridge], mac);
	strbuf_printf(b,
		      "    bridge-vlan-aware yes\n    bridge-stp off\n    hwaddress %s\n    bridge-ports",
		      mac);
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].bridge == bridge)
			strbuf_printf(b, " %s", t->ifaces[i].name);
	put_vids(t, bridge, b);
}

static void put_iface(const char *lab, const struct topo *t, int i, struct strbuf *b)
{
	const struct topo_iface *iface = &t->ifaces[i];

	strbuf_printf(b, "\nauto %s\niface %s\n", iface->name, iface->name);
	if (iface->kind == TOPO_BRIDGE)
		put_bridge(lab, t, i, b);
	else if (iface->kind == TOPO_SVI)
		strbuf_printf(b, "    vlan-raw-device %s\n    vlan-id %d\n",
			      t->ifaces[iface->over].name, iface->vlan);
	else if (iface->vlan)
		strbuf_printf(b, "    bridge-access %d\n", iface->vlan);
	for (int a = 0; a < t->n_addrs; a++) {
		if (t->addrs[a].iface != i)
			continue;
		strbuf_puts(b, "    address ");
		vm_put_address(t->addrs[a].family, t->addrs[a].bytes, b);
		strbuf_printf(b, "/%u\n", t->addrs[a].prefix_bits);
	}
}

/* /run/network, which its lock needs, is there (lab/vm/guest-init). */
static void put_ifupdown2(const char *lab, const struct topo *t, int h, struct strbuf *b)
{
	/* ifupdown2 loads the module, which would bring a bond of its own. */
	strbuf_puts(b, "echo options bonding max_bonds=0 >/etc/modprobe.d/crumb.conf\n"
		       "cat >/etc/network/interfaces <<'END'\nauto lo\niface lo inet loopback\n");
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h)
			put_iface(lab, t, i, b);
	strbuf_puts(b, "END\n/sbin/ifreload -a\n");
}

/* Its neighbours are told which port it is, and soon. */
static void put_lldpd(struct strbuf *b)
{
	strbuf_puts(b, "mkdir -p /run/lldpd\n"
		       "printf '%s\\n' 'configure lldp portidsubtype ifname' 'configure lldp tx-interval 5' "
		       ">/etc/lldpd.d/crumb.conf\n"
		       "/usr/sbin/lldpd\n");
}

static void put_frr(const struct topo *t, int h, struct strbuf *b)
{
	strbuf_puts(b, "echo 1 >/proc/sys/net/ipv4/ip_forward\n"
		       "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n"
		       "mkdir -p /run/frr\n"
		       "chown frr:frr /run/frr\n"
		       "cat >/etc/frr/frr.conf <<'END'\n"
		       "frr defaults datacenter\n");
	strbuf_printf(b, "hostname %s\n", t->hosts[h].name);
	for (int i = 0; i < t->n_routes; i++) {
		const struct topo_route *r = &t->routes[i];

		if (r->host != h)
			continue;
		strbuf_printf(b, "%s route ", r->family == AF_INET6 ? "ipv6" : "ip");
		vm_put_address(r->family, r->bytes, b);
		strbuf_printf(b, "/%u ", r->prefix_bits);
		vm_put_address(r->family, r->via, b);
		strbuf_puts(b, "\n");
	}
	strbuf_puts(b, "END\n"
		       "/usr/lib/frr/zebra -d\n"
		       "/usr/lib/frr/staticd -d\n"
		       "/usr/bin/vtysh -b\n");
}

/* The first address of the first host that runs it: the others have their time from there. */
static const struct topo_addr *time_from(const struct topo *t)
{
	for (int h = 0; h < t->n_hosts; h++) {
		if (!(t->hosts[h].services & TOPO_CHRONY))
			continue;
		for (int a = 0; a < t->n_addrs; a++)
			if (t->ifaces[t->addrs[a].iface].host == h)
				return &t->addrs[a];
	}
	return NULL;
}

/*
 * Who is asked has nobody to ask: a first chronyd, which leaves the clock alone, gives its own as the right one, so that the second, which
 * all others ask, is synchronised, and says so to the kernel (which chronyd does with rtcsync only).
 */
static void put_chrony(const struct topo *t, int h, struct strbuf *b)
{
	const struct topo_addr *from = time_from(t);

	strbuf_puts(b, "mkdir -p /run/chrony\n");
	if (!from)
		return;
	strbuf_puts(b, "cat >/etc/chrony/chrony.conf <<'END'\n"
		       "makestep 0.001 -1\nrtcsync\nserver ");
	if (t->ifaces[from->iface].host == h) {
		strbuf_puts(b, "127.0.0.1 iburst minpoll 0 maxpoll 2\nallow\nbindaddress ");
		vm_put_address(from->family, from->bytes, b);
		strbuf_puts(b, "\nEND\n"
			       "printf '%s\\n' 'local stratum 8' allow 'bindaddress 127.0.0.1' 'cmdport 0' "
			       "'bindcmdaddress /' 'pidfile /run/chrony/own.pid' "
			       ">/etc/chrony/own.conf\n"
			       "/usr/sbin/chronyd -x -f /etc/chrony/own.conf\n");
	} else {
		vm_put_address(from->family, from->bytes, b);
		strbuf_puts(b, " iburst minpoll 0 maxpoll 2\nEND\n");
	}
	strbuf_puts(b, "/usr/sbin/chronyd\n");
}

/* What one says of itself is of interest only where the set-up fails. */
void vm_put_services(const char *lab, const struct topo *t, int h, struct strbuf *b)
{
	const unsigned int services = t->hosts[h].services;

	if (services & TOPO_IFUPDOWN2)
		put_ifupdown2(lab, t, h, b);
	if (services & TOPO_LLDPD)
		put_lldpd(b);
	if (services & TOPO_FRR)
		put_frr(t, h, b);
	if (services & TOPO_CHRONY)
		put_chrony(t, h, b);
}
