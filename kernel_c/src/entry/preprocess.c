/* SPDX-License-Identifier: Apache-2.0
 *
 * Start A: pre-processing of every combination (20-entry-point.md section 3, QP-020...QP-027):
 * whole minor units of one currency are compared (EP-025, QP-013), by the combination's own limits
 * (QP-010).
 */
#include <string.h>

#include "context.h"
#include "data/format.h"

static int type_listed(const struct tapk_ctx *ctx, struct tapk_span body)
{
    const struct tapk_span types = tapk_image_value(body, TAPK_TAG_TYPES);
    if (types.n == 0)
        return ctx->transaction.type == 0x00;
    for (size_t i = 0; i < types.n; i++)
        if (types.p[i] == ctx->transaction.type)
            return 1;
    return 0;
}

static uint64_t one_unit(uint8_t exponent)
{
    uint64_t unit = 1;
    for (uint8_t i = 0; i < exponent; i++)
        unit *= 10;
    return unit;
}

/* EP-015, EP-016: above the floor limit. */
static int over_floor(struct tapk_ctx *ctx, struct tapk_span body, int *configured)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint64_t amount = ctx->transaction.amount;
    const uint64_t more = SWITCH(ctx, EP_FLOOR_CMP_GE) ? 0 : 1;
    uint64_t limit;
    *configured = 1;
    if (tapk_image_limit(body, 0xDF19, &limit))
        return RULE_GE(EP_015, amount, limit + more);
    if (tapk_image_limit(body, 0x9F1B, &limit))
        return RULE_GE(EP_016, amount, limit + more);
    *configured = 0;
    return 0;
}

/* EP-013, EP-021, TR-008: 1 when a zero amount cannot be done here. */
static int zero_amount(struct tapk_ctx *ctx, struct tapk_span body, struct tapk_indicators *mine)
{
    struct tapk_trace *trace = &ctx->trace;
    if (!RULE(EP_013, ctx->transaction.amount == 0))
        return 0;
    if (tapk_image_byte(body, TAPK_TAG_ZERO_AMOUNT, 1) == 0)
        return 1;
    if (!mine->has_ttq)
        return 0;
    if (RULE(EP_021, (mine->ttq[0] & 0x08u) != 0))
        return 1;
    mine->ttq[1] |= 0x80u;
    return 0;
}

static void preprocess_one(struct tapk_ctx *ctx, uint8_t index)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_indicators *mine = &ctx->indicators[index];
    const struct tapk_span body = tapk_combination(ctx, index);
    const struct tapk_span ttq = tapk_image_value(body, 0x9F66);
    const uint64_t amount = ctx->transaction.amount;
    const int kernel_7 = tapk_image_byte(body, 0x96, 0) == 7;
    uint64_t limit;
    int floor_known;

    memset(mine, 0, sizeof *mine); /* EP-010 */
    ctx->tap.combination = index;  /* its switches */
    if (!type_listed(ctx, body)) {
        mine->not_allowed = 1;
        return;
    }
    if (RULE(EP_011, ttq.n == 4) && ttq.n == 4) {
        memcpy(mine->ttq, ttq.p, 4);
        mine->ttq[1] &= 0x3Fu;
        mine->has_ttq = 1;
    }
    const int status_check = RULE(EP_012, tapk_image_byte(body, TAPK_TAG_STATUS_CHECK, 0) == 1 &&
                                              amount == one_unit(ctx->transaction.exponent));
    if (zero_amount(ctx, body, mine))
        mine->not_allowed = 1;
    if (tapk_image_limit(body, 0xDF20, &limit) && RULE_GE(EP_014, amount, limit))
        mine->not_allowed = 1;
    const int above_floor = over_floor(ctx, body, &floor_known);
    const int needs_cvm = tapk_image_limit(body, 0xDF21, &limit) && RULE_GE(EP_018, amount, limit);
    const int no_floor = RULE(EP_017, kernel_7 && !floor_known);
    if (no_floor && SWITCH(ctx, EP_SELECTION) == TAPK_SELECTION_P12)
        mine->not_allowed = 1;
    if (mine->has_ttq) { /* EP-023 */
        if (no_floor || RULE(EP_019, above_floor) || RULE(EP_020, status_check))
            mine->ttq[1] |= 0x80u;
        if (RULE(EP_022, needs_cvm))
            mine->ttq[1] |= 0x40u;
    }
    if (RULE(EP_026, kernel_7 && (!mine->has_ttq || (mine->ttq[0] & 0x60u) == 0)))
        mine->not_allowed = 1;
}

/* EP-002 copies the configured TTQ and checks no limit: here section 3 comes to that very TTQ, in
 * each combination of the type. */
int tapk_ttq_fixed(struct tapk_ctx *ctx)
{
    int fixed = 0;
    for (uint8_t i = 0; i < ctx->combinations; i++) {
        const struct tapk_indicators *mine = &ctx->indicators[i];
        const struct tapk_span body = tapk_combination(ctx, i);
        const struct tapk_span ttq = tapk_image_value(body, 0x9F66);
        if (!type_listed(ctx, body))
            continue;
        preprocess_one(ctx, i);
        if (!SWITCH(ctx, EP_START_B_FIXED) || mine->not_allowed || !mine->has_ttq ||
            memcmp(mine->ttq, ttq.p, 4) != 0)
            return 0;
        fixed = 1;
    }
    return fixed;
}

int tapk_preprocess(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    int allowed = 0;
    for (uint8_t i = 0; i < ctx->combinations; i++) {
        if (ctx->transaction.purpose != TAPK_PAYMENT) {
            memset(&ctx->indicators[i], 0, sizeof ctx->indicators[i]); /* no amount, no limits */
            allowed = 1;
            continue;
        }
        preprocess_one(ctx, i);
        allowed |= !ctx->indicators[i].not_allowed;
    }
    ctx->tap.combination = 0;
    return RULE(EP_024, !allowed);
}
