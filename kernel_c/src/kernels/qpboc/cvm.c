/* SPDX-License-Identifier: Apache-2.0
 *
 * Cardholder verification from CTQ and TTQ (30-qpboc-flow.md section 9). Rows are tried from top to
 * bottom as the digest lists them.
 */
#include <string.h>

#include "kernels/qpboc/qpboc.h"

static int choose(struct tapk_ctx *ctx, uint8_t cvm)
{
    static const uint8_t no_cvm[3] = {0x3F, 0x00, 0x00}; /* also CDCVM (QP-113) */
    static const uint8_t signature[3] = {0x1E, 0x00, 0x00};
    static const uint8_t online_pin[3] = {0x02, 0x00, 0x00};
    const uint8_t *results = no_cvm;
    if (cvm == TAPK_CVM_SIGNATURE)
        results = signature;
    if (cvm == TAPK_CVM_ONLINE_PIN)
        results = online_pin;
    ctx->tap.cvm = cvm;
    memcpy(ctx->values.cvm_results, results, 3);
    return 1;
}

/* QP-101: 9F69 confirms the CTQ that the decision uses; for a TC only a version 01 signature
 * covers it. */
static int confirmed(const struct tapk_ctx *ctx, struct tapk_span card_data)
{
    if (card_data.n < 7 || memcmp(card_data.p + 5, ctx->tap.ctq, 2) != 0)
        return 0;
    return ctx->tap.cryptogram != TAPK_TC || card_data.p[0] == 0x01;
}

/* QP-101, QP-102: the phone has verified its owner; 1 when it counts, 0 with *rule when not. */
static int consumer_device(struct tapk_ctx *ctx, uint16_t *rule)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span card_data = tapk_card(ctx, 0x9F69);
    *rule = card_data.n > 0 ? RULE_ID(QP_101) : RULE_ID(QP_102);
    const int good = card_data.n > 0 ? RULE(QP_101, confirmed(ctx, card_data))
                                     : RULE(QP_102, ctx->tap.cryptogram == TAPK_ARQC);
    return good ? choose(ctx, TAPK_CVM_CDCVM) : 0;
}

static int without_ctq(struct tapk_ctx *ctx, uint16_t *rule)
{
    struct tapk_trace *trace = &ctx->trace;
    *rule = RULE_ID(QP_103);
    if (RULE(QP_103, ttq_cvm_required(ctx))) {
        if (ttq_signature(ctx))
            return choose(ctx, TAPK_CVM_SIGNATURE);
        return ttq_online_pin(ctx) ? choose(ctx, TAPK_CVM_ONLINE_PIN) : 0;
    }
    if (RULE(QP_104, SWITCH(ctx, QP_NO_CTQ_ALWAYS_SIGNATURE) && ttq_signature(ctx)))
        return choose(ctx, TAPK_CVM_SIGNATURE);
    return choose(ctx, TAPK_CVM_NONE);
}

/* QP-111: for a TC the 2013 edition looks at the signature bit of CTQ alone. */
static int looks_at_other_bits(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const int tc = ctx->tap.cryptogram == TAPK_TC;
    return !RULE(QP_111, tc && SWITCH(ctx, QP_TC_SIGNATURE_ONLY));
}

/* QP-100...QP-109; CTQ-003: the other bits of CTQ do not count here. QP-112: what the card wants.
 */
int tapk_qpboc_cvm(struct tapk_ctx *ctx, uint16_t *rule)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint8_t *ctq = ctx->tap.ctq;
    if (!RULE(CTQ_001, ctx->tap.ctq_present))
        return without_ctq(ctx, rule);
    const int wants_signature = (ctq[0] & 0x40u) != 0;
    const int other = looks_at_other_bits(ctx);
    const int wants_pin = other && (ctq[0] & 0x80u) != 0;
    const int device_verified = other && (ctq[1] & 0x80u) != 0;
    if (RULE(QP_100, wants_pin && ttq_online_pin(ctx)))
        return choose(ctx, TAPK_CVM_ONLINE_PIN);
    if (device_verified && ttq_cdcvm(ctx) && SWITCH(ctx, QP_CDCVM))
        return consumer_device(ctx, rule);
    *rule = RULE_ID(QP_105);
    if (RULE(QP_105, wants_pin))
        return 0;
    if (RULE(QP_106, wants_signature && ttq_signature(ctx)))
        return choose(ctx, TAPK_CVM_SIGNATURE);
    *rule = RULE_ID(QP_107);
    if (RULE(QP_107, wants_signature))
        return 0;
    *rule = RULE_ID(QP_109);
    if (RULE(QP_109, ttq_cvm_required(ctx)))
        return 0;
    return choose(ctx, TAPK_CVM_NONE); /* QP-108 */
}
