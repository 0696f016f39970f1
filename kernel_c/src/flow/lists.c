/* SPDX-License-Identifier: Apache-2.0
 *
 * Data for the acquirer: lists of tags per use (30-qpboc-flow.md section 12, QP-140). The values
 * are the bytes sent in GPO (QP-004).
 */
#include "flow/flow.h"

static const uint16_t online[] = {0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95,   0x9A,
                                  0x9C,   0x9F02, 0x5F2A, 0x82,   0x9F1A, 0x9F03, 0x9F33,
                                  0x9F34, 0x9F35, 0x9F1E, 0x84,   0x9F09, 0x9F41, 0x9F63};

static const uint16_t offline[] = {0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95,   0x9A,   0x9C,
                                   0x9F02, 0x5F2A, 0x82,   0x9F1A, 0x9F03, 0x9F33, 0x9F34, 0x9F35,
                                   0x9F1E, 0x84,   0x9F09, 0x9F41, 0x9F63, 0x9F74, 0x8A};

static const uint16_t data_record[] = {
    0x9F06, 0x84,   0x50,   0x9F12, 0x57,   0x5A,   0x5F34, 0x5F24, 0x5F25, 0x9F02, 0x9F03,
    0x5F2A, 0x9A,   0x9F21, 0x9C,   0x9F41, 0x9F37, 0x9F66, 0x95,   0x82,   0x9F36, 0x9F26,
    0x9F27, 0x9F10, 0x9F6C, 0x9F69, 0x9F5D, 0x9F63, 0x9F74, 0x8A,   0x9F34, 0x9F33, 0x9F35,
    0x9F1A, 0x9F1E, 0x9F1C, 0x9F09, 0x9F08, 0x9F4C, 0x9F24, 0x9F19, 0x9F25, 0x9F4E};

static const uint16_t discretionary[] = {0x9F06, 0x84, 0x50, 0x9F66, 0x82, 0x9F36, 0x9F27, 0x9F6C};

static const uint16_t reversal[] = {0x95, 0x9F1E, 0x9F10, 0x9F36};

static int answered(uint16_t reason)
{
    return reason == REASON(HOST_APPROVED) || reason == REASON(HOST_DECLINED) ||
           reason == REASON(HOST_NOT_REACHED) || reason == REASON(DEFERRED);
}

struct list {
    const uint16_t *tags;
    size_t count;  /* 0: the list does not apply to the outcome */
    uint32_t more; /* configuration element with further tags, 0 when there is none */
};

#define LIST(when, tags, more) ((struct list){(tags), (when) ? COUNT(tags) : 0, (more)})
#define COUNT(tags) (sizeof(tags) / sizeof(tags)[0])

static struct list list_of(const struct tapk_ctx *ctx, uint8_t list)
{
    const struct tapk_outcome *out = &ctx->outcome;
    const int went_online = out->status == TAPK_ONLINE_REQUEST || answered(out->reason);
    switch (list) {
    case TAPK_LIST_ONLINE:
        return LIST(out->data_record && went_online, online, TAPK_TAG_MORE_ONLINE);
    case TAPK_LIST_OFFLINE:
        return LIST(out->data_record && !went_online, offline, TAPK_TAG_MORE_OFFLINE);
    case TAPK_LIST_DATA_RECORD:
        return LIST(out->data_record, data_record, TAPK_TAG_MORE_RECORD);
    case TAPK_LIST_DISCRETIONARY:
        return LIST(out->discretionary, discretionary, 0);
    case TAPK_LIST_REVERSAL:
        return LIST(out->data_record && went_online, reversal, TAPK_TAG_MORE_REVERSAL);
    default:
        return LIST(0, discretionary, 0);
    }
}

/* Writes one element when it is known. */
static int put(const struct tapk_ctx *ctx, uint32_t tag, uint8_t *out, size_t capacity, size_t *len)
{
    struct tapk_span value;
    uint8_t origin;
    if (tapk_value(ctx, tag, &value, &origin) != 0)
        return TAPK_OK;
    return tapk_tlv_put(out, capacity, len, tag, value.p, value.n);
}

/* QP-140: the tags that the configuration adds, without those that are there. */
static int put_more(const struct tapk_ctx *ctx, const struct list *list, uint8_t *out,
                    size_t capacity, size_t *len)
{
    const struct tapk_span more = tapk_image_value(ctx->terminal, list->more);
    struct tapk_cursor cursor = tapk_cursor(more.p, more.n, 0);
    uint32_t tag;
    while (tapk_tag_next(&cursor, &tag) == TAPK_TLV_OK) {
        const int result =
            tapk_tag_in(list->tags, list->count, tag) ? TAPK_OK : put(ctx, tag, out, capacity, len);
        if (result != TAPK_OK)
            return result;
    }
    return TAPK_OK;
}

int tapk_fetch(const struct tapk_ctx *ctx, uint8_t list, uint8_t *out, size_t capacity, size_t *len)
{
    if (ctx == NULL || out == NULL || len == NULL)
        return TAPK_E_ARGUMENT;
    const struct list wanted = list_of(ctx, list);
    *len = 0;
    if (list == TAPK_LIST_CARD_INFO && ctx->outcome.reason == REASON(CARD_INFO_READ))
        return tapk_card_info_list(ctx, out, capacity, len);
    if (wanted.count == 0)
        return 1;
    for (size_t i = 0; i < wanted.count; i++) {
        const int written = put(ctx, wanted.tags[i], out, capacity, len);
        if (written != TAPK_OK)
            return written;
    }
    return wanted.more == 0 ? TAPK_OK : put_more(ctx, &wanted, out, capacity, len);
}
