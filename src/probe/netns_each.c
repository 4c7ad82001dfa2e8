// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces by their names (/run/netns) and by their processes: see netns_each.h. */
#include "netns_each.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "netns_look.h"

#define NETNS_MAX 1024

struct each {
	bool (*fn)(uint32_t inum, void *ctx);
	void *ctx;
	uint32_t inum[NETNS_MAX];
	unsigned int count;
};

static bool is_new(struct each *e, uint32_t inum)
{
	if (!inum)
		return false;
	for (unsigned int i = 0; i < e->count; i++)
		if (e->inum[i] == inum)
			return false;
	if (e->count < NETNS_MAX)
		e->inum[e->count++] = inum;
	return true;
}

static bool each_one(struct each *e, uint32_t inum)
{
	return is_new(e, inum) && (e->count == NETNS_MAX || e->fn(inum, e->ctx));
}

/* Of each entry of @dir, or of the processes in it. */
static bool each_below(struct each *e, const char *dir, const char *suffix)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool found = false;

	while (d && !found && (entry = readdir(d))) {
		char path[320];
		struct stat st;

		if (entry->d_name[0] == '.' ||
		    (suffix[0] && (entry->d_name[0] < '0' || entry->d_name[0] > '9')))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, suffix);
		if (!stat(path, &st))
			found = each_one(e, st.st_ino);
	}
	if (d)
		closedir(d);
	return found;
}

bool netns_each(bool (*fn)(uint32_t inum, void *ctx), void *ctx)
{
	struct each e = { .fn = fn, .ctx = ctx };

	return each_one(&e, netns_of_process(0)) || each_below(&e, "/run/netns", "") ||
	       each_below(&e, "/proc", "/ns/net");
}
