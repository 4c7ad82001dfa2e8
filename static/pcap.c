// SPDX-License-Identifier: GPL-2.0-only
/*
 * For -Dstatic=true: crumb only compiles expressions with libpcap, but libpcap.a's list of capture sources also wants
 * D-Bus, which Debian does not have as a static library. Nothing calls these.
 */
#include <pcap/pcap.h>

int dbus_findalldevs(void *devices, char *errors);
pcap_t *dbus_create(const char *device, char *errors, int *is_ours);

int dbus_findalldevs(void *devices, char *errors)
{
	(void)devices;
	(void)errors;
	return 0;
}

pcap_t *dbus_create(const char *device, char *errors, int *is_ours)
{
	(void)device;
	(void)errors;
	*is_ours = 0;
	return NULL;
}
