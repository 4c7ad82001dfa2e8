// SPDX-License-Identifier: GPL-2.0-only
#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct backend *backend_get(enum hook_kind kind)
{
	static const struct backend *const rungs[] = {
		&backend_tp_btf,       &backend_raw_tp, &backend_tracepoint, &backend_fentry,
		&backend_kprobe_multi, &backend_kprobe, &backend_netfilter,
	};

	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++)
		if (rungs[i]->kind == kind)
			return rungs[i];
	return NULL;
}

/* The kernel's lockdown refuses kprobes and reading kernel memory above "none" ("integrity" refuses the former). */
static bool locked_down(void)
{
	char text[80] = "";
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return text[0] && !strstr(text, "[none]");
}

int backend_refuse(char *why, size_t size, int err, const char *what)
{
	const char *more = "";

	if (err == -EPERM || err == -EACCES)
		more = locked_down() ?
			       " (the kernel is locked down)" :
		       geteuid() != 0 ?
			       " (not root, and CAP_BPF and CAP_PERFMON are not enough or not given)" :
			       "";
	snprintf(why, size, "%s: %s%s", what, err == -524 ? "not supported" : strerror(-err), more);
	return err;
}
