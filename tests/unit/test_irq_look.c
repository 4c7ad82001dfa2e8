// SPDX-License-Identifier: GPL-2.0-only
/* What the names of an interrupt's handlers tell: names as drivers of 6.12 give them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "irq_look.h"

static void test_packets(void **state)
{
	static const char *const of[] = {
		"virtio0-input.0\n", "eth0-rx-1\n",
		"eth0-txrx-1\n",     "eth0-tx-rx-1\n",
		"eth0-TxRx-0\n",     "eth0\n",
		"ens5-Tx-Rx-0\n",    "wan-configured-0\n",
		"eth0-txq_rx\n",     "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		assert_int_equal(irq_brings(of[i]), IRQ_PACKETS);
}

static void test_none(void **state)
{
	static const char *const of[] = { "virtio0-output.0\n", "virtio12-config\n",
					  "eth0-tx-1\n",	"eth0-tx\n",
					  "eth0-tx0",		"eth0-txt-tx-0\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		assert_int_equal(irq_brings(of[i]), IRQ_NO_PACKETS);
}

static void test_shared(void **state)
{
	(void)state;
	assert_int_equal(irq_brings("eth0,eth1\n"), IRQ_SHARED);
	assert_int_equal(irq_brings("uhci_hcd:usb1,eth0-tx-1\n"), IRQ_SHARED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
