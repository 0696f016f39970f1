/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernel 7 from the final selection to the outcome; the chapters in their order (QP-001, QP-002).
 */
#include "kernels/qpboc/qpboc.h"

/* EP-067, QP-040: an application without name or without a usable PDOL is not for this kernel. */
static int application_usable(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span name = tapk_card_from(ctx, 0x84, TAPK_FROM_CARD_FCI);
    return RULE(EP_067, name.n > 0) && tapk_pdol_usable(ctx);
}

static void start(struct tapk_ctx *ctx) { tapk_gpo_send(ctx); }

static void answer(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    if (ctx->state == TAPK_STATE_GPO)
        tapk_qpboc_on_gpo(ctx, answer);
    else
        tapk_qpboc_on_record(ctx, answer);
}

static void done(struct tapk_ctx *ctx, uint16_t event)
{
    struct tapk_trace *trace = &ctx->trace;
    switch (ctx->state) {
    case TAPK_STATE_KEEP:
        if (RULE(TT_017, event == TAPK_EVENT_DONE)) {
            ctx->tap.kept = 1;
            tapk_record_send(ctx);
        } else {
            tapk_end(ctx, TAPK_END_APPLICATION, REASON(STORE_FAILED), RULE_ID(TT_017));
        }
        break;
    case TAPK_STATE_LOOKUP:
        tapk_qpboc_on_lookup(ctx, event);
        break;
    default: /* SHOW_READ_OK */
        if (event == TAPK_EVENT_DONE) {
            tapk_qpboc_decide(ctx);
        } else {
            tapk_end(ctx, TAPK_END_APPLICATION, REASON(UNSUPPORTED), 0);
        }
    }
}

const struct tapk_kernel tapk_kernel_qpboc = {
    {7, 0, 0},          "qPBOC", application_usable, start, answer, tapk_qpboc_no_answer, done,
    tapk_qpboc_on_host,
};
