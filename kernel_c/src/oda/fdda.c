/* SPDX-License-Identifier: Apache-2.0
 *
 * fDDA (digest file 30 section 10 and file 50 section 7): the version rules, the chain of keys,
 * the signature, and what the signed data must agree with, in this order (FDA-001).
 */
#include <string.h>

#include "data/dol.h"
#include "oda_internal.h"

#define TAG_UN 0x9F37u
#define TAG_AMOUNT 0x9F02u
#define TAG_CURRENCY 0x5F2Au

/* FD-001...FD-006. *version is 0 or 1. */
static uint16_t version_rules(const struct tapk_chain *chain, uint8_t *version)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    uint8_t named = 0; /* 9F69 byte 1 alone names the version (FD-013) */
    uint16_t application = 0x0020;

    REQUIRE(FD_001, in->aip.n == 2 && (in->aip.p[0] & 0x20) != 0);
    if (in->card_data.n != 0) {
        named = in->card_data.p[0];
        REQUIRE_GE(FD_002, in->card_data.n, 8);
        REQUIRE_GE(FD_002, 16, in->card_data.n);
        REQUIRE_GE(FD_002, 1, named);
    }
    if (!RULE(FD_003, in->card_version.n == 0)) {
        REQUIRE(TLV_034, in->card_version.n == 2);
        if (in->card_version.n == 2)
            application = (uint16_t)(in->card_version.p[0] << 8 | in->card_version.p[1]);
    }
    if (named == 0 && (in->ttq[3] & 0x80) != 0)
        REQUIRE_GE(FD_004, 0x002F, application);
    if (named != 0 && in->options.v01_needs_0030)
        REQUIRE_GE(FD_005, application, 0x0030);
    REQUIRE(FD_006, named != 0 || in->options.allow_v00);
    *version = named;
    return 0;
}

/* 1 when the first entry of the PDOL with this tag has this length. */
static int asks(struct tapk_span pdol, uint32_t tag, uint8_t wanted)
{
    uint8_t length;
    return tapk_dol_asks(tapk_cursor(pdol.p, pdol.n, 0), tag, &length) && length == wanted;
}

/* FDA-006: the card was given what the tail holds. */
static uint16_t pdol_rules(const struct tapk_chain *chain, uint8_t version)
{
    const struct tapk_span pdol = chain->in->pdol;
    struct tapk_trace *trace = chain->trace;
    size_t total;

    REQUIRE(FDA_006, tapk_dol_check(tapk_cursor(pdol.p, pdol.n, 0), &total) == TAPK_TLV_OK);
    REQUIRE(FDA_006, asks(pdol, TAG_UN, 4));
    if (version != 0) {
        REQUIRE(FDA_006, asks(pdol, TAG_AMOUNT, 6));
        REQUIRE(FDA_006, asks(pdol, TAG_CURRENCY, 2));
    }
    return 0;
}

/* DDA-001...DDA-003, DDA-005, FD-007, FDA-002, FDA-007 with the card's key. The padding is not
 * looked at (DDA-006). */
static uint16_t signature_rules(struct tapk_chain *chain, uint8_t version)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *block = chain->block;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span spans[5];
    size_t count = 1;

    REQUIRE(DDA_001, in->signature.n == chain->n);
    REQUIRE(ODA_080, tapk_chain_below(chain, in->signature));
    REQUIRE(DDA_002, tapk_chain_recover(chain, in->signature));
    REQUIRE(DDA_002, block[chain->n - 1] == 0xBC);
    REQUIRE(DDA_002, block[0] == 0x6A);
    REQUIRE(FDA_007, block[1] == 0x05);
    REQUIRE(DDA_002, block[2] == 0x01);
    spans[count].p = in->un;
    spans[count++].n = sizeof in->un;
    if (RULE(FD_007, version != 0)) {
        spans[count].p = in->amount;
        spans[count++].n = sizeof in->amount;
        spans[count].p = in->currency;
        spans[count++].n = sizeof in->currency;
        spans[count++] = in->card_data;
    }
    REQUIRE(DDA_003, tapk_chain_hash(chain, spans, count));
    REQUIRE_GE(DDA_005, chain->n - 25, block[3]);
    return 0;
}

/* DDA-004, FD-010. *number is a piece of the block; n = 0 when it is not to be stored. */
static uint16_t number_rules(const struct tapk_chain *chain, struct tapk_span *number)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    const uint8_t room = chain->block[3]; /* of the ICC dynamic data */
    const uint8_t n = chain->block[4];

    number->p = chain->block + 5;
    number->n = 0;
    if (RULE(DDA_004, n >= 2 && n <= 8 && room > n)) {
        if (n <= 8)
            number->n = n;
    } else if (in->options.idn_strict) {
        return TAPK_RULE_DDA_004;
    }
    if (in->options.check_atc)
        REQUIRE(FD_010, number->n == 2 && in->atc.n == 2 && memcmp(number->p, in->atc.p, 2) == 0);
    return 0;
}

