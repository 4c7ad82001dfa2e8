/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program is attached. Each .bpf.c with hooks is compiled twice: for BTF-typed hooks (tp_btf, fentry, fexit), and
 * with CRUMB_UNTYPED for raw tracepoints and kprobes, whose programs are called NAME_raw. The plan (src/probe/plan.c) picks.
 */
#ifndef CRUMB_BPF_ATTACH_H
#define CRUMB_BPF_ATTACH_H

#include <linux/ptrace.h>

#include "kernel_types.h"

#ifdef CRUMB_UNTYPED

#define PROGRAM(name) name##_raw

#define TRACEPOINT_(prog, name, args...)      SEC("?raw_tp/" #name) int BPF_PROG(prog, ##args)
#define TRACEPOINT(name, args...)	      TRACEPOINT_(name##_raw, name, ##args)
#define TRACEPOINT_AGAIN(name, prog, args...) TRACEPOINT_(prog##_raw, name, ##args)

/* By its perf event (src/probe/backend_perf.c); @type: what the event holds, from its ctx. Without types: of those it is no program. */
#define EVENT_(prog, group, name, type) \
	SEC("?tp/" #group "/" #name) int prog(const struct trace_event_raw_##type *ctx)
#define EVENT(group, name, type)       EVENT_(name##_event_raw, group, name, type)
#define EVENT_AGAIN(group, name, type) EVENT_(name##_event_again_raw, group, name, type)

#define ENTRY_(prog, func, args...)  SEC("?kprobe/" #func) int BPF_KPROBE(prog, ##args)
#define ENTRY(prog, func, args...)   ENTRY_(prog##_raw, func, ##args)
#define RETURN_(prog, func, args...) SEC("?kretprobe/" #func) int BPF_KRETPROBE(prog, ##args)
#define RETURN(prog, func, args...)  RETURN_(prog##_raw, func, ##args)

/* Where what is returned is all that counts: @args are the function's, which only some programs are given. */
#define RETURN_VALUE(prog, func, type, value, args...) RETURN_(prog##_raw, func, type value)

#else

#define PROGRAM(name) name

#define TRACEPOINT(name, args...)	      SEC("?tp_btf/" #name) int BPF_PROG(name, ##args)
#define TRACEPOINT_AGAIN(name, prog, args...) SEC("?tp_btf/" #name) int BPF_PROG(prog, ##args)

#define EVENT_(prog, type) \
	static __attribute__((unused)) int prog(const struct trace_event_raw_##type *ctx)
#define EVENT(group, name, type)       EVENT_(name##_event, type)
#define EVENT_AGAIN(group, name, type) EVENT_(name##_event_again, type)

#define ENTRY(prog, func, args...)  SEC("?fentry/" #func) int BPF_PROG(prog, ##args)
#define RETURN(prog, func, args...) SEC("?fexit/" #func) int BPF_PROG(prog, ##args)

#define RETURN_VALUE(prog, func, type, value, args...) RETURN(prog, func, ##args, type value)

#endif

#endif
