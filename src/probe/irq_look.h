/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interrupts are which network card's: as /sys tells the vectors of the PCI device below it (msi_irqs; irq where it has none). Of the
 * namespace in which crumb runs, where cards are.
 */
#ifndef CRUMB_IRQ_LOOK_H
#define CRUMB_IRQ_LOOK_H

#include "settings.h"

enum irq_brings {
	IRQ_PACKETS,
	IRQ_NO_PACKETS, /* of sent packets, or of the link: as drivers call them ("virtio0-output.0", "eth0-tx-1") */
	IRQ_SHARED,
};

/* By the names of who asked for it (/sys/kernel/irq/N/actions); none: nobody yet, or the kernel does not tell. */
enum irq_brings irq_brings(const char *actions);

/* Clears @ret first, and leaves it so where /sys is another namespace's. Cards that come later are not known. */
void irq_look(struct crumb_irqs *ret);

#endif
