/* SPDX-License-Identifier: Apache-2.0
 *
 * The balance: in a GPO response (QP-150) and asked for without a payment (QP-151).
 */
#include "data/format.h"
#include "flow/flow.h"

int tapk_balance_of(struct tapk_ctx *ctx, uint64_t *value)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span aosa = tapk_card(ctx, 0x9F5D);
    const struct tapk_span iad = tapk_card(ctx, 0x9F10);
    if (RULE(QP_150, aosa.n == 6 && tapk_bcd_get(aosa.p, 6, value) == 0))
        return 1;
    if (iad.n < 9 || iad.p[0] != 7)
        return 0;
    const size_t idd = iad.p[8];
    if (!RULE(QP_008, idd >= 6 && iad.n - 9 >= idd))
        return 0;
    const uint8_t id = iad.p[9];
    return RULE(QP_150, (id == 0x01 || id == 0x03 || id == 0x05) &&
                            tapk_bcd_get(iad.p + 10, 5, value) == 0);
}

void tapk_get_data(struct tapk_ctx *ctx, uint8_t state, uint16_t tag)
{
    ctx->tap.data_tag = tag;
    tapk_transmit(ctx, state, 0x80, 0xCA, (uint8_t)(tag >> 8), (uint8_t)tag, NULL, 0);
}

void tapk_balance_start(struct tapk_ctx *ctx) { tapk_get_data(ctx, TAPK_STATE_BALANCE, 0x9F79); }

struct tapk_span tapk_data_object(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    const uint16_t tag = ctx->tap.data_tag;
    struct tapk_span value = {NULL, 0};
    if (!RULE(APDU_010, answer.sw == 0x9000) ||
        !RULE(CMD_030, tapk_tlv_only(answer.data.p, answer.data.n, tag, &value) == TAPK_TLV_OK))
        value.n = 0;
    return value;
}

int tapk_balance_take(struct tapk_ctx *ctx, struct tapk_span value)
{
    struct tapk_trace *trace = &ctx->trace;
    uint64_t balance = 0;
    if (!RULE(QP_151, value.n == 6 && tapk_bcd_get(value.p, 6, &balance) == 0))
        return 0;
    ctx->outcome.balance = balance;
    ctx->outcome.balance_known = 1;
    ctx->outcome.balance_is_before = 1;
    return 1;
}

void tapk_on_balance(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    if (tapk_balance_take(ctx, tapk_data_object(ctx, answer)))
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(BALANCE_READ), RULE_ID(QP_151));
    else if (ctx->tap.data_tag == 0x9F79)
        tapk_get_data(ctx, TAPK_STATE_BALANCE, 0x9F5D);
    else
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(BALANCE_UNKNOWN), RULE_ID(QP_151));
}