/* FD-011, FD-012: version 01 signs the CTQ that the decision used, and the CAPP indicator. */
static uint16_t agreement_rules(const struct tapk_chain *chain)
{
    static const uint8_t none[2] = {0, 0};
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *signed_data = in->card_data.p;
    struct tapk_trace *trace = chain->trace;
    const int whole = in->card_data.n >= 8;

    if (in->ctq.n == 0)
        REQUIRE(FD_012, whole && memcmp(signed_data + 5, none, 2) == 0);
    else if (in->options.check_ctq)
        REQUIRE(FD_011, whole && in->ctq.n == 2 && memcmp(signed_data + 5, in->ctq.p, 2) == 0);
    if (in->capp)
        REQUIRE(FD_011, whole && signed_data[7] == in->df61);
    return 0;
}

/* The whole of fDDA: 0, or the rule that failed. */
static uint16_t verify(struct tapk_chain *chain, uint8_t *version, struct tapk_span *number)
{
    struct tapk_trace *trace = chain->trace;
    uint16_t rule = version_rules(chain, version);
    if (rule == 0)
        rule = pdol_rules(chain, *version);
    if (rule == 0 && !RULE(FD_008, chain->in->signature.n != 0))
        rule = TAPK_RULE_FD_008;
    if (rule == 0)
        rule = tapk_chain_static(chain);
    if (rule == 0)
        rule = tapk_chain_has_issuer(chain);
    if (rule == 0)
        rule = tapk_chain_has_icc(chain);
    if (rule == 0)
        rule = tapk_chain_ca(chain);
    if (rule == 0)
        rule = tapk_chain_issuer(chain);
    if (rule == 0)
        rule = tapk_chain_icc(chain);
    if (rule == 0)
        rule = signature_rules(chain, *version);
    if (rule == 0)
        rule = number_rules(chain, number);
    if (rule == 0 && *version != 0)
        rule = agreement_rules(chain);
    return rule;
}

/* ---- the public function ---- */

/* 1 when no span of the input, and none of its records, has bytes but no place. */
static TAPK_NOINLINE int spans_are_real(const struct tapk_oda_input *in)
{
    const struct tapk_span all[] = {
        in->ca_index,     in->issuer_cert, in->issuer_rest, in->issuer_exp,
        in->icc_cert,     in->icc_exp,     in->icc_rest,    in->sda_tags,
        in->signature,    in->card_data,   in->ctq,         in->aip,
        in->card_version, in->atc,         in->pan,         in->pdol,
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].n != 0 && all[i].p == NULL)
            return 0;
    }
    if (in->record_count != 0 && in->records == NULL)
        return 0;
    for (size_t i = 0; i < in->record_count; i++) {
        if (in->records[i].n != 0 && in->records[i].p == NULL)
            return 0;
    }
    return 1;
}

static int date_is_real(const uint8_t date[3])
{
    return tapk_year_month(date[0], date[1]) != 0 && (date[2] & 0x0F) <= 9 && date[2] >= 0x01 &&
           date[2] <= 0x31;
}

int tapk_oda(const struct tapk_crypto *crypto, const struct tapk_key_store *keys,
             const struct tapk_oda_input *in, struct tapk_oda_result *result,
             struct tapk_trace *trace)
{
    struct tapk_chain chain;
    struct tapk_span number = {NULL, 0};

    if (result == NULL)
        return TAPK_E_ARGUMENT;
    if (result->size != sizeof *result)
        return TAPK_E_SIZE;
    memset(result, 0, sizeof *result);
    result->size = (uint32_t)sizeof *result;
    result->status = TAPK_ODA_NOT_PERFORMED;
    if (crypto == NULL || keys == NULL || keys->find == NULL || keys->revoked == NULL || in == NULL)
        return TAPK_E_ARGUMENT;
    if (in->size != sizeof *in || crypto->size != sizeof *crypto)
        return TAPK_E_SIZE;
    if (in->method != TAPK_ODA_FDDA || !date_is_real(in->date) || !spans_are_real(in))
        return TAPK_E_ARGUMENT;

    memset(&chain, 0, sizeof chain);
    chain.crypto = crypto;
    chain.keys = keys;
    chain.in = in;
    chain.trace = trace;
    memset(chain.pan, 0xFF, sizeof chain.pan);
    if (in->pan.n == sizeof chain.pan)
        memcpy(chain.pan, in->pan.p, sizeof chain.pan);

    result->rule = verify(&chain, &result->version, &number);
    if (result->rule == TAPK_RULE_ODA_071 || result->rule == TAPK_RULE_ODA_085) {
        result->status = TAPK_ODA_NOT_PERFORMED;
    } else if (result->rule != 0) {
        result->status = TAPK_ODA_FAILED;
    } else {
        if (number.n != 0)
            memcpy(result->dynamic_number, number.p, number.n);
        result->dynamic_number_len = (uint8_t)number.n;
        result->status = TAPK_ODA_SUCCESSFUL; /* nowhere else (ODA-085) */
    }
    return TAPK_OK;
}
