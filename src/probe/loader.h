/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the BPF object in this binary to programs in the kernel: plan, load; where the kernel refuses a program, keep
 * its words as that rung's reason, plan without it, and try again.
 */
#ifndef CRUMB_PROBE_LOADER_H
#define CRUMB_PROBE_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "func_hooks.h"
#include "plan.h"
#include "session.h"

struct crumb; /* the skeleton */

struct loader {
	struct crumb *skel;
	void *elf; /* copy of the image with the expression in it; the skeleton points into it */
	struct abilities *abilities;
	struct plan plan;
	struct crumb_settings settings; /* as given, and what follows from the kernel */
	size_t ring_bytes;		/* of each CPU's main lane */
	struct bpf_program *libc_enter, *libc_return;
	bool libc_multi;
	enum func_rung func_rung; /* --functions */
	char libc_why[120];	  /* why libc cannot be hooked here, "" it can */
};

int loader_load(struct loader *l, const struct session_config *c, uint32_t cpus, struct error *e);
/* Is netfilter seen by programs of its own type? netfilter_links_new() attaches them. */
bool loader_netfilter(const struct loader *l);

void loader_done(struct loader *l);

#endif
