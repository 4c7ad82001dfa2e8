// SPDX-License-Identifier: GPL-2.0-only
#include "priority.h"

#include <pthread.h>

void priority_raise(struct priority *p)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	if (p->raised || pthread_getschedparam(pthread_self(), &p->policy, &p->param))
		return;
	p->raised = !pthread_setschedparam(pthread_self(), SCHED_RR, &lowest);
}

void priority_restore(struct priority *p)
{
	if (p->raised)
		pthread_setschedparam(pthread_self(), p->policy, &p->param);
	p->raised = false;
}
