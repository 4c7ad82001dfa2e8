/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel lets us do, found out by trying: its types (BTF), the rungs of hooks, the helpers that differ. Each rung
 * is tried when the first point asks for it.
 */
#ifndef CRUMB_PROBE_ABILITIES_H
#define CRUMB_PROBE_ABILITIES_H

#include <pthread.h>
#include <stdbool.h>

#include "error.h"
#include "point.h"
#include "settings.h"
#include "tunnel_look.h"

#define WHY_BYTES 160

struct btf;

struct abilities {
	struct btf *btf;       /* the running kernel's types */
	const char *btf_path;  /* where from if not from the kernel; NULL */
	bool task_storage;     /* memory that belongs to a task, for tracing programs: since 5.13 */
	bool global_arguments; /* global functions may take pointers: since 5.12 */
	bool calls_preempted;  /* programs at a syscall's tracepoints may be: since 7.0 */
	bool kprobe_misses;    /* what is skipped of kprobes' programs is counted: since 6.7 */
	bool attach_cookie;    /* a program may learn which of its places called it: since 5.15 */
	bool multi_pop_tried, multi_pop_known;
	uint32_t cast;	   /* cast_function() */
	int16_t multi_pop; /* return_frame_multi(), if it is known */
	const char *netfilter_why; /* NULL: a namespace has a chain at a hook of IP; else why none is seen */
	const char *nat_why; /* NULL: translations of addresses (NAT) are followed; else why not */
	const char *tunnel_why; /* NULL: packets in those tunnels are followed; else why not */
	const char *traps_why; /* NULL: a switch's hardware may tell of packets (devlink traps); else why not */
	pthread_t lock_thread; /* finds the three that follow, which are read after abilities_lock() */
	bool lock_asked;       /* it was begun, and is not joined yet */
	const char *lock_why;
	uint64_t lock_from, lock_bytes; /* where lock_sock_nested() lies; 0 bytes: not known */
	struct tunnel_look tunnels;
	struct crumb_nft_layout nft; /* all 0: the types of nf_tables are not told, or it is not loaded */
	struct crumb_ipt_layout ipt; /* likewise of ip_tables */
	bool tried[HOOK_KIND_MAX];
	char refused[HOOK_KIND_MAX][WHY_BYTES]; /* "" it works */
};

/*
 * @btf_path: a file with the types of the running kernel, NULL: the kernel's own. @deep: what --deep needs, too. -ENOTSUP:
 * there are no types.
 */
int abilities_new(const char *btf_path, bool deep, struct abilities **ret, struct error *e);
void abilities_free(struct abilities *a);

/* Give back the kernel's types: 6 MiB. What has not been tried by now can no longer be. */
void abilities_forget_types(struct abilities *a);

/* NULL: the rung works here; else why not. */
const char *abilities_refusal(struct abilities *a, enum hook_kind kind);

/* NULL: waits for a socket's lock are told; else why not. Waits for the answer, which abilities_new() has begun to look for. */
const char *abilities_lock(struct abilities *a);

/* Does the kernel's BTF have the tracepoint; how many arguments has it (-1: not there)? */
int abilities_tracepoint_args(const struct abilities *a, const char *name);
bool abilities_has_function(const struct abilities *a, const char *name);

/* What return_frame.h says of a kind of kprobe. False: a program at a return does not learn which call it is. */
bool abilities_return_frame(struct abilities *a, enum hook_kind kind, int16_t *ret);

#endif
