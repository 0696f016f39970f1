/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of the SM2 field. Products are out of a solver's reach; their bounds stand in sm2_field.h.
 * Assumed: words as sums of at most 8 products have them (sm2_field.h).
 */
#include "proof.h"

#include "../src/crypto/sm2_field.c"

void proof_field_load(void)
{
    uint32_t words[8];
    struct fp x;
    any(words);
    tapk_fp_load(&x, words);
    const size_t i = nondet_size();
    const size_t bit = nondet_size();
    assume(i < 8 && bit < 32);
    const size_t at = 32 * i + bit;
    prove(x.v[0] >= 0 && x.v[0] <= FP_MASK && x.v[FP_LIMBS - 1] >> FP_TOP == 0, "words in bounds");
    prove(((x.v[at / FP_BITS] >> (at % FP_BITS)) & 1) == (fp_limb)((words[i] >> bit) & 1),
          "every bit in its place");
    reach("a number");
}

static struct fp any_element(fp_limb most)
{
    struct fp x;
    for (unsigned i = 0; i < FP_LIMBS; i++) {
        x.v[i] = (fp_limb)nondet_u64();
        assume(x.v[i] >= -most && x.v[i] <= most);
    }
    return x;
}

void proof_field_sums(void)
{
    const struct fp a = any_element(8 * FP_BIT(FP_BITS));
    const struct fp b = any_element(8 * FP_BIT(FP_BITS));
    struct fp r;
    fp_add(&r, &a, &b);
    fp_sub(&r, &a, &b);
    fp_sub_twice(&r, &a, &b);
    fp_negate(&r, &a);
    fp_three_halves(&r, &a);
    fp_settle(&r, &a);
    reach("sums");
}

void proof_field_zero(void)
{
    const struct fp a = any_element(8 * FP_BIT(FP_BITS));
    if (tapk_fp_is_zero(&a))
        reach("zero");
    else
        reach("not zero");
}
