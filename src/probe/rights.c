// SPDX-License-Identifier: GPL-2.0-only
#include "rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

int rights_drop(void)
{
	static const unsigned int keep[] = { CAP_BPF,	    CAP_PERFMON,  CAP_SYS_PTRACE,
					     CAP_SYS_ADMIN, CAP_SYSLOG,	  CAP_SYS_NICE,
					     CAP_KILL,	    CAP_NET_ADMIN };
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	uint32_t mask[2] = { 0 };

	for (unsigned int i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		mask[keep[i] / 32] |= 1u << keep[i] % 32;
	if (syscall(SYS_capget, &head, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		data[i].effective &= mask[i];
		data[i].permitted &= mask[i];
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}
