/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of RSA certificates and signatures, as they come out of the public operation: any bytes of
 * any length that a modulus can have. Assumed: chain.h.
 */
#include "chain.h"

#include "../src/oda/chain.c"

uint16_t tapk_sm_issuer(struct tapk_chain *of) { return of->n & 1; }
uint16_t tapk_sm_icc(struct tapk_chain *of) { return of->n & 1; }
uint16_t tapk_sm_ssad(struct tapk_chain *of, uint8_t dac[2]) { return (of->n & 1) + dac[0]; }
uint16_t tapk_sm_signature(struct tapk_chain *of, struct tapk_span *spans, size_t count)
{
    return (of->n & 1) && spans && count;
}

void proof_chain_ca(void)
{
    any_chain();
    if (tapk_chain_ca(&chain) == 0) {
        still_sound();
        prove(chain.n >= TAPK_RSA_MIN && chain.n <= TAPK_RSA_MAX, "a key of a possible length");
        reach("a key");
    } else {
        reach("refused");
    }
}

void proof_chain_issuer(void)
{
    any_chain();
    if (rsa_issuer(&chain) == 0) {
        still_sound();
        reach("the issuer's key");
    } else {
        reach("refused");
    }
}

void proof_chain_icc(void)
{
    any_chain();
    if (rsa_icc(&chain) == 0) {
        still_sound();
        reach("the card's key");
    } else {
        reach("refused");
    }
}

void proof_chain_ssad(void)
{
    uint8_t dac[2];
    any_chain();
    if (rsa_ssad(&chain, dac) == 0)
        reach("signed static data");
    else
        reach("refused");
}

void proof_chain_ldd(void)
{
    struct tapk_span spans[6];
    any_chain();
    for (unsigned i = 0; i < 6; i++)
        spans[i] = any_span();
    if (rsa_signature(&chain, spans, up_to(6)) == 0) {
        const size_t at = (size_t)(chain.dynamic.p - chain.block);
        prove(__CPROVER_same_object(chain.dynamic.p, &chain) && chain.dynamic.p == chain.block + 4,
              "dynamic data begin in the block");
        prove(chain.dynamic.n <= chain.n - 25 && at == 4, "Ldd ends before the hash");
        reach("signed dynamic data");
    } else {
        reach("refused");
    }
}

void proof_chain_fields(void)
{
    uint8_t identifier[4];
    uint8_t pan[10];
    any(identifier);
    any(pan);
    prove(tapk_issuer_digits(identifier, pan) <= 8, "at most eight digits");
    const uint32_t month = tapk_year_month(nondet_u8(), nondet_u8());
    prove(month == 0 || (month >= 0x195001 && month <= 0x204912), "a month, or none");
    reach("fields");
}
