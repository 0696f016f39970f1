/* SPDX-License-Identifier: Apache-2.0
 *
 * What fDDA asks of the card's data before and after the signature. Assumed: chain.h; the PDOL is
 * read by the functions that dol.c proves (any answer here); the chain and the signature are those
 * of chain.c and sm.c.
 */
#define OWN_MEMO
#include "chain.h"

#include "../src/oda/fdda.c"

int tapk_dol_check(struct tapk_cursor cursor, size_t *total)
{
    prove(cursor.left == 0 || __CPROVER_r_ok(cursor.at, cursor.left), "a list is there");
    *total = nondet_size();
    return nondet_int();
}

int tapk_dol_asks(struct tapk_cursor cursor, uint32_t tag, uint8_t *length)
{
    (void)tag;
    prove(cursor.left == 0 || __CPROVER_r_ok(cursor.at, cursor.left), "a list is there");
    *length = nondet_u8();
    return nondet_int();
}

uint16_t tapk_chain_signature(struct tapk_chain *of, struct tapk_span *spans, size_t count)
{
    prove(count >= 1 && count <= 6 && __CPROVER_r_ok(spans, count * sizeof *spans), "a tail");
    const size_t i = nondet_size();
    if (i > 0 && i < count)
        readable(spans + i, 1);
    of->dynamic = any_span();
    return nondet_u16();
}

uint16_t tapk_chain_static(const struct tapk_chain *of) { return of->n & 1; }
uint16_t tapk_chain_ca(struct tapk_chain *of) { return of->n & 1; }
uint16_t tapk_chain_issuer(struct tapk_chain *of) { return of->n & 2; }
uint16_t tapk_chain_icc(struct tapk_chain *of) { return of->n & 4; }

#include "../src/oda/methods.c"

void proof_fdda_rules(void)
{
    any_chain();
    const uint16_t rule = tapk_fdda(&chain, &result);
    if (rule == 0) {
        prove(in.signature.n != 0 && result.version <= 1, "a signature, of a known version");
        reach("verified");
    } else {
        reach("refused");
    }
}

void proof_fdda_number(void)
{
    any_chain();
    if (tapk_take_number(&chain, &result)) {
        prove(result.dynamic_number_len >= 2 && result.dynamic_number_len <= 8, "2 to 8 bytes");
        prove(result.dynamic_number_len < chain.dynamic.n, "of the signed data");
        reach("a number");
    } else {
        reach("none");
    }
}
