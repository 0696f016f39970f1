/* SPDX-License-Identifier: Apache-2.0
 *
 * The public function: checks what the caller gave, runs the method, says the verdict.
 */
#include <string.h>

#include "ahead.h"
#include "oda_internal.h"

/* 1 when no span of the input, and none of its records, has bytes but no place. */
static TAPK_NOINLINE int spans_are_real(const struct tapk_oda_input *in)
{
    const struct tapk_span all[] = {
        in->ca_index,   in->issuer_cert, in->issuer_rest,  in->issuer_exp, in->icc_cert,
        in->icc_exp,    in->icc_rest,    in->sda_tags,     in->signature,  in->card_data,
        in->ctq,        in->aip,         in->card_version, in->atc,        in->pan,
        in->pdol,       in->ssad,        in->ddol_data,    in->pdol_data,  in->cdol1_data,
        in->cdol2_data, in->response,
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

/* 0, or the rule that failed. */
static uint16_t run(struct tapk_chain *chain, struct tapk_oda_result *result)
{
    switch (chain->in->method) {
    case TAPK_ODA_FDDA:
        return tapk_fdda(chain, result);
    case TAPK_ODA_SDA:
        return tapk_sda(chain, result);
    case TAPK_ODA_DDA:
        return tapk_dda(chain, result);
    case TAPK_ODA_CDA:
        return tapk_cda(chain, result);
    default:
        return tapk_chain_to_card(chain);
    }
}

static void start(struct tapk_chain *chain, const struct tapk_crypto *crypto,
                  const struct tapk_key_store *keys, const struct tapk_oda_input *in,
                  struct tapk_trace *trace)
{
    memset(chain, 0, sizeof *chain);
    chain->crypto = crypto;
    chain->keys = keys;
    chain->in = in;
    chain->trace = trace;
    memset(chain->pan, 0xFF, sizeof chain->pan);
    if (in->pan.n == sizeof chain->pan)
        memcpy(chain->pan, in->pan.p, sizeof chain->pan);
}

int tapk_oda_ahead(const struct tapk_crypto *crypto, const struct tapk_key_store *keys,
                   const struct tapk_oda_input *in, enum tapk_ahead stage, int whole)
{
    struct tapk_chain chain;
    if (in->ca_index.n == 0 || in->issuer_cert.n == 0 || in->pan.n == 0)
        return 0;
    start(&chain, crypto, keys, in, NULL);
    if (tapk_chain_ca(&chain) != 0)
        return 1;
    const int rsa = chain.algorithm == TAPK_KEY_RSA;
    if (rsa && in->issuer_exp.n == 0)
        return 0;
    if (stage == TAPK_AHEAD_ISSUER) {
        (void)tapk_chain_issuer(&chain);
        return 1;
    }
    if (in->icc_cert.n == 0 || (rsa && in->icc_exp.n == 0) || (!rsa && !whole))
        return 0;
    if (tapk_chain_issuer(&chain) == 0)
        (void)tapk_chain_icc(&chain);
    return 1;
}

int tapk_oda(const struct tapk_crypto *crypto, const struct tapk_key_store *keys,
             const struct tapk_oda_input *in, struct tapk_oda_result *result,
             struct tapk_trace *trace)
{
    struct tapk_chain chain;

    if (result == NULL)
        return TAPK_E_ARGUMENT;
    if (result->size != sizeof *result)
        return TAPK_E_SIZE;
    memset(result, 0, sizeof *result);
    result->size = (uint32_t)sizeof *result;
    result->status = TAPK_ODA_NOT_PERFORMED;
    if (crypto == NULL || keys == NULL || keys->find == NULL || keys->revoked == NULL || in == NULL)
        return TAPK_E_ARGUMENT;
    if (in->size != sizeof *in || crypto->size != sizeof *crypto ||
        (in->report != NULL && in->report->size != sizeof *in->report))
        return TAPK_E_SIZE;
    if (in->method < TAPK_ODA_FDDA || in->method > TAPK_ODA_CHAIN || !date_is_real(in->date) ||
        !spans_are_real(in))
        return TAPK_E_ARGUMENT;

    start(&chain, crypto, keys, in, trace);
    result->rule = run(&chain, result);
    if (result->rule == 0) {
        result->status = TAPK_ODA_SUCCESSFUL; /* nowhere else (ODA-085) */
        return TAPK_OK;
    }
    result->status = result->rule == TAPK_RULE_ODA_071 || result->rule == TAPK_RULE_ODA_085
                         ? TAPK_ODA_NOT_PERFORMED
                         : TAPK_ODA_FAILED;
    result->dynamic_number_len = 0;
    result->has_code = 0;
    result->has_cryptogram = 0;
    memset(result->dynamic_number, 0, sizeof result->dynamic_number);
    return TAPK_OK;
}
