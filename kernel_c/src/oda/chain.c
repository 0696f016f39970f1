/* SPDX-License-Identifier: Apache-2.0
 *
 * CA key, issuer certificate, card certificate (digest file 50 sections 1 to 4, 6, 11). Offsets
 * into a block count from 0, one less than in the digest.
 */
#include <string.h>

#include "data/format.h"
#include "oda_internal.h"

#define RECORD_SPANS (TAPK_STATIC_RECORDS + 4) /* block, remainder, exponent, records, 82 */

/* ---- small tools ---- */

uint32_t tapk_year_month(uint8_t year, uint8_t month)
{
    if ((year & 0x0F) > 9 || (year >> 4) > 9 || month < 0x01 || month > 0x12 ||
        (month > 0x09 && month < 0x10))
        return 0;
    return (year < 0x50 ? 0x200000u : 0x190000u) | (uint32_t)year << 8 | month;
}

/* CK-003, ODA-045, ODA-063 */
static int known_exponent(struct tapk_span exponent)
{
    return (exponent.n == 1 && exponent.p[0] == 3) ||
           (exponent.n == 3 && exponent.p[0] == 1 && exponent.p[1] == 0 && exponent.p[2] == 1);
}

unsigned tapk_issuer_digits(const uint8_t identifier[4], const uint8_t pan[10])
{
    unsigned digits = 0;
    while (digits < 8 && tapk_nibble(identifier, digits) <= 9) {
        if (tapk_nibble(identifier, digits) != tapk_nibble(pan, digits))
            return 0;
        digits++;
    }
    for (unsigned i = digits; i < 8; i++) {
        if (tapk_nibble(identifier, i) != 0x0F)
            return 0;
    }
    return digits;
}

int tapk_chain_below(const struct tapk_chain *chain, struct tapk_span value)
{
    return value.n == chain->n && value.n != 0 && memcmp(value.p, chain->modulus, chain->n) < 0;
}

int tapk_chain_revoked(const struct tapk_chain *chain, const uint8_t serial[3])
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_revoked certificate;
    memcpy(certificate.rid, in->rid, sizeof certificate.rid);
    certificate.index = in->ca_index.n == 1 ? in->ca_index.p[0] : 0;
    memcpy(certificate.serial, serial, sizeof certificate.serial);
    return chain->keys->revoked(chain->keys->user, &certificate) != 0;
}

void tapk_report(uint8_t *out, uint16_t *len, size_t capacity, const uint8_t *data, size_t n)
{
    if (n > capacity)
        return;
    memcpy(out, data, n);
    *len = (uint16_t)n;
}

int tapk_chain_recover(struct tapk_chain *chain, struct tapk_span value, enum tapk_level level)
{
    const struct tapk_crypto *crypto = chain->crypto;
    if (value.n != chain->n || chain->n < TAPK_RSA_MIN || chain->n > TAPK_RSA_MAX)
        return 0;
    if (crypto->rsa == NULL)
        return 0;
    if (level != TAPK_LEVEL_SIGNATURE && tapk_memo_find(chain, level, value, chain->block))
        return 1;
    if (crypto->rsa(crypto->user, chain->block, value.p, chain->modulus, chain->n,
                    chain->exponent.p, chain->exponent.n) != 0)
        return 0;
    if (level != TAPK_LEVEL_SIGNATURE)
        tapk_memo_keep(chain, level, value, chain->block);
    return 1;
}

int tapk_chain_hash(const struct tapk_chain *chain, struct tapk_span *spans, size_t count)
{
    const struct tapk_crypto *crypto = chain->crypto;
    uint8_t hash[TAPK_HASH_SIZE];
    spans[0].p = chain->block + 1;
    spans[0].n = chain->n - TAPK_HASH_SIZE - 2;
    if (crypto->sha1 == NULL || crypto->sha1(crypto->user, spans, count, hash) != 0)
        return 0;
    return memcmp(hash, chain->block + chain->n - TAPK_HASH_SIZE - 1, TAPK_HASH_SIZE) == 0;
}

/* Makes n bytes that begin in the block at `at` (room of them there) and go on in rest the current
 * key. */
