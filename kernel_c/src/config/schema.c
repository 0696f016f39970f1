/* SPDX-License-Identifier: Apache-2.0
 *
 * What an entry may hold. Each kind has a table: tag, lengths, a check. The canonical body is the
 * table's order, whatever order came in.
 */
#include <string.h>

#include "config/config_internal.h"
#include "data/dol.h"
#include "data/format.h"
#include "data/tags.h"
#include "mark.h"

enum check {
    ANY,
    FLAG, /* 00 or 01 */
    BCD,  /* digits only */
    RID_OR_AID,
    EXPIRY, /* YYYYMMDD as 4 BCD or 8 ASCII; written as 4 BCD */
    TTQ,
    PROFILE,
    SWITCHES,
    PAN, /* written as 10 bytes, F padded */
    PASSES,
    TAGS /* primitive tags that the kernel knows */
};

struct item {
    uint32_t tag;
    uint8_t min;
    uint8_t max;
    uint8_t must;
    uint8_t check;
};

static const struct item terminal_items[] = {
    {0x9F1A, 2, 2, 1, BCD},
    {0x5F2A, 2, 2, 1, BCD},
    {0x5F36, 1, 1, 0, BCD},
    {0x9F33, 3, 3, 1, ANY},
    {0x9F35, 1, 1, 0, BCD},
    {0x9F40, 5, 5, 0, ANY},
    {0x9F1E, 8, 8, 0, ANY},
    {0x9F1C, 8, 8, 0, ANY},
    {0x9F15, 2, 2, 0, BCD},
    {0x9F16, 15, 15, 0, ANY},
    {0x9F01, 6, 6, 0, BCD},
    {0x9F4E, 1, 127, 0, ANY},
    {TAPK_TAG_PASSES, 1, 1, 0, PASSES},
    {TAPK_TAG_RETAP_TIME, 2, 2, 0, BCD},
    {TAPK_TAG_TORN_TIME, 2, 2, 0, BCD},
    {TAPK_TAG_LOOKUP, 1, 1, 0, FLAG},
    {TAPK_TAG_MORE_ONLINE, 1, 96, 0, TAGS},
    {TAPK_TAG_MORE_OFFLINE, 1, 96, 0, TAGS},
    {TAPK_TAG_MORE_RECORD, 1, 96, 0, TAGS},
    {TAPK_TAG_MORE_REVERSAL, 1, 96, 0, TAGS},
};

static const struct item combination_items[] = {
    {0x9F06, 5, 16, 1, ANY},
    {0x96, 1, 3, 1, ANY},
    {TAPK_TAG_PROFILE, 1, 1, 1, PROFILE},
    {0x9F66, 4, 4, 0, TTQ},
    {0x9F09, 2, 2, 0, ANY},
    {0xDF01, 1, 1, 0, FLAG},
    {0x9F1B, 4, 4, 0, ANY},
    {0xDF19, 6, 6, 0, BCD},
    {0xDF20, 6, 6, 0, BCD},
    {0xDF21, 6, 6, 0, BCD},
    {0x9F7B, 6, 6, 0, BCD},
    {TAPK_TAG_TYPES, 1, 16, 0, ANY},
    {TAPK_TAG_STATUS_CHECK, 1, 1, 0, FLAG},
    {TAPK_TAG_ZERO_AMOUNT, 1, 1, 0, FLAG},
    {TAPK_TAG_EXTENDED, 1, 1, 0, FLAG},
    {TAPK_TAG_RECEIPT, 1, 1, 0, FLAG},
    {TAPK_TAG_SM, 1, 1, 0, FLAG},
    {TAPK_TAG_TTQ_ODA, 4, 4, 0, TTQ},
    {TAPK_TAG_TTQ_OLD, 4, 4, 0, TTQ},
    {TAPK_TAG_SWITCHES, 0, 2 * TAPK_SW_LAST, 0, SWITCHES},
};

static const struct item key_items[] = {
    {0x9F06, 5, 5, 1, RID_OR_AID}, {0x9F22, 1, 1, 1, ANY},
    {0xDF05, 4, 8, 0, EXPIRY},     {0xDF06, 1, 1, 0, ANY},
    {0xDF07, 1, 1, 1, ANY},        {0xDF02, 64, 248, 1, ANY},
    {0xDF04, 1, 3, 0, ANY},        {0xDF03, 20, 20, 0, ANY},
    {0xDF35, 1, 1, 0, ANY},        {0xDF36, 4, 4, 0, ANY},
    {0xDF37, 2, 2, 0, BCD},        {0xDF38, 1, 1, 0, ANY},
    {0xDF39, 64, 64, 0, ANY},      {TAPK_TAG_NO_CHECKSUM, 1, 1, 0, FLAG},
};

