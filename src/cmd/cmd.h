/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: one row each in main.c, one file each. Exit statuses as in crumb(1). */
#ifndef CRUMB_CMD_CMD_H
#define CRUMB_CMD_CMD_H

enum exit_status {
	EXIT_DONE = 0,
	EXIT_NOTHING = 1, /* the traced program failed, or no message matched */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3, /* this machine cannot: what is missing was said */
};

struct options;

/* Show the journeys of the traces in ->rest; returns the exit status. */
int report_files(const struct options *o);

/* argv[0] is the command's name. */
int cmd_demo(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_clocks(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
