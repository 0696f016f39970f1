/* SPDX-License-Identifier: Apache-2.0
 *
 * The outcome and what follows from it (20-entry-point.md section 7).
 */
#include <string.h>

#include "context.h"
#include "data/format.h"

static void ui_of(struct tapk_ui *ui, uint8_t message, uint8_t status)
{
    memset(ui, 0, sizeof *ui);
    ui->message = message;
    ui->status = status;
}

static void say(struct tapk_ctx *ctx, uint8_t message, uint8_t status)
{
    struct tapk_ui *ui = &ctx->outcome.ui;
    const struct tapk_span language = tapk_card_from(ctx, 0x5F2D, TAPK_FROM_CARD_FCI);
    ui_of(ui, message, status);
    ctx->outcome.ui_on_outcome = 1;
    if (language.n > 0 && language.n <= sizeof ui->language) {
        memcpy(ui->language, language.p, language.n);
        ui->language_len = (uint8_t)language.n;
    }
}

/* The balance goes with the message when it is known (OUT-020). */
static void say_balance(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    if (!ctx->outcome.balance_known)
        return;
    ctx->outcome.ui.qualifier = TAPK_VALUE_BALANCE;
    (void)tapk_bcd_put(ctx->outcome.ui.value, 6, ctx->outcome.balance);
    memcpy(ctx->outcome.ui.currency, ctx->values.currency, 2);
    /* QP-152: the currency that GET DATA told, where it was asked for. */
    const struct tapk_span own = tapk_card_from(ctx, 0x9F51, TAPK_FROM_CARD_COMMAND);
    if (own.n == 2 && !ctx->tap.second_purse && RULE(QP_152, tapk_n3_valid(own.p, own.n)))
        memcpy(ctx->outcome.ui.currency, own.p, 2);
}

/* 8A of a decision that no host took (section 12 of 30-qpboc-flow.md). */
static void answer_offline(struct tapk_ctx *ctx, const char *code)
{
    if (ctx->values.arc[0] == 0)
        memcpy(ctx->values.arc, code, 2);
}

/* The only success signal of the terminal (OUT-012, OUT-020, OUT-021). */
static void approved(struct tapk_ctx *ctx)
{
    const struct tapk_span body = tapk_combination(ctx, ctx->tap.combination);
    const int sign = ctx->tap.cvm == TAPK_CVM_SIGNATURE;
    answer_offline(ctx, "Y1");
    ctx->outcome.cvm = ctx->tap.cvm; /* OUT-014 */
    ctx->outcome.data_record = 1;
    ctx->outcome.receipt = sign ? 1 : tapk_image_byte(body, TAPK_TAG_RECEIPT, 0);
    say(ctx, sign ? TAPK_MSG_APPROVED_SIGN : TAPK_MSG_APPROVED, TAPK_UI_CARD_READ);
    say_balance(ctx);
}

/* OUT-023 */
static void online(struct tapk_ctx *ctx)
{
    const int pin = ctx->tap.cvm == TAPK_CVM_ONLINE_PIN;
    ctx->outcome.cvm = ctx->tap.cvm;
    ctx->outcome.data_record = 1;
    say(ctx, pin ? TAPK_MSG_ENTER_PIN : TAPK_MSG_AUTHORISING, TAPK_UI_CARD_READ);
}

static void try_again(struct tapk_ctx *ctx)
{
    ctx->outcome.start = TAPK_START_B;
    ctx->outcome.ui_on_restart = 1;
    ui_of(&ctx->restart_ui, TAPK_MSG_PRESENT_AGAIN, TAPK_UI_READY_TO_READ);
    if (ctx->outcome.reason == REASON(SEE_PHONE)) { /* OUT-027 */
        say(ctx, TAPK_MSG_SEE_PHONE, TAPK_UI_ERROR);
        ctx->outcome.ui.hold_100ms = 10;
        ctx->outcome.field_off = 10;
    } else { /* OUT-026 */
        say(ctx, TAPK_MSG_PRESENT_AGAIN, TAPK_UI_ERROR);
    }
    ctx->outcome.restart_ui = ctx->restart_ui;
}

static void end_application(struct tapk_ctx *ctx)
{
    ctx->outcome.discretionary = ctx->tap.gpo_sent;
    switch (ctx->outcome.reason) {
    case TAPK_REASON_BALANCE_READ:
    case TAPK_REASON_CARD_INFO_READ:
        say(ctx, TAPK_MSG_CARD_READ_OK, TAPK_UI_CARD_READ);
        say_balance(ctx);
        break;
    case TAPK_REASON_NO_CARD:
    case TAPK_REASON_CANCELLED:
        break;
    default:
        say(ctx, TAPK_MSG_TRY_ANOTHER_CARD, TAPK_UI_READY_TO_READ);
    }
}

/* TT-005, TT-006, TT-019: the last record was asked for, and some answer of the card named a TC
 * (QP-006); or it was so in a tap that is to be recovered. */
