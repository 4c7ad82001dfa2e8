// SPDX-License-Identifier: GPL-2.0-only
/* Names of verdicts, and of what sends bytes again: see journey.h. */
#include "journey.h"

#include <stddef.h>

const char *verdict_name(enum verdict v)
{
	static const char *const names[VERDICT_MAX] = {
		[VERDICT_DELIVERED] = "delivered",   [VERDICT_DROPPED] = "dropped",
		[VERDICT_WAITING] = "waiting",	     [VERDICT_LEFT] = "left",
		[VERDICT_INCOMPLETE] = "incomplete",
	};

	return v < VERDICT_MAX ? names[v] : "?";
}

const char *tunnel_kind_name(uint8_t kind)
{
	static const char *const names[CRUMB_TUNNEL_MAX] = {
		[CRUMB_TUNNEL_VXLAN] = "vxlan",
		[CRUMB_TUNNEL_GENEVE] = "geneve",
		[CRUMB_TUNNEL_GRE] = "gre",
		[CRUMB_TUNNEL_IP] = "ip",
		[CRUMB_TUNNEL_WIREGUARD] = "wireguard",
	};

	return kind < CRUMB_TUNNEL_MAX ? names[kind] : NULL;
}

const char *tunnel_kind_words(uint8_t kind)
{
	static const char *const words[CRUMB_TUNNEL_MAX] = {
		[CRUMB_TUNNEL_VXLAN] = "VXLAN",
		[CRUMB_TUNNEL_GENEVE] = "Geneve",
		[CRUMB_TUNNEL_GRE] = "GRE",
		[CRUMB_TUNNEL_IP] = "IP",
		[CRUMB_TUNNEL_WIREGUARD] = "WireGuard",
	};

	return kind < CRUMB_TUNNEL_MAX && words[kind] ? words[kind] : "a tunnel";
}

const char *sent_fate_name(enum sent_fate f)
{
	static const char *const names[SENT_FATES] = {
		[SENT_UNSEEN] = "unseen",	  [SENT_ARRIVED] = "arrived",
		[SENT_DROPPED] = "dropped",	  [SENT_LATE] = "late",
		[SENT_NOT_NEEDED] = "not_needed",
	};

	return f < SENT_FATES ? names[f] : "?";
}

static const struct {
	const char *name, *words;
} resents[] = {
	[CRUMB_RESENT_UNKNOWN] = { "unknown", "sent again" },
	[CRUMB_RESENT_TLP] = { "tlp", "tail loss probe (TLP)" },
	[CRUMB_RESENT_FAST] = { "fast", "fast retransmit" },
	[CRUMB_RESENT_RTO] = { "rto", "timeout (RTO)" },
	[CRUMB_RESENT_REPAIR] = { "repair", "repair after a timeout" },
};

#define RESENTS (sizeof(resents) / sizeof(resents[0]))

const char *resent_name(uint8_t how)
{
	return resents[how < RESENTS ? how : CRUMB_RESENT_UNKNOWN].name;
}

const char *resent_words(uint8_t how)
{
	return resents[how < RESENTS ? how : CRUMB_RESENT_UNKNOWN].words;
}
