// SPDX-License-Identifier: GPL-2.0-only
#include "sysnr.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"

static const struct sysnr_row *table(enum story_architecture arch)
{
	return arch == STORY_AARCH64 ? sysnr_aarch64 : sysnr_x86_64;
}

const char *sysnr_name(enum story_architecture arch, uint64_t nr)
{
	for (const struct sysnr_row *r = table(arch); r->name; r++)
		if ((uint64_t)r->nr == nr)
			return r->name;
	return NULL;
}

int sysnr_number(enum story_architecture arch, const char *name)
{
	for (const struct sysnr_row *r = table(arch); r->name; r++)
		if (!strcmp(r->name, name))
			return r->nr;
	return -1;
}

bool sysnr_header(enum story_architecture arch, const char *name, char *buf, size_t size)
{
	static const char *const headers[STORY_ARCHITECTURES][2] = {
		[STORY_X86_64] = { "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
				   "/usr/include/asm/unistd_64.h" },
		[STORY_AARCH64] = { "/usr/include/asm-generic/unistd.h",
				    "/usr/include/aarch64-linux-gnu/asm/unistd_64.h" },
	};

	for (unsigned int i = 0; i < 2; i++) {
		_cleanup_fclose_ FILE *f = fopen(headers[arch][i], "re");
		char line[256], found[64];
		int nr;

		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "#define __NR_%63s %d", found, &nr) == 2 &&
			    !strcmp(found, name)) {
				snprintf(buf, size, "#define __NR_%s %d\t%s", name, nr,
					 headers[arch][i]);
				return true;
			}
	}
	return false;
}
