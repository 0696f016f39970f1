/* SPDX-License-Identifier: Apache-2.0
 *
 * Start C: final selection and the start of the kernel (20-entry-point.md sections 5.3 and 6).
 */
#include <string.h>

#include "context.h"
#include "kernel.h"

void tapk_remove_candidate(struct tapk_ctx *ctx) { ctx->candidate[ctx->tap.candidate].removed = 1; }

/* EP-072: the kernel of a combination, or null. */
static const struct tapk_kernel *kernel_of(const struct tapk_ctx *ctx, uint8_t combination)
{
    static const struct tapk_kernel *const built_in[] = {&tapk_kernel_qpboc};
    const struct tapk_span id = tapk_image_value(tapk_combination(ctx, combination), 0x96);
    const struct tapk_kernel *const *table = ctx->env.kernels;
    size_t count = ctx->env.kernel_count;
    uint8_t wanted[3] = {0, 0, 0};
    if (table == NULL) {
        table = built_in;
        count = sizeof built_in / sizeof built_in[0];
    }
    memcpy(wanted, id.p, id.n);
    for (size_t i = 0; i < count; i++)
        if (memcmp(table[i]->id, wanted, 3) == 0)
            return table[i];
    return NULL;
}

/* TT-011: a recovery takes the application of the torn tap alone, where its kernel is there. */
static int is_wanted(const struct tapk_ctx *ctx, const struct tapk_candidate *one)
{
    return !ctx->recovery.stage || (tapk_recovery_wants(ctx, tapk_piece_span(ctx, one->name)) &&
                                    kernel_of(ctx, one->combination) != NULL);
}

/* EP-061, EP-062, EP-092: the index of the best candidate left, or -1. */
static int best_candidate(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    int best = -1;
    for (int i = 0; i < ctx->candidates; i++) {
        const struct tapk_candidate *one = &ctx->candidate[i];
        if (one->removed || !is_wanted(ctx, one))
            continue;
        if (best < 0 || RULE(EP_062, one->priority < ctx->candidate[best].priority ||
                                         (one->priority == ctx->candidate[best].priority &&
                                          one->position < ctx->candidate[best].position)))
            best = i;
    }
    return best;
}

/* The name for SELECT, with 9F29 appended when both sides can (EP-063); 0 when it is too long. */
static size_t select_name(struct tapk_ctx *ctx, const struct tapk_candidate *one, uint8_t name[16])
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span body = tapk_combination(ctx, one->combination);
    size_t n = one->name.length;
    memcpy(name, ctx->arena + one->name.offset, n);
    if (one->extended.length > 0 && tapk_image_byte(body, TAPK_TAG_EXTENDED, 0) == 1) {
        const int fits = one->extended.length <= 16 - n;
        if (!RULE(EP_063, fits) || !fits)
            return 0;
        memcpy(name + n, ctx->arena + one->extended.offset, one->extended.length);
        n += one->extended.length;
    }
    return n;
}

int tapk_all_usable(struct tapk_ctx *ctx, uint16_t number, uint8_t value)
{
    const uint8_t selected = ctx->tap.combination;
    int usable = 0;
    int same = 0;
    for (uint8_t i = 0; i < ctx->combinations; i++) {
        if (ctx->indicators[i].not_allowed)
            continue;
        ctx->tap.combination = i; /* its switches */
        usable++;
        same += tapk_switch_value(ctx, number) == value;
    }
    ctx->tap.combination = selected;
    return usable > 0 && usable == same;
}

static void no_candidate(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    if (ctx->recovery.stage)
        tapk_same_card_again(ctx);
    else if (RULE(EP_091, tapk_selects_p12(ctx)))
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(NO_APPLICATION), RULE_ID(EP_091));
    else
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(NO_APPLICATION), RULE_ID(EP_060));
}

/* Start C (EP-041). */
void tapk_select_next(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    for (;;) {
        const int best = best_candidate(ctx);
        uint8_t name[16];
        if (RULE(EP_060, best < 0) || best < 0) {
            no_candidate(ctx);
            return;
        }
        const struct tapk_candidate *one = &ctx->candidate[best];
        memset(&ctx->tap, 0, sizeof ctx->tap);
        ctx->tap.candidate = (uint8_t)best;
        ctx->tap.combination = one->combination;
        tapk_forget(ctx, ctx->arena_ppse); /* TLV-024 */
        const size_t n = select_name(ctx, one, name);
        if (n == 0) {
            tapk_remove_candidate(ctx);
            continue;
        }
        tapk_transmit(ctx, TAPK_STATE_SELECT, 0x00, 0xA4, 0x04, 0x00, name,
                      n); /* EP-064, CMD-001 */
        return;
    }
}

/* Puts one FCI element into the store; the first of its kind, of a possible length (EP-048). */
static void take(struct tapk_ctx *ctx, struct tapk_span parent, uint16_t tag)
{
    const struct tapk_tag_info *info = tapk_tag_find(tag);
    struct tapk_span value = {NULL, 0};
    (void)tapk_tlv_find(tapk_cursor(parent.p, parent.n, tapk_skip_ff(ctx)), tag, &value);
    if (info == NULL || value.n == 0 || value.n < info->min || value.n > info->max)
        return;
    (void)tapk_store_add(ctx, tag, value, TAPK_FROM_CARD_FCI); /* the store was just emptied */
}

