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

/* FD-007, FDA-002: the signature over what the version adds. */
static uint16_t signature_rules(struct tapk_chain *chain, uint8_t version)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span spans[6]; /* room for what the family puts in front */
    size_t count = 1;

    spans[count].p = in->un;
    spans[count++].n = sizeof in->un;
    if (RULE(FD_007, version != 0)) {
        spans[count].p = in->amount;
        spans[count++].n = sizeof in->amount;
        spans[count].p = in->currency;
        spans[count++].n = sizeof in->currency;
        spans[count++] = in->card_data;
    }
    return tapk_chain_signature(chain, spans, count);
}

/* DDA-004, FD-010. */
static uint16_t number_rules(const struct tapk_chain *chain, struct tapk_oda_result *result)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;

    if (!tapk_take_number(chain, result) && in->options.idn_strict)
        return chain->algorithm == TAPK_KEY_SM2 ? TAPK_RULE_SM_071 : TAPK_RULE_DDA_004;
    if (in->options.check_atc)
        REQUIRE(FD_010, result->dynamic_number_len == 2 && in->atc.n == 2 &&
                            memcmp(result->dynamic_number, in->atc.p, 2) == 0);
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

uint16_t tapk_fdda(struct tapk_chain *chain, struct tapk_oda_result *result)
{
    struct tapk_trace *trace = chain->trace;
    uint16_t rule = version_rules(chain, &result->version);
    if (rule == 0)
        rule = pdol_rules(chain, result->version);
    if (rule == 0 && !RULE(FD_008, chain->in->signature.n != 0))
        rule = TAPK_RULE_FD_008;
    if (rule == 0)
        rule = tapk_chain_to_card(chain);
    if (rule == 0)
        rule = signature_rules(chain, result->version);
    if (rule == 0)
        rule = number_rules(chain, result);
    if (rule == 0 && result->version != 0)
        rule = agreement_rules(chain);
    return rule;
}
