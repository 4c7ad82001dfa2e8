/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of the kernel's modules, where they are told (/sys/kernel/btf): a file that everybody may read. */
#ifndef CRUMB_PROBE_MODULE_TYPES_H
#define CRUMB_PROBE_MODULE_TYPES_H

#include "settings.h"

struct btf;

/* Where netfilter's names stand. @ret is left as it is where a module is not loaded, or its types are not told. */
void module_types_nft(struct btf *vmlinux, struct crumb_nft_layout *ret);
void module_types_ipt(struct btf *vmlinux, struct crumb_ipt_layout *ret);

#endif
