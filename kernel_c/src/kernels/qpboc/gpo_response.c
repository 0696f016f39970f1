/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to GET PROCESSING OPTIONS: status words, path, cryptogram type, mandatory data
 * (30-qpboc-flow.md sections 5 and 6; order of QP-127).
 */
#include "kernels/qpboc/qpboc.h"

enum gpo_policy { POLICY_UICS = 0, POLICY_P12 = 1, POLICY_K3 = 2 };
enum cid_source { CID_STRICT = 0, CID_CID = 1, CID_IAD = 2 };
enum tc_online { TC_DECLINE = 0, TC_ONLINE = 1, TC_ACCEPT = 2 };

/* QP-052, QP-053, QP-055: contact if the terminal has it, else the end. */
static void refuse(struct tapk_ctx *ctx, uint16_t rule)
{
    const uint8_t status = ttq_contact(ctx) ? TAPK_TRY_ANOTHER_INTERFACE : TAPK_END_APPLICATION;
    tapk_end(ctx, status, REASON(GPO_REFUSED), rule);
}

static void on_status(struct tapk_ctx *ctx, uint16_t sw)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t policy = SWITCH(ctx, QP_GPO_SW_POLICY);
    if (RULE(QP_054, sw == 0x6986 && policy != POLICY_P12)) {
        tapk_end(ctx, TAPK_TRY_AGAIN, REASON(SEE_PHONE), RULE_ID(QP_054));
    } else if (RULE(QP_052, sw == 0x6985)) {
        if (policy == POLICY_K3)
            tapk_end(ctx, TAPK_SELECT_NEXT, REASON(GPO_REFUSED), RULE_ID(QP_052));
        else
            refuse(ctx, RULE_ID(QP_052));
    } else if (RULE(QP_053, sw == 0x6984)) {
        if (policy == POLICY_K3)
            tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(GPO_REFUSED), RULE_ID(QP_053));
        else
            refuse(ctx, RULE_ID(QP_053));
    } else {
        refuse(ctx, RULE_ID(QP_055));
    }
}

/* QP-061...QP-063: 1 when the answer is on the way of qPBOC; else the tap has ended. */
static int path_is_qpboc(struct tapk_ctx *ctx, int format_80)
{
    struct tapk_trace *trace = &ctx->trace;
    const int dc = (ctx->values.ttq[0] & 0x40u) != 0;
    const int qpboc = (ctx->values.ttq[0] & 0x20u) != 0;
    const int has_ac = !format_80 && tapk_card(ctx, 0x9F26).n > 0;
    const struct tapk_span aip = tapk_card(ctx, 0x82);
    const int says_dc = SWITCH(ctx, QP_AIP_B2B8_MEANS_DC) && aip.n == 2 && (aip.p[1] & 0x80u) != 0;
    if (RULE(QP_063, format_80) && !dc) {
        tapk_terminate(ctx, REASON(BAD_DATA), RULE_ID(QP_063));
        return 0;
    }
    if (!qpboc || format_80 || (dc && !RULE(QP_062, has_ac && !says_dc))) {
        tapk_end(ctx, TAPK_TRY_ANOTHER_INTERFACE, REASON(PATH_NOT_SUPPORTED), RULE_ID(QP_160));
        return 0;
    }
    return 1;
}

/* QP-064, QP-065, values of capture: what is there is coded as it must be. */
static int coded_well(struct tapk_ctx *ctx, int captured)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span aip = tapk_card(ctx, 0x82);
    const struct tapk_span afl = tapk_card(ctx, 0x94);
    if (!RULE(QP_064, aip.n == 0 || aip.n == 2)) {
        tapk_terminate(ctx, REASON(BAD_DATA), RULE_ID(QP_064));
        return 0;
    }
    if (captured == TAPK_CAPTURE_VALUE) {
        tapk_terminate(ctx, REASON(BAD_DATA), ctx->tap.fault_rule);
        return 0;
    }
    if (afl.n > 0 && !tapk_afl_valid(ctx, afl)) {
        tapk_terminate(ctx, REASON(BAD_DATA), RULE_ID(QP_065));
        return 0;
    }
    return 1;
}

