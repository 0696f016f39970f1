/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a tap whose last answer may get lost (TT-010, TT-017): opaque to the caller, fixed
 * size, versioned, check-summed. Layout: "TT", version, length of the GPO response, 9F37, 9F02,
 * 5F2A, 9F66, 9A, 9F21, AID length, AID (16), GPO response, zeros, CRC-32 (4).
 */
#include <string.h>

#include "flow/flow.h"

#define TORN_VERSION 1u

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

static uint8_t *put(uint8_t *out, const void *in, size_t n)
{
    memcpy(out, in, n);
    return out + n;
}

void tapk_torn_write(struct tapk_ctx *ctx)
{
    const struct tapk_values *v = &ctx->values;
    const struct tapk_span gpo = tapk_piece_span(ctx, ctx->tap.gpo);
    uint8_t *at = ctx->record;
    memset(ctx->record, 0, sizeof ctx->record);
    *at++ = 'T';
    *at++ = 'T';
    *at++ = TORN_VERSION;
    *at++ = (uint8_t)(gpo.n > 255 ? 255 : gpo.n);
    at = put(at, v->un, sizeof v->un);
    at = put(at, v->amount, sizeof v->amount);
    at = put(at, v->currency, sizeof v->currency);
    at = put(at, v->ttq, sizeof v->ttq);
    at = put(at, v->date, sizeof v->date);
    at = put(at, v->time, sizeof v->time);
    *at++ = v->aid_length;
    at = put(at, v->aid, sizeof v->aid);
    (void)put(at, gpo.p, gpo.n);
    const uint32_t crc = crc32(ctx->record, TAPK_RECORD_SIZE - 4);
    for (unsigned i = 0; i < 4; i++)
        ctx->record[TAPK_RECORD_SIZE - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
}
