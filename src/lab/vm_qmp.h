/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside src/lab: orders to a QEMU over its QMP socket (docs/interop/qmp-spec): one line of JSON each way. */
#ifndef CRUMB_LAB_VM_QMP_H
#define CRUMB_LAB_VM_QMP_H

#include <stddef.h>

#define QMP_LINE_BYTES 4096

/* The descriptor, or a negative errno. QEMU may not have come as far as its socket yet. */
int qmp_open(const char *lab, const char *host);

/* One command, with descriptor @pass beside it (-1: none); its answer, cut at QMP_LINE_BYTES, in @ret_line. -EPROTO: QEMU refused. */
int qmp_tell(int qmp, const char *command, int pass, char ret_line[QMP_LINE_BYTES]);

#endif
