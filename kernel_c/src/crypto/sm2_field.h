/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic modulo the prime of the SM2 curve, p = 2^256 - 2^224 - 2^96 + 2^64 - 1. Public data
 * only: not constant time.
 *
 * An element is five signed words of 52 bits where the compiler has a 128-bit product, else ten of
 * 26 bits (or with TAPK_LIMB32), little endian by words. Words may exceed these bits and numbers
 * may be negative or above p: sums are sums of words, nothing is carried. Only products carry.
 * Elements are kept in Montgomery form with R = 2^260 in both cases, so constants are the same.
 *
 * Bounds. Sizes of numbers are given in units of p: "size 3" means |x| <= 3p. The product of sizes
 * A and B lies in [-AB/16, 1 + AB/16] for AB up to 64. The words of a product are those of
 * FP_BITS, so a sum of k products has words below k * 2^FP_BITS; the factors of a product may be
 * sums of k and l with kl up to 100 (of a cross product, both kl together). Whoever calls says
 * which sizes it reaches.
 */
#ifndef TAPK_SM2_FIELD_H
#define TAPK_SM2_FIELD_H

#include <stdint.h>

#if defined(__SIZEOF_INT128__) && !defined(TAPK_LIMB32)
#define FP_BITS 52u
#define FP_LIMBS 5u
typedef int64_t fp_limb;
__extension__ typedef __int128 fp_wide;
#else
#define FP_BITS 26u
#define FP_LIMBS 10u
typedef int32_t fp_limb;
typedef int64_t fp_wide;
#endif

#define FP_BIT(n) ((fp_limb)1 << (n))
#define FP_MASK (FP_BIT(FP_BITS) - 1)
#define FP_TOP (256u - FP_BITS * (FP_LIMBS - 1u)) /* bits of 2^256 in the top word */

/* Words are carried by shifts to the right, also negative ones. */
_Static_assert((-3 >> 1) == -2, "needs arithmetic shifts");

struct fp {
    fp_limb v[FP_LIMBS];
};

/* r may be a or b in all of these. */

static inline void fp_add(struct fp *r, const struct fp *a, const struct fp *b)
{
    for (unsigned i = 0; i < FP_LIMBS; i++)
        r->v[i] = a->v[i] + b->v[i];
}

static inline void fp_sub(struct fp *r, const struct fp *a, const struct fp *b)
{
    for (unsigned i = 0; i < FP_LIMBS; i++)
        r->v[i] = a->v[i] - b->v[i];
}

/* r = a - 2b */
static inline void fp_sub_twice(struct fp *r, const struct fp *a, const struct fp *b)
{
    for (unsigned i = 0; i < FP_LIMBS; i++)
        r->v[i] = a->v[i] - 2 * b->v[i];
}

static inline void fp_negate(struct fp *r, const struct fp *a)
{
    for (unsigned i = 0; i < FP_LIMBS; i++)
        r->v[i] = -a->v[i];
}

/* r = a + k * p. Words of p: only those that are not zero. */
static inline void fp_add_p(struct fp *r, const struct fp *a, fp_limb k)
{
    *r = *a;
#if FP_LIMBS == 5
    r->v[0] -= k;
    r->v[1] -= k * (FP_BIT(44) - FP_BIT(12));
    r->v[4] += k * (FP_BIT(48) - FP_BIT(16));
#else
    r->v[0] -= k;
    r->v[2] += k * FP_BIT(12);
    r->v[3] -= k * FP_BIT(18);
    r->v[8] -= k * FP_BIT(16);
    r->v[9] += k * FP_BIT(22);
#endif
}

/* r = 3a / 2 for a of size A: of size 1.5 A + 0.5. */
static inline void fp_three_halves(struct fp *r, const struct fp *a)
{
    struct fp even;

    fp_add_p(&even, a, a->v[0] & 1);
    for (unsigned i = 0; i < FP_LIMBS - 1; i++)
        r->v[i] = a->v[i] + (even.v[i] >> 1) + (even.v[i + 1] & 1) * FP_BIT(FP_BITS - 1);
    r->v[FP_LIMBS - 1] = a->v[FP_LIMBS - 1] + (even.v[FP_LIMBS - 1] >> 1);
}

/* r = a by a multiple of p, nearly in [0, 2^256): of size 1.001. */
static inline void fp_settle(struct fp *r, const struct fp *a)
{
    fp_add_p(r, a, -(a->v[FP_LIMBS - 1] >> FP_TOP));
}

/* Modulo p: r = a * b / R; r = a * a / R; r = (a * b - c * d) / R, which with sizes A to D lies in
 * [-(AB + CD)/16, 1 + (AB + CD)/16]. */
void tapk_fp_multiply(struct fp *r, const struct fp *a, const struct fp *b);
void tapk_fp_square(struct fp *r, const struct fp *a);
void tapk_fp_cross(struct fp *r, const struct fp *a, const struct fp *b, const struct fp *c,
                   const struct fp *d);

/* 1 when a, of size 8 or less, is a multiple of p. */
int tapk_fp_is_zero(const struct fp *a);

/* The number of eight words of 32 bits, little endian by words, as it is (not made Montgomery). */
void tapk_fp_load(struct fp *r, const uint32_t words[8]);

#endif
