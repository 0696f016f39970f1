/* SPDX-License-Identifier: Apache-2.0
 *
 * SDA, DDA and CDA (digest file 50 sections 5, 8 and 9, file 60 sections 6 and 7): what each adds
 * to the chain of keys. The command that fetched the data is the caller's.
 */
#include <string.h>

#include "data/tlv.h"
#include "oda_internal.h"

#define TAG_CID 0x9F27u
#define TAG_SIGNATURE 0x9F4Bu
#define SM3_SIZE 32u
#define RESPONSE_OBJECTS 24u /* TLV objects of one GENERATE AC answer */

uint16_t tapk_chain_to_card(struct tapk_chain *chain)
{
    uint16_t rule = tapk_chain_static(chain);
    if (rule == 0)
        rule = tapk_chain_ca(chain);
    if (rule == 0)
        rule = tapk_chain_issuer(chain);
    if (rule == 0)
        rule = tapk_chain_icc(chain);
    return rule;
}

int tapk_take_number(const struct tapk_chain *chain, struct tapk_oda_result *result)
{
    struct tapk_trace *trace = chain->trace;
    const struct tapk_span data = chain->dynamic;
    const uint8_t n = data.n > 0 ? data.p[0] : 0;
    const int possible = n >= 2 && n <= 8 && data.n > n;
    const int taken =
        chain->algorithm == TAPK_KEY_SM2 ? RULE(SM_071, possible) : RULE(DDA_004, possible);
    if (taken && possible) {
        memcpy(result->dynamic_number, data.p + 1, n);
        result->dynamic_number_len = n;
    }
    return taken;
}

/* DDA-004, SM-071: a number of an impossible length fails DDA and CDA. */
static uint16_t number_must(const struct tapk_chain *chain, struct tapk_oda_result *result)
{
    if (tapk_take_number(chain, result))
        return 0;
    return chain->algorithm == TAPK_KEY_SM2 ? TAPK_RULE_SM_071 : TAPK_RULE_DDA_004;
}

uint16_t tapk_sda(struct tapk_chain *chain, struct tapk_oda_result *result)
{
    uint16_t rule = tapk_chain_static(chain);
    if (rule == 0)
        rule = tapk_chain_ca(chain);
    if (rule == 0)
        rule = tapk_chain_issuer(chain);
    if (rule == 0)
        rule = tapk_chain_ssad(chain, result->dac);
    result->has_code = rule == 0;
    return rule;
}

uint16_t tapk_dda(struct tapk_chain *chain, struct tapk_oda_result *result)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span spans[3];

    REQUIRE_GE(DDA_020, in->ddol_data.n, 4); /* at least 9F37 */
    REQUIRE(DDA_023, in->signature.n != 0);
    uint16_t rule = tapk_chain_to_card(chain);
    if (rule != 0)
        return rule;
    spans[1] = in->ddol_data;
    rule = tapk_chain_signature(chain, spans, 2);
    return rule != 0 ? rule : number_must(chain, result);
}

/* ---- CDA ---- */

/* Where CID, AC and hash lie in the dynamic data, behind the number (file 50 section 9). */
struct cda_data {
    const uint8_t *cid;
    const uint8_t *cryptogram;
    const uint8_t *hash;
};

/* LDD >= 30 + number, for SM3 42 + number: 1, or 0 when there is less. */
static int cda_layout(const struct tapk_chain *chain, size_t hash_size, struct cda_data *out)
{
    const struct tapk_span data = chain->dynamic;
    if (data.n == 0)
        return 0;
    const size_t at = 1 + (size_t)data.p[0];
    if (data.n < at || data.n - at < 9 + hash_size)
        return 0;
    out->cid = data.p + at;
    out->cryptogram = data.p + at + 1;
    out->hash = data.p + at + 9;
    return 1;
}

/* The answer's objects but 9F4B as spans (CDA-005): 0 when they are malformed or too many. */
static size_t response_spans(struct tapk_span response, struct tapk_span *spans, size_t count,
                             size_t capacity)
{
    struct tapk_cursor cursor = tapk_cursor(response.p, response.n, 0);
    struct tapk_tlv object;
    for (;;) {
        const uint8_t *start = cursor.at;
        const int result = tapk_tlv_next(&cursor, &object);
        if (result == TAPK_TLV_END)
            return count;
        if (result != TAPK_TLV_OK || count == capacity)
            return 0;
        if (object.tag == TAG_SIGNATURE)
            continue;
        while (*start == 0x00) /* padding is no object */
            start++;
        spans[count].p = start;
        spans[count++].n = (size_t)(cursor.at - start);
    }
}

/* CDA-005, SM-073: the hash over what was sent and what came back. */
static TAPK_NOINLINE int transaction_hash(const struct tapk_chain *chain, const uint8_t *expected)
{
    const struct tapk_oda_input *in = chain->in;
    const struct tapk_crypto *crypto = chain->crypto;
    struct tapk_span spans[3 + RESPONSE_OBJECTS] = {in->pdol_data, in->cdol1_data, in->cdol2_data};
    uint8_t hash[SM3_SIZE];
    const size_t count = response_spans(in->response, spans, 3, 3 + RESPONSE_OBJECTS);
    if (count == 0)
        return 0;
    if (chain->algorithm == TAPK_KEY_SM2)
        return crypto->sm3 != NULL && crypto->sm3(crypto->user, spans, count, hash) == 0 &&
               memcmp(hash, expected, SM3_SIZE) == 0;
    return crypto->sha1 != NULL && crypto->sha1(crypto->user, spans, count, hash) == 0 &&
           memcmp(hash, expected, TAPK_HASH_SIZE) == 0;
}

/* CDA-002, CDA-004...CDA-006, SM-073, SM-074. */
static uint16_t cda_rules(const struct tapk_chain *chain, struct tapk_oda_result *result)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    const int sm = chain->algorithm == TAPK_KEY_SM2;
    struct cda_data data = {NULL, NULL, NULL};
    struct tapk_span cid = {NULL, 0};

    const int complete = cda_layout(chain, sm ? SM3_SIZE : TAPK_HASH_SIZE, &data);
    REQUIRE(CDA_003, complete);
    if (!complete)
        return TAPK_RULE_CDA_003;
    (void)tapk_tlv_find(tapk_cursor(in->response.p, in->response.n, 0), TAG_CID, &cid);
    const int same = cid.n == 1 && cid.p[0] == *data.cid;
    if (sm) {
        REQUIRE(SM_073, transaction_hash(chain, data.hash));
        REQUIRE(SM_074, same);
    } else {
        REQUIRE(CDA_004, same);
        REQUIRE(CDA_005, transaction_hash(chain, data.hash));
    }
    result->cid = *data.cid;
    memcpy(result->cryptogram, data.cryptogram, sizeof result->cryptogram);
    result->has_cryptogram = 1;
    return 0;
}

uint16_t tapk_cda(struct tapk_chain *chain, struct tapk_oda_result *result)
{
    const struct tapk_oda_input *in = chain->in;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span spans[3];

    REQUIRE(CDA_002, in->signature.n != 0);
    uint16_t rule = tapk_chain_to_card(chain);
    if (rule != 0)
        return rule;
    spans[1].p = in->un;
    spans[1].n = sizeof in->un;
    rule = tapk_chain_signature(chain, spans, 2);
    if (rule == 0)
        rule = number_must(chain, result);
    return rule != 0 ? rule : cda_rules(chain, result);
}