static const struct item revoked_items[] = {
    {0x9F06, 5, 5, 1, RID_OR_AID},
    {0x9F22, 1, 1, 1, ANY},
    {TAPK_TAG_SERIAL, 3, 3, 1, ANY},
};

static const struct item exception_items[] = {
    {0x5A, 1, 10, 1, PAN},
    {0x5F34, 1, 1, 0, BCD},
};

struct table {
    const struct item *items;
    size_t count;
};

#define TABLE(items) \
    { \
        (items), sizeof(items) / sizeof(items)[0] \
    }
static const struct table tables[] = {
    {NULL, 0},        TABLE(terminal_items), TABLE(combination_items),
    TABLE(key_items), TABLE(revoked_items),  TABLE(exception_items),
};

struct switch_info {
    uint8_t most;
    uint8_t values[3]; /* jrt0025-2013, uics-2018, c7 */
    uint8_t fixed;
};

#define TAPK_SWITCH(number, name, text, most, jrt, uics, c7, fixed) \
    {(most), {(jrt), (uics), (c7)}, (fixed)},
static const struct switch_info switches[] = {
#include "../../switches.def"
};
#undef TAPK_SWITCH

uint8_t tapk_switch_default(uint16_t number, uint8_t profile)
{
    if (number >= TAPK_SWITCH_COUNT || profile < 1 || profile > 3)
        return 0;
    return switches[number].values[profile - 1];
}

static int is_bcd(struct tapk_span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] >> 4 > 9 || (value.p[i] & 0x0Fu) > 9)
            return 0;
    return 1;
}

/* Expiry as 4 BCD bytes (CK-009: an impossible date is refused). */
static int expiry_bcd(struct tapk_span value, uint8_t out[4])
{
    uint64_t year;
    if (value.n == 8) {
        for (size_t i = 0; i < 4; i++) {
            const unsigned high = value.p[2 * i] - (unsigned)'0';
            const unsigned low = value.p[2 * i + 1] - (unsigned)'0';
            if (high > 9 || low > 9)
                return 1;
            out[i] = (uint8_t)(high << 4 | low);
        }
    } else if (value.n == 4) {
        memcpy(out, value.p, 4);
    } else {
        return 1;
    }
    if (tapk_bcd_get(out, 2, &year) || year < 1950)
        return 1;
    /* A leap year of 1950 to 2049 repeats with the two-digit year; later years fall on 2000-2099.
     */
    const uint8_t as_date[3] = {out[1], out[2], out[3]};
    return !tapk_date_valid(as_date);
}

static int ttq_fault(const uint8_t ttq[4])
{
    if ((ttq[1] & 0x1Fu) || (ttq[2] & 0x3Fu) || (ttq[3] & 0x7Fu))
        return TAPK_FAULT_TTQ_RFU; /* TTQ-002 */
    return 0;
}

static int tags_fault(struct tapk_span value)
{
    struct tapk_cursor cursor = tapk_cursor(value.p, value.n, 0);
    uint32_t tag;
    int result;
    while ((result = tapk_tag_next(&cursor, &tag)) == TAPK_TLV_OK)
        if (tapk_tag_find(tag) == NULL || tapk_tag_constructed(tag))
            return TAPK_FAULT_VALUE;
    return result == TAPK_TLV_END ? 0 : TAPK_FAULT_VALUE;
}

static int value_fault(uint8_t check, struct tapk_span value)
{
    switch (check) {
    case FLAG:
        return value.p[0] > 1 ? TAPK_FAULT_VALUE : 0;
    case BCD:
        return is_bcd(value) ? 0 : TAPK_FAULT_VALUE;
    case TTQ:
        return ttq_fault(value.p);
    case PROFILE:
        return value.p[0] < 1 || value.p[0] > 3 ? TAPK_FAULT_VALUE : 0;
    case TAGS:
        return tags_fault(value);
    case PASSES:
        return value.p[0] > 9 ? TAPK_FAULT_VALUE : 0;
    default:
        return 0;
    }
}

