/* SPDX-License-Identifier: Apache-2.0
 *
 * A torn tap is brought to its end (30-qpboc-flow.md section 14, TT-010...TT-020). The card is
 * asked for again; GPO is not sent, the kept answer takes its place, and everything is read and
 * judged as ever (TT-020). Before the last record it has to be the same card at the same count,
 * and its balance tells whether it has paid.
 */
#include <string.h>

#include "data/format.h"
#include "flow/flow.h"
#include "flow/torn.h"
#include "kernel.h"

#define RETAPS_MAX 20u /* a clock that stands still is no window without end */

uint8_t tapk_psn(const struct tapk_ctx *ctx)
{
    if (ctx->tap.psn_in_record)
        return ctx->tap.record_psn;
    const struct tapk_span psn = tapk_card(ctx, 0x5F34);
    return psn.n == 1 ? psn.p[0] : 0xFF;
}

/* A time of the configuration in seconds (TT-016). */
static uint32_t seconds(const struct tapk_ctx *ctx, uint32_t tag, uint32_t absent)
{
    const struct tapk_span value = tapk_image_value(ctx->terminal, tag);
    uint64_t number = absent;
    if (value.n == 2)
        (void)tapk_bcd_get(value.p, 2, &number);
    return (uint32_t)number;
}

void tapk_undecided(struct tapk_ctx *ctx, uint16_t rule)
{
    ctx->recovery.stage = TAPK_RECOVERY_OVER;
    tapk_end(ctx, TAPK_END_APPLICATION, REASON(CARD_MAY_HAVE_PAID), rule);
}

void tapk_same_card_again(struct tapk_ctx *ctx)
{
    if (ctx->recovery.retaps == RETAPS_MAX) {
        tapk_undecided(ctx, RULE_ID(TT_016));
        return;
    }
    ctx->recovery.retaps++;
    ctx->recovery.stage = TAPK_RECOVERY_LOOKING;
    tapk_end(ctx, TAPK_TRY_AGAIN, REASON(PRESENT_SAME_CARD), RULE_ID(TT_015));
}

int tapk_recovery_begin(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    if (!RULE(TT_010, SWITCH(ctx, TT_RECOVERY) && ctx->tap.pan_known))
        return 0;
    ctx->recovery.since_ms = ctx->now_ms;
    tapk_same_card_again(ctx);
    return 1;
}

/* TT-016: another transaction ends the recovery. */
static int same_transaction(const struct tapk_ctx *ctx)
{
    const uint8_t *r = ctx->record;
    const struct tapk_values *v = &ctx->values;
    return memcmp(r + TORN_AMOUNT, v->amount, 6) == 0 && memcmp(r + TORN_OTHER, v->other, 6) == 0 &&
           memcmp(r + TORN_CURRENCY, v->currency, 2) == 0 && r[TORN_TYPE] == v->type;
}

int tapk_recovery_taken(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint32_t age = seconds(ctx, TAPK_TAG_TORN_TIME, 60);
    ctx->recovery.stage = TAPK_RECOVERY_LOOKING;
    ctx->recovery.since_ms = ctx->now_ms;
    if (!RULE(TT_019, tapk_torn_sound(ctx->record))) {
        tapk_undecided(ctx, RULE_ID(TT_019));
        return 0;
    }
    const int fresh = tapk_torn_fresh(ctx->record, ctx->values.date, ctx->values.time, age);
    if (!RULE(TT_016, fresh && same_transaction(ctx))) {
        tapk_undecided(ctx, RULE_ID(TT_016));
        return 0;
    }
    return 1;
}

/* Milliseconds in which the same card may come (FF803A). */
static uint64_t window(const struct tapk_ctx *ctx)
{
    return (uint64_t)seconds(ctx, TAPK_TAG_RETAP_TIME, 10) * 1000;
}

uint16_t tapk_recovery_left(const struct tapk_ctx *ctx)
{
    const uint64_t passed = ctx->now_ms - ctx->recovery.since_ms;
    if (ctx->recovery.stage == 0)
        return 0;
    return passed >= window(ctx) ? 1 : (uint16_t)((window(ctx) - passed + 99) / 100);
}

int tapk_recovery_in_time(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint64_t passed = ctx->now_ms - ctx->recovery.since_ms;
    if (RULE_GE(TT_016, window(ctx), passed))
        return 1;
    tapk_undecided(ctx, RULE_ID(TT_016));
    return 0;
}

int tapk_recovery_wants(const struct tapk_ctx *ctx, struct tapk_span name)
{
    const uint8_t *r = ctx->record;
    return name.n == r[TORN_AID_LENGTH] && memcmp(name.p, r + TORN_AID, name.n) == 0;
}