static uint8_t may_have_paid(const struct tapk_ctx *ctx)
{
    return ctx->recovery.stage != 0 ||
           (ctx->tap.last_sent && (ctx->tap.cryptogram == TAPK_TC || ctx->tap.tc_named));
}

void tapk_end(struct tapk_ctx *ctx, uint8_t status, uint16_t reason, uint16_t rule)
{
    /* QP-150: a tap that broke off has no balance to show; that of a TC may not have come true. */
    const int shows = status == TAPK_APPROVED || status == TAPK_DECLINED ||
                      status == TAPK_ONLINE_REQUEST || reason == REASON(BALANCE_READ) ||
                      reason == REASON(CARD_INFO_READ);
    const uint64_t balance = shows ? ctx->outcome.balance : 0;
    const uint8_t known = shows ? ctx->outcome.balance_known : 0;
    const uint8_t before = ctx->outcome.balance_is_before;
    struct tapk_outcome *out = &ctx->outcome;
    memset(out, 0, sizeof *out);
    out->size = (uint32_t)sizeof *out;
    out->status = status;
    out->reason = reason;
    out->rule = rule;
    out->start = TAPK_START_NA;
    out->online_response = 0xF0;
    out->cvm = TAPK_CVM_NA;
    out->alternate = TAPK_INTERFACE_NA;
    out->field_off = 0xFF;
    out->oda = ctx->tap.oda;
    out->oda_rule = ctx->tap.oda_rule;
    out->commands = ctx->commands;
    out->balance = balance;
    out->balance_known = known;
    out->balance_is_before = before;
    out->card_may_have_paid = status != TAPK_APPROVED && may_have_paid(ctx);
    switch (status) {
    case TAPK_APPROVED:
        approved(ctx);
        break;
    case TAPK_DECLINED: /* OUT-010 */
        answer_offline(ctx, "Z1");
        out->data_record = 1;
        say(ctx, TAPK_MSG_NOT_AUTHORISED, TAPK_UI_CARD_READ);
        break;
    case TAPK_ONLINE_REQUEST:
        online(ctx);
        break;
    case TAPK_TRY_ANOTHER_INTERFACE:
        say(ctx, TAPK_MSG_INSERT_OR_SWIPE, TAPK_UI_ERROR);
        if (reason != REASON(NOT_ALLOWED)) { /* EP-024 leaves all else N/A */
            out->alternate = TAPK_INTERFACE_CONTACT_CHIP;
            out->discretionary = 1;
        }
        break;
    case TAPK_TRY_AGAIN:
        try_again(ctx);
        break;
    case TAPK_SELECT_NEXT:
        out->start = TAPK_START_C;
        break;
    default:
        end_application(ctx);
    }
    ctx->ended = 1;
}

void tapk_terminate(struct tapk_ctx *ctx, uint16_t reason, uint16_t rule)
{
    struct tapk_trace *trace = &ctx->trace;
    const int contact = (ctx->values.ttq[0] & 0x10u) != 0;
    if (RULE(OUT_013, contact && SWITCH(ctx, QP_MISSING_DATA_TRY_CONTACT)))
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, reason, rule);
    else
        tapk_end(ctx, TAPK_END_APPLICATION, reason, rule);
}

/* TT-007: another automatic pass is allowed. */
static int may_try_again(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t passes = tapk_image_byte(ctx->terminal, TAPK_TAG_PASSES, 3);
    return RULE_GE(TT_007, passes, ctx->passes);
}

void tapk_after_outcome(struct tapk_ctx *ctx, enum tapk_stage stage)
{
    const struct tapk_outcome *out = &ctx->outcome;
    if (stage <= TAPK_STAGE_DROP && ctx->tap.kept && out->status == TAPK_APPROVED) {
        ctx->tap.kept = 0;
        tapk_enter(ctx, TAPK_STATE_DROP);
        return;
    }
    if (stage <= TAPK_STAGE_SHOW && out->ui_on_outcome) { /* OUT-001 */
        ctx->ui = out->ui;
        tapk_enter(ctx, TAPK_STATE_SHOW_OUTCOME);
        return;
    }
    if (stage <= TAPK_STAGE_FIELD && out->field_off != 0xFF) { /* OUT-002 */
        ctx->hold_100ms = out->field_off;
        tapk_enter(ctx, TAPK_STATE_FIELD_OFF);
        return;
    }
    if (out->status == TAPK_TRY_AGAIN &&
        (ctx->recovery.stage || may_try_again(ctx))) { /* OUT-003 */
        ctx->restart = 1;
        tapk_activate(ctx);
    } else if (out->status == TAPK_SELECT_NEXT) { /* OUT-004 */
        ctx->restart = 1;
        tapk_remove_candidate(ctx);
        tapk_select_next(ctx);
    } else { /* OUT-005 */
        tapk_enter(ctx, out->status == TAPK_ONLINE_REQUEST ? TAPK_STATE_OUTCOME_ONLINE
                                                           : TAPK_STATE_OUTCOME);
    }
}
