/* SPDX-License-Identifier: Apache-2.0
 *
 * GET PROCESSING OPTIONS (30-qpboc-flow.md section 5; CMD-005).
 */
#include <string.h>

#include "data/format.h"
#include "flow/flow.h"

#define GPO_DATA_MAX 252u /* DOL-017 */

int tapk_pdol_usable(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span pdol = tapk_card_from(ctx, 0x9F38, TAPK_FROM_CARD_FCI);
    const struct tapk_cursor cursor = tapk_cursor(pdol.p, pdol.n, 0);
    size_t total = 0;
    uint8_t length;
    if (!RULE(QP_040, pdol.n > 0))
        return 0;
    if (!RULE(DOL_014, tapk_dol_check(cursor, &total) == TAPK_TLV_OK))
        return 0;
    if (!RULE(QP_040, tapk_dol_asks(cursor, 0x9F66, &length)))
        return 0;
    return !RULE_GE(DOL_017, total, GPO_DATA_MAX + 1);
}

/* EC-001: electronic cash is offered for a purchase below the limit of the terminal. */
static int electronic_cash(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span body = tapk_combination(ctx, ctx->tap.combination);
    const uint32_t tag = tapk_image_value(body, 0x9F7B).n > 0 ? 0x9F7B : 0x9F1B;
    uint64_t limit = 0;
    return RULE(EC_001, tapk_image_limit(body, tag, &limit) && ctx->transaction.type == 0x00 &&
                            ctx->transaction.amount < limit);
}

/* ODA-070, SM-001: SM2 is offered when it can be verified under a key of this RID; a key that has
 * expired is not there (CK-005). */
static int sm_offered(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span body = tapk_combination(ctx, ctx->tap.combination);
    const uint32_t day = SWITCH(ctx, CK_IGNORE_EXPIRY) ? 0 : tapk_date_key(ctx->values.date);
    return RULE(ODA_070, tapk_image_byte(body, TAPK_TAG_SM, 1) == 1 &&
                             tapk_crypto_has(ctx->env.crypto, TAPK_SLOT_SM2 | TAPK_SLOT_SM3) &&
                             tapk_image_has_sm2(ctx->image, ctx->values.aid, day));
}

void tapk_gpo_send(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span pdol = tapk_card_from(ctx, 0x9F38, TAPK_FROM_CARD_FCI);
    uint8_t data[3 + GPO_DATA_MAX];
    size_t header = 2;
    size_t n = 0;
    memcpy(ctx->values.un, ctx->random, sizeof ctx->values.un); /* QP-043, FMT-006 */
    ctx->values.capp = 0; /* QP-044: no extended application here */
    ctx->values.sm_support = sm_offered(ctx) ? 1 : 0;
    ctx->values.ec_support = electronic_cash(ctx) ? 1 : 0;
    const int filled = tapk_dol_fill(ctx, pdol, data + 3, GPO_DATA_MAX, &n);
    if (!RULE(FMT_002, filled == 0)) {
        tapk_terminate(ctx, REASON(AMOUNT_NOT_CODABLE), RULE_ID(FMT_002));
        return;
    }
    uint8_t *start = data + 1;
    if (n > 127) { /* QP-042 */
        start = data;
        header = 3;
        start[1] = 0x81;
    }
    start[0] = 0x83;
    start[header - 1] = (uint8_t)n;
    ctx->tap.gpo_sent = 1;
    tapk_transmit(ctx, TAPK_STATE_GPO, 0x80, 0xA8, 0x00, 0x00, start, header + n);
}
