/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena and the index of known card data over it.
 */
#include <string.h>

#include "context.h"
#include "data/format.h"

struct tapk_piece tapk_keep(struct tapk_ctx *ctx, const uint8_t *data, size_t len, int *full)
{
    struct tapk_piece piece = {ctx->arena_used, 0};
    *full = len > sizeof ctx->arena - ctx->arena_used;
    if (*full || len == 0)
        return piece;
    memcpy(ctx->arena + ctx->arena_used, data, len);
    piece.length = (uint16_t)len;
    ctx->arena_used = (uint16_t)(ctx->arena_used + len);
    return piece;
}

struct tapk_span tapk_piece_span(const struct tapk_ctx *ctx, struct tapk_piece piece)
{
    const struct tapk_span span = {ctx->arena + piece.offset, piece.length};
    return span;
}

void tapk_forget(struct tapk_ctx *ctx, uint16_t mark)
{
    if (ctx->arena_used > mark)
        memset(ctx->arena + mark, 0, (size_t)(ctx->arena_used - mark));
    ctx->arena_used = mark;
    memset(ctx->item, 0, sizeof ctx->item);
    ctx->items = 0;
}

int tapk_skip_ff(const struct tapk_ctx *ctx) { return SWITCH(ctx, TLV_SKIP_FF); }

int tapk_store_add(struct tapk_ctx *ctx, uint16_t tag, struct tapk_span value, uint8_t origin)
{
    if (ctx->items == TAPK_MAX_ITEMS)
        return 1;
    struct tapk_item *item = &ctx->item[ctx->items++];
    item->tag = tag;
    item->offset = (uint16_t)(value.p - ctx->arena);
    item->length = (uint16_t)value.n;
    item->origin = origin;
    item->pad = 0;
    return 0;
}

struct tapk_span tapk_card_from(const struct tapk_ctx *ctx, uint16_t tag, uint8_t origin)
{
    struct tapk_span value = {NULL, 0};
    for (size_t i = 0; i < ctx->items; i++) {
        const struct tapk_item *item = &ctx->item[i];
        if (item->tag == tag && item->origin == origin) {
            value.p = ctx->arena + item->offset;
            value.n = item->length;
            break;
        }
    }
    return value;
}

struct tapk_span tapk_card(const struct tapk_ctx *ctx, uint16_t tag)
{
    struct tapk_span value = {NULL, 0};
    uint8_t best = 0;
    for (size_t i = 0; i < ctx->items; i++) {
        const struct tapk_item *item = &ctx->item[i];
        if (item->tag == tag && item->origin > best) {
            best = item->origin;
            value.p = ctx->arena + item->offset;
            value.n = item->length;
        }
    }
    return value;
}

/* TLV-032: the GPO response alone gives these. */
static const uint16_t gpo_only[] = {0x82, 0x94, 0x9F26, 0x9F27, 0x9F36, 0x9F10};

/* Their length is judged by the rule that uses them: QP-064...QP-067, CTQ-002, FD-002, files 50. */
static const uint16_t judged_later[] = {0x82, 0x94, 0x9F10, 0x9F26, 0x9F27, 0x9F36, 0x9F6C, 0x9F69,
                                        0x90, 0x92, 0x9F32, 0x9F46, 0x9F47, 0x9F48, 0x9F4A, 0x9F4B};

/* TLV-034: a wrong length of these ends the transaction. */
static const uint16_t strict[] = {0x57, 0x5A, 0x5F34, 0x8F, 0x9F08};

/* The value of a known element: 0 take it, 1 drop it as if absent (TLV-028), 2 the transaction
 * ends. */
