/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc and /sys that are one number. */
#ifndef CRUMB_BASE_NUMBER_H
#define CRUMB_BASE_NUMBER_H

/* The decimal number that the file begins with; -1: there is no such file, or no such number in it. */
int number_in_file(const char *path);

#endif
