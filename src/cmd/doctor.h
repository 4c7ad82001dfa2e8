/* SPDX-License-Identifier: GPL-2.0-only */
/* crumb doctor in three parts: what is found out (cmd_doctor.c), the traffic to measure with, and how it is shown. */
#ifndef CRUMB_CMD_DOCTOR_H
#define CRUMB_CMD_DOCTOR_H

#include "error.h"
#include "machine.h"
#include "options.h"
#include "plan.h"
#include "render.h"
#include "strbuf.h"

struct doctor_cost { /* of the programs behind a point, nanoseconds a run; 0 runs: not called or not counted */
	uint64_t asked_runs, asked_ns; /* traffic that is followed */
	uint64_t other_runs, other_ns; /* traffic that is not */
};

struct doctor_rung {
	const char *name;
	const char *why;    /* NULL: it works */
	const char *remedy; /* what would make it work */
	const char *but;    /* it works, but for this; NULL */
};

#define DOCTOR_RUNGS 9

struct doctor {
	struct machine machine;
	struct error cannot; /* crumb cannot run at all: why; "" it can */
	struct doctor_rung rungs[DOCTOR_RUNGS];
	struct doctor_rung functions; /* --functions: the way */
	struct error functions_why;
	const char *nat_why;	 /* NULL: NAT is followed */
	const char *tunnel_why;	 /* NULL: tunnels are followed */
	const struct plan *plan; /* NULL if it cannot */
	const char *libc_why;
	unsigned int libc_cost_ns;
	struct doctor_cost costs[CRUMB_PT_MAX];
	bool costs_counted;
	char costs_why[120];
	unsigned int attached; /* programs */
};

void doctor_text(const struct doctor *d, const struct render_options *how, struct strbuf *to);
void doctor_json(const struct doctor *d, struct strbuf *to);

/* What of @points is visible. */
bool doctor_visible(const struct doctor *d, unsigned int point);
const char *doctor_why_not(const struct doctor *d, unsigned int point);

/* A process that will send messages to itself over loopback when it is told to. */
struct doctor_traffic {
	pid_t pid;
	int gate;
};

int doctor_traffic_start(struct doctor_traffic *t, struct error *e);
/* Let it run, until it has ended. */
int doctor_traffic_run(struct doctor_traffic *t, struct error *e);

#endif
