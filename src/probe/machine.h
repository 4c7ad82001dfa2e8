/* SPDX-License-Identifier: GPL-2.0-only */
/* What decides how much crumb can see on this machine, as it is: kernel, build options, lockdown, types, rights, limits. */
#ifndef CRUMB_PROBE_MACHINE_H
#define CRUMB_PROBE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine_option {
	const char *name; /* without CONFIG_ */
	const char *why;  /* what it is good for here */
	char value;	  /* 'y', 'm', 'n'; '?' unknown */
};

struct machine_right {
	const char *name; /* "CAP_BPF" */
	int cap;
	const char *why;
	bool required; /* without it there is nothing; else something is missing in the journeys */
	bool here;
};

#define MACHINE_OPTIONS 8
#define MACHINE_RIGHTS	6

struct machine {
	char release[65], arch[65];
	char lockdown[24]; /* "none", "integrity", "confidentiality"; "" not told */
	int64_t btf_bytes; /* of the kernel's types; -1: it does not tell them */
	unsigned int btf_modules;
	uint64_t memlock;      /* RLIMIT_MEMLOCK, bytes; UINT64_MAX unlimited */
	int jit;	       /* net.core.bpf_jit_enable; -1 unknown */
	int unprivileged;      /* kernel.unprivileged_bpf_disabled; -1 unknown */
	int kptr_restrict;     /* kernel.kptr_restrict; -1 unknown */
	char config_path[128]; /* where options were read, "" nowhere */
	struct machine_option options[MACHINE_OPTIONS];
	struct machine_right rights[MACHINE_RIGHTS];
};

void machine_look(struct machine *m);

/* Is the capability effective in this thread? */
bool machine_has_cap(int cap);

/* NULL: all required rights are here; else the name of the first that is not. */
const char *machine_missing_right(const struct machine *m);

#endif
