/* SPDX-License-Identifier: Apache-2.0
 *
 * READ RECORD (30-qpboc-flow.md section 7).
 */
#include "flow/flow.h"

/* QP-072, CMD-006 */
void tapk_record_send(struct tapk_ctx *ctx)
{
    const struct tapk_afl_at at = tapk_afl_at(ctx);
    const uint8_t p2 = (uint8_t)(at.sfi << 3 | 4); /* CMD-031 */
    if (at.last)
        ctx->tap.last_sent = 1;
    tapk_transmit(ctx, TAPK_STATE_RECORD, 0x00, 0xB2, at.record, p2, NULL, 0);
}

/* Adds a record to the static data: 0, or 1 when there are too many. */
static int add_static(struct tapk_ctx *ctx, struct tapk_span part)
{
    if (ctx->tap.static_count == TAPK_MAX_STATIC)
        return 1;
    struct tapk_piece *piece = &ctx->tap.statics[ctx->tap.static_count++];
    piece->offset = (uint16_t)(part.p - ctx->arena);
    piece->length = (uint16_t)part.n;
    return 0;
}

/* SFI 11 to 30: not captured; under authentication only as a template 70 (QP-075, ODA-021). */
static int take_log_record(struct tapk_ctx *ctx, struct tapk_span record)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_span value;
    if (!RULE(ODA_021, tapk_tlv_only(record.p, record.n, 0x70, &value) == TAPK_TLV_OK)) {
        ctx->tap.records_bad = 1;
        return 0;
    }
    return add_static(ctx, record);
}

int tapk_record_take(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_afl_at at = tapk_afl_at(ctx);
    struct tapk_span value = {NULL, 0};
    int full = 0;
    if (!RULE(QP_074, answer.sw == 0x9000)) { /* APDU-011 */
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(RECORD_REFUSED), RULE_ID(QP_074));
        return 0;
    }
    if (at.sfi > 10 && !at.authenticate)
        return 1;
    const struct tapk_piece kept = tapk_keep(ctx, answer.data.p, answer.data.n, &full);
    const struct tapk_span record = tapk_piece_span(ctx, kept);
    if (!full && at.sfi > 10) {
        full = take_log_record(ctx, record);
    } else if (!full) {
        if (!RULE(QP_075, tapk_tlv_only(record.p, record.n, 0x70, &value) == TAPK_TLV_OK)) {
            tapk_terminate(ctx, REASON(BAD_DATA), RULE_ID(QP_075));
            return 0;
        }
        const int captured = tapk_capture(ctx, value, TAPK_FROM_CARD_RECORD);
        if (captured == TAPK_CAPTURE_BAD || captured == TAPK_CAPTURE_VALUE) {
            tapk_terminate(ctx, REASON(BAD_DATA), ctx->tap.fault_rule);
            return 0;
        }
        if (captured == TAPK_CAPTURE_DUPLICATE) {
            tapk_terminate(ctx, REASON(DUPLICATE_DATA), RULE_ID(TLV_021));
            return 0;
        }
        full = captured == TAPK_CAPTURE_FULL || (at.authenticate && add_static(ctx, value));
    }
    if (RULE(ODA_082, full)) {
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(TOO_MUCH_DATA), RULE_ID(ODA_082));
        return 0;
    }
    return 1;
}
