/* SPDX-License-Identifier: Apache-2.0
 *
 * Every data element by tag: transaction, then configuration, then card (DOL-015). A value stays
 * the same from GPO to the data lists (DOL-016, QP-004); TVR and TSI are zero throughout (QP-003).
 */
#include <string.h>

#include "context.h"
#include "data/format.h"

struct slot {
    uint16_t tag;
    uint8_t offset;
    uint8_t length;
};

#define SLOT(tag, field) \
    { \
        (tag), offsetof(struct tapk_values, field), sizeof(((struct tapk_values *)0)->field) \
    }

static const struct slot slots[] = {
    SLOT(0x9F02, amount),      SLOT(0x9F03, other),
    SLOT(0x81, amount_binary), SLOT(0x9F04, other_binary),
    SLOT(0x9C, type),          SLOT(0x5F2A, currency),
    SLOT(0x5F36, exponent),    SLOT(0x9A, date),
    SLOT(0x9F21, time),        SLOT(0x9F41, sequence),
    SLOT(0x9F37, un),          SLOT(0x9F66, ttq),
    SLOT(0x95, tvr),           SLOT(0x9B, tsi),
    SLOT(0xDF60, capp),        SLOT(0xDF69, sm_support),
    SLOT(0x9F7A, ec_support),
};

/* Elements that a DOL may take from the configuration; parameters of the terminal stay inside. */
static const uint16_t from_terminal[] = {0x9F1A, 0x9F33, 0x9F35, 0x9F40, 0x9F1E,
                                         0x9F1C, 0x9F15, 0x9F16, 0x9F01, 0x9F4E};
/* Elements of the selected application: its FCI has them, and no record can change them. */
static const uint16_t of_application[] = {0x84, 0x50, 0x9F12, 0xDF61}; /* TLV-023, TLV-032 */
static const uint16_t from_combination[] = {0x9F09, 0x9F1B, 0x9F7B};

struct tapk_span tapk_combination(const struct tapk_ctx *ctx, uint8_t index)
{
    const struct tapk_span body = {ctx->image.p + ctx->combination_at[index],
                                   ctx->combination_length[index]};
    return body;
}

uint8_t tapk_switch_value(const struct tapk_ctx *ctx, uint16_t number)
{
    const uint8_t index = ctx->tap.combination;
    if (number < ctx->switches_length[index])
        return ctx->image.p[ctx->switches_at[index] + number];
    /* A switch that is newer than the image has the value of its profile. */
    const struct tapk_span body = tapk_combination(ctx, index);
    return tapk_switch_default(number, tapk_image_byte(body, TAPK_TAG_PROFILE, 0));
}

int tapk_tag_in(const uint16_t *list, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == tag)
            return 1;
    return 0;
}

static int give(struct tapk_span *value, uint8_t *origin, const uint8_t *p, size_t n, uint8_t from)
{
    value->p = p;
    value->n = n;
    *origin = from;
    return n == 0;
}

/* Elements of the terminal whose length varies or that exist only at times. */
static int special(const struct tapk_ctx *ctx, uint32_t tag, struct tapk_span *value,
                   uint8_t *origin)
{
    const struct tapk_values *v = &ctx->values;
    switch (tag) {
    case 0x9F06:
        return give(value, origin, v->aid, v->aid_length, TAPK_FROM_TRANSACTION);
    case 0x9F34:
        return give(value, origin, v->cvm_results, v->cvm_results[0] ? 3 : 0, TAPK_FROM_KERNEL);
    case 0x8A:
        return give(value, origin, v->arc, v->arc[0] ? 2 : 0, TAPK_FROM_KERNEL);
    case 0x9F4C:
        return give(value, origin, v->dynamic, v->dynamic_length, TAPK_FROM_KERNEL);
    case 0x9F27:
        if (tapk_card(ctx, 0x9F27).n == 0 && tapk_card(ctx, 0x9F10).n > 0)
            return give(value, origin, &v->cid, 1, TAPK_FROM_KERNEL);
        return 1;
    default:
        return 1;
    }
}

int tapk_value(const struct tapk_ctx *ctx, uint32_t tag, struct tapk_span *value, uint8_t *origin)
{
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i].tag == tag)
            return give(value, origin, (const uint8_t *)&ctx->values + slots[i].offset,
                        slots[i].length, TAPK_FROM_TRANSACTION);
    if (special(ctx, tag, value, origin) == 0)
        return 0;
    if (TAPK_TAG_IN(from_terminal, tag)) {
        *value = tapk_image_value(ctx->terminal, tag);
        *origin = TAPK_FROM_CONFIGURATION;
        return value->n == 0;
    }
    if (TAPK_TAG_IN(from_combination, tag)) {
        *value = tapk_image_value(tapk_combination(ctx, ctx->tap.combination), tag);
        *origin = TAPK_FROM_CONFIGURATION;
        return value->n == 0;
    }
    if (tag > 0xFFFFu)
        return 1;
    if (TAPK_TAG_IN(of_application, tag)) {
        *value = tapk_card_from(ctx, (uint16_t)tag, TAPK_FROM_CARD_FCI);
        *origin = TAPK_FROM_CARD_FCI;
        return value->n == 0;
    }
    if (tag == 0x9F6C && tapk_card(ctx, 0x9F6C).n != 2)
        return 1; /* CTQ-002: what did not end the tap counts as absent */
    struct tapk_span best = {NULL, 0};
    for (uint8_t from = TAPK_FROM_CARD_COMMAND; from >= TAPK_FROM_CARD_FCI; from--) {
        best = tapk_card_from(ctx, (uint16_t)tag, from);
        if (best.n > 0) {
            *value = best;
            *origin = from;
            return 0;
        }
    }
    return 1;
}

/* FMT-002, FMT-003: 81 and 9F04 hold an amount in 4 bytes. */
static int binary_fits(const struct tapk_ctx *ctx, uint32_t tag)
{
    const uint64_t amount = tag == 0x81     ? ctx->transaction.amount
                            : tag == 0x9F04 ? ctx->transaction.other
                                            : 0;
    return amount <= 0xFFFFFFFFu;
}

int tapk_dol_fill(const struct tapk_ctx *ctx, struct tapk_span dol, uint8_t *out, size_t capacity,
                  size_t *used)
{
    struct tapk_cursor cursor = tapk_cursor(dol.p, dol.n, 0);
    struct tapk_dol_entry entry;
    size_t total;
    if (tapk_dol_check(cursor, &total) != TAPK_TLV_OK || total > capacity)
        return 1;
    *used = 0;
    while (tapk_dol_next(&cursor, &entry) == TAPK_TLV_OK) {
        const struct tapk_tag_info *info = tapk_tag_find(entry.tag);
        struct tapk_span value = {NULL, 0};
        uint8_t origin;
        if (entry.length > 0 && !binary_fits(ctx, entry.tag))
            return 2;
        /* DOL-003, DOL-004, DOL-005: constructed, unknown and absent elements give zeros. */
        if (info == NULL || tapk_tag_constructed(entry.tag) ||
            tapk_value(ctx, entry.tag, &value, &origin) != 0)
            memset(out + *used, 0, entry.length);
        else
            tapk_dol_fit(out + *used, entry.length, value.p, value.n, info->format);
        *used += entry.length;
    }
    return 0;
}

int tapk_get(const struct tapk_ctx *ctx, uint32_t tag, struct tapk_span *value, uint8_t *origin)
{
    if (ctx == NULL || value == NULL || origin == NULL)
        return TAPK_E_ARGUMENT;
    return tapk_value(ctx, tag, value, origin);
}
