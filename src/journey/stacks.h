/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel stacks, to name the functions between two points. Few differ, so each is kept once. Stacks
 * are sampled: a step without one of its own borrows the newest that was taken at the same place.
 */
#ifndef CRUMB_JOURNEY_STACKS_H
#define CRUMB_JOURNEY_STACKS_H

#include "facts.h"

struct stacks;
struct stack;

struct stack_path {
	const char *const *names; /* outermost first; NULL: unknown */
	uint32_t count;
};

struct stacks *stacks_new(void);
void stacks_free(struct stacks *s);

/*
 * Keep the stack of @ev. Borrowed for as long as @s; NULL with 0: there was no room for another. 0
 * or -ENOMEM.
 */
int stacks_event(struct stacks *s, const struct crumb_ev_stack *ev, const struct stack **ret_stack);

bool stacks_any(const struct stacks *s);

/*
 * The newest one taken at that place, if possible under bytes rather than under a bare ACK; NULL
 * none.
 */
const struct stack *stacks_newest(const struct stacks *s, uint16_t point, uint32_t netns,
				  uint32_t ifindex, bool *ret_control);

/*
 * The functions of @stack below those which it shares with @before (NULL: the step begins a new
 * context), without crumb's own. @control: it was taken under a bare ACK or SYN: what led to
 * __tcp_transmit_skb() there is not what led bytes to it, and is left out.
 */
struct stack_path stacks_path(const struct facts *f, const struct stack *stack,
			      const struct stack *before, bool control);

#endif
