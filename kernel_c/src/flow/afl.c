/* SPDX-License-Identifier: Apache-2.0
 *
 * The application file locator: entries of SFI, first, last, count under authentication.
 */
#include "flow/flow.h"

int tapk_afl_valid(struct tapk_ctx *ctx, struct tapk_span afl)
{
    struct tapk_trace *trace = &ctx->trace;
    if (!RULE(QP_065, afl.n >= 4 && afl.n % 4 == 0))
        return 0;
    for (size_t i = 0; i < afl.n; i += 4) {
        const uint8_t *e = afl.p + i;
        const unsigned sfi = e[0] >> 3;
        const int possible = (e[0] & 0x07u) == 0 && sfi >= 1 && sfi <= 30 && e[1] >= 1 &&
                             e[2] >= e[1] && e[3] <= e[2] - e[1] + 1;
        if (!RULE(QP_065, possible))
            return 0;
    }
    return 1;
}

static const uint8_t *entry_at(const struct tapk_ctx *ctx)
{
    return ctx->arena + ctx->tap.afl.offset + ctx->tap.entry;
}

void tapk_afl_start(struct tapk_ctx *ctx, struct tapk_span afl)
{
    ctx->tap.afl.offset = (uint16_t)(afl.p - ctx->arena);
    ctx->tap.afl.length = (uint16_t)afl.n;
    ctx->tap.entry = 0;
    ctx->tap.record = afl.p[1];
    ctx->tap.to_authenticate = afl.p[3];
}

struct tapk_afl_at tapk_afl_at(const struct tapk_ctx *ctx)
{
    const uint8_t *entry = entry_at(ctx);
    const struct tapk_afl_at at = {
        (uint8_t)(entry[0] >> 3), ctx->tap.record, ctx->tap.to_authenticate > 0,
        ctx->tap.record >= entry[2] && ctx->tap.entry + 4 >= ctx->tap.afl.length};
    return at;
}

int tapk_afl_static_done(const struct tapk_ctx *ctx)
{
    if (ctx->tap.to_authenticate > 0)
        return 0;
    for (size_t i = (size_t)ctx->tap.entry + 4; i + 4 <= ctx->tap.afl.length; i += 4)
        if (ctx->arena[ctx->tap.afl.offset + i + 3] > 0)
            return 0;
    return 1;
}

void tapk_afl_advance(struct tapk_ctx *ctx)
{
    if (ctx->tap.to_authenticate > 0)
        ctx->tap.to_authenticate--;
    if (ctx->tap.record < entry_at(ctx)[2]) {
        ctx->tap.record++;
        return;
    }
    ctx->tap.entry = (uint16_t)(ctx->tap.entry + 4);
    ctx->tap.record = entry_at(ctx)[1];
    ctx->tap.to_authenticate = entry_at(ctx)[3];
}
