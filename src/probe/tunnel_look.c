// SPDX-License-Identifier: GPL-2.0-only
/* Devices of tunnels, by the kinds that rtnetlink tells (IFLA_INFO_KIND): see tunnel_look.h. */
#include "tunnel_look.h"

#include <stdbool.h>
#include <string.h>

#include "netns_each.h"
#include "netns_look.h"

static uint8_t kind_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} known[] = {
		{ "vxlan", CRUMB_TUNNEL_VXLAN }, { "geneve", CRUMB_TUNNEL_GENEVE },
		{ "gre", CRUMB_TUNNEL_GRE },	 { "gretap", CRUMB_TUNNEL_GRE },
		{ "ip6gre", CRUMB_TUNNEL_GRE },	 { "ip6gretap", CRUMB_TUNNEL_GRE },
		{ "ipip", CRUMB_TUNNEL_IP },	 { "sit", CRUMB_TUNNEL_IP },
		{ "ip6tnl", CRUMB_TUNNEL_IP },	 { "wireguard", CRUMB_TUNNEL_WIREGUARD },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i].name))
			return known[i].kind;
	return 0;
}

static void on_device(void *ctx, const char *name, uint16_t port)
{
	struct tunnel_look *t = ctx;
	uint8_t kind = kind_of(name);

	t->kinds |= kind ? 1u << kind : 0;
	if (!kind || !port)
		return;
	for (unsigned int i = 0; i < t->ports; i++)
		if (t->port[i].port == port)
			return;
	if (t->ports == CRUMB_TUNNEL_PORTS)
		t->more++;
	else
		t->port[t->ports++] = (struct crumb_tunnel_port){ .port = port, .kind = kind };
}

static bool on_netns(uint32_t inum, void *ctx)
{
	netns_dump_kinds(inum, on_device, ctx);
	return false;
}

void tunnel_look(struct tunnel_look *ret)
{
	memset(ret, 0, sizeof(*ret));
	netns_each(on_netns, ret);
}
