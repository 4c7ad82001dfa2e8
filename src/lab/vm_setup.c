// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest is told when it is up: names of its cards (known by their MAC addresses), bridges, addresses, impairments, as a shell
 * script that runs as few programs as it can: each costs 25 to 90 ms under emulation.
 */
#include "vm_state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char beginning[] =
	"set -e\n"
	"for c in all default; do\n"
	"	echo 0 >/proc/sys/net/ipv6/conf/$c/accept_dad\n"
	"	echo 0 >/proc/sys/net/ipv6/conf/$c/accept_ra\n"
	"	echo 0 >/proc/sys/net/ipv6/conf/$c/router_solicitations\n"
	"done\n"
	"mac() { for d in /sys/class/net/*; do read -r m <$d/address; [ $m != $1 ] || echo ${d##*/}; done; }\n";

/* Ready: carriers, and ports that forward. */
static const char ending[] =
	"for tries in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
	"	late=\n"
	"	for i in $links; do read -r s </sys/class/net/$i/operstate; [ $s = up ] || late=$i; done\n"
	"	for i in $ports; do read -r s </sys/class/net/$i/brport/state; [ $s = 3 ] || late=$i; done\n"
	"	[ \"$late\" ] || exit 0\n"
	"	/payload/bin/busybox usleep 100000\n"
	"done\n"
	"echo \"$late does not come up\" >&2\n"
	"exit 1\n";

/* As lab_build.c has them: 02:47:<lab, 16 bits of hash>:<host number>:<ordinal>. */
void vm_mac(const char *lab, const struct topo_iface *i, char ret_mac[18])
{
	uint32_t h = 2166136261u;

	for (; *lab; lab++)
		h = (h ^ (unsigned char)*lab) * 16777619u;
	h = h >> 16 ^ h;
	snprintf(ret_mac, 18, "02:47:%02x:%02x:%02x:%02x", h >> 8 & 0xff, h & 0xff,
		 (i->host + 1) & 0xff, i->ordinal & 0xff);
}

const char *vm_mac_name(const char *lab, const struct vm_options *o)
{
	return o->saved ? o->saved : lab;
}

static void put_names(const char *lab, const struct topo *t, int h, struct strbuf *b)
{
	char mac[18];

	/* Two rounds: a name may be another card's for now. */
	for (int i = 0; i < t->n_ifaces; i++) {
		if (t->ifaces[i].host != h || t->ifaces[i].kind != TOPO_LINK_END)
			continue;
		vm_mac(lab, &t->ifaces[i], mac);
		strbuf_printf(b, "echo \"link set dev $(mac %s) name card%d\"\n", mac, i);
	}
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h && t->ifaces[i].kind == TOPO_LINK_END)
			strbuf_printf(b, "echo link set dev card%d name %s\n", i, t->ifaces[i].name);
}

static void put_bridges(const char *lab, const struct topo *t, int h, struct strbuf *b)
{
	char mac[18];

	for (int i = 0; i < t->n_ifaces; i++) {
		if (t->ifaces[i].host != h || t->ifaces[i].kind != TOPO_BRIDGE)
			continue;
		vm_mac(lab, &t->ifaces[i], mac);
		strbuf_printf(b, "echo link add name %s address %s type bridge\n",
			      t->ifaces[i].name, mac);
	}
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h && t->ifaces[i].bridge != TOPO_NONE)
			strbuf_printf(b, "echo link set dev %s master %s\n", t->ifaces[i].name,
				      t->ifaces[t->ifaces[i].bridge].name);
}

static void put_addresses(const struct topo *t, int h, struct strbuf *b)
{
	const struct topo_addr *a;

	for (int i = 0; i < t->n_addrs; i++) {
		a = &t->addrs[i];
		if (t->ifaces[a->iface].host != h)
			continue;
		strbuf_puts(b, "echo addr add ");
		vm_put_address(a->family, a->bytes, b);
		strbuf_printf(b, "/%u dev %s%s\n", a->prefix_bits, t->ifaces[a->iface].name,
			      a->family == AF_INET6 ? " nodad" : "");
	}
}

/* Those of a host with FRR are FRR's. */
static void put_routes(const struct topo *t, int h, struct strbuf *b)
{
	for (int i = 0; i < t->n_routes; i++) {
		const struct topo_route *r = &t->routes[i];

		if (r->host != h || t->hosts[h].services & TOPO_FRR)
			continue;
		strbuf_printf(b, "/sbin/ip%s route add ", r->family == AF_INET6 ? " -6" : "");
		vm_put_address(r->family, r->bytes, b);
		strbuf_printf(b, "/%u via ", r->prefix_bits);
		vm_put_address(r->family, r->via, b);
		strbuf_puts(b, "\n");
	}
}

static void put_devices(const char *lab, const struct topo *t, int h, struct strbuf *b)
{
	put_bridges(lab, t, h, b);
	strbuf_puts(b, "echo link set dev lo up\n");
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h)
			strbuf_printf(b, "echo link set dev %s up\n", t->ifaces[i].name);
	put_addresses(t, h, b);
}

static void put_lists(const struct topo *t, int h, struct strbuf *b)
{
	strbuf_puts(b, "links=\"");
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h && t->ifaces[i].kind == TOPO_LINK_END)
			strbuf_printf(b, " %s", t->ifaces[i].name);
	strbuf_puts(b, "\"\nports=\"");
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h && t->ifaces[i].bridge != TOPO_NONE)
			strbuf_printf(b, " %s", t->ifaces[i].name);
	strbuf_puts(b, "\"\n");
}

int vm_setup_script(const char *lab, const struct topo *t, int h, const char *hosts,
		    const char *also, struct strbuf *b)
{
	bool v6 = false;

	strbuf_puts(b, beginning);
	for (int i = 0; i < t->n_addrs; i++)
		v6 = v6 || (t->addrs[i].family == AF_INET6 && t->ifaces[t->addrs[i].iface].host == h);
	if (!v6)
		strbuf_puts(b, "echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode\n");
	strbuf_printf(b, "echo %s >/proc/sys/kernel/hostname\ncat >/etc/hosts <<'END'\n%sEND\n",
		      t->hosts[h].name, hosts);
	strbuf_printf(b, "/sbin/modprobe -a %s%s\n(\n",
		      strcmp(t->hosts[h].nic, "vmxnet3") ? "virtio_net" : "vmxnet3",
		      t->hosts[h].role == TOPO_SWITCH ? " bridge" : "");
	put_names(lab, t, h, b);
	if (!(t->hosts[h].services & TOPO_IFUPDOWN2))
		put_devices(lab, t, h, b);
	strbuf_puts(b, ") | /sbin/ip -batch -\n");
	vm_put_services(lab, t, h, b);
	put_routes(t, h, b);
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h && t->ifaces[i].impair[0])
			strbuf_printf(b, "/sbin/tc qdisc add dev %s root netem limit 10000 %s\n",
				      t->ifaces[i].name, t->ifaces[i].impair);
	strbuf_puts(b, also ? also : "");
	put_lists(t, h, b);
	strbuf_puts(b, ending);
	return b->failed ? -ENOMEM : 0;
}
