// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room for the expression. As built it takes every packet; filter_patch_elf() overwrites it and shortens the
 * symbol to what it wrote. A global function: the kernel verifies it once (Documentation/bpf/verifier.rst),
 * not at each of its callers, and `p` may then be NULL as far as the verifier knows.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "filter.bpf.h"

#define STRING_(x) #x
#define STRING(x)  STRING_(x)

/*
 * The room has to be reachable or the verifier refuses the unpatched object, and has to be skipped at run
 * time: only a NULL packet walks through it. Not a naked function: clang 14 then drops the name of `p` from
 * the BTF, and the kernel refuses a global function whose argument has no name.
 */
__noinline int crumb_filter(struct crumb_filter_packet *p)
{
	if (!p) {
		asm volatile(".rept " STRING(CRUMB_FILTER_INSNS) "; r0 = 0; .endr" : : : "r0");
		return 0;
	}
	return 1;
}