/* AAC before ARQC before TC; RFU counts as itself (QP-006). */
static uint8_t less_favourable(uint8_t a, uint8_t b)
{
    static const uint8_t order[4] = {TAPK_AC_RFU, TAPK_AAC, TAPK_ARQC, TAPK_TC};
    for (size_t i = 0; i < 4; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return TAPK_AC_RFU;
}

/* QP-005, QP-006: the cryptogram type, TAPK_AC_NONE when neither source tells it. */
static uint8_t cryptogram_type(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span iad = tapk_card(ctx, 0x9F10);
    const struct tapk_span cid = tapk_card(ctx, 0x9F27);
    const uint8_t source = SWITCH(ctx, QP_CID_SOURCE);
    const uint8_t by_iad = iad.n >= 7 ? (uint8_t)((iad.p[4] & 0x30u) << 2) : TAPK_AC_NONE;
    const uint8_t by_cid = cid.n == 1 ? cid.p[0] & 0xC0u : TAPK_AC_NONE;
    ctx->values.cid = by_iad;
    ctx->tap.tc_named = by_iad == TAPK_TC || by_cid == TAPK_TC;
    if (!RULE(QP_005, cid.n > 0 && source != CID_IAD))
        return by_iad;
    if (source == CID_CID || by_iad == TAPK_AC_NONE || !RULE(QP_006, by_cid != by_iad))
        return by_cid;
    return by_cid == TAPK_AC_NONE ? by_iad : less_favourable(by_cid, by_iad);
}

/* QP-061, QP-067, QP-068: what the type of a TC or an ARQC is read from. */
static int type_is_sound(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span iad = tapk_card(ctx, 0x9F10);
    if (!RULE(QP_061, tapk_card(ctx, 0x9F26).n > 0)) {
        refuse(ctx, RULE_ID(QP_061));
        ctx->outcome.reason = REASON(MISSING_DATA);
    } else if (!RULE(QP_068, iad.n > 0)) {
        tapk_terminate(ctx, REASON(MISSING_DATA), RULE_ID(QP_068));
    } else if (!RULE(QP_067, iad.n >= 7 && iad.n <= 32 && tapk_card(ctx, 0x9F27).n <= 1)) {
        tapk_terminate(ctx, REASON(BAD_DATA), RULE_ID(QP_067));
    } else {
        return 1;
    }
    return 0;
}

/* QP-071, QP-172: whether the records of an ARQC are read. */
static int arqc_reads(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const int has_afl = tapk_card(ctx, 0x94).n > 0;
    ctx->tap.online_oda = RULE(QP_172, ttq_online_oda(ctx) && (ctx->tap.df61 & 0x40u) != 0) ? 1 : 0;
    return RULE(QP_071, has_afl && (ctx->tap.online_oda || SWITCH(ctx, QP_READ_AFL_ON_ARQC)));
}

/* QP-064, QP-067, QP-171: every mandatory element of a TC or an ARQC; else the tap has ended. */
static int mandatory_there(struct tapk_ctx *ctx, int reads)
{
    struct tapk_trace *trace = &ctx->trace;
    const size_t atc = tapk_card(ctx, 0x9F36).n;
    const int tc = ctx->tap.cryptogram == TAPK_TC;
    const int needs_57 = !tc && !RULE(QP_171, reads);
    const int there = RULE(QP_064, tapk_card(ctx, 0x82).n > 0) && RULE(QP_067, atc > 0) &&
                      RULE(QP_067, !tc || tapk_card(ctx, 0x94).n > 0) &&
                      RULE(QP_067, !needs_57 || tapk_card(ctx, 0x57).n > 0);
    if (there && RULE(QP_067, atc == 2 && tapk_card(ctx, 0x9F26).n == 8))
        return 1;
    tapk_terminate(ctx, there ? REASON(BAD_DATA) : REASON(MISSING_DATA), RULE_ID(QP_067));
    return 0;
}

/* CTQ-001, CTQ-002: 1 present or absent, 0 unusable. */
static int take_ctq(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span ctq = tapk_card(ctx, 0x9F6C);
    ctx->tap.ctq_present = ctq.n == 2;
    if (ctq.n == 2) {
        ctx->tap.ctq[0] = ctq.p[0];
        ctx->tap.ctq[1] = ctq.p[1];
    }
    return RULE(CTQ_002, ctq.n == 0 || ctq.n == 2 || SWITCH(ctx, QP_BAD_CTQ_ABSENT));
}

int tapk_qpboc_agrees(struct tapk_ctx *ctx)
{
    const int ctq_usable = take_ctq(ctx);
    if (ctq_usable && tapk_pan_take(ctx))
        return 1;
    tapk_terminate(ctx, REASON(BAD_DATA), ctq_usable ? RULE_ID(QP_085) : RULE_ID(CTQ_002));
    return 0;
}

/* QP-127: the type comes before what is missing or wrong. */
static void on_cryptogram(struct tapk_ctx *ctx, int captured)
{
    struct tapk_trace *trace = &ctx->trace;
    ctx->tap.cryptogram = cryptogram_type(ctx);
    const int tc = ctx->tap.cryptogram == TAPK_TC;
    ctx->outcome.balance_known = tapk_balance_of(ctx, &ctx->outcome.balance) ? 1 : 0;
    ctx->outcome.balance_is_before = !tc;
    if (RULE(QP_007, ctx->tap.cryptogram == TAPK_AC_RFU)) {
        tapk_end(ctx, TAPK_DECLINED, REASON(CRYPTOGRAM_RFU), RULE_ID(QP_007));
        return;
    }
    if (RULE(QP_069, ctx->tap.cryptogram == TAPK_AAC)) {
        tapk_end(ctx, TAPK_DECLINED, REASON(CARD_DECLINED), RULE_ID(QP_069));
        return;
    }
    if (!type_is_sound(ctx) || !coded_well(ctx, captured))
        return;
    const int reads = tc || arqc_reads(ctx);
    if (!mandatory_there(ctx, reads) || !tapk_qpboc_agrees(ctx))
        return;
    if (tc &&
        RULE(QP_170, ttq_online_required(ctx) && SWITCH(ctx, QP_TC_DESPITE_ONLINE) == TC_DECLINE)) {
        tapk_end(ctx, TAPK_DECLINED, REASON(TC_DESPITE_ONLINE), RULE_ID(QP_170));
        return;
    }
    const struct tapk_span afl = tapk_card(ctx, 0x94);
    if (reads && afl.n >= 4) {
        tapk_afl_start(ctx, afl);
        tapk_qpboc_read(ctx);
    } else {
        tapk_qpboc_card_read(ctx); /* QP-082 */
    }
}

void tapk_qpboc_on_gpo(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_span value = {NULL, 0};
    int full;
    if (!RULE(QP_051, answer.sw == 0x9000)) {
        on_status(ctx, answer.sw);
        return;
    }
    ctx->tap.gpo = tapk_keep(ctx, answer.data.p, answer.data.n, &full);
    const struct tapk_span kept = tapk_piece_span(ctx, ctx->tap.gpo);
    if (full) {
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(TOO_MUCH_DATA), RULE_ID(ODA_082));
        return;
    }
    const int format_80 = tapk_tlv_only(kept.p, kept.n, 0x80, &value) == TAPK_TLV_OK;
    if (!RULE(QP_060, format_80 || tapk_tlv_only(kept.p, kept.n, 0x77, &value) == TAPK_TLV_OK)) {
        tapk_terminate(ctx, REASON(BAD_DATA), RULE_ID(QP_060));
        return;
    }
    const int captured = format_80 ? TAPK_CAPTURE_OK : tapk_capture(ctx, value, TAPK_FROM_CARD_GPO);
    if (RULE(QP_066, captured == TAPK_CAPTURE_DUPLICATE)) {
        tapk_terminate(ctx, REASON(DUPLICATE_DATA), RULE_ID(QP_066));
    } else if (captured == TAPK_CAPTURE_BAD) {
        tapk_terminate(ctx, REASON(BAD_DATA), ctx->tap.fault_rule);
    } else if (captured == TAPK_CAPTURE_FULL) {
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(TOO_MUCH_DATA), RULE_ID(ODA_082));
    } else if (path_is_qpboc(ctx, format_80)) {
        on_cryptogram(ctx, captured);
    }
}
