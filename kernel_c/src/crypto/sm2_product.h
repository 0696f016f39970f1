/* SPDX-License-Identifier: Apache-2.0
 *
 * Products modulo the prime of the SM2 curve, by columns: for sm2_field.c, which makes functions of
 * them, and for the code that wants them inline. Contracts are in sm2_field.h.
 *
 * Because p = -1 modulo 2^64, the Montgomery quotient of a column is the column itself, and adding
 * quotient * p is clearing the column and adding quotient * (2^64 - 2^96 - 2^224 + 2^256) above it.
 */
#ifndef TAPK_SM2_PRODUCT_H
#define TAPK_SM2_PRODUCT_H

#include <string.h>

#include "sm2_field.h"

#if FP_LIMBS == 5

#ifdef __GNUC__
#define FP_INLINE static inline __attribute__((always_inline))
#else
#define FP_INLINE static inline
#endif

/* 2^96 - 2^64 is MIDDLE in column 1, and 2^256 - 2^224 is 16 * MIDDLE in column 4. */
#define MIDDLE (FP_BIT(44) - FP_BIT(12))
#define ADD(x, y) (sum += (fp_wide)(x) * (y))
#define SUBTRACT(x, y) (sum -= (fp_wide)(x) * (y))
#define CARRY(word) \
    do { \
        (word) = (fp_limb)sum & FP_MASK; \
        sum >>= FP_BITS; \
    } while (0)

/* The products of one column of x * y. */
#define COLUMN0(op, x, y) op(x[0], y[0])
#define COLUMN1(op, x, y) op(x[0], y[1]), op(x[1], y[0])
#define COLUMN2(op, x, y) op(x[0], y[2]), op(x[1], y[1]), op(x[2], y[0])
#define COLUMN3(op, x, y) op(x[0], y[3]), op(x[1], y[2]), op(x[2], y[1]), op(x[3], y[0])
#define COLUMN4(op, x, y) \
    op(x[0], y[4]), op(x[1], y[3]), op(x[2], y[2]), op(x[3], y[1]), op(x[4], y[0])
#define COLUMN5(op, x, y) op(x[1], y[4]), op(x[2], y[3]), op(x[3], y[2]), op(x[4], y[1])
#define COLUMN6(op, x, y) op(x[2], y[4]), op(x[3], y[3]), op(x[4], y[2])
#define COLUMN7(op, x, y) op(x[3], y[4]), op(x[4], y[3])
#define COLUMN8(op, x, y) op(x[4], y[4])

/* r = sum of the columns / R; column(k) adds those of column k. r is written last. */
#define REDUCE(r, column) \
    do { \
        fp_limb q0, q1, q2, q3, q4, r0, r1, r2, r3; \
        fp_wide sum = 0; \
        column(0); \
        CARRY(q0); \
        column(1), SUBTRACT(q0, MIDDLE); \
        CARRY(q1); \
        column(2), SUBTRACT(q1, MIDDLE); \
        CARRY(q2); \
        column(3), SUBTRACT(q2, MIDDLE); \
        CARRY(q3); \
        column(4), ADD(16 * q0 - q3, MIDDLE); \
        CARRY(q4); \
        column(5), ADD(16 * q1 - q4, MIDDLE); \
        CARRY(r0); \
        column(6), ADD(q2, 16 * MIDDLE); \
        CARRY(r1); \
        column(7), ADD(q3, 16 * MIDDLE); \
        CARRY(r2); \
        column(8), ADD(q4, 16 * MIDDLE); \
        CARRY(r3); \
        (r)->v[0] = r0; \
        (r)->v[1] = r1; \
        (r)->v[2] = r2; \
        (r)->v[3] = r3; \
        (r)->v[4] = (fp_limb)sum; \
    } while (0)

FP_INLINE void fp_multiply(struct fp *r, const struct fp *a, const struct fp *b)
{
#define PRODUCT(k) COLUMN##k(ADD, a->v, b->v)
    REDUCE(r, PRODUCT);
#undef PRODUCT
}

