// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of network cards, from /sys/class/net: see irq_look.h. */
#include "irq_look.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NET_DIR "/sys/class/net"

static uint32_t read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned int n = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%u", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* Of sent packets, or of the link: as drivers call them ("virtio0-output.0", "eth0-tx-1"). No packet comes with those. */
static bool brings_none(unsigned long irq)
{
	static const char *const words[] = { "-output", "-tx", "-config" };
	char path[64], actions[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/irq/%lu/actions", irq);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(actions, sizeof(actions), f))
		actions[0] = 0;
	fclose(f);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(actions, words[i]))
			return true;
	return false;
}

static void note(struct crumb_irqs *r, unsigned long irq, uint32_t ifindex)
{
	if (!irq || irq >= CRUMB_IRQS || brings_none(irq))
		return;
	/* a line that two cards share is neither's own */
	r->ifindex[irq] = r->ifindex[irq] && r->ifindex[irq] != ifindex ? 0 : ifindex;
}

/* Whether that device has vectors of its own. */
static bool note_vectors(struct crumb_irqs *r, const char *device, uint32_t ifindex)
{
	char path[PATH_MAX + 16];
	const struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/msi_irqs", device);
	dir = opendir(path);
	if (dir) {
		while ((d = readdir(dir)))
			note(r, strtoul(d->d_name, NULL, 10), ifindex);
		closedir(dir);
		return true;
	}
	snprintf(path, sizeof(path), "%s/irq", device);
	if (!read_number(path))
		return false;
	note(r, read_number(path), ifindex);
	return true;
}

/* Its PCI device has the vectors. */
static bool is_virtio(const char *device)
{
	char path[PATH_MAX + 16], to[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/subsystem", device);
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		return false;
	to[n] = 0;
	return n > 7 && !strcmp(to + n - 7, "/virtio");
}

void irq_look(struct crumb_irqs *ret)
{
	const struct dirent *d;
	struct stat st;
	DIR *dir = opendir(NET_DIR);

	memset(ret, 0, sizeof(*ret));
	if (!dir || stat("/proc/self/ns/net", &st)) {
		if (dir)
			closedir(dir);
		return;
	}
	while ((d = readdir(dir))) {
		char device[PATH_MAX];
		uint32_t ifindex;

		snprintf(device, sizeof(device), NET_DIR "/%s/ifindex", d->d_name);
		ifindex = read_number(device);
		if (!ifindex)
			continue;
		snprintf(device, sizeof(device), NET_DIR "/%s/device", d->d_name);
		if (!note_vectors(ret, device, ifindex) && is_virtio(device)) {
			snprintf(device, sizeof(device), NET_DIR "/%s/device/..", d->d_name);
			note_vectors(ret, device, ifindex);
		}
	}
	closedir(dir);
	for (unsigned int i = 0; i < CRUMB_IRQS; i++)
		if (ret->ifindex[i])
			ret->netns = st.st_ino;
}
