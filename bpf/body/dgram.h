/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams in packets. UDP numbers nothing, so what tells one from another is its length and a digest of its first bytes,
 * which are the same in the sender's memory, in each packet and in the reader's memory.
 */
#ifndef CRUMB_BODY_DGRAM_H
#define CRUMB_BODY_DGRAM_H

#include "body/flow.h"
#include "digest.h"

#define UDP_HEADER_BYTES 8

#define SOCK_MARK_READ	1 /* a followed datagram lay in its queue */
#define SOCK_MARK_SENDS 2 /* a selected task sent a datagram whose packet was not seen yet */

/*
 * Of the datagram whose payload of @bytes begins at @at, of which @linear bytes lie there; head in the upper half. A function
 * of its own, since its callers' stacks are nearly full, and a global one, to be verified once. @at is a number: verifiers since 6.17
 * know a pointer where typed memory is read, and let none be passed on.
 */
__weak __noinline __u64 digest_at(__u64 at, __u32 linear, __u32 bytes)
{
	__u64 w[CRUMB_DIGEST_BYTES / 8] = {};
	__u32 n = bytes < linear ? bytes : linear;
	struct crumb_digest d;

	if (n > CRUMB_DIGEST_BYTES)
		n = CRUMB_DIGEST_BYTES;
	asm volatile("" : "+r"(n)); /* or older verifiers lose sight of the bound */
	if (n && n <= CRUMB_DIGEST_BYTES && bpf_probe_read_kernel(w, n, (const void *)at))
		n = 0;
	crumb_digest_of(w, n, bytes, &d);
	return (__u64)d.head << 32 | d.whole;
}

static __always_inline void digest_kernel(__u64 at, __u32 linear, __u32 bytes, struct crumb_digest *d)
{
	__u64 both = digest_at(at, linear, bytes);

	d->whole = both;
	d->head = both >> 32;
}

static __always_inline __u8 *sock_mark(const void *sk)
{
	__u32 h;

	/* A verifier lets nobody count with a pointer, but the low half of one is a number. */
	asm volatile("%0 = %1" : "=w"(h) : "w"((__u32)(__u64)sk));
	h ^= h >> 18;
	h >>= 6;
	asm volatile(""
		     : "+w"(h)); /* the bound last: verifiers of 6.1 forget it in an exclusive or */
	return &crumb_sock_marks[h & (CRUMB_SOCK_MARKS - 1)];
}

#define PATTERN_FOUND  1
#define PATTERN_BEYOND 2

/* Does the text stand at @at of the @n bytes? 0: not. A global function, verified once, not at each turn of the loop below. */
__weak __noinline int pattern_stands(const struct text *text, __u32 at, __u32 n)
{
	__u32 i;

	if (!text || at + crumb_cfg.pattern_len > n)
		return PATTERN_BEYOND;
	at &= CRUMB_PAYLOAD_SCAN - 1;
	for (i = 0; i < CRUMB_PATTERN_BYTES && i < crumb_cfg.pattern_len; i++)
		if (text->bytes[at + i] != crumb_cfg.pattern[i])
			return 0;
	return PATTERN_FOUND;
}

static __always_inline bool pattern_in(const struct text *text, __u32 n)
{
	int stands = 0;
	__u32 at;

	for (at = 0; at < CRUMB_PAYLOAD_SCAN && !stands; at++)
		stands = pattern_stands(text, at, n);
	return stands == PATTERN_FOUND;
}

/*
 * Does --payload's text occur in the first of the @n bytes at @from, of user memory or the kernel's? A global function, and
 * so verified once: its loops, walked again on each way that leads there, took verifiers half a minute.
 */
__weak __noinline int pattern_at(__u64 from, __u32 n, __u32 of_user)
{
	struct crumb_cpu *cpu = this_cpu();
	bool found;
	struct text *head;
	int err;

	if (n > CRUMB_PAYLOAD_SCAN)
		n = CRUMB_PAYLOAD_SCAN;
	head = n ? room_enter(&text_room, cpu) : NULL;
	if (!head)
		return false;
	if (of_user)
		err = bpf_probe_read_user(head, n, (void *)from);
	else
		err = bpf_probe_read_kernel(head, n, (void *)from);
	found = !err && pattern_in(head, n);
	room_leave(cpu);
	return found;
}

/*
 * Does --payload want the datagram with @linear bytes in one piece at @at, @bytes in all? Unlike a byte range, each packet of it can
 * be asked.
 */
static __always_inline bool dgram_wanted(__u64 at, __u32 linear, __u32 bytes)
{
	return !crumb_cfg.pattern_len || pattern_at(at, bytes < linear ? bytes : linear, false);
}

static __always_inline struct crumb_arrived *dgram_arrived(void)
{
	return OF_THIS_CPU(crumb_arrived);
}

/* The running task made this skb of a datagram: what its call is told to have sent. */
static __always_inline void dgram_note(const struct sk_buff *skb, const struct sock *sk, __u32 flow,
				       __u8 dir, const struct crumb_digest *d, __u32 bytes)
{
	struct task_state *ts = task_state_now();

	if (!ts)
		return;
	ts->dgram_active = DGRAM_SEEN;
	ts->dgram_sk = (__u64)sk;
	ts->dgram_skb = (__u64)skb;
	ts->dgram_flow = flow;
	ts->dgram_dir = dir;
	ts->dgram_digest = *d;
	ts->dgram_bytes = bytes;
}

/* A datagram passed for whose flow nobody asked: its call need not be told. */
static __always_inline void dgram_ignore(const struct sock *sk)
{
	struct crumb_cpu *cpu = this_cpu();

	if (cpu)
		cpu->udp_ignored = (__u64)sk;
}

#endif