FP_INLINE void fp_square(struct fp *r, const struct fp *a)
{
    const fp_limb *x = a->v;
    const fp_limb two0 = 2 * x[0];
    const fp_limb two1 = 2 * x[1];
    const fp_limb two2 = 2 * x[2];
#define SQUARE0 ADD(x[0], x[0])
#define SQUARE1 ADD(two0, x[1])
#define SQUARE2 ADD(two0, x[2]), ADD(x[1], x[1])
#define SQUARE3 ADD(two0, x[3]), ADD(two1, x[2])
#define SQUARE4 ADD(two0, x[4]), ADD(two1, x[3]), ADD(x[2], x[2])
#define SQUARE5 ADD(two1, x[4]), ADD(two2, x[3])
#define SQUARE6 ADD(two2, x[4]), ADD(x[3], x[3])
#define SQUARE7 ADD(2 * x[3], x[4])
#define SQUARE8 ADD(x[4], x[4])
#define SQUARE(k) SQUARE##k
    REDUCE(r, SQUARE);
#undef SQUARE
}

FP_INLINE void fp_cross(struct fp *r, const struct fp *a, const struct fp *b, const struct fp *c,
                        const struct fp *d)
{
#define PRODUCTS(k) COLUMN##k(ADD, a->v, b->v), COLUMN##k(SUBTRACT, c->v, d->v)
    REDUCE(r, PRODUCTS);
#undef PRODUCTS
}

#else

#define FP_COLUMNS (2u * FP_LIMBS)

/* r = column / R; uses the columns up. */
static inline void fp_reduce(struct fp *r, fp_wide column[FP_COLUMNS])
{
    fp_wide *c = column;

    for (unsigned i = 0; i < FP_LIMBS; i++, c++) {
        const fp_wide q = *c & FP_MASK;
        c[1] += *c >> FP_BITS;
        c[2] += q * FP_BIT(12);
        c[3] -= q * FP_BIT(18);
        c[8] -= q * FP_BIT(16);
        c[9] += q * FP_BIT(22);
    }
    for (unsigned i = 0; i < FP_LIMBS - 1; i++, c++) {
        r->v[i] = (fp_limb)(*c & FP_MASK);
        c[1] += *c >> FP_BITS;
    }
    r->v[FP_LIMBS - 1] = (fp_limb)*c;
}

/* column += a * b */
static inline void fp_add_columns(fp_wide column[FP_COLUMNS], const struct fp *a,
                                  const struct fp *b)
{
    for (unsigned k = 0; k < FP_COLUMNS - 1; k++) {
        const unsigned first = k < FP_LIMBS ? 0 : k - (FP_LIMBS - 1);
        const fp_limb *x = a->v + first;
        const fp_limb *y = b->v + (k - first);
        fp_wide sum = column[k];
        for (unsigned left = k - 2 * first + 1; left > 0; left--)
            sum += (fp_wide)*x++ * *y--;
        column[k] = sum;
    }
}

static inline void fp_multiply(struct fp *r, const struct fp *a, const struct fp *b)
{
    fp_wide column[FP_COLUMNS];

    memset(column, 0, sizeof column);
    fp_add_columns(column, a, b);
    fp_reduce(r, column);
}

static inline void fp_square(struct fp *r, const struct fp *a)
{
    fp_wide column[FP_COLUMNS];

    for (unsigned k = 0; k < FP_COLUMNS - 1; k++) {
        const unsigned first = k < FP_LIMBS ? 0 : k - (FP_LIMBS - 1);
        const fp_limb *x = a->v + first;
        const fp_limb *y = a->v + (k - first);
        fp_wide sum = 0;
        for (; x < y; x++, y--)
            sum += (fp_wide)*x * *y;
        sum *= 2;
        if (x == y)
            sum += (fp_wide)*x * *x;
        column[k] = sum;
    }
    column[FP_COLUMNS - 1] = 0;
    fp_reduce(r, column);
}

static inline void fp_cross(struct fp *r, const struct fp *a, const struct fp *b,
                            const struct fp *c, const struct fp *d)
{
    fp_wide column[FP_COLUMNS];
    struct fp minus;

    fp_negate(&minus, c);
    memset(column, 0, sizeof column);
    fp_add_columns(column, a, b);
    fp_add_columns(column, &minus, d);
    fp_reduce(r, column);
}

#endif

#endif
