/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace: one 8-byte record for every marked decision, in a ring that the caller owns. Without
 * TAPK_TRACE at compile time a mark is its condition and nothing else, and the ring stays empty.
 */
#ifndef TAPKERN_TRACE_H
#define TAPKERN_TRACE_H

#include "tapkern/types.h"

enum tapk_trace_kind {
    TAPK_TRACE_RULE = 1,  /* value: 0 */
    TAPK_TRACE_LIMIT = 2, /* value: left side of a >= b, low 32 bits; a BOUND record follows */
    TAPK_TRACE_BOUND = 3, /* value: right side, low 32 bits */
    TAPK_TRACE_STEP = 4   /* rule: state number; truth: step kind */
};

struct tapk_trace_event {
    uint16_t rule; /* number in rules.def, or in states.def for STEP */
    uint8_t kind;  /* enum tapk_trace_kind */
    uint8_t truth; /* 0 or 1 */
    uint32_t value;
};

/* Test switches (TAPK_TEST builds): one decision forced or shifted at run time. */
enum tapk_force {
    TAPK_FORCE_OFF = 0,
    TAPK_FORCE_FALSE = 1,
    TAPK_FORCE_TRUE = 2,
    TAPK_FORCE_LESS = 3, /* a >= b + 1 */
    TAPK_FORCE_MORE = 4  /* a + 1 >= b */
};

struct tapk_trace {
    struct tapk_trace_event *ring; /* null: nothing is kept */
    uint32_t capacity;             /* records in ring */
    uint32_t count;                /* records kept since the last tapk_begin */
    uint32_t lost;                 /* records that did not fit */
    uint16_t force_rule;           /* TAPK_TEST builds only */
    uint16_t force;                /* enum tapk_force */
};

#endif
