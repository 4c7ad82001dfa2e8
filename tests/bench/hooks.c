// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks TRACEPOINT...: an empty program at each of them (as often as it is named), the line "attached" when all are, and
 * nothing more until SIGINT. What this costs, no tracer with these hooks can go below, whatever its programs do.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "hooks.skel.h"

static int attach(const char *tracepoint)
{
	struct hooks_bpf *skel = hooks_bpf__open();
	int rc;

	if (!skel)
		return -errno;
	rc = bpf_program__set_attach_target(skel->progs.hooks_empty, 0, tracepoint);
	if (!rc)
		rc = hooks_bpf__load(skel);
	return rc ? rc : hooks_bpf__attach(skel); /* held until we end */
}

int main(int argc, char **argv)
{
	sigset_t end;
	int sig;

	sigemptyset(&end);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	libbpf_set_print(NULL);
	for (int i = 1; i < argc; i++) {
		int rc = attach(argv[i]);

		if (rc) {
			fprintf(stderr, "hooks: %s: %s\n", argv[i], strerror(-rc));
			return 1;
		}
	}
	puts("attached");
	fflush(stdout);
	sigwait(&end, &sig);
	return 0;
}
