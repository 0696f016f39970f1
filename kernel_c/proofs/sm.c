/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of SM2 certificates and signatures. Assumed: chain.h.
 */
#include "chain.h"

#include "../src/oda/sm.c"

unsigned tapk_issuer_digits(const uint8_t identifier[4], const uint8_t pan[10])
{
    prove(__CPROVER_r_ok(identifier, 4) && __CPROVER_r_ok(pan, 10), "fields are there");
    return nondet_u8();
}

int tapk_chain_revoked(const struct tapk_chain *of, const uint8_t serial[3])
{
    (void)of;
    prove(__CPROVER_r_ok(serial, 3), "a serial number is there");
    return nondet_int();
}

uint32_t tapk_year_month(uint8_t year, uint8_t month) { return year ^ month; }

size_t tapk_chain_add_static(const struct tapk_chain *of, struct tapk_span *spans, size_t count,
                             size_t capacity)
{
    (void)of;
    prove(__CPROVER_w_ok(spans, capacity * sizeof *spans), "room for the spans");
    const size_t now = nondet_size();
    assume(now == 0 || (now >= count && now <= capacity));
    for (size_t i = count; i < capacity; i++)
        spans[i] = any_span();
    return now;
}

void tapk_report(uint8_t *out, uint16_t *len, size_t capacity, const uint8_t *data, size_t n)
{
    prove(__CPROVER_w_ok(out, capacity) && __CPROVER_r_ok(data, n), "what is reported is there");
    *len = nondet_u16();
}

void proof_sm_issuer(void)
{
    any_chain();
    if (tapk_sm_issuer(&chain) == 0) {
        still_sound();
        reach("the issuer's key");
    } else {
        reach("refused");
    }
}

void proof_sm_icc(void)
{
    any_chain();
    if (tapk_sm_icc(&chain) == 0) {
        still_sound();
        reach("the card's key");
    } else {
        reach("refused");
    }
}

void proof_sm_ssad(void)
{
    uint8_t dac[2];
    any_chain();
    if (tapk_sm_ssad(&chain, dac) == 0)
        reach("signed static data");
    else
        reach("refused");
}

void proof_sm_signature(void)
{
    struct tapk_span spans[6];
    any_chain();
    for (unsigned i = 0; i < 6; i++)
        spans[i] = any_span();
    if (tapk_sm_signature(&chain, spans, up_to(6)) == 0) {
        prove(__CPROVER_r_ok(chain.dynamic.p, chain.dynamic.n) &&
                  chain.dynamic.n + 66 == in.signature.n,
              "dynamic data lie inside of 9F4B");
        reach("signed dynamic data");
    } else {
        reach("refused");
    }
}
