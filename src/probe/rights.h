/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up what is not needed once everything is attached. */
#ifndef CRUMB_PROBE_RIGHTS_H
#define CRUMB_PROBE_RIGHTS_H

/*
 * Keep, of this thread's capabilities and of those it starts, only what a running trace needs: hooks for new processes
 * (BPF, PERFMON, SYS_PTRACE), other network namespaces (SYS_ADMIN), function names (SYSLOG), the recorder's priority (SYS_NICE),
 * ending the traced program (KILL). 0 or a negative errno, nothing changed.
 */
int rights_drop(void);

#endif
