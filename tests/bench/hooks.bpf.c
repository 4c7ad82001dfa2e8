// SPDX-License-Identifier: GPL-2.0-only
/* A program that does nothing; hooks.c loads it once for each of the tracepoints it is given. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tp_btf")
int hooks_empty(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