static void take_key(struct tapk_chain *chain, size_t at, size_t room, size_t n,
                     struct tapk_span rest, struct tapk_span exponent)
{
    const size_t left = n < room ? n : room;
    chain->n = 0;
    if (n > TAPK_RSA_MAX || n - left > rest.n)
        return;
    memcpy(chain->modulus, chain->block + at, left);
    if (n > left)
        memcpy(chain->modulus + left, rest.p, n - left);
    chain->n = n;
    chain->exponent = exponent;
}

/* ---- data ---- */

uint16_t tapk_chain_static(const struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    size_t total = 0;
    size_t pieces = 0;

    REQUIRE(ODA_021, in->records_bad == 0);
    REQUIRE(ODA_022, in->sda_tags.n == 0 || (in->sda_tags.n == 1 && in->sda_tags.p[0] == 0x82));
    REQUIRE(ODA_022, in->sda_tags.n == 0 || in->aip.n == 2);
    for (size_t i = 0; i < in->record_count && total <= TAPK_STATIC_MAX; i++) {
        const size_t n = in->records[i].n;
        total = n > TAPK_STATIC_MAX - total ? TAPK_STATIC_MAX + 1 : total + n;
        pieces += n != 0;
    }
    REQUIRE_GE(ODA_082, TAPK_STATIC_MAX, total);
    REQUIRE_GE(ODA_082, TAPK_STATIC_RECORDS, pieces);
    return 0;
}

size_t tapk_chain_add_static(const struct tapk_chain *chain, struct tapk_span *spans, size_t count,
                             size_t capacity)
{
    const struct tapk_oda_input *in = chain->in;
    for (size_t i = 0; i < in->record_count; i++) {
        if (in->records[i].n == 0)
            continue;
        if (count + 1 >= capacity)
            return 0;
        spans[count++] = in->records[i];
    }
    if (in->sda_tags.n != 0)
        spans[count++] = in->aip;
    return count;
}

/* SHA-1 over the card certificate, 9F48, 9F47 and the static data: ODA-020...ODA-024, ODA-064. */
static TAPK_NOINLINE int icc_hash(const struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_span spans[RECORD_SPANS];
    size_t count = 1;
    spans[count++] = in->icc_rest;
    spans[count++] = in->icc_exp;
    count = tapk_chain_add_static(chain, spans, count, RECORD_SPANS);
    return count != 0 && tapk_chain_hash(chain, spans, count);
}

/* SHA-1 over the signed static data (SDA-002). */
static TAPK_NOINLINE int ssad_hash(const struct tapk_chain *chain)
{
    struct tapk_span spans[RECORD_SPANS];
    const size_t count = tapk_chain_add_static(chain, spans, 1, RECORD_SPANS);
    return count != 0 && tapk_chain_hash(chain, spans, count);
}

/* ---- keys ---- */

uint16_t tapk_chain_ca(struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    const uint8_t index = in->ca_index.n == 1 ? in->ca_index.p[0] : 0;
    struct tapk_ca_key key;

    chain->n = 0;
    memset(&key, 0, sizeof key);
    key.size = (uint32_t)sizeof key;
    REQUIRE(ODA_030, in->ca_index.n != 0);
    REQUIRE(ODA_030, in->issuer_cert.n != 0);
    REQUIRE(ODA_065, in->pan.n == sizeof chain->pan);
    REQUIRE(CK_008, in->ca_index.n == 1);
    REQUIRE(CK_008, chain->keys->find(chain->keys->user, in->rid, index, &key) == 0);
    REQUIRE(CK_001, memcmp(key.rid, in->rid, sizeof key.rid) == 0 && key.index == index);
    const uint32_t expiry = (uint32_t)key.expiry[0] << 24 | (uint32_t)key.expiry[1] << 16 |
                            (uint32_t)key.expiry[2] << 8 | key.expiry[3];
    if (expiry != 0 && !in->options.ignore_expiry)
        REQUIRE_GE(CK_005, expiry, tapk_year_month(in->date[0], in->date[1]) << 8 | in->date[2]);
    REQUIRE(ODA_071, key.algorithm == TAPK_KEY_RSA || key.algorithm == TAPK_KEY_SM2);
    chain->algorithm = key.algorithm;
    if (in->report != NULL)
        in->report->algorithm = key.algorithm;
    if (key.algorithm == TAPK_KEY_SM2) {
        REQUIRE(ODA_085, tapk_crypto_has(chain->crypto, TAPK_SLOT_SM2 | TAPK_SLOT_SM3));
        const int whole = key.modulus.n == TAPK_SM_POINT;
        REQUIRE(SM_022, whole && tapk_sm2_on_curve(key.modulus.p));
    } else {
        REQUIRE(ODA_085, tapk_crypto_has(chain->crypto, TAPK_SLOT_RSA | TAPK_SLOT_SHA1));
        REQUIRE_GE(CK_004, key.modulus.n, TAPK_RSA_MIN);
        REQUIRE_GE(CK_004, TAPK_RSA_MAX, key.modulus.n);
        REQUIRE(CK_003, known_exponent(key.exponent));
    }
    if (key.modulus.n <= TAPK_RSA_MAX) {
        if (key.modulus.n != 0)
            memcpy(chain->modulus, key.modulus.p, key.modulus.n);
        chain->n = key.modulus.n;
        chain->exponent = key.exponent;
    }
    return 0;
}

