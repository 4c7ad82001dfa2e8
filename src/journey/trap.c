// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that a switch's hardware gave to its CPU (devlink traps). What it dropped is a drop like the kernel's, with the trap's name for a reason. What it could
 * not forward, or what is for the CPU, comes into the stack there: a step. Of what it has forwarded as well the CPU has a copy: that is no step.
 */
#include <stdio.h>
#include <string.h>

#include "assembly.h"
#include "filter_proof.h"
#include "own_reason.h"

#define SAMPLED "flow_action_sample" /* include/net/devlink.h */

static void put_hex(struct words *w, const uint8_t *bytes, unsigned int n)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < n; i++) {
		char text[3] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };

		words_put(w, text);
	}
}

static const char *kind_words(uint8_t kind)
{
	switch (kind) {
	case CRUMB_TRAP_DROP:
		return "dropped in hardware";
	case CRUMB_TRAP_EXCEPTION:
		return "not forwarded in hardware, given to the CPU";
	case CRUMB_TRAP_CONTROL:
		return "for the CPU";
	default:
		return "given to the CPU";
	}
}

/* "dropped in hardware: devlink trap ingress_vlan_filter of l2_drops, in by swp1" */
static void say_trap(struct assembler *a, struct words *w, const struct crumb_ev_trap *ev)
{
	const char *dev = facts_dev_name(a->facts, ev->s.netns, ev->s.ifindex);
	const struct crumb_ev_filter *filter;

	words_put(w, kind_words(ev->kind));
	words_put(w, ": devlink trap ");
	words_put(w, ev->name);
	if (ev->group[0]) {
		words_put(w, " of ");
		words_put(w, ev->group);
	}
	if (dev) {
		words_put(w, ", in by ");
		words_put(w, dev);
	}
	if (ev->s.vlan) {
		words_put(w, ", VLAN ");
		words_u64(w, ev->s.vlan & 0xfff);
	}
	filter = filter_of_trap(a, ev);
	if (filter) {
		words_put(w, "; tc filter ");
		filter_words(w, filter);
	}
	if (!ev->cookie_len || ev->cookie_len > sizeof(ev->cookie))
		return;
	words_put(w, filter ? ", cookie " : "; tc filter with cookie ");
	put_hex(w, ev->cookie, ev->cookie_len);
}

static uint32_t trap_number(struct assembler *a, const struct crumb_ev_trap *ev)
{
	struct words w = { .len = 0 };
	char name[sizeof(ev->name) + 4];

	snprintf(name, sizeof(name), "hw.%s", ev->name[0] ? ev->name : "unnamed");
	say_trap(a, &w, ev);
	w.text[w.len] = '\0';
	return own_reason(a->reasons, a->facts, name, w.text);
}

static int take_drop(struct assembler *a, const struct crumb_ev_trap *ev)
{
	struct crumb_ev_drop drop = { .s = ev->s, .reason = trap_number(a, ev) };

	drop.s.h.type = CRUMB_EV_DROP;
	drop.s.h.size = sizeof(drop);
	drop.s.point = CRUMB_PT_HW_DROP;
	return ingest_drop(a, &drop);
}

/*
 * Has the hardware forwarded it as well? Not what hit an exception: a driver may mark that, too, only to keep the bridge from sending it once more
 * (mlxsw_sp_rx_mark_listener()). What is sampled is told of as a trap without a mark, and is freed behind it (mlxsw_sp_rx_sample_listener()).
 */
static bool is_copy(const struct crumb_ev_trap *ev)
{
	if (ev->kind == CRUMB_TRAP_EXCEPTION)
		return false;
	return (ev->flags & CRUMB_TRAP_MARKED) ||
	       (ev->kind == CRUMB_TRAP_CONTROL && !strcmp(ev->name, SAMPLED));
}

int ingest_trap(struct assembler *a, const struct crumb_ev_trap *ev)
{
	struct crumb_ev_skb seen = ev->s;
	struct sighting *s;
	int err;

	if (is_copy(ev))
		return 0;
	if (ev->kind == CRUMB_TRAP_DROP)
		return take_drop(a, ev);
	seen.point = CRUMB_PT_HW_TRAP;
	err = ingest_skb_seen(a, &seen, &s);
	if (!err && s)
		s->dev.trap = trap_number(a, ev);
	return err;
}
