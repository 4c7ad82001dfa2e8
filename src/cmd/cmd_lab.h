/* SPDX-License-Identifier: GPL-2.0-only */
/* `crumb lab`: the practice network from the command line. */
#ifndef CRUMB_CMD_CMD_LAB_H
#define CRUMB_CMD_CMD_LAB_H

/*
 * @argv[0] is "lab". Returns the exit status; `lab exec` becomes the command it is given and
 * returns only on failure.
 */
int cmd_lab(int argc, char **argv);

#endif