void tapk_recovery_select(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_values *v = &ctx->values;
    const uint8_t *r = ctx->record;
    const struct tapk_answer kept = {{r + TORN_GPO, (size_t)tapk_be_get(r + TORN_GPO_LENGTH, 2)},
                                     0x9000};
    memcpy(v->un, r + TORN_UN, 4);
    memcpy(v->date, r + TORN_DATE, 3);
    memcpy(v->time, r + TORN_TIME, 3);
    memcpy(v->sequence, r + TORN_SEQUENCE, 4);
    memcpy(v->ttq, r + TORN_TTQ, 4);
    v->capp = r[TORN_CAPP];
    v->sm_support = r[TORN_SM];
    v->ec_support = r[TORN_EC];
    ctx->tap.gpo_sent = 1;
    ctx->tap.kept = 1;
    ctx->state = TAPK_STATE_GPO;
    ctx->kernel->answer(ctx, kept);
    /* What was good once is no more: another configuration. */
    if (!RULE(TT_011, (!ctx->ended && ctx->tap.cryptogram == TAPK_TC) ||
                          ctx->recovery.stage == TAPK_RECOVERY_OVER))
        tapk_undecided(ctx, RULE_ID(TT_011));
}

static void ask(struct tapk_ctx *ctx, uint8_t tag)
{
    tapk_get_data(ctx, TAPK_STATE_RECOVER, (uint16_t)(0x9F00u | tag));
}

void tapk_recovery_check(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t *r = ctx->record;
    const struct tapk_span number = tapk_card_from(ctx, 0x5A, TAPK_FROM_CARD_RECORD);
    const struct tapk_span track = tapk_card_from(ctx, 0x57, TAPK_FROM_CARD_RECORD);
    uint8_t pan[10];
    if (tapk_pan_of_5a(number.p, number.n, pan) != 0 && tapk_pan_of_57(track.p, track.n, pan) != 0)
        tapk_undecided(ctx, RULE_ID(TT_012)); /* the kept answer is no word of this card */
    else if (RULE(TT_012, memcmp(r + TORN_PAN, pan, 10) == 0 && r[TORN_PSN] == tapk_psn(ctx)))
        ask(ctx, 0x36);
    else
        tapk_same_card_again(ctx); /* TT-015 */
}

/* TT-014: the card has paid, or there is nothing to pay. */
static void read_last(struct tapk_ctx *ctx)
{
    ctx->recovery.stage = TAPK_RECOVERY_PAID;
    tapk_record_send(ctx);
}

static void on_atc(struct tapk_ctx *ctx, struct tapk_span atc)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t *r = ctx->record;
    if (!RULE(TT_012, atc.n == 2 && memcmp(atc.p, r + TORN_ATC, 2) == 0))
        tapk_undecided(ctx, RULE_ID(TT_012));
    else if (RULE(TT_020, ctx->transaction.amount == 0))
        read_last(ctx);
    else if (r[TORN_SOURCE] == 0)
        tapk_undecided(ctx, RULE_ID(TT_019));
    else
        ask(ctx, r[TORN_SOURCE]);
}

static void on_balance(struct tapk_ctx *ctx, struct tapk_span value)
{
    struct tapk_trace *trace = &ctx->trace;
    uint64_t balance = 0;
    uint64_t after = 0;
    (void)tapk_bcd_get(ctx->record + TORN_AFTER, 6, &after);
    if (value.n != 6 || tapk_bcd_get(value.p, 6, &balance) != 0) {
        tapk_undecided(ctx, RULE_ID(TT_019));
    } else if (RULE(TT_013, balance == after)) {
        read_last(ctx);
    } else if (RULE(TT_015, balance == after + ctx->transaction.amount)) {
        ask(ctx, 0x51);
    } else {
        tapk_undecided(ctx, RULE_ID(TT_013));
    }
}

/* Without GPO a card tells its first purse (CMD-033): no proof unless that was to pay. */
static void on_currency(struct tapk_ctx *ctx, struct tapk_span value)
{
    struct tapk_trace *trace = &ctx->trace;
    const int first = value.n == 2 && memcmp(value.p, ctx->record + TORN_CURRENCY, 2) == 0;
    if (!RULE(TT_019, first)) {
        tapk_undecided(ctx, RULE_ID(TT_019));
        return;
    }
    ctx->recovery.stage = TAPK_RECOVERY_DROPPING;
    tapk_enter(ctx, TAPK_STATE_DROP);
}

void tapk_on_recovery(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    const struct tapk_span value = tapk_data_object(ctx, answer);
    switch (ctx->tap.data_tag) {
    case 0x9F36:
        on_atc(ctx, value);
        break;
    case 0x9F51:
        on_currency(ctx, value);
        break;
    default:
        on_balance(ctx, value);
    }
}

void tapk_recovery_dropped(struct tapk_ctx *ctx, uint16_t event)
{
    const struct tapk_transaction *t = &ctx->transaction;
    if (event != TAPK_EVENT_DONE) {
        ctx->recovery.stage = TAPK_RECOVERY_OVER;
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(STORE_FAILED), RULE_ID(TT_015));
        return;
    }
    ctx->recovery.stage = 0;
    ctx->tap.kept = 0;
    memcpy(ctx->values.date, t->date, 3);
    memcpy(ctx->values.time, t->time, 3);
    memcpy(ctx->values.sequence, t->sequence, 4);
    tapk_select_next(ctx);
}
