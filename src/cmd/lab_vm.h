/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of `crumb lab` for labs of virtual machines. All return what lab_report() makes an exit status of. */
#ifndef CRUMB_CMD_LAB_VM_H
#define CRUMB_CMD_LAB_VM_H

#include <stdbool.h>

#include "error.h"
#include "strbuf.h"

/* Fills in the exit status of the command. */
int lab_vm_exec(const char *lab, const char *host, char *const *cmd, int *ret_status,
		struct error *e);
int lab_vm_status(const char *lab, bool json, struct strbuf *b, struct error *e);

#endif
