// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of network cards, from /sys/class/net: see irq_look.h. */
#include "irq_look.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "number.h"

#define NET_DIR "/sys/class/net"
#define SHARED	UINT32_MAX /* by several cards, or with another device: nobody's own */

/* @word, and behind it at most a number: "-tx-1", "-output.0"; not "-txrx-1", "-tx-rx-1". */
static bool names(const char *actions, const char *word)
{
	const char *at = actions;

	while ((at = strstr(at, word))) {
		at += strlen(word);
		if (!isalpha((unsigned char)at[strspn(at, "-._0123456789")]))
			return true;
	}
	return false;
}

enum irq_brings irq_brings(const char *actions)
{
	static const char *const words[] = { "-output", "-tx", "-config" };

	if (strchr(actions, ','))
		return IRQ_SHARED;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (names(actions, words[i]))
			return IRQ_NO_PACKETS;
	return IRQ_PACKETS;
}

static enum irq_brings look_at(unsigned long irq)
{
	char path[64], actions[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/irq/%lu/actions", irq);
	f = fopen(path, "re");
	if (!f)
		return IRQ_PACKETS;
	if (!fgets(actions, sizeof(actions), f))
		actions[0] = 0;
	fclose(f);
	return irq_brings(actions);
}

static void note(struct crumb_irqs *r, unsigned long irq, uint32_t ifindex)
{
	enum irq_brings brings;

	if (!irq || irq >= CRUMB_IRQS)
		return;
	brings = look_at(irq);
	if (brings == IRQ_SHARED || (r->ifindex[irq] && r->ifindex[irq] != ifindex))
		r->ifindex[irq] = SHARED;
	else if (brings == IRQ_PACKETS)
		r->ifindex[irq] = ifindex;
}

/* Whether that device has vectors of its own. */
static bool note_vectors(struct crumb_irqs *r, const char *device, uint32_t ifindex)
{
	char path[PATH_MAX + 16];
	const struct dirent *d;
	DIR *dir;
	int irq;

	snprintf(path, sizeof(path), "%s/msi_irqs", device);
	dir = opendir(path);
	if (dir) {
		while ((d = readdir(dir)))
			note(r, strtoul(d->d_name, NULL, 10), ifindex);
		closedir(dir);
		return true;
	}
	snprintf(path, sizeof(path), "%s/irq", device);
	irq = number_in_file(path);
	if (irq <= 0)
		return false;
	note(r, irq, ifindex);
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

/* False: the process's namespace has other names or numbers; /sys was mounted in another one. */
static bool note_cards(struct crumb_irqs *r, DIR *dir)
{
	const struct dirent *d;

	while ((d = readdir(dir))) {
		char device[PATH_MAX];
		int ifindex;

		snprintf(device, sizeof(device), NET_DIR "/%s/ifindex", d->d_name);
		ifindex = number_in_file(device);
		if (ifindex <= 0)
			continue;
		if (if_nametoindex(d->d_name) != (unsigned int)ifindex &&
		    number_in_file(device) > 0) /* and not just gone */
			return false;
		snprintf(device, sizeof(device), NET_DIR "/%s/device", d->d_name);
		if (!note_vectors(r, device, ifindex) && is_virtio(device)) {
			snprintf(device, sizeof(device), NET_DIR "/%s/device/..", d->d_name);
			note_vectors(r, device, ifindex);
		}
	}
	return true;
}

void irq_look(struct crumb_irqs *ret)
{
	DIR *dir = opendir(NET_DIR);
	struct stat st;
	bool ok;

	memset(ret, 0, sizeof(*ret));
	if (!dir)
		return;
	ok = !stat("/proc/self/ns/net", &st) && note_cards(ret, dir);
	closedir(dir);
	if (!ok) {
		memset(ret, 0, sizeof(*ret));
		return;
	}
	for (unsigned int i = 0; i < CRUMB_IRQS; i++) {
		if (ret->ifindex[i] == SHARED)
			ret->ifindex[i] = 0;
		if (ret->ifindex[i])
			ret->netns = st.st_ino;
	}
}
