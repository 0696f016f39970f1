/* SPDX-License-Identifier: Apache-2.0
 *
 * Start B: forget the last pass, ask for a card (20-entry-point.md section 4).
 */
#include <string.h>

#include "context.h"

void tapk_activate(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const int again = RULE(EP_030, ctx->restart && ctx->outcome.ui_on_restart);
    tapk_forget(ctx, 0); /* OUT-006, TLV-024 */
    ctx->outcome.balance_known = 0;
    memset(&ctx->tap, 0, sizeof ctx->tap);
    memset(ctx->candidate, 0, sizeof ctx->candidate);
    ctx->candidates = 0; /* EP-003, EP-058 */
    ctx->arena_ppse = 0;
    ctx->commands = 0;
    ctx->kernel = NULL;
    ctx->values.aid_length = 0;
    ctx->values.dynamic_length = 0;
    memset(ctx->values.un, 0, sizeof ctx->values.un);
    memset(ctx->values.arc, 0, sizeof ctx->values.arc);
    memset(ctx->values.cvm_results, 0, sizeof ctx->values.cvm_results);
    ctx->values.cid = 0;
    if (ctx->recovery.stage == 0 || ctx->recovery.retaps == 0) /* else counted apart: TT-016 */
        ctx->passes++;
    if (again) {
        ctx->ui = ctx->restart_ui; /* OUT-007 */
        tapk_enter(ctx, TAPK_STATE_SHOW_PRESENT);
        return;
    }
    tapk_show(ctx, TAPK_STATE_SHOW_PRESENT,
              ctx->recovery.stage ? TAPK_MSG_PRESENT_AGAIN : TAPK_MSG_PRESENT_CARD,
              TAPK_UI_READY_TO_READ);
    if (ctx->transaction.purpose == TAPK_PAYMENT) {
        ctx->ui.qualifier = TAPK_VALUE_AMOUNT;
        memcpy(ctx->ui.value, ctx->values.amount, 6);
        memcpy(ctx->ui.currency, ctx->values.currency, 2);
    }
}
