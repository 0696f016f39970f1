/* SPDX-License-Identifier: Apache-2.0
 *
 * Hands what was read to offline data authentication (FD-009).
 */
#include <string.h>

#include "data/format.h"
#include "flow/flow.h"
#include "oda/ahead.h"

static void take_card_data(const struct tapk_ctx *ctx, struct tapk_oda_input *in)
{
    in->ca_index = tapk_card(ctx, 0x8F);
    in->issuer_cert = tapk_card(ctx, 0x90);
    in->issuer_rest = tapk_card(ctx, 0x92);
    in->issuer_exp = tapk_card(ctx, 0x9F32);
    in->icc_cert = tapk_card(ctx, 0x9F46);
    in->icc_exp = tapk_card(ctx, 0x9F47);
    in->icc_rest = tapk_card(ctx, 0x9F48);
    in->sda_tags = tapk_card(ctx, 0x9F4A);
    in->signature = tapk_card(ctx, 0x9F4B);
    in->card_data = tapk_card(ctx, 0x9F69);
    in->card_version = tapk_card(ctx, 0x9F08);
    in->aip = tapk_card(ctx, 0x82);
    in->atc = tapk_card(ctx, 0x9F36);
    in->pdol = tapk_card_from(ctx, 0x9F38, TAPK_FROM_CARD_FCI);
    if (ctx->tap.ctq_present)
        in->ctq = tapk_card(ctx, 0x9F6C);
    if (ctx->tap.pan_known) {
        in->pan.p = ctx->tap.pan;
        in->pan.n = sizeof ctx->tap.pan;
    }
}

/* The values of the terminal are the bytes sent in GPO (FDA-002). */
static void take_terminal_data(const struct tapk_ctx *ctx, struct tapk_oda_input *in)
{
    in->size = (uint32_t)sizeof *in;
    in->method = TAPK_ODA_FDDA;
    memcpy(in->rid, ctx->values.aid, 5); /* CK-008: what was selected, whatever 84 says */
    memcpy(in->date, ctx->values.date, 3);
    memcpy(in->un, ctx->values.un, 4);
    memcpy(in->amount, ctx->values.amount, 6);
    memcpy(in->currency, ctx->values.currency, 2);
    memcpy(in->ttq, ctx->values.ttq, 4);
    in->capp = ctx->values.capp != 0;
    in->df61 = ctx->tap.df61;
    in->options.allow_v00 = SWITCH(ctx, FD_ALLOW_V00);
    in->options.v01_needs_0030 = SWITCH(ctx, FD_V01_NEEDS_0030);
    in->options.check_ctq = SWITCH(ctx, FD_CHECK_CTQ);
    in->options.check_atc = SWITCH(ctx, FD_CHECK_ATC);
    in->options.idn_strict = SWITCH(ctx, FDA_IDN_STRICT);
    in->options.ignore_expiry = SWITCH(ctx, CK_IGNORE_EXPIRY);
}

/* The input of one authentication from what was read so far. */
static void take_all(const struct tapk_ctx *ctx, struct tapk_oda_input *in,
                     struct tapk_span records[TAPK_MAX_STATIC])
{
    memset(in, 0, sizeof *in);
    take_card_data(ctx, in);
    take_terminal_data(ctx, in);
    for (size_t i = 0; i < ctx->tap.static_count; i++)
        records[i] = tapk_piece_span(ctx, ctx->tap.statics[i]);
    in->records = records;
    in->record_count = ctx->tap.static_count;
    in->records_bad = ctx->tap.records_bad;
    in->memo = ctx->env.memo;
}

void tapk_authenticate(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_oda_input in;
    struct tapk_oda_result result;
    struct tapk_span records[TAPK_MAX_STATIC];
    const struct tapk_key_store keys = {&ctx->image, tapk_image_find_key, tapk_image_revoked};

    memset(&result, 0, sizeof result);
    result.size = (uint32_t)sizeof result;
    take_all(ctx, &in, records);
    ctx->tap.oda = TAPK_ODA_NOT_PERFORMED;
    ctx->tap.oda_rule = RULE_ID(ODA_085);
    if (ctx->env.crypto == NULL || tapk_oda(ctx->env.crypto, &keys, &in, &result, trace) != 0)
        return;
    ctx->tap.oda = result.status;
    ctx->tap.oda_rule = result.rule;
    if (result.dynamic_number_len > 0 && result.dynamic_number_len <= sizeof ctx->values.dynamic) {
        memcpy(ctx->values.dynamic, result.dynamic_number, result.dynamic_number_len);
        ctx->values.dynamic_length = result.dynamic_number_len;
    }
}

int tapk_work(struct tapk_ctx *ctx)
{
    struct tapk_oda_input in;
    struct tapk_span records[TAPK_MAX_STATIC];
    uint8_t pan[10];
    if (!tapk_context_ok(ctx))
        return TAPK_E_ARGUMENT;
    if (ctx->state != TAPK_STATE_RECORD || ctx->env.memo == NULL || ctx->env.crypto == NULL ||
        ctx->tap.ahead == TAPK_AHEAD_DONE)
        return 0;
    const struct tapk_key_store keys = {&ctx->image, tapk_image_find_key, tapk_image_revoked};
    take_all(ctx, &in, records);
    const struct tapk_span number = tapk_card(ctx, 0x5A);
    const struct tapk_span track = tapk_card(ctx, 0x57);
    if (tapk_pan_of_5a(number.p, number.n, pan) == 0 ||
        tapk_pan_of_57(track.p, track.n, pan) == 0) {
        in.pan.p = pan;
        in.pan.n = sizeof pan;
    }
    if (!tapk_oda_ahead(ctx->env.crypto, &keys, &in, (enum tapk_ahead)ctx->tap.ahead,
                        tapk_afl_static_done(ctx)))
        return 0;
    ctx->tap.ahead++;
    return ctx->tap.ahead != TAPK_AHEAD_DONE;
}
