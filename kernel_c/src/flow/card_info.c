/* SPDX-License-Identifier: Apache-2.0
 *
 * What a card tells without a payment: balances, limits and counters by GET DATA, then the records
 * of its two logs (QP-151, EC-045; file 40 section 13). After SELECT nothing else is sent: no GPO
 * is needed (LG-007), so nothing can be paid.
 */
#include <string.h>

#include "data/format.h"
#include "data/tlv.h"
#include "flow/flow.h"

#define RECORDS_MAX 30u /* of one log */
#define RECORD_ITEM \
    0x8F40 /* in the index: the low half of TAPK_TAG_LOG_RECORD, which no card has */

/* Each may be absent (APDU-010). All stand in tags.def. */
static const uint16_t objects[] = {0x9F79, 0x9F77, 0x9F78, 0x9F6D, 0x9F5D, 0x9F51, 0xDF79, 0xDF77,
                                   0xDF78, 0xDF76, 0xDF71, 0x9F36, 0x9F13, 0x9F4F, 0xDF4F};
#define OBJECTS (sizeof objects / sizeof objects[0])

/* LG-001, LG-005: the elements of the FCI that name the logs. */
static const uint16_t logs[] = {0x9F4D, 0xDF4D};
#define LOGS (sizeof logs / sizeof logs[0])

/* Elements of an FCI, objects and records all have their place in the index. */
typedef char index_has_room[10 + OBJECTS + LOGS * RECORDS_MAX <= TAPK_MAX_ITEMS ? 1 : -1];

/* Why the log that stands next is not read on, 0 when a record of it is to be asked for. */
static uint8_t log_end(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span entry = tapk_card_from(ctx, logs[ctx->tap.log], TAPK_FROM_CARD_FCI);
    const uint8_t asked = ctx->tap.log_record;
    if (entry.n != 2)
        return TAPK_LOG_NONE;
    if (!RULE_GE(LG_001, entry.p[0], 11) || RULE_GE(LG_001, entry.p[0], 31))
        return TAPK_LOG_NO_FILE;
    if (asked >= entry.p[1])
        return TAPK_LOG_ALL;
    return asked == RECORDS_MAX ? TAPK_LOG_MORE : 0;
}

/* 1 when a record was asked for, 0 when there is none left. */
static int read_logs(struct tapk_ctx *ctx)
{
    struct tapk_tap *tap = &ctx->tap;
    for (; tap->log < LOGS; tap->log++, tap->log_record = 0) {
        if (tap->log_end[tap->log] == 0)
            tap->log_end[tap->log] = log_end(ctx);
        if (tap->log_end[tap->log] != 0)
            continue;
        const uint8_t sfi = tapk_card_from(ctx, logs[tap->log], TAPK_FROM_CARD_FCI).p[0];
        tapk_transmit(ctx, TAPK_STATE_CARD_INFO, 0x00, 0xB2, ++tap->log_record,
                      (uint8_t)(sfi << 3 | 4), NULL, 0); /* CMD-006 */
        return 1;
    }
    return 0;
}

/* The purse's currency by GET DATA; what is not n3 is none. */
static struct tapk_span currency_told(const struct tapk_ctx *ctx, uint16_t tag)
{
    struct tapk_span value = tapk_card_from(ctx, tag, TAPK_FROM_CARD_COMMAND);
    if (!tapk_n3_valid(value.p, value.n))
        value.n = 0;
    return value;
}

/* 1 when a currency that the card told is that of the transaction. */
static int in_currency(const struct tapk_ctx *ctx, struct tapk_span currency)
{
    return currency.n == 2 && memcmp(currency.p, ctx->values.currency, 2) == 0;
}

/* TR-006: the balance is that of the second purse when only this one pays in the currency of the
 * transaction, else that of the first, in its own currency. */
