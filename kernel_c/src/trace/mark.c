/* SPDX-License-Identifier: Apache-2.0 */
#include "mark.h"

#ifdef TAPK_TRACE

static void keep(struct tapk_trace *trace, uint16_t rule, uint8_t kind, uint8_t truth,
                 uint64_t value)
{
    if (trace->ring == NULL || trace->count >= trace->capacity) {
        trace->lost++;
        return;
    }
    struct tapk_trace_event *event = &trace->ring[trace->count++];
    event->rule = rule;
    event->kind = kind;
    event->truth = truth;
    event->value = value > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)value;
}

int tapk_mark(struct tapk_trace *trace, uint16_t rule, int truth)
{
    if (trace == NULL)
        return truth;
#ifdef TAPK_TEST
    if (trace->force_rule == rule && trace->force == TAPK_FORCE_FALSE)
        truth = 0;
    if (trace->force_rule == rule && trace->force == TAPK_FORCE_TRUE)
        truth = 1;
#endif
    keep(trace, rule, TAPK_TRACE_RULE, (uint8_t)truth, 0);
    return truth;
}

int tapk_mark_ge(struct tapk_trace *trace, uint16_t rule, uint64_t a, uint64_t b)
{
    int truth = a >= b;
    if (trace == NULL)
        return truth;
#ifdef TAPK_TEST
    if (trace->force_rule == rule) {
        if (trace->force == TAPK_FORCE_FALSE)
            truth = 0;
        if (trace->force == TAPK_FORCE_TRUE)
            truth = 1;
        if (trace->force == TAPK_FORCE_LESS)
            truth = a > b;
        if (trace->force == TAPK_FORCE_MORE)
            truth = a + 1 >= b;
    }
#endif
    keep(trace, rule, TAPK_TRACE_LIMIT, (uint8_t)truth, a);
    keep(trace, rule, TAPK_TRACE_BOUND, (uint8_t)truth, b);
    return truth;
}

void tapk_mark_step(struct tapk_trace *trace, uint16_t state, uint8_t step)
{
    if (trace != NULL)
        keep(trace, state, TAPK_TRACE_STEP, step, 0);
}

#else
typedef int tapk_mark_empty; /* a translation unit holds at least one declaration */
#endif
