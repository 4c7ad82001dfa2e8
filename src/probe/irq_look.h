/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interrupts are which network card's: as /sys tells the vectors of the PCI device below it (msi_irqs; irq where it has none). Of the
 * namespace in which crumb runs, where cards are.
 */
#ifndef CRUMB_IRQ_LOOK_H
#define CRUMB_IRQ_LOOK_H

#include "settings.h"

/* Clears @ret first. Cards that come later are not known. */
void irq_look(struct crumb_irqs *ret);

#endif