/* EP-068: the FCI is well formed; its elements are taken. */
static int take_fci(struct tapk_ctx *ctx, struct tapk_span answer)
{
    static const uint16_t in_a5[] = {0x50, 0x87, 0x9F38, 0x5F2D, 0x9F11, 0x9F12};
    static const uint16_t in_bf0c[] = {0x9F4D, 0xDF4D, 0xDF61};
    struct tapk_trace *trace = &ctx->trace;
    const int skip_ff = tapk_skip_ff(ctx);
    struct tapk_span fci = {NULL, 0};
    struct tapk_span a5 = {NULL, 0};
    struct tapk_span bf0c = {NULL, 0};
    const int outside =
        tapk_tlv_only(answer.p, answer.n, 0x6F, &fci) == TAPK_TLV_OK &&
        tapk_tlv_check(tapk_cursor(fci.p, fci.n, skip_ff)) == TAPK_TLV_OK &&
        tapk_tlv_find(tapk_cursor(fci.p, fci.n, skip_ff), 0xA5, &a5) == TAPK_TLV_OK &&
        tapk_tlv_check(tapk_cursor(a5.p, a5.n, skip_ff)) == TAPK_TLV_OK;
    const int issuer =
        outside && tapk_tlv_find(tapk_cursor(a5.p, a5.n, skip_ff), 0xBF0C, &bf0c) == TAPK_TLV_OK;
    const int inside =
        !issuer || tapk_tlv_check(tapk_cursor(bf0c.p, bf0c.n, skip_ff)) == TAPK_TLV_OK;
    if (!RULE(EP_068, outside && inside)) /* TLV-015 for each of the templates */
        return 0;
    take(ctx, fci, 0x84);
    for (size_t i = 0; i < sizeof in_a5 / sizeof in_a5[0]; i++)
        take(ctx, a5, in_a5[i]);
    if (issuer)
        for (size_t i = 0; i < sizeof in_bf0c / sizeof in_bf0c[0]; i++)
            take(ctx, bf0c, in_bf0c[i]);
    return 1;
}

/* 1 when the application can be used; its data and its kernel are then in place. */
static int take_application(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    int full;
    ctx->tap.blocked =
        ctx->transaction.purpose == TAPK_CARD_INFO && RULE(LG_004, answer.sw == 0x6283);
    if (!ctx->tap.blocked && !RULE(EP_065, answer.sw == 0x9000))
        return 0;
    const struct tapk_piece kept = tapk_keep(ctx, answer.data.p, answer.data.n, &full);
    if (full || !take_fci(ctx, tapk_piece_span(ctx, kept)))
        return 0;
    ctx->kernel = kernel_of(ctx, ctx->tap.combination);
    ctx->tap.no_kernel = ctx->kernel == NULL;
    if (!RULE(EP_072, ctx->kernel != NULL) || ctx->kernel == NULL)
        return 0;
    return ctx->transaction.purpose != TAPK_PAYMENT || ctx->kernel->application_usable(ctx);
}

/* EP-065, EP-067, EP-068, EP-072: the next candidate; P12 asks for another interface instead, but
 * where there is only no kernel for it. */
static void unusable(struct tapk_ctx *ctx, uint16_t sw)
{
    struct tapk_trace *trace = &ctx->trace;
    const int p12 = SWITCH(ctx, EP_SELECTION) == TAPK_SELECTION_P12;
    if (ctx->recovery.stage) {
        tapk_same_card_again(ctx);
    } else if (RULE(EP_093, p12 && sw != 0x9000)) {
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(SELECT_REFUSED), RULE_ID(EP_093));
    } else if (RULE(EP_094, p12 && !ctx->tap.no_kernel)) {
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(PDOL_UNUSABLE), RULE_ID(EP_094));
    } else {
        tapk_remove_candidate(ctx);
        tapk_select_next(ctx);
    }
}

/* EP-069, TR-004, TR-005: the TTQ of pre-processing, or the one for a card of this kind; what
 * pre-processing demands stays. */
static void choose_ttq(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span body = tapk_combination(ctx, ctx->tap.combination);
    const int new_card = RULE(TR_001, (ctx->tap.df61 & 0x40u) != 0);
    const struct tapk_span chosen =
        tapk_image_value(body, new_card ? TAPK_TAG_TTQ_ODA : TAPK_TAG_TTQ_OLD);
    uint8_t *ttq = ctx->values.ttq;
    memcpy(ttq, ctx->indicators[ctx->tap.combination].ttq, 4);
    if (RULE(TR_005, chosen.n == 4) && chosen.n == 4) {
        ttq[0] = chosen.p[0];
        ttq[1] |= chosen.p[1] & 0x80u;
    }
}

void tapk_on_select(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    const struct tapk_candidate *one = &ctx->candidate[ctx->tap.candidate];
    if (!take_application(ctx, answer)) {
        unusable(ctx, answer.sw);
        return;
    }
    memcpy(ctx->values.aid, ctx->arena + one->name.offset, one->name.length); /* EP-071 */
    ctx->values.aid_length = (uint8_t)one->name.length;
    if (ctx->transaction.purpose == TAPK_BALANCE) {
        tapk_balance_start(ctx);
        return;
    }
    if (ctx->transaction.purpose == TAPK_CARD_INFO) {
        tapk_card_info_start(ctx);
        return;
    }
    const struct tapk_span df61 = tapk_card_from(ctx, 0xDF61, TAPK_FROM_CARD_FCI);
    ctx->tap.df61 = df61.n == 1 ? df61.p[0] : 0;
    if (ctx->recovery.stage) {
        tapk_recovery_select(ctx);
        return;
    }
    choose_ttq(ctx);
    ctx->kernel->start(ctx); /* EP-070 */
}
