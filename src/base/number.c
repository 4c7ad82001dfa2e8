// SPDX-License-Identifier: GPL-2.0-only
#include "number.h"

#include <stdio.h>

#include "cleanup.h"

int number_in_file(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	int n;

	return f && fscanf(f, "%d", &n) == 1 ? n : -1;
}
