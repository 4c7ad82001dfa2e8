// SPDX-License-Identifier: GPL-2.0-only
/* The reader of samples on any bytes behind a netlink header: a packet with bytes, or none. */
#include <libmnl/libmnl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "psample.h"

static void demand(int truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *nlh;
	struct sampled s;

	if (size > 4096)
		return 0;
	/* As long as it says, so that a byte too much is seen. */
	nlh = malloc(sizeof(*nlh) + size);
	demand(nlh != NULL);
	memset(nlh, 0, sizeof(*nlh));
	nlh->nlmsg_len = sizeof(*nlh) + size;
	memcpy(nlh + 1, data, size);
	if (psample_parse(nlh, &s)) {
		demand(s.ev.s.dir <= 1);
		demand(s.l3 >= (const uint8_t *)nlh &&
		       s.l3 + s.l3_bytes <= (const uint8_t *)nlh + nlh->nlmsg_len);
		demand(s.flow.proto == 6 || s.flow.proto == 17);
	}
	free(nlh);
	return 0;
}
