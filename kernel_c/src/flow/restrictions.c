/* SPDX-License-Identifier: Apache-2.0
 *
 * PAN, dates, exception file (30-qpboc-flow.md sections 7 and 8).
 */
#include <string.h>

#include "data/format.h"
#include "flow/flow.h"

int tapk_pan_take(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span pan = tapk_card(ctx, 0x5A);
    const struct tapk_span track = tapk_card(ctx, 0x57);
    uint8_t other[10];
    if (pan.n > 0)
        ctx->tap.pan_known = tapk_pan_of_5a(pan.p, pan.n, ctx->tap.pan) == 0;
    if (track.n == 0 || tapk_pan_of_57(track.p, track.n, other) != 0)
        return 1;
    if (RULE(QP_084, pan.n == 0)) {
        memcpy(ctx->tap.pan, other, sizeof other);
        ctx->tap.pan_known = 1;
        return 1;
    }
    return RULE(QP_085,
                memcmp(ctx->tap.pan, other, sizeof other) == 0 || !SWITCH(ctx, QP_CHECK_PAN_57));
}

int tapk_expired(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span date = tapk_card(ctx, 0x5F24);
    if (date.n != 3)
        return 0;
    const uint32_t today = tapk_date_key(ctx->values.date);
    return RULE_GE(QP_090, today, tapk_date_key(date.p) + 1);
}

int tapk_not_yet_effective(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span date = tapk_card(ctx, 0x5F25);
    if (date.n != 3 || !SWITCH(ctx, QP_CHECK_EFFECTIVE))
        return 0;
    return RULE_GE(QP_094, tapk_date_key(date.p), tapk_date_key(ctx->values.date) + 1);
}

enum tapk_exception tapk_exception(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span number = tapk_card(ctx, 0x5F34);
    const uint8_t psn = number.n == 1 ? number.p[0] : 0xFF;
    if (!ctx->tap.pan_known || (psn == 0xFF && SWITCH(ctx, QP_EXCEPTION_NEEDS_PSN)))
        return TAPK_NOT_LISTED;
    if (RULE(QP_095, tapk_image_exception(ctx->image, ctx->tap.pan, psn)))
        return TAPK_LISTED;
    if (tapk_image_byte(ctx->terminal, TAPK_TAG_LOOKUP, 0) == 1 && !ctx->tap.lookup_done)
        return TAPK_ASK;
    return TAPK_NOT_LISTED;
}
