/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the records, and losing the card meanwhile (30-qpboc-flow.md sections 7 and 14).
 */
#include "kernels/qpboc/qpboc.h"

void tapk_qpboc_read(struct tapk_ctx *ctx)
{
    const struct tapk_afl_at at = tapk_afl_at(ctx);
    const int tc = ctx->tap.cryptogram == TAPK_TC;
    if (at.last && ctx->recovery.stage) {
        tapk_recovery_check(ctx);
        return;
    }
    if (at.last && tc && (SWITCH(ctx, TT_UPLOAD_DOUBTFUL) || SWITCH(ctx, TT_RECOVERY))) {
        tapk_torn_write(ctx);
        tapk_enter(ctx, TAPK_STATE_KEEP);
        return;
    }
    tapk_record_send(ctx);
}

/* In a recovery: a record that cannot be taken is that of another card, or no proof (TT-014). */
static int recovered(struct tapk_ctx *ctx, int taken)
{
    struct tapk_trace *trace = &ctx->trace;
    if (ctx->recovery.stage == TAPK_RECOVERY_PAID) {
        const struct tapk_span card_data = tapk_card(ctx, 0x9F69);
        const int signs = card_data.n > 0 && card_data.p[0] == 0x01;
        if (!RULE(TT_014, taken))
            tapk_undecided(ctx, RULE_ID(TT_014));
        else if (RULE(TT_020, signs)) /* version 00 signs nothing of the last record (FD-006) */
            return 1;
        else
            tapk_undecided(ctx, RULE_ID(TT_020));
        return 0;
    }
    if (!taken)
        tapk_same_card_again(ctx);
    return taken;
}

/* QP-080, QP-081: the last answer ends the reading; nothing is verified before it. */
void tapk_qpboc_on_record(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    const struct tapk_afl_at at = tapk_afl_at(ctx);
    const int taken = tapk_record_take(ctx, answer) && tapk_qpboc_agrees(ctx);
    if (ctx->recovery.stage && !recovered(ctx, taken))
        return;
    if (!taken)
        return;
    if (at.last) {
        tapk_qpboc_card_read(ctx);
        return;
    }
    tapk_afl_advance(ctx);
    tapk_qpboc_read(ctx);
}

/* TT-005, TT-018, TT-019: the card may have paid; without proof nothing is approved or repeated. */
static void may_have_paid(struct tapk_ctx *ctx)
{
    tapk_end(ctx, TAPK_END_APPLICATION, REASON(CARD_MAY_HAVE_PAID), RULE_ID(TT_005));
}

/* One of 9F27 and 9F10 told a TC, and the last record was asked for: a new GPO might pay twice. */
static int tc_named(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    return ctx->state == TAPK_STATE_RECORD && RULE(TT_005, ctx->tap.last_sent && ctx->tap.tc_named);
}

static int deserted(struct tapk_ctx *ctx, uint16_t event)
{
    if (event != TAPK_EVENT_CANCEL && event != TAPK_EVENT_UNSUPPORTED)
        return 0;
    if (tc_named(ctx)) {
        may_have_paid(ctx);
        return 1;
    }
    tapk_end(ctx, TAPK_END_APPLICATION,
             event == TAPK_EVENT_CANCEL ? REASON(CANCELLED) : REASON(UNSUPPORTED), 0);
    return 1;
}

void tapk_qpboc_no_answer(struct tapk_ctx *ctx, uint16_t event)
{
    struct tapk_trace *trace = &ctx->trace;
    const int tc = ctx->tap.cryptogram == TAPK_TC;
    if (ctx->state == TAPK_STATE_RECORD && tc && RULE(TT_005, ctx->tap.last_sent)) {
        const int lost = event == TAPK_EVENT_LOST || event == TAPK_EVENT_TIMEOUT;
        if (!lost || !tapk_recovery_begin(ctx))
            may_have_paid(ctx);
        return;
    }
    if (deserted(ctx, event))
        return;
    /* TT-001 is EP-035: the card left before GPO. */
    if (ctx->state == TAPK_STATE_GPO) {
        tapk_end(ctx, TAPK_TRY_AGAIN, REASON(CARD_LOST), RULE_ID(QP_046)); /* TT-002 */
        return;
    }
    if (!tc &&
        RULE(QP_173, !ctx->tap.online_oda && tapk_card_from(ctx, 0x57, TAPK_FROM_CARD_GPO).n > 0)) {
        ctx->tap.afl.length = 0; /* go on as an ARQC without AFL: TT-003 */
        tapk_qpboc_card_read(ctx);
        return;
    }
    if (!tc && tc_named(ctx))
        may_have_paid(ctx);
    else
        tapk_end(ctx, TAPK_TRY_AGAIN, REASON(CARD_LOST), RULE_ID(QP_073)); /* TT-004 */
}
