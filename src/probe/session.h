/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The privileged half: load the BPF programs that the points need, attach them, drain what they record. libbpf
 * stops here. A session is used by one thread at a time, except that counters may be read from any.
 */
#ifndef CRUMB_PROBE_SESSION_H
#define CRUMB_PROBE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "point.h"
#include "settings.h"
#include "stream.h"

struct session_config {
	struct crumb_settings settings; /* select, netns, comm, cgroup, stacks, snap, acks, pattern */
	const char *filter;		/* pcap-filter expression, NULL none */
	bool libc;			/* hook libc in selected processes */
	enum hook_kind force;		/* --backend; HOOK_NONE: the best that works */
	bool functions;	    /* --functions: every function that takes an skb or a socket */
	bool deep;	    /* --deep: points that are shown only then */
	const char *btf;    /* the kernel's types, if it does not tell them itself */
	size_t ring_bytes;  /* per CPU; 0 = as CRUMB_RING_BYTES allows */
	uint32_t max_flows; /* 0 = CRUMB_MAX_FLOWS */
};

struct session;

/*
 * Load. -EPERM and the like say what is missing and what to do. A point whose hook the kernel refuses is left
 * out and explained by session_hooks(); only when nothing could be loaded at all is that an error.
 */
int session_new(const struct session_config *c, struct session **ret, struct error *e);
void session_free(struct session *s); /* detaches */
void session_freep(struct session **s);

/* Selected processes: before attach or at any time after. */
int session_add_process(struct session *s, pid_t pid, struct error *e);

/* Hook libc functions of @pid (and, with its later execs, of what it becomes). -ENOENT: it has no libc. */
int session_hook_libc(struct session *s, pid_t pid, struct error *e);

/*
 * Wait up to @timeout_ms for selected processes to fork, and hook the children's libc. For a thread of its own, the only
 * one that calls it; session_hook_libc() may be called beside it.
 */
int session_watch_children(struct session *s, int timeout_ms);

/* Calls that the libc hooks slowed down so far; and the way to stop that. */
uint64_t session_libc_calls(const struct session *s);
void session_unhook_libc(struct session *s);

/* Give back the hooks of processes that have ended. */
void session_prune_libc(struct session *s);

/*
 * A namespace of a group (a lab) that talks with no other: the same addresses in two groups are different hosts. @zone > 0,
 * less than any namespace's inode number. Before session_attach().
 */
void session_add_zone(struct session *s, uint32_t netns, uint32_t zone);

/* Ports on which a selected process listens already, or (@udp) that it has bound. */
void session_add_listen_port(struct session *s, uint32_t netns, uint16_t port, bool udp);

/*
 * A connection that a selected process has already. @flow: family, addresses and ports of the two ends in any order;
 * -ENOSPC when the table is full. session_flows() hands over those so taken, for the head of the stream.
 */
int session_add_flow(struct session *s, const struct crumb_ev_flow *flow);
int session_flows(const struct session *s, event_fn fn, void *ctx);

/* A connection, ends in order, that was seen where no hook is: it is followed. Its number, also if it was before; 0: the table is full. */
uint32_t session_take_flow(struct session *s, const struct crumb_ev_flow *flow);

int session_attach(struct session *s, struct error *e);

/* Give back what only crumb keeps alive; in how many ns again? @now_ns: CLOCK_MONOTONIC */
uint64_t session_tend(struct session *s, uint64_t now_ns);

/* All is attached: give back what only that needed. Not where session_abilities() is asked afterwards. */
void session_settle(struct session *s);

/*
 * Maps the rings, whose pages all count as memory of this process from then on: after what attaching needed for a while was
 * given back. Before the first session_drain().
 */
int session_map_rings(struct session *s, struct error *e);

/* One CRUMB_EV_HOOK per point: how it is seen, or why not. */
int session_hooks(const struct session *s, event_fn fn, void *ctx);

/* Where drained records go: @bytes of whole records of one CPU. Non-zero: they could not be kept. */
typedef int (*session_take_fn)(void *ctx, uint32_t cpu, const void *bytes, size_t n,
			       uint64_t records);

/* Empty the rings once. Returns the fill of the fullest ring before that, in 1/256 of its size. */
int session_drain(struct session *s, session_take_fn take, void *ctx);

/* Losses since the last call, as CRUMB_EV_LOSS with [from_ns, to_ns). */
int session_losses(struct session *s, uint64_t from_ns, uint64_t to_ns, event_fn fn, void *ctx);

/* Programs that the kernel skipped, likewise: asks each program, a system call apiece. See misses.h. */
int session_misses(struct session *s, uint64_t now_ns, event_fn fn, void *ctx);

/* What was seen and is not followed, as CRUMB_EV_ASIDE. At the end. */
int session_asides(const struct session *s, uint64_t now_ns, event_fn fn, void *ctx);

/* A closed connection: forget it, so that its place in the table is free. */
void session_forget_flow(struct session *s, const struct crumb_ev_flow *flow);

struct plan;
struct abilities;
struct func_counts;

/* --functions: the way ("kprobe.session") and how many are hooked; NULL: not asked for. After session_attach(). */
const char *session_functions(const struct session *s, struct func_counts *ret);

/* What was planned and tried, for crumb doctor. */
const struct plan *session_plan(const struct session *s);
struct abilities *session_abilities(const struct session *s);
bool session_libc_multi(const struct session *s);
const char *session_libc_why(const struct session *s); /* "" libc can be hooked */
unsigned int session_libc_cost_ns(const struct session *s);

/*
 * Let the kernel count what each program takes, while the session lives (BPF_ENABLE_STATS). -EPERM: it will not.
 * Then: runs of the programs behind a point so far, and their nanoseconds.
 */
int session_count_costs(struct session *s);
void session_cost(const struct session *s, unsigned int point, uint64_t *ret_runs, uint64_t *ret_ns);

/* BPF program ids, for measuring: fills up to @n, returns how many there are. */
size_t session_programs(const struct session *s, uint32_t *ids, size_t n);

#endif
