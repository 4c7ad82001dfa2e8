// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs crumb_filter() in the kernel for tests/unit/test_filter.c: linked with bpf/filter.bpf.c, started with
 * BPF_PROG_TEST_RUN, packets and verdicts lie in .bss, which user space maps. As a global function is called
 * in the recorder, so here: with a pointer that its caller's verifier state knows nothing about.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "filter.bpf.h"
#include "filter_run.h"

struct filter_run run;

SEC("syscall")
int filter_verdicts(void *ctx)
{
	(void)ctx;
	for (__u32 i = 0; i < FILTER_RUN_PACKETS && i < run.count; i++)
		run.verdict[i] = crumb_filter(&run.packet[i]);
	run.null_verdict = crumb_filter(NULL);
	return 0;
}

/* FILTER_RUN_ROUNDS calls over the first run.count packets (a power of two) in turn; the time of all. */
SEC("syscall")
int filter_time(void *ctx)
{
	__u64 begin = bpf_ktime_get_ns();

	(void)ctx;
	for (__u32 i = 0; i < FILTER_RUN_ROUNDS; i++)
		run.taken +=
			crumb_filter(&run.packet[i & (run.count - 1) & (FILTER_RUN_PACKETS - 1)]);
	run.ns = bpf_ktime_get_ns() - begin;
	return 0;
}

/* The same loop without the call: what to subtract. */
SEC("syscall")
int filter_time_loop(void *ctx)
{
	__u64 begin = bpf_ktime_get_ns();

	(void)ctx;
	for (__u32 i = 0; i < FILTER_RUN_ROUNDS; i++)
		run.taken += *(volatile __u8 *)&run
				      .packet[i & (run.count - 1) & (FILTER_RUN_PACKETS - 1)]
				      .bytes[0];
	run.ns = bpf_ktime_get_ns() - begin;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
