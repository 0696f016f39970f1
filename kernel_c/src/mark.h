/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks. RULE(QP_064, len == 2) is the value of len == 2, and says to the trace that the decision
 * of QP-064 was taken. RULE_GE(id, a, b) is a >= b for limits. The enclosing function has a
 * variable `trace` (struct tapk_trace *, may be null). Test builds can force a mark either way:
 * that changes a verdict, never memory safety, so a check that guards an access stands beside its
 * mark.
 */
#ifndef TAPK_MARK_H
#define TAPK_MARK_H

#include "tapkern/trace.h"

#define TAPK_RULE(name, number, text) TAPK_RULE_##name = (number),
enum tapk_rule {
    TAPK_RULE_NONE = 0,
#include "../rules.def"
    TAPK_RULE_LAST
};
#undef TAPK_RULE

#ifdef TAPK_TRACE
int tapk_mark(struct tapk_trace *trace, uint16_t rule, int truth);
int tapk_mark_ge(struct tapk_trace *trace, uint16_t rule, uint64_t a, uint64_t b);
void tapk_mark_step(struct tapk_trace *trace, uint16_t state, uint8_t step);
#define RULE(id, condition) tapk_mark(trace, TAPK_RULE_##id, (condition) ? 1 : 0)
#define RULE_GE(id, a, b) tapk_mark_ge(trace, TAPK_RULE_##id, (a), (b))
#else
#define RULE(id, condition) ((void)trace, (condition))
#define RULE_GE(id, a, b) ((void)trace, (a) >= (b))
#define tapk_mark_step(trace, state, step) ((void)(trace))
#endif

#endif