static uint16_t rsa_issuer(struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *block = chain->block;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span spans[3];

    REQUIRE(ODA_030, in->issuer_exp.n != 0);
    REQUIRE(ODA_040, in->issuer_cert.n == chain->n);
    REQUIRE(ODA_080, tapk_chain_below(chain, in->issuer_cert));
    REQUIRE(ODA_041, tapk_chain_recover(chain, in->issuer_cert, TAPK_LEVEL_ISSUER));
    if (in->report != NULL)
        tapk_report(in->report->issuer, &in->report->issuer_len, sizeof in->report->issuer, block,
                    chain->n);
    REQUIRE(ODA_041, block[chain->n - 1] == 0xBC);
    REQUIRE(ODA_042, block[0] == 0x6A);
    REQUIRE(ODA_043, block[1] == 0x02);
    const size_t n = block[13];
    const size_t room = chain->n - 36;
    REQUIRE_GE(ODA_084, n, TAPK_RSA_MIN);
    REQUIRE_GE(ODA_084, TAPK_RSA_MAX, n);
    if (n > room) {
        REQUIRE(ODA_044, in->issuer_rest.n != 0);
        REQUIRE(ODA_031, in->issuer_rest.n == n - room);
    } else {
        REQUIRE(ODA_032, in->issuer_rest.n == 0);
    }
    REQUIRE(ODA_045, block[11] == 0x01);
    REQUIRE(ODA_045, known_exponent(in->issuer_exp));
    spans[1] = in->issuer_rest;
    spans[2] = in->issuer_exp;
    REQUIRE(ODA_046, tapk_chain_hash(chain, spans, 3));
    REQUIRE_GE(ODA_047, tapk_issuer_digits(block + 2, chain->pan), 3);
    REQUIRE_GE(ODA_048, tapk_year_month(block[7], block[6]),
               tapk_year_month(in->date[0], in->date[1]));
    REQUIRE(CK_021, RULE(ODA_049, !tapk_chain_revoked(chain, block + 8)));
    REQUIRE(ODA_050, block[12] == 0x01);
    take_key(chain, 15, room, n, in->issuer_rest, in->issuer_exp); /* ODA-051 */
    return 0;
}

static uint16_t rsa_icc(struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *block = chain->block;
    struct tapk_trace *trace = chain->trace;

    REQUIRE(ODA_030, in->icc_exp.n != 0);
    REQUIRE(ODA_060, in->icc_cert.n == chain->n);
    REQUIRE(ODA_080, tapk_chain_below(chain, in->icc_cert));
    REQUIRE(ODA_061, tapk_chain_recover(chain, in->icc_cert, TAPK_LEVEL_ICC));
    if (in->report != NULL)
        tapk_report(in->report->icc, &in->report->icc_len, sizeof in->report->icc, block, chain->n);
    REQUIRE(ODA_061, block[chain->n - 1] == 0xBC);
    REQUIRE(ODA_061, block[0] == 0x6A);
    REQUIRE(ODA_061, block[1] == 0x04);
    const size_t n = block[19];
    const size_t room = chain->n - 42;
    REQUIRE_GE(ODA_084, n, TAPK_RSA_MIN);
    REQUIRE_GE(ODA_084, TAPK_RSA_MAX, n);
    if (n > room) {
        REQUIRE(ODA_062, in->icc_rest.n != 0);
        REQUIRE(ODA_031, in->icc_rest.n == n - room);
    } else {
        REQUIRE(ODA_032, in->icc_rest.n == 0);
    }
    REQUIRE(ODA_063, block[17] == 0x01);
    REQUIRE(ODA_063, known_exponent(in->icc_exp));
    REQUIRE(ODA_064, icc_hash(chain));
    REQUIRE(ODA_065, memcmp(block + 2, chain->pan, sizeof chain->pan) == 0);
    REQUIRE_GE(ODA_066, tapk_year_month(block[13], block[12]),
               tapk_year_month(in->date[0], in->date[1]));
    REQUIRE(ODA_067, block[18] == 0x01);
    take_key(chain, 21, room, n, in->icc_rest, in->icc_exp); /* ODA-068 */
    return 0;
}

