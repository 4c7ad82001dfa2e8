/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcap-filter expressions (pcap-filter(7)): libpcap compiles them to classic BPF over packets that begin at
 * the IP header; crumb translates that to eBPF and writes it into its own BPF object before loading it, so
 * that the kernel decides on each packet before anything is copied. Nothing here prints.
 *
 * Loading: copy the skeleton's ELF image, filter_patch_elf() the copy, make the skeleton's `data` point to it
 * (between x__create_skeleton() and bpf_object__open_skeleton()); keep the copy until the object is open.
 */
#ifndef CRUMB_PROBE_FILTER_H
#define CRUMB_PROBE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct bpf_insn; /* of <linux/bpf.h>: eBPF; libpcap's struct of that name is struct sock_filter here */

/* A compiled expression: classic BPF, jumps forward only, ends with a return. Owns @insns. */
struct filter {
	struct sock_filter *insns;
	size_t n_insns;
};

/*
 * Names in @expr are resolved here and now, in the caller's namespaces; NULL or blank takes every packet.
 * -EINVAL: not a pcap-filter expression, or one that IP packets alone cannot answer; @e tells which and what
 * to write instead. -E2BIG: it looks beyond the first CRUMB_FILTER_BYTES of the packet.
 */
int filter_compile(const char *expr, struct filter **ret, struct error *e);
/* -EINVAL when no packet of TCP or UDP can match @expr: crumb would wait for ever. 0 for what does not compile: that is told elsewhere. */
int filter_check_protos(const char *expr, struct error *e);

/* Can a packet of @proto (IPPROTO_TCP, IPPROTO_UDP) match? True if in doubt. */
bool filter_takes_proto(const char *expr, int proto);

/* Bytes of a packet, from its IP header on, behind which @f (NULL: take all) never looks: at most CRUMB_FILTER_BYTES. */
size_t filter_reach(const struct filter *f);

void filter_free(struct filter *f);
void filter_freep(struct filter **f);

/*
 * The eBPF body of `int crumb_filter(struct crumb_filter_packet *)`, to be freed by the caller; @f NULL takes
 * every packet. Same answer as classic BPF for every program and packet: a load beyond caplen and a division
 * by zero leave the packet. -EINVAL: @f is not valid classic BPF.
 */
int filter_translate(const struct filter *f, struct bpf_insn **ret_insns, size_t *ret_n,
		     struct error *e);

/*
 * Write @f (NULL: take all) over the body of crumb_filter in the 64-bit BPF ELF image @elf and shorten the
 * function to what was written; an image can be patched once. -E2BIG: more instructions than are reserved.
 */
int filter_patch_elf(void *elf, size_t size, const struct filter *f, struct error *e);

/*
 * The same decision in user space, by libpcap's interpreter. @l3: @caplen bytes from the IP header on, of a
 * packet of @len bytes; as in the kernel only the first CRUMB_FILTER_BYTES are looked at. @f NULL takes all.
 */
bool filter_match_user(const struct filter *f, const void *l3, size_t caplen, size_t len);

#endif
