// SPDX-License-Identifier: GPL-2.0-only
/* Kernel stacks kept once each: see stacks.h. */
#include "stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define STACKS_MAX 8192 /* different stacks; a path has some dozen */

struct stack {
	uint32_t depth;
	uint64_t ip[CRUMB_STACK_DEPTH];	      /* innermost first */
	const char *names[CRUMB_STACK_DEPTH]; /* outermost first, from the softirq's entry if it is one */
	uint32_t count;
	uint32_t transmit; /* index in names of __tcp_transmit_skb; 0 none */
	bool named;
	const struct stack *before; /* the stack that it was last compared with, and */
	uint32_t shared;	    /* how many functions they have in common */
	UT_hash_handle hh;
};

struct stack_slot_key {
	uint32_t netns, ifindex;
	uint32_t point, control;
};

struct stack_slot {
	struct stack_slot_key key;
	const struct stack *stack;
	UT_hash_handle hh;
};

struct stacks {
	struct stack *all;
	struct stack_slot *slots;
};

struct stacks *stacks_new(void)
{
	return calloc(1, sizeof(struct stacks));
}

void stacks_free(struct stacks *s)
{
	struct stack_slot *slot, *next_slot;
	struct stack *k, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->all, k, next)
	{
		HASH_DEL(s->all, k);
		free(k);
	}
	HASH_ITER(hh, s->slots, slot, next_slot)
	{
		HASH_DEL(s->slots, slot);
		free(slot);
	}
	free(s);
}

static int stack_intern(struct stacks *s, const struct crumb_ev_stack *ev, struct stack **ret)
{
	uint32_t bytes = ev->depth * sizeof(ev->ip[0]);
	struct stack *k;

	HASH_FIND(hh, s->all, ev->ip, bytes, k);
	if (!k && HASH_COUNT(s->all) < STACKS_MAX) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return -ENOMEM;
		k->depth = ev->depth;
		memcpy(k->ip, ev->ip, bytes);
		HASH_ADD_KEYPTR(hh, s->all, k->ip, bytes, k);
		if (!k->hh.tbl) {
			free(k);
			return -ENOMEM;
		}
	}
	*ret = k;
	return 0;
}

int stacks_event(struct stacks *s, const struct crumb_ev_stack *ev, const struct stack **ret_stack)
{
	struct stack_slot_key key = { ev->netns, ev->ifindex, ev->point,
				      ev->flags & CRUMB_STACK_CONTROL };
	struct stack_slot *slot;
	struct stack *k = NULL;
	int err;

	*ret_stack = NULL;
	if (!ev->depth)
		return 0;
	err = stack_intern(s, ev, &k);
	if (err || !k)
		return err;
	HASH_FIND(hh, s->slots, &key, sizeof(key), slot);
	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		slot->key = key;
		HASH_ADD(hh, s->slots, key, sizeof(key), slot);
		if (!slot->hh.tbl) {
			free(slot);
			return -ENOMEM;
		}
	}
	slot->stack = k;
	*ret_stack = k;
	return 0;
}

bool stacks_any(const struct stacks *s)
{
	return s->all;
}

const struct stack *stacks_newest(const struct stacks *s, uint16_t point, uint32_t netns,
				  uint32_t ifindex, bool *ret_control)
{
	struct stack_slot_key key = { netns, ifindex, point, 0 };
	struct stack_slot *slot;

	for (key.control = 0; key.control <= CRUMB_STACK_CONTROL; key.control++) {
		HASH_FIND(hh, s->slots, &key, sizeof(key), slot);
		if (slot) {
			*ret_control = key.control;
			return slot->stack;
		}
	}
	return NULL;
}

/* The observer's own functions. */
static bool frame_is_ours(const char *name)
{
	static const char *const prefixes[] = {
		"bpf_", "__bpf_", "__traceiter_", "trace_call_bpf", "__probestub_", "ftrace_",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/*
 * What lies outside of a softirq is whoever happened to run: it has nothing to do with the packet.
 */
static bool frame_starts_softirq(const char *name)
{
	return !strcmp(name, "handle_softirqs") || !strcmp(name, "__do_softirq") ||
	       !strcmp(name, "__softirqentry_text_start");
}

static void stack_name(struct stack *k, const struct facts *f)
{
	k->count = 0;
	k->transmit = 0;
	k->named = true;
	for (uint32_t i = k->depth; i-- > 0;) {
		const char *name = facts_symbol(f, k->ip[i]);

		if (!name) { /* its name may still come */
			k->named = false;
			continue;
		}
		if (frame_is_ours(name))
			continue;
		if (frame_starts_softirq(name)) {
			k->count = 0;
			k->transmit = 0;
		}
		if (!strcmp(name, "__tcp_transmit_skb"))
			k->transmit = k->count;
		k->names[k->count++] = name;
	}
}

/*
 * The outermost functions that both show. Names: one function has as many addresses as it calls
 * others.
 */
static uint32_t stack_shared(struct stack *k, const struct stack *before)
{
	uint32_t n = 0;

	if (k->before == before)
		return k->shared;
	while (n < k->count && n < before->count && !strcmp(k->names[n], before->names[n]))
		n++;
	if (k->named && before->named) { /* else names may still come */
		k->before = before;
		k->shared = n;
	}
	return n;
}

struct stack_path stacks_path(const struct facts *f, const struct stack *stack,
			      const struct stack *before, bool control)
{
	struct stack *k = (struct stack *)stack; /* names are filled in late */
	uint32_t from = 0;

	if (!k->named) {
		stack_name(k, f);
		k->before = NULL;
	}
	if (before)
		from = stack_shared(k, before);
	if (control && from < k->transmit)
		from = k->transmit;
	if (from == k->count)
		return (struct stack_path){ 0 };
	return (struct stack_path){ k->names + from, k->count - from };
}