static void take_balance(struct tapk_ctx *ctx)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span first = currency_told(ctx, 0x9F51);
    const struct tapk_span second = currency_told(ctx, 0xDF71);
    if (RULE(TR_006, first.n == 2 && !in_currency(ctx, first) && in_currency(ctx, second))) {
        ctx->tap.second_purse = 1;
        (void)tapk_balance_take(ctx, tapk_card_from(ctx, 0xDF79, TAPK_FROM_CARD_COMMAND));
    } else if (!tapk_balance_take(ctx, tapk_card_from(ctx, 0x9F79, TAPK_FROM_CARD_COMMAND))) {
        (void)tapk_balance_take(ctx, tapk_card_from(ctx, 0x9F5D, TAPK_FROM_CARD_COMMAND));
    }
}

/* The next command, or the end. */
static void go_on(struct tapk_ctx *ctx)
{
    if (ctx->tap.object < OBJECTS) {
        tapk_get_data(ctx, TAPK_STATE_CARD_INFO, objects[ctx->tap.object]);
        return;
    }
    if (read_logs(ctx))
        return;
    take_balance(ctx);
    tapk_end(ctx, TAPK_END_APPLICATION, REASON(CARD_INFO_READ), RULE_ID(QP_151));
}

void tapk_card_info_start(struct tapk_ctx *ctx) { go_on(ctx); }

/* An object that does not have the length of its kind is absent, like one that does not fit. */
static void take_object(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    const uint16_t tag = objects[ctx->tap.object++];
    const struct tapk_tag_info *info = tapk_tag_find(tag);
    const struct tapk_span value = tapk_data_object(ctx, answer);
    int full;
    if (value.n == 0 || value.n < info->min || value.n > info->max)
        return;
    const struct tapk_piece kept = tapk_keep(ctx, value.p, value.n, &full);
    (void)tapk_store_add(ctx, tag, tapk_piece_span(ctx, kept), TAPK_FROM_CARD_COMMAND);
}

/* LG-003: a record is taken as it is; what it says is for those who have its format. */
static uint8_t take_record(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    int full;
    if (answer.sw != 0x9000)
        return RULE(LG_003, answer.sw == 0x6A83) ? TAPK_LOG_LAST : TAPK_LOG_REFUSED;
    const struct tapk_piece kept = tapk_keep(ctx, answer.data.p, answer.data.n, &full);
    if (full)
        return TAPK_LOG_FULL;
    (void)tapk_store_add(ctx, (uint16_t)(RECORD_ITEM + ctx->tap.log), tapk_piece_span(ctx, kept),
                         TAPK_FROM_CARD_COMMAND);
    return 0;
}

void tapk_on_card_info(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    if (ctx->tap.object < OBJECTS)
        take_object(ctx, answer);
    else
        ctx->tap.log_end[ctx->tap.log] = take_record(ctx, answer);
    go_on(ctx);
}

/* ---- the list ---- */

struct sink {
    uint8_t *out;
    size_t capacity;
    size_t *len;
    int result;
};

static void put(struct sink *sink, uint32_t tag, const uint8_t *p, size_t n)
{
    if (sink->result == TAPK_OK)
        sink->result = tapk_tlv_put(sink->out, sink->capacity, sink->len, tag, p, n);
}

int tapk_card_info_list(const struct tapk_ctx *ctx, uint8_t *out, size_t capacity, size_t *len)
{
    struct sink sink = {out, capacity, len, TAPK_OK};
    put(&sink, 0x9F06, ctx->values.aid, ctx->values.aid_length);
    for (size_t i = 0; i < ctx->items; i++) {
        const struct tapk_item *item = &ctx->item[i];
        const int record = (item->tag & 0xFFFEu) == RECORD_ITEM;
        put(&sink, record ? 0xDF0000u | item->tag : item->tag, ctx->arena + item->offset,
            item->length);
    }
    for (uint32_t i = 0; i < LOGS; i++)
        put(&sink, TAPK_TAG_LOG_END + i, &ctx->tap.log_end[i], 1);
    if (ctx->tap.blocked)
        put(&sink, TAPK_TAG_BLOCKED, &ctx->tap.blocked, 1);
    return sink.result;
}
