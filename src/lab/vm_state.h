/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside src/lab: where a lab of machines keeps what, and who runs. */
#ifndef CRUMB_LAB_VM_STATE_H
#define CRUMB_LAB_VM_STATE_H

#include "strbuf.h"
#include "vm.h"

void vm_path(char ret_path[VM_PATH_BYTES], const char *lab, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The name a QEMU bears. */
void vm_guest_name(char *ret_name, size_t size, const char *lab, const char *host);
pid_t vm_guest_pid(const char *lab, const char *host);
int vm_kill_guests(const char *lab, struct error *e);

/* One up or down at a time; makes the directory. Closing the descriptor gives it back. */
int vm_lock(const char *lab, bool make, int *ret_lock, struct error *e);
int vm_write(const char *lab, const char *file, const char *text, struct error *e);
int vm_clear(const char *lab, struct error *e);

#define VM_QEMU "qemu-system-x86_64"

/* vm_setup.c: the shell script that makes host @h of @t what the topology says, and runs @also (NULL: nothing). */
int vm_setup_script(const char *lab, const struct topo *t, int h, const char *hosts,
		    const char *also, struct strbuf *b);
void vm_mac(const char *lab, const struct topo_iface *i, char ret_mac[18]);
/* vm_services.c: lines that set the host up by ifupdown2, and start lldpd, FRR and chronyd. */
void vm_put_services(const char *lab, const struct topo *t, int h, struct strbuf *b);
void vm_put_address(int family, const uint8_t *bytes, struct strbuf *b);

/* Whose cards they are: saved guests keep theirs in each lab. */
const char *vm_mac_name(const char *lab, const struct vm_options *o);

/* vm_boot.c: QEMU for host @h. */
struct vm_images {
	char *root, *payload;
	char *services;		       /* the root of hosts that have some; NULL: none has */
	char *kernels[TOPO_HOSTS_MAX]; /* of each host; borrowed among hosts is not done: each its own copy */
};
int vm_prepare(const struct topo *t, struct vm_images *images, struct error *e);
void vm_images_done(struct vm_images *images);
/* @saved: descriptor of what it goes on from, -1: it boots. */
int vm_boot(const char *lab, const struct topo *t, int h, const struct vm_images *images,
	    const struct vm_options *o, int saved, struct error *e);

#endif
