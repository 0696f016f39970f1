/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic modulo the prime of the SM2 curve: what is not inline. Public data only: not constant
 * time.
 */
#include "sm2_product.h"

void tapk_fp_multiply(struct fp *r, const struct fp *a, const struct fp *b)
{
    fp_multiply(r, a, b);
}

void tapk_fp_square(struct fp *r, const struct fp *a) { fp_square(r, a); }

void tapk_fp_cross(struct fp *r, const struct fp *a, const struct fp *b, const struct fp *c,
                   const struct fp *d)
{
    fp_cross(r, a, b, c, d);
}

/* Carries all words but the top one; returns 0 when all are 0. */
static fp_limb carry(struct fp *x)
{
    fp_limb any = 0;

    for (unsigned i = 0; i < FP_LIMBS - 1; i++) {
        x->v[i + 1] += x->v[i] >> FP_BITS;
        x->v[i] &= FP_MASK;
        any |= x->v[i];
    }
    return any | x->v[FP_LIMBS - 1];
}

int tapk_fp_is_zero(const struct fp *a)
{
    struct fp x;
    fp_limb any;
    fp_limb above = 0;

    /* k * p ends in -k: nearly every other number is known by its lowest word. */
    if (((a->v[0] + 8) & FP_MASK) > 16)
        return 0;
    x = *a;
    do { /* into [0, 2^256), where the only multiples of p are 0 and p */
        fp_add_p(&x, &x, -above);
        any = carry(&x);
        above = x.v[FP_LIMBS - 1] >> FP_TOP;
    } while (above != 0);
    if (any == 0)
        return 1;
    fp_add_p(&x, &x, -1);
    return carry(&x) == 0;
}

#if FP_LIMBS == 5

static uint64_t two_words(const uint32_t *words) { return words[0] | (uint64_t)words[1] << 32; }

void tapk_fp_load(struct fp *r, const uint32_t words[8])
{
    const uint64_t w0 = two_words(words);
    const uint64_t w1 = two_words(words + 2);
    const uint64_t w2 = two_words(words + 4);
    const uint64_t w3 = two_words(words + 6);

    r->v[0] = (fp_limb)w0 & FP_MASK;
    r->v[1] = (fp_limb)(w0 >> 52 | w1 << 12) & FP_MASK;
    r->v[2] = (fp_limb)(w1 >> 40 | w2 << 24) & FP_MASK;
    r->v[3] = (fp_limb)(w2 >> 28 | w3 << 36) & FP_MASK;
    r->v[4] = (fp_limb)(w3 >> 16);
}

#else

void tapk_fp_load(struct fp *r, const uint32_t words[8])
{
    uint64_t held = 0;
    unsigned bits = 0; /* of held */
    unsigned n = 0;

    for (unsigned i = 0; i < 8; i++) {
        held |= (uint64_t)words[i] << bits;
        for (bits += 32; bits >= FP_BITS; bits -= FP_BITS) {
            r->v[n++] = (fp_limb)(held & FP_MASK);
            held >>= FP_BITS;
        }
    }
    r->v[n] = (fp_limb)held;
}

#endif
