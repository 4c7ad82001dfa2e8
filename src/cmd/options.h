/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: one table for all commands, from which parsing and --help come. A command names the groups it
 * takes. Parsing prints its own complaints (this is cmd/) and returns an exit status to leave with, or -1 to go on.
 */
#ifndef CRUMB_CMD_OPTIONS_H
#define CRUMB_CMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "journey.h"
#include "point.h"
#include "render.h"
#include "settings.h"

enum option_group {
	OPTIONS_SELECT = 1,  /* which traffic */
	OPTIONS_HOOKS = 2,   /* what is recorded of it, and at what cost */
	OPTIONS_SHOW = 4,    /* how journeys are shown */
	OPTIONS_PLACE = 8,   /* where a command runs: lab, host */
	OPTIONS_WRITE = 16,  /* trace file */
	OPTIONS_LIMIT = 32,  /* when to stop: by time */
	OPTIONS_COUNT = 64,  /* by journeys shown */
	OPTIONS_LAB = 128,   /* whose hosts are meant */
	OPTIONS_PAPER = 256, /* of OPTIONS_SHOW what concerns any text: file, colour, links */
	OPTIONS_CALL = 512,  /* how a call is made that is explained */
	OPTIONS_DEMO = 1024,
	OPTIONS_CLOCKS = 4096, /* of the above, those that crumb clocks takes */
	OPTIONS_LOOK = 2048,   /* of the above, those that crumb doctor takes too */
};

#define OPTIONS_PIDS_MAX 64

struct options {
	/* OPTIONS_SELECT */
	pid_t pids[OPTIONS_PIDS_MAX];
	unsigned int n_pids;
	const char *comm, *netns, *cgroup, *payload;
	/* OPTIONS_HOOKS */
	enum crumb_stacks stacks;
	enum { LIBC_OFF, LIBC_ON, LIBC_AUTO } libc;
	bool acks, functions, deep;
	uint64_t ring_bytes, max_flows, snap_bytes;
	enum hook_kind backend; /* HOOK_NONE: the best that works */
	const char *btf;
	/* OPTIONS_SHOW */
	const struct renderer *format;
	const char *output;
	bool verbose, slower_set, verdict_set;
	int color; /* -1 automatic */
	bool links;
	uint64_t slower_than_ns;
	enum verdict verdict;
	/* OPTIONS_CALL, OPTIONS_DEMO */
	bool explain, vm, fail, is_static, direct, list;
	const char *save, *load;
	/* OPTIONS_PLACE */
	const char *lab, *host;
	/* OPTIONS_WRITE */
	const char *write;
	/* OPTIONS_LIMIT */
	uint64_t count;	  /* journeys, 0 no limit */
	double seconds;	  /* 0 no limit */
	int ready_fd;	  /* -1 none */
	bool drop_rights; /* once attached; not with a lab of one's own to take down */
	bool quiet;

	char **rest; /* what is not an option: filter words, files */
	int n_rest;
	char **command; /* behind --, NULL none */
};

struct usage {
	const char *name, *synopsis, *about;
	unsigned int groups; /* enum option_group */
	const char *more;    /* examples, NULL none */
};

int options_parse(int argc, char **argv, const struct usage *u, struct options *o);
void options_usage(const struct usage *u);

/* The words of a filter expression as one string, to be freed; NULL when there are none. */
char *options_filter(const struct options *o);

/* What the renderers need to know of the place where @fd writes. */
struct render_options options_render(const struct options *o, int fd);

#endif
