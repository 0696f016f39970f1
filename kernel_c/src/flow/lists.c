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

static int answered(uint16_t reason)
{
    return reason == REASON(HOST_APPROVED) || reason == REASON(HOST_DECLINED) ||
           reason == REASON(HOST_NOT_REACHED) || reason == REASON(DEFERRED);
}

/* The tags of a list, or 0 when it does not apply to the outcome. */
static size_t tags_of(const struct tapk_ctx *ctx, uint8_t list, const uint16_t **tags)
{
    const struct tapk_outcome *out = &ctx->outcome;
    const int went_online = out->status == TAPK_ONLINE_REQUEST || answered(out->reason);
    switch (list) {
    case TAPK_LIST_ONLINE:
        *tags = online;
        return out->data_record && went_online ? sizeof online / sizeof online[0] : 0;
    case TAPK_LIST_OFFLINE:
        *tags = offline;
        return out->data_record && !went_online ? sizeof offline / sizeof offline[0] : 0;
    case TAPK_LIST_DATA_RECORD:
        *tags = data_record;
        return out->data_record ? sizeof data_record / sizeof data_record[0] : 0;
    case TAPK_LIST_DISCRETIONARY:
        *tags = discretionary;
        return out->discretionary ? sizeof discretionary / sizeof discretionary[0] : 0;
    default:
        return 0;
    }
}

int tapk_fetch(const struct tapk_ctx *ctx, uint8_t list, uint8_t *out, size_t capacity, size_t *len)
{
    const uint16_t *tags = NULL;
    if (ctx == NULL || out == NULL || len == NULL)
        return TAPK_E_ARGUMENT;
    const size_t count = tags_of(ctx, list, &tags);
    *len = 0;
    if (count == 0)
        return 1;
    for (size_t i = 0; i < count; i++) {
        struct tapk_span value;
        uint8_t origin;
        if (tapk_value(ctx, tags[i], &value, &origin) != 0)
            continue;
        const int written = tapk_tlv_put(out, capacity, len, tags[i], value.p, value.n);
        if (written != TAPK_OK)
            return written;
    }
    return TAPK_OK;
}
