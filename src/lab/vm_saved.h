/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside src/lab: guests that were saved once they were ready, and go on from there in later labs. They lie beside the images, one
 * set for each name, in SAVED/NAME: HOST.guest (QEMU's migration stream) and key: all that they depend on, as text. What differs
 * in one byte is not used, and replaced by the next set.
 */
#ifndef CRUMB_LAB_VM_SAVED_H
#define CRUMB_LAB_VM_SAVED_H

#include "error.h"
#include "topo.h"
#include "vm.h"
#include "vm_state.h"

/* What the lab's guests would depend on, into its file "key". */
int vm_saved_note(const char *lab, const char *topology, const struct topo *t,
		  const struct vm_images *images, const struct vm_options *o, struct error *e);

/* Descriptors of the saved guests of all hosts, if there are some with the key of @lab: the caller's. False: none is open. */
bool vm_saved_open(const char *lab, const struct topo *t, int ret_fds[TOPO_HOSTS_MAX]);

/* The guests, started with these, go on. */
int vm_saved_continue(const char *lab, const struct topo *t);

#endif