static int judge(struct tapk_ctx *ctx, const struct tapk_tag_info *info, struct tapk_span value)
{
    struct tapk_trace *trace = &ctx->trace;
    uint8_t pan[10];
    const uint32_t tag = info->tag;
    if (tag == 0x5F24 || tag == 0x5F25) {
        ctx->tap.fault_rule = RULE_ID(TLV_029);
        return RULE(TLV_029, value.n == 3 && tapk_date_valid(value.p)) ? 0 : 2;
    }
    if (TAPK_TAG_IN(judged_later, tag))
        return 0;
    if (value.n < info->min || value.n > info->max) {
        ctx->tap.fault_rule = RULE_ID(TLV_034);
        return RULE(TLV_034, TAPK_TAG_IN(strict, tag)) ? 2 : 1;
    }
    ctx->tap.fault_rule = RULE_ID(TLV_030);
    if (tag == 0x5A)
        return RULE(TLV_030, tapk_pan_of_5a(value.p, value.n, pan) == 0) ? 0 : 2;
    if (tag == 0x57)
        return RULE(TLV_030, tapk_pan_of_57(value.p, value.n, pan) == 0) ? 0 : 2;
    return 0;
}

/* 1 when the GPO response or a record gave the tag before. */
static int seen(const struct tapk_ctx *ctx, uint16_t tag)
{
    return tapk_card_from(ctx, tag, TAPK_FROM_CARD_GPO).n > 0 ||
           tapk_card_from(ctx, tag, TAPK_FROM_CARD_RECORD).n > 0;
}

static int capture_one(struct tapk_ctx *ctx, const struct tapk_tlv *object, uint8_t origin)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span value = {object->value, object->length};
    if (tapk_tag_constructed(object->tag) || object->length == 0)
        return TAPK_CAPTURE_OK; /* TLV-017, TLV-020 */
    const struct tapk_tag_info *info = tapk_tag_find(object->tag);
    if (info == NULL)
        return TAPK_CAPTURE_OK; /* TLV-017, TLV-018 */
    if (RULE(TLV_025, info->source != TAPK_SOURCE_CARD))
        return TAPK_CAPTURE_OK;
    const uint16_t tag = (uint16_t)object->tag;
    const int repeated = seen(ctx, tag);
    if (origin == TAPK_FROM_CARD_RECORD && RULE(TLV_032, TAPK_TAG_IN(gpo_only, tag)))
        return RULE(TLV_021, repeated) ? TAPK_CAPTURE_DUPLICATE : TAPK_CAPTURE_OK;
    const int verdict = judge(ctx, info, value);
    if (verdict == 1)
        return TAPK_CAPTURE_OK; /* as if absent, so it is no second one either */
    if (tag == 0x5F34 && verdict == 0 && origin == TAPK_FROM_CARD_RECORD &&
        !ctx->tap.psn_in_record) {
        ctx->tap.psn_in_record = 1;
        ctx->tap.record_psn = value.p[0];
    }
    if (repeated && RULE(TLV_022, tag == 0x5F34))
        return verdict == 2 ? TAPK_CAPTURE_VALUE : TAPK_CAPTURE_OK; /* QP-083: the first stays */
    if (RULE(TLV_021, repeated))
        return TAPK_CAPTURE_DUPLICATE;
    if (verdict == 2)
        return TAPK_CAPTURE_VALUE;
    return tapk_store_add(ctx, tag, value, origin) ? TAPK_CAPTURE_FULL : TAPK_CAPTURE_OK;
}

int tapk_capture(struct tapk_ctx *ctx, struct tapk_span value, uint8_t origin)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_cursor cursor = tapk_cursor(value.p, value.n, tapk_skip_ff(ctx));
    struct tapk_tlv object;
    uint16_t bad_value = 0;
    int result;
    /* Coding first, so that a malformed template leaves nothing behind. */
    ctx->tap.fault_rule = RULE_ID(TLV_015);
    if (!RULE(TLV_015, tapk_tlv_check(cursor) == TAPK_TLV_OK))
        return TAPK_CAPTURE_BAD;
    while ((result = tapk_tlv_next(&cursor, &object)) == TAPK_TLV_OK) {
        const int captured = capture_one(ctx, &object, origin);
        if (captured == TAPK_CAPTURE_VALUE)
            bad_value = bad_value ? bad_value : ctx->tap.fault_rule; /* coding first: QP-127 */
        else if (captured != TAPK_CAPTURE_OK)
            return captured;
    }
    ctx->tap.fault_rule = bad_value;
    return bad_value ? TAPK_CAPTURE_VALUE : TAPK_CAPTURE_OK;
}