/* All switches of a combination, one byte each, from pairs (number, value) and the profile. */
static int resolve_switches(struct tapk_span body, uint8_t out[TAPK_SW_LAST],
                            struct tapk_fault *fault)
{
    const uint8_t profile = tapk_image_byte(body, TAPK_TAG_PROFILE, 0);
    const struct tapk_span pairs = tapk_image_value(body, TAPK_TAG_SWITCHES);
    for (uint16_t i = 0; i < TAPK_SWITCH_COUNT; i++)
        out[i] = tapk_switch_default(i, profile);
    if (pairs.n % 2 != 0)
        return TAPK_FAULT_LENGTH;
    for (size_t i = 0; i < pairs.n; i += 2) {
        const uint8_t number = pairs.p[i];
        const uint8_t value = pairs.p[i + 1];
        fault->detail = number;
        if (number >= TAPK_SWITCH_COUNT || value > switches[number].most)
            return TAPK_FAULT_UNKNOWN_SWITCH;
        if ((switches[number].fixed >> (profile - 1) & 1) && value != out[number])
            return TAPK_FAULT_FIXED_SWITCH;
        for (size_t k = 0; k < i; k += 2)
            if (pairs.p[k] == number)
                return TAPK_FAULT_TWICE;
        out[number] = value;
    }
    fault->detail = 0;
    return 0;
}

/* Writes one item in its canonical form. */
static int put_item(const struct item *item, struct tapk_span value, struct tapk_span tlv,
                    uint8_t *out, size_t capacity, size_t *used, struct tapk_fault *fault)
{
    uint8_t form[TAPK_SW_LAST > 16 ? TAPK_SW_LAST : 16];
    const uint8_t *p = value.p;
    size_t n = value.n;
    int code = 0;
    if (item->check == EXPIRY) {
        code = expiry_bcd(value, form) ? TAPK_FAULT_VALUE : 0;
        fault->rule = code ? TAPK_RULE_CK_009 : 0;
        p = form;
        n = 4;
    } else if (item->check == PAN) {
        code = tapk_pan_of_5a(value.p, value.n, form) ? TAPK_FAULT_VALUE : 0;
        p = form;
        n = 10;
    } else if (item->check == SWITCHES) {
        code = resolve_switches(tlv, form, fault);
        p = form;
        n = TAPK_SWITCH_COUNT;
    } else {
        code = value_fault(item->check, value);
    }
    if (code)
        return code;
    return tapk_tlv_put(out, capacity, used, item->tag, p, n);
}

static const struct item *item_of(const struct table *table, uint32_t tag)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->items[i].tag == tag)
            return &table->items[i];
    return NULL;
}

/* Every object that came in: well formed, known here, once, of a possible length. */
static int check_objects(const struct table *table, struct tapk_span tlv, struct tapk_fault *fault)
{
    struct tapk_cursor cursor = tapk_cursor(tlv.p, tlv.n, 0);
    struct tapk_tlv object;
    int result;
    while ((result = tapk_tlv_next(&cursor, &object)) == TAPK_TLV_OK) {
        const struct item *item = item_of(table, object.tag);
        struct tapk_span later;
        fault->tag = object.tag;
        if (item == NULL)
            return TAPK_FAULT_UNKNOWN_TAG;
        if (tapk_tlv_find(cursor, object.tag, &later) == TAPK_TLV_OK)
            return TAPK_FAULT_TWICE;
        if (object.length < item->min || object.length > item->max)
            return TAPK_FAULT_LENGTH;
    }
    fault->tag = 0;
    return result == TAPK_TLV_END ? 0 : TAPK_FAULT_BAD_TLV;
}

/* Bits of byte 1 of a TTQ; 0 when there is none. */
static uint8_t first_byte(struct tapk_span ttq, uint8_t bits)
{
    return ttq.n == 4 ? ttq.p[0] & bits : 0;
}

/* TR-002, TR-005: what a TTQ chosen after SELECT may be, beside the one it takes the place of. */
static int chosen_fault(struct tapk_span ttq, struct tapk_span chosen, uint8_t needs)
{
    if (chosen.n == 0)
        return 0;
    if (ttq.n != 4 || memcmp(ttq.p + 2, chosen.p + 2, 2) != 0 ||
        (chosen.p[1] & 0x7Fu) != (ttq.p[1] & 0x20u))
        return TAPK_FAULT_TTQ_CHOICE;
    if ((chosen.p[0] & needs) != needs || (chosen.p[0] & 0x60u) == 0) /* EP-026 */
        return TAPK_FAULT_TTQ_CHOICE;
    return 0;
}

