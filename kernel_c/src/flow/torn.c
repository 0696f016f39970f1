/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a tap whose last answer may get lost (TT-010): opaque to the caller, fixed size,
 * versioned, check-summed.
 */
#include "flow/torn.h"

#include <string.h>

#include "data/format.h"
#include "flow/flow.h"

#define VERSION 2u
#define CRC_AT (TAPK_RECORD_SIZE - 4u)
#define GPO_MAX 256u

static uint32_t crc32(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* What the card will say once it has paid (QP-150): the tag to ask for, 0 when it does not tell. */
static uint8_t balance_source(struct tapk_ctx *ctx)
{
    const struct tapk_span iad = tapk_card(ctx, 0x9F10);
    const struct tapk_span aosa = tapk_card(ctx, 0x9F5D);
    uint64_t after;
    if (!tapk_balance_of(ctx, &after))
        return 0;
    if (aosa.n == 6 && tapk_bcd_get(aosa.p, 6, &after) == 0)
        return 0x5D;
    return iad.p[9] == 0x05 ? 0x5D : 0x79;
}

void tapk_torn_write(struct tapk_ctx *ctx)
{
    const struct tapk_values *v = &ctx->values;
    const struct tapk_span gpo = tapk_piece_span(ctx, ctx->tap.gpo);
    const struct tapk_span atc = tapk_card(ctx, 0x9F36);
    uint8_t *r = ctx->record;
    uint64_t after = 0;
    memset(r, 0, sizeof ctx->record);
    r[0] = 'T';
    r[1] = 'T';
    r[2] = VERSION;
    memcpy(r + TORN_UN, v->un, 4);
    memcpy(r + TORN_AMOUNT, v->amount, 6);
    memcpy(r + TORN_OTHER, v->other, 6);
    memcpy(r + TORN_CURRENCY, v->currency, 2);
    r[TORN_TYPE] = v->type;
    memcpy(r + TORN_DATE, v->date, 3);
    memcpy(r + TORN_TIME, v->time, 3);
    memcpy(r + TORN_SEQUENCE, v->sequence, 4);
    memcpy(r + TORN_TTQ, v->ttq, 4);
    r[TORN_CAPP] = v->capp;
    r[TORN_SM] = v->sm_support;
    r[TORN_EC] = v->ec_support;
    if (atc.n == 2)
        memcpy(r + TORN_ATC, atc.p, 2);
    memset(r + TORN_PAN, 0xFF, 10);
    if (ctx->tap.pan_known)
        memcpy(r + TORN_PAN, ctx->tap.pan, 10);
    r[TORN_PSN] = tapk_psn(ctx);
    r[TORN_SOURCE] = balance_source(ctx);
    if (tapk_balance_of(ctx, &after))
        (void)tapk_bcd_put(r + TORN_AFTER, 6, after);
    r[TORN_AID_LENGTH] = v->aid_length;
    memcpy(r + TORN_AID, v->aid, sizeof v->aid);
    r[TORN_GPO_LENGTH] = (uint8_t)(gpo.n >> 8);
    r[TORN_GPO_LENGTH + 1] = (uint8_t)gpo.n;
    memcpy(r + TORN_GPO, gpo.p, gpo.n);
    const uint32_t crc = crc32(r, CRC_AT);
    for (unsigned i = 0; i < 4; i++)
        r[CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
}

int tapk_torn_sound(const uint8_t r[TAPK_RECORD_SIZE])
{
    uint64_t number;
    return r[0] == 'T' && r[1] == 'T' && r[2] == VERSION &&
           tapk_be_get(r + CRC_AT, 4) == crc32(r, CRC_AT) && r[TORN_AID_LENGTH] >= 5 &&
           r[TORN_AID_LENGTH] <= 16 && tapk_be_get(r + TORN_GPO_LENGTH, 2) <= GPO_MAX &&
           tapk_date_valid(r + TORN_DATE) && tapk_time_valid(r + TORN_TIME) &&
           tapk_bcd_get(r + TORN_AFTER, 6, &number) == 0;
}

/* Days since a day that does not matter, of YYYYMMDD. */
static uint32_t day_number(uint32_t key)
{
    uint32_t year = key / 10000;
    uint32_t month = key / 100 % 100;
    if (month < 3) { /* the year begins in March, so that a leap day is its last */
        month += 12;
        year--;
    }
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 +
           key % 100;
}

static uint32_t seconds_of_day(const uint8_t time[3])
{
    uint64_t digits = 0;
    (void)tapk_bcd_get(time, 3, &digits);
    const uint32_t t = (uint32_t)digits;
    return t / 10000 * 3600 + t / 100 % 100 * 60 + t % 100;
}

int tapk_torn_fresh(const uint8_t r[TAPK_RECORD_SIZE], const uint8_t date[3], const uint8_t time[3],
                    uint32_t seconds)
{
    const uint32_t then_day = day_number(tapk_date_key(r + TORN_DATE));
    const uint32_t now_day = day_number(tapk_date_key(date));
    const uint32_t then = seconds_of_day(r + TORN_TIME);
    uint32_t now = seconds_of_day(time);
    if (now_day < then_day || now_day > then_day + 1)
        return 0;
    if (now_day > then_day)
        now += 86400;
    return now >= then && now - then <= seconds;
}