/* ---- signatures ---- */

static uint16_t rsa_ssad(struct tapk_chain *chain, uint8_t dac[2])
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *block = chain->block;
    struct tapk_trace *trace = chain->trace;

    REQUIRE(SDA_001, in->ssad.n == chain->n);
    REQUIRE(ODA_080, tapk_chain_below(chain, in->ssad));
    REQUIRE(SDA_001, tapk_chain_recover(chain, in->ssad, TAPK_LEVEL_SIGNATURE));
    if (in->report != NULL)
        tapk_report(in->report->signed_data, &in->report->signed_len,
                    sizeof in->report->signed_data, block, chain->n);
    REQUIRE(SDA_001, block[chain->n - 1] == 0xBC);
    REQUIRE(SDA_001, block[0] == 0x6A);
    REQUIRE(SDA_001, block[1] == 0x03);
    REQUIRE(SDA_001, block[2] == 0x01);
    REQUIRE(SDA_002, ssad_hash(chain));
    memcpy(dac, block + 3, 2);
    return 0;
}

/* The padding is not looked at (DDA-006). */
static uint16_t rsa_signature(struct tapk_chain *chain, struct tapk_span *spans, size_t count)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *block = chain->block;
    struct tapk_trace *trace = chain->trace;

    REQUIRE(DDA_001, in->signature.n == chain->n);
    REQUIRE(ODA_080, tapk_chain_below(chain, in->signature));
    REQUIRE(DDA_002, tapk_chain_recover(chain, in->signature, TAPK_LEVEL_SIGNATURE));
    if (in->report != NULL)
        tapk_report(in->report->signed_data, &in->report->signed_len,
                    sizeof in->report->signed_data, block, chain->n);
    REQUIRE(DDA_002, block[chain->n - 1] == 0xBC);
    REQUIRE(DDA_002, block[0] == 0x6A);
    if (in->method == TAPK_ODA_FDDA)
        REQUIRE(FDA_007, block[1] == 0x05);
    else
        REQUIRE(DDA_002, block[1] == 0x05);
    REQUIRE(DDA_002, block[2] == 0x01);
    REQUIRE(DDA_003, tapk_chain_hash(chain, spans, count));
    REQUIRE_GE(DDA_005, chain->n - 25, block[3]);
    if (block[3] <= chain->n - 25) {
        chain->dynamic.p = block + 4;
        chain->dynamic.n = block[3];
    }
    return 0;
}

/* ---- RSA or SM2 (ODA-071, SM-002) ---- */

uint16_t tapk_chain_issuer(struct tapk_chain *chain)
{
    return chain->algorithm == TAPK_KEY_SM2 ? tapk_sm_issuer(chain) : rsa_issuer(chain);
}

uint16_t tapk_chain_icc(struct tapk_chain *chain)
{
    struct tapk_trace *trace = chain->trace;
    REQUIRE(ODA_030, chain->in->icc_cert.n != 0);
    return chain->algorithm == TAPK_KEY_SM2 ? tapk_sm_icc(chain) : rsa_icc(chain);
}

uint16_t tapk_chain_ssad(struct tapk_chain *chain, uint8_t dac[2])
{
    struct tapk_trace *trace = chain->trace;
    REQUIRE(ODA_030, chain->in->ssad.n != 0);
    return chain->algorithm == TAPK_KEY_SM2 ? tapk_sm_ssad(chain, dac) : rsa_ssad(chain, dac);
}

uint16_t tapk_chain_signature(struct tapk_chain *chain, struct tapk_span *spans, size_t count)
{
    return chain->algorithm == TAPK_KEY_SM2 ? tapk_sm_signature(chain, spans, count)
                                            : rsa_signature(chain, spans, count);
}
