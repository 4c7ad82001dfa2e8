// SPDX-License-Identifier: GPL-2.0-only
/* What was decided at a step of --deep, in a few words. Names as `nft list ruleset` and `ip route get` have them. */
#include <linux/netfilter.h>

#include "detail.h"

#define FAMILY_INET 2
#define FAMILY_IPV6 10

/* include/uapi/linux/netfilter.h; the families of IP share the hooks, netfilter's bridge has the same first five. */
static const char *hook_name(const struct crumb_ev_decision *d)
{
	static const char *const names[] = { "prerouting", "input",	  "forward",
					     "output",	   "postrouting", "ingress" };
	static const char *const of_device[] = { "ingress", "egress" };

	if (d->family == NFPROTO_NETDEV)
		return d->hook < 2 ? of_device[d->hook] : "?";
	return d->hook < sizeof(names) / sizeof(names[0]) ? names[d->hook] : "?";
}

static const char *verdict_word(uint8_t verdict)
{
	static const char *const words[] = { "drop", "accept", "stolen", "queue", "repeat" };

	return verdict < sizeof(words) / sizeof(words[0]) ? words[verdict] : "?";
}

static void say_verdict(struct words *w, const struct crumb_ev_decision *d)
{
	if (d->chain[0]) {
		words_put(w, "table ");
		words_put(w, d->table);
		words_put(w, ", chain ");
		words_put(w, d->chain);
		words_put(w, ", hook ");
	} else if (d->table[0]) {
		words_put(w, "iptables table ");
		words_put(w, d->table);
		words_put(w, ", hook ");
	} else {
		words_put(w, "hook ");
	}
	words_put(w, hook_name(d));
	words_put(w, ": ");
	words_put(w, verdict_word(d->what));
	if (!d->enter_ns || d->enter_ns > d->s.h.time_ns)
		return;
	words_put(w, ", ");
	words_micros(w, d->s.h.time_ns - d->enter_ns);
}

static void say_out(struct assembler *a, struct words *w, const struct crumb_ev_decision *d)
{
	const char *dev = facts_dev_name(a->facts, d->s.netns, d->out);

	words_put(w, "out of ");
	words_put(w, dev ? dev : "a device");
	if (d->family != FAMILY_INET && d->family != FAMILY_IPV6)
		return;
	words_put(w, " to ");
	words_address(w, d->addr);
}

static void say_decided(struct assembler *a, struct words *w, const struct crumb_ev_decision *d)
{
	switch (d->what) {
	case CRUMB_DECIDED_LOCAL:
		words_put(w, "for this machine");
		break;
	case CRUMB_DECIDED_OUT:
		say_out(a, w, d);
		break;
	case CRUMB_DECIDED_FLOOD:
		words_put(w, "not in the FDB, or for many: out of all ports");
		break;
	}
}

void detail_decision(struct assembler *a, const struct message *m, const struct path_step *s,
		     struct words *w)
{
	const struct crumb_ev_decision *d = path_decision(message_half(m), s->seen);

	if (!d)
		return;
	if (s->asked) {
		words_put(w, "hook ");
		words_put(w, hook_name(d));
		words_put(w, ": begins");
	} else if (s->point == CRUMB_PT_NETFILTER) {
		say_verdict(w, d);
	} else if (s->point == CRUMB_PT_NEIGH_WAIT) {
		words_put(w, "asked for ");
		words_address(w, d->addr);
	} else {
		say_decided(a, w, d);
	}
}
