/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The points of the path: ONE table, a row each: name, layer, where in the kernel it stands, the hooks that can
 * show it in order of preference, one line of documentation. Everything that names a point (JSON, text,
 * pcapng, explain, doctor, the loader) reads this table.
 */
#ifndef CRUMB_EVENT_POINT_H
#define CRUMB_EVENT_POINT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

enum point_layer {
	LAYER_LIBC,
	LAYER_SYSCALL,
	LAYER_SOCKET,
	LAYER_TCP,
	LAYER_IP,
	LAYER_NEIGH,
	LAYER_QDISC,
	LAYER_DEVICE,
	LAYER_BRIDGE,
	LAYER_SCHED,
	LAYER_NOTE, /* not a place on the path: flow, state, task records */
	LAYER_MAX,
};

enum hook_kind {
	HOOK_NONE = 0,
	HOOK_TP_BTF,	   /* BTF-typed tracepoint */
	HOOK_RAW_TP,	   /* the same, arguments as numbers */
	HOOK_TRACEPOINT,   /* the same, through a perf event: what it prints, with preemption off */
	HOOK_FENTRY,	   /* with its fexit: BTF-typed, at a function */
	HOOK_KPROBE_MULTI, /* kprobes through ftrace, many in one link */
	HOOK_KPROBE,	   /* with its kretprobe */
	HOOK_NETFILTER, /* first and last hook of netfilter, in the namespaces that have chains */
	HOOK_UPROBE,	/* libc function of the traced processes */
	HOOK_DERIVED,	/* read from another hook's record: `target` names the point */
	HOOK_KIND_MAX,
};

struct point_hook {
	enum hook_kind kind;
	const char *target; /* tracepoint, function, or point */
	const char *prog; /* BPF program, or set of programs (src/probe/hook_set.c); NULL: not written yet */
};

#define POINT_HOOKS_MAX 8

struct point {
	const char *name; /* "dev.queue": stable, in JSON */
	enum point_layer layer;
	const char *func; /* kernel function in which the hook stands, "" if several */
	const char *doc;  /* one line */
	struct point_hook via[POINT_HOOKS_MAX]; /* in order of preference, ends with HOOK_NONE */
	bool deep;				/* only with --deep: what it shows costs more */
	bool in_task; /* called by a task, which can be preempted there, not by an interrupt */
};

/* Row of @pt; never NULL: an unknown number gives a row named "?". */
const struct point *point_get(unsigned int pt);

/* Is the packet lost there? */
static inline bool point_is_drop(unsigned int pt)
{
	return pt == CRUMB_PT_SKB_DROP || pt == CRUMB_PT_HW_DROP;
}

/* Is it told of the socket that sends? */
static inline bool point_is_senders(unsigned int pt)
{
	return pt == CRUMB_PT_TCP_XMIT || pt == CRUMB_PT_TCP_RETRANSMIT || pt == CRUMB_PT_IP_QUEUE;
}

/* Number of the point of that name, CRUMB_PT_NONE if there is none. */
enum crumb_point point_by_name(const char *name);

const char *point_layer_name(enum point_layer layer); /* "TCP", "bridge" ... */
const char *hook_kind_name(enum hook_kind kind);      /* "tp_btf", "uprobe" ... */
enum hook_kind hook_kind_by_name(const char *name);   /* HOOK_NONE: there is none */
const char *libc_func_name(unsigned int func);	      /* enum crumb_libc_func -> "getaddrinfo" */
const char *event_type_name(unsigned int type);	      /* "skb", "send_begin" ... */

/* "write", "sendto" ... for a network-related syscall of x86-64 or arm64 (whichever we are built for), else NULL. */
const char *syscall_name(unsigned int nr);

#endif
