/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's functions that take an skb or a socket: from the types of the kernel and of its modules (BTF), at the
 * addresses of kallsyms, those that ftrace can hook.
 */
#ifndef CRUMB_PROBE_FUNC_LIST_H
#define CRUMB_PROBE_FUNC_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct btf;

struct func_place {
	uint64_t addr;
	uint64_t args; /* CRUMB_FUNC_* */
	char *name;    /* "tcp_v4_rcv", "__netif_receive_skb_core.constprop.0" */
	char *module;  /* "" the kernel's own */
	bool traceable;
};

struct func_list {
	struct func_place *places; /* by address */
	size_t n;
	size_t typed; /* functions that take one, by their types */
	size_t ambiguous; /* of them: several functions of one name, which of them the types are of is not known */
	size_t no_symbol; /* of them: inlined everywhere, or taken apart */
	size_t refused;	  /* of them: not for ftrace (notrace, or the list is not to be read) */
};

/* @kernel: the kernel's types. -EPERM: addresses are hidden from us; -ENOENT: nothing was found. */
int func_list_new(struct btf *kernel, struct func_list **ret, struct error *e);
void func_list_free(struct func_list *l);

#endif
