/* SPDX-License-Identifier: Apache-2.0 */
#include "earned.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/tlv.h"
#include "earned_table.h"
#include "fuzz.h"

#define EARNED (sizeof earned / sizeof earned[0])

static uint64_t mix(uint64_t hash, const uint8_t *p, size_t n)
{
    hash = (hash ^ n) * 0x100000001B3u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 0x100000001B3u;
    return hash;
}

static uint64_t mix_span(uint64_t hash, struct tapk_span span) { return mix(hash, span.p, span.n); }

static uint64_t mix_parts(uint64_t hash, const struct tapk_span *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = mix_span(hash, parts[i]);
    return hash;
}

/* SM2 certificates stand in the clear: format 12 or 14. They have no remainder and no exponent. */
static size_t covered(struct tapk_span certificate)
{
    const int sm2 = certificate.n > 0 && (certificate.p[0] == 0x12 || certificate.p[0] == 0x14);
    return sm2 ? 1 : 3;
}

/* The certificate of the issuer and what it covers. */
static uint64_t issuer_part(const struct tapk_oda_input *in)
{
    const struct tapk_span parts[] = {in->issuer_cert, in->issuer_rest, in->issuer_exp};
    return mix_parts(1, parts, covered(in->issuer_cert));
}

/* What covers the static data: the certificate of the card, or 93. */
static uint64_t static_part(const struct tapk_oda_input *in)
{
    const struct tapk_span parts[] = {in->icc_cert, in->icc_rest, in->icc_exp};
    uint64_t hash = in->method == TAPK_ODA_SDA
                        ? mix_span(2, in->ssad)
                        : mix_span(mix_parts(3, parts, covered(in->icc_cert)), in->pan);
    for (size_t i = 0; i < in->record_count; i++)
        for (size_t j = 0; j < in->records[i].n; j++)
            hash = (hash ^ in->records[i].p[j]) * 0x100000001B3u;
    return in->sda_tags.n > 0 ? mix_span(hash, in->aip) : hash;
}

/* The answer to GENERATE AC without the signature in it (CDA-004). */
static uint64_t mix_response(uint64_t hash, struct tapk_span response)
{
    struct tapk_cursor cursor = tapk_cursor(response.p, response.n, 0);
    struct tapk_tlv object;
    while (tapk_tlv_next(&cursor, &object) == TAPK_TLV_OK)
        if (object.tag != 0x9F4B)
            hash = mix((hash ^ object.tag) * 0x100000001B3u, object.value, object.length);
    return hash;
}

/* The signature over this tap. */
static uint64_t dynamic_part(const struct tapk_oda_input *in)
{
    const struct tapk_span cda[] = {in->pdol_data, in->cdol1_data, in->cdol2_data};
    const int v01 = in->card_data.n > 0 && in->card_data.p[0] != 0;
    uint64_t hash = mix_span(mix(4, &in->method, 1), in->signature);
    if (in->method == TAPK_ODA_DDA)
        return mix_span(hash, in->ddol_data);
    hash = mix(hash, in->un, 4);
    if (in->method == TAPK_ODA_CDA)
        return mix_response(mix_parts(hash, cda, 3), in->response);
    return v01 ? mix_span(mix(mix(hash, in->amount, 6), in->currency, 2), in->card_data) : hash;
}

static void must_be_known(uint64_t fingerprint)
{
    size_t low = 0, high = EARNED;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (earned[middle] < fingerprint)
            low = middle + 1;
        else
            high = middle;
    }
    MUST(low < EARNED && earned[low] == fingerprint, "what is authentic was signed for this tap");
}

int earned_printing(void)
{
    static int printing = -1;
    if (printing < 0)
        printing = getenv("TAPKERN_FUZZ_EARN") != NULL;
    return printing;
}

void earned_must(const struct tapk_oda_input *in)
{
    const uint64_t parts[] = {issuer_part(in), static_part(in),
                              in->method == TAPK_ODA_SDA ? 0 : dynamic_part(in)};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i] == 0)
            continue;
        if (earned_printing())
            printf("earned %016" PRIx64 "\n", parts[i]);
        else
            must_be_known(parts[i]);
    }
}
