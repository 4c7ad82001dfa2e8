// SPDX-License-Identifier: GPL-2.0-only
/* crumb: one row per command, nothing else. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_lab.h"
#include "log.h"

struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *about;
};

static const struct command commands[] = {
	{ "demo", cmd_demo, "send the muffin from a to b through a switch and show its journey" },
	{ "run", cmd_run, "run a program and show the journeys of its messages" },
	{ "trace", cmd_trace, "show journeys live" },
	{ "record", cmd_record, "write a trace (pcapng)" },
	{ "report", cmd_report, "show the journeys of a trace" },
	{ "clocks", cmd_clocks, "how the clocks of several traces' hosts relate" },
	{ "doctor", cmd_doctor, "what can be seen on this machine, how, and at what cost" },
	{ "explain", cmd_explain,
	  "a point, a cause, a drop reason, a verdict; or a call, down to the instruction" },
	{ "lab", cmd_lab, "the practice network: up, down, exec, status" },
};

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "Usage: crumb COMMAND [OPTIONS]\n"
		    "Follows one message, the bytes of one send call, from the process that writes them to the one that\n"
		    "reads them, and says where the time went.\n\nCommands:\n");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].about);
	fprintf(to, "\nOptions:\n  -h, --help     this text; crumb COMMAND --help tells about the command\n"
		    "      --version  the version\n");
}

int main(int argc, char **argv)
{
	size_t i;

	/* Large blocks go back to the system when they are freed: what attaching needs for a moment is many times what lasts. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("crumb %s\n", CRUMB_VERSION);
		return EXIT_DONE;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	log_error("there is no command '%s'; crumb --help lists them", argv[1]);
	return EXIT_USAGE;
}