/* Each TTQ of a combination against its profile and its fellows: 0, or the fault. */
static int ttq_contradiction(struct tapk_span tlv, struct tapk_fault *fault)
{
    static const uint32_t tags[] = {0x9F66, TAPK_TAG_TTQ_ODA, TAPK_TAG_TTQ_OLD};
    static const uint8_t needs[] = {0, 0x21, 0}; /* qPBOC, ODA for online */
    const struct tapk_span ttq = tapk_image_value(tlv, 0x9F66);
    const int jrt = tapk_image_byte(tlv, TAPK_TAG_PROFILE, 0) == TAPK_PROFILE_JRT_2013;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const struct tapk_span one = tapk_image_value(tlv, tags[i]);
        const int code = i > 0 ? chosen_fault(ttq, one, needs[i]) : 0;
        fault->tag = tags[i];
        if (jrt && first_byte(one, 0x01))
            return TAPK_FAULT_TTQ_PROFILE;
        if (code)
            return code;
    }
    fault->tag = 0;
    return 0;
}

/* QP-125: the TTQ that a card with ODA for online is given; without B1b4 (TTQ-004). */
static int oda_for_online(struct tapk_span tlv)
{
    const struct tapk_span chosen = tapk_image_value(tlv, TAPK_TAG_TTQ_ODA);
    const struct tapk_span sent = chosen.n == 4 ? chosen : tapk_image_value(tlv, 0x9F66);
    return first_byte(sent, 0x09) == 0x01;
}

/* Settings of a combination that cannot stand together: 0, or the fault. */
static int contradiction(struct tapk_span tlv, struct tapk_fault *fault)
{
    uint8_t switches_now[TAPK_SW_LAST];
    const struct tapk_span ttq = tapk_image_value(tlv, 0x9F66);
    int code = resolve_switches(tlv, switches_now, fault);
    if (code)
        return code;
    if (ttq.n == 4 && (ttq.p[1] & 0xC0u) && !switches_now[TAPK_SW_EP_START_B_FIXED]) {
        fault->tag = 0x9F66;
        return TAPK_FAULT_TTQ_TRANSIENT; /* TTQ-001, EP-004 */
    }
    code = ttq_contradiction(tlv, fault);
    if (code)
        return code;
    if (switches_now[TAPK_SW_QP_DEFERRED_AUTH] &&
        (!oda_for_online(tlv) || switches_now[TAPK_SW_FD_ALLOW_V00])) { /* QP-125, TK-035 */
        fault->tag = TAPK_TAG_SWITCHES;
        fault->detail = TAPK_SW_QP_DEFERRED_AUTH;
        return TAPK_FAULT_DEFERRED;
    }
    return 0;
}

/* QP-012: where the value of a limit comes from. */
static uint32_t source_of(struct tapk_span tlv, uint32_t tag)
{
    uint8_t switches_now[TAPK_SW_LAST];
    struct tapk_fault unused;
    if ((tag != 0xDF19 && tag != 0xDF20) || resolve_switches(tlv, switches_now, &unused) != 0 ||
        !switches_now[TAPK_SW_PARAM_SWAP_DF19_DF20])
        return tag;
    return tag == 0xDF19 ? 0xDF20 : 0xDF19;
}

int tapk_schema_entry(uint8_t kind, struct tapk_span tlv, const struct tapk_crypto *crypto,
                      uint8_t *out, size_t capacity, size_t *used, struct tapk_fault *fault)
{
    if (kind < TAPK_ENTRY_TERMINAL || kind > TAPK_ENTRY_EXCEPTION)
        return TAPK_E_ARGUMENT;
    const struct table *table = &tables[kind];
    int code = check_objects(table, tlv, fault);
    if (code)
        return code;
    for (size_t i = 0; i < table->count; i++) {
        const struct item *item = &table->items[i];
        const struct tapk_span value = tapk_image_value(tlv, source_of(tlv, item->tag));
        fault->tag = item->tag;
        if (value.p == NULL && item->check != SWITCHES) {
            if (item->must)
                return TAPK_FAULT_MISSING;
            continue;
        }
        code = put_item(item, value, tlv, out, capacity, used, fault);
        if (code)
            return code;
    }
    fault->tag = 0;
    if (kind == TAPK_ENTRY_COMBINATION)
        return contradiction(tlv, fault);
    if (kind == TAPK_ENTRY_CA_KEY)
        return tapk_key_fault(tlv, crypto, fault);
    return 0;
}
