// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that a switch's hardware gave to its CPU (devlink traps). What it dropped is a drop like the kernel's, with the trap's name for a reason. What it could
 * not forward, or what is for the CPU, comes into the stack there: a step. Of what it has forwarded as well the CPU has a copy: that is no step.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assembly.h"
#include "filter_proof.h"
#include "hash.h"
#include "own_reason.h"

#define SAMPLED	 "flow_action_sample" /* include/net/devlink.h */
#define SETS_MAX 4096u

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
		/* by the driver's word; else by what it matches, and as it was read, up to a second before */
		words_put(w, ev->cookie_len ? "; tc filter " : "; most likely tc filter ");
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

/* ---------------------------------------------------------------------------------------- what traps are set to */

struct trap_key {
	uint32_t netns;
	char name[48];
};

struct trap_set {
	struct trap_key key;
	uint8_t action; /* enum crumb_trap_action */
	UT_hash_handle hh;
};

static struct trap_key trap_key(uint32_t netns, const char *name)
{
	struct trap_key key = { .netns = netns };

	memcpy(key.name, name, strnlen(name, sizeof(key.name) - 1));
	return key;
}

int ingest_trap_set(struct assembler *a, const struct crumb_ev_trap_set *ev)
{
	struct trap_key key = trap_key(ev->netns, ev->name);
	struct trap_set *t;

	HASH_MAKE_BOUNDED(a->trap_sets, key, &key, SETS_MAX, t);
	if (!t)
		return -ENOMEM;
	t->action = ev->action;
	return 0;
}

void trap_sets_free(struct assembler *a)
{
	HASH_FREE(a->trap_sets);
}

/* 0: not known. */
static uint8_t action_of(const struct assembler *a, const struct crumb_ev_trap *ev)
{
	struct trap_key key = trap_key(ev->s.netns, ev->name);
	struct trap_set *t;

	HASH_FIND(hh, a->trap_sets, &key, sizeof(key), t);
	return t ? t->action : 0;
}

/*
 * Has the hardware forwarded it as well? Yes where the trap is set to mirror. What is sampled is told of as a trap, and is freed behind it
 * (mlxsw_sp_rx_sample_listener()). Else the mark says so, but not of what hit an exception, nor of what is known to be given to the CPU only: a driver may mark these, too, to keep the
 * bridge from sending them once more (mlxsw_sp_rx_mark_listener()).
 */
static bool is_copy(const struct assembler *a, const struct crumb_ev_trap *ev)
{
	uint8_t action = action_of(a, ev);

	if (action == CRUMB_TRAP_MIRRORS ||
	    (ev->kind == CRUMB_TRAP_CONTROL && !strcmp(ev->name, SAMPLED)))
		return true;
	return action != CRUMB_TRAP_TRAPS && ev->kind != CRUMB_TRAP_EXCEPTION &&
	       (ev->flags & CRUMB_TRAP_MARKED);
}

int ingest_trap(struct assembler *a, const struct crumb_ev_trap *ev)
{
	struct crumb_ev_skb seen = ev->s;
	struct sighting *s;
	int err;

	if (is_copy(a, ev))
		return 0;
	if (ev->kind == CRUMB_TRAP_DROP)
		return take_drop(a, ev);
	seen.point = CRUMB_PT_HW_TRAP;
	err = ingest_skb_seen(a, &seen, &s);
	if (!err && s)
		s->dev.trap = trap_number(a, ev);
	return err;
}
