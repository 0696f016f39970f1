/* SPDX-License-Identifier: Apache-2.0
 *
 * Verification of SM2 signatures (GB/T 32918.2) on the recommended curve: s G + t P with signed
 * windows over both scalars and one chain of doublings, in Jacobian coordinates. The result is
 * compared without a division. Public data only: not constant time.
 *
 * TAPK_SM2_SMALL makes the table of the base point and the table of the key small, for devices;
 * the steps are the same.
 *
 * Coordinates of points stay within the sizes 3 (X), 3 (Y) and 2 (Z) of sm2_field.h; sizes of what
 * is between stand at the lines where they are largest.
 */
#include <string.h>

#include "sm2_field.h"
#include "sm2_table.h"
#include "soft.h"

/* Products are inline in the sums of points where size does not matter: 10 percent of the time. */
#if FP_LIMBS == 5 && !defined(TAPK_SM2_SMALL)
#include "sm2_product.h"
#else
#define fp_multiply tapk_fp_multiply
#define fp_square tapk_fp_square
#define fp_cross tapk_fp_cross
#endif

#define BYTES 32u
#define WORDS 8u    /* of a number; little endian by words */
#define DIGITS 257u /* of a recoded scalar */

#ifdef TAPK_SM2_SMALL
#define KEY_WINDOW 4u
typedef int8_t digit;
#else
#define KEY_WINDOW 5u
typedef int16_t digit;
#endif
#define KEY_MULTIPLES (1u << (KEY_WINDOW - 2u))

static const uint32_t field_prime[WORDS] = {0xFFFFFFFF, 0xFFFFFFFF, 0x00000000, 0xFFFFFFFF,
                                            0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE};
static const uint32_t order[WORDS] = {0x39D54123, 0x53BBF409, 0x21C6052B, 0x7203DF6B,
                                      0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE};
static const uint32_t prime_minus_order[WORDS] = {0xC62ABEDC, 0xAC440BF6, 0xDE39FAD5, 0x8DFC2093,
                                                  0,          0,          0,          0};
/* 2^520, and in Montgomery form 1, 3 and b, modulo p. */
static const uint32_t montgomery_square[WORDS] = {0x00000300, 0x00000200, 0xFFFFFF00, 0x000002FF,
                                                  0x00000100, 0x00000100, 0x00000200, 0x00000400};
static const uint32_t field_one[WORDS] = {0x00000010, 0, 0xFFFFFFF0, 0x0000000F,
                                          0,          0, 0,          0x00000010};
static const uint32_t field_three[WORDS] = {0x00000030, 0, 0xFFFFFFD0, 0x0000002F,
                                            0,          0, 0,          0x00000030};
static const uint32_t curve_b[WORDS] = {0xBC0DD422, 0x0D230632, 0x9B537AB7, 0x1CF379B0,
                                        0xEA51C3C7, 0x27981505, 0xA20E2C85, 0x40FE188D};

/* x = X / Z^2, y = Y / Z^3 */
struct point {
    struct fp x;
    struct fp y;
    struct fp z;
    int infinite;
};

struct z_powers {
    struct fp z;
    struct fp zz;
    struct fp zzz;
};

/* A point that is added often. */
struct multiple {
    struct fp x;
    struct fp y;
    struct z_powers z;
};

/* ---- numbers of 256 bits ---- */

static void load(uint32_t out[WORDS], const uint8_t in[BYTES])
{
    for (unsigned i = 0; i < WORDS; i++) {
        const uint8_t *p = in + 4 * (WORDS - 1 - i);
        out[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
}

/* out = a + b; returns the carry. */
static uint32_t add(uint32_t out[WORDS], const uint32_t a[WORDS], const uint32_t b[WORDS])
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        sum += (uint64_t)a[i] + b[i];
        out[i] = (uint32_t)sum;
        sum >>= 32;
    }
    return (uint32_t)sum;
}

/* out = a - b; returns the borrow. */
static uint32_t subtract(uint32_t out[WORDS], const uint32_t a[WORDS], const uint32_t b[WORDS])
{
    uint32_t borrow = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        const uint64_t difference = (uint64_t)a[i] - b[i] - borrow;
        out[i] = (uint32_t)difference;
        borrow = (uint32_t)(difference >> 63);
    }
    return borrow;
}

static int below(const uint32_t a[WORDS], const uint32_t b[WORDS])
{
    uint32_t difference[WORDS];
    return subtract(difference, a, b) != 0;
}

static int is_zero(const uint32_t a[WORDS])
{
    uint32_t any = 0;
    for (unsigned i = 0; i < WORDS; i++)
        any |= a[i];
    return any == 0;
}

/* bits from bit at on, at most 16 */
static uint32_t bits_of(const uint32_t a[WORDS], unsigned at, unsigned bits)
{
    const unsigned word = at / 32;
    uint64_t two = word < WORDS ? a[word] : 0;
    if (word + 1 < WORDS)
        two |= (uint64_t)a[word + 1] << 32;
    return (uint32_t)(two >> at % 32) & ((1u << bits) - 1);
}

/* Writes k as the sum of digit[i] * 2^i: each digit 0 or odd and of less than window bits with a
 * sign, at most one of any window digits not 0. Returns one more than the last i. */
static unsigned recode(digit out[DIGITS], const uint32_t k[WORDS], unsigned window)
{
    uint32_t carry = 0;
    unsigned end = 0;
    unsigned i = 0;

    memset(out, 0, DIGITS * sizeof *out);
    while (i < DIGITS) {
        if (bits_of(k, i, 1) == carry) {
            i++;
            continue;
        }
        const uint32_t value = bits_of(k, i, window) + carry;
        carry = value >> (window - 1);
        out[i] = (digit)((int32_t)value - (int32_t)(carry << window));
        end = i + 1;
        i += window;
    }
    return end;
}

/* ---- points ---- */

static void to_montgomery(struct fp *r, const uint32_t words[WORDS])
{
    struct fp square;
    tapk_fp_load(&square, montgomery_square);
    tapk_fp_load(r, words);
    tapk_fp_multiply(r, r, &square);
}

/* Loads X || Y as it comes from outside: 0, or 1 when a coordinate is not below p or the point is
 * not on the curve. The point at infinity cannot be written in this form: 0 || 0 is no point. */
static int load_point(struct fp *x, struct fp *y, const uint8_t in[2 * BYTES])
{
    uint32_t words[WORDS];
    struct fp right;
    struct fp left;

    load(words, in);
    if (!below(words, field_prime))
        return 1;
    to_montgomery(x, words);
    load(words, in + BYTES);
    if (!below(words, field_prime))
        return 1;
    to_montgomery(y, words);
    tapk_fp_load(&left, field_three); /* x (x^2 - 3) + b - y^2 */
    tapk_fp_square(&right, x);
    fp_sub(&right, &right, &left);
    tapk_fp_multiply(&right, &right, x);
    tapk_fp_load(&left, curve_b);
    fp_add(&right, &right, &left);
    tapk_fp_square(&left, y);
    fp_sub(&right, &right, &left);
    return !tapk_fp_is_zero(&right);
}

/* a = 2a, a not infinite; there is no point of order 2. With L = 3 (X - Z^2) (X + Z^2) / 2 and
 * V = X Y^2: X' = L^2 - 2V, Y' = L (V - X') - Y^4, Z' = Y Z. */
static void double_point(struct point *a)
{
    struct fp t;
    struct fp yy;
    struct fp slope;

    fp_square(&t, &a->z); /* 1.25 */
    fp_sub(&slope, &a->x, &t);
    fp_add(&t, &a->x, &t);                 /* 4.25 */
    fp_multiply(&slope, &slope, &t);       /* -1.13 to 2.13 */
    fp_three_halves(&slope, &slope);       /* 3.7 */
    fp_multiply(&a->z, &a->y, &a->z);      /* 1.4 */
    fp_square(&yy, &a->y);                 /* 1.6 */
    fp_multiply(&t, &a->x, &yy);           /* -0.3 to 1.3 */
    fp_square(&a->x, &slope);              /* 0 to 1.9 */
    fp_sub_twice(&a->x, &a->x, &t);        /* 2.6 */
    fp_sub(&t, &t, &a->x);                 /* 3.9 */
    fp_cross(&a->y, &slope, &t, &yy, &yy); /* 2.1 */
}

/* a = (x, y) / z; z NULL: 1 */
static void set_point(struct point *a, const struct fp *x, const struct fp *y,
                      const struct z_powers *z)
{
    a->infinite = 0;
    a->x = *x;
    a->y = *y;
    if (z != NULL)
        a->z = z->z;
    else
        tapk_fp_load(&a->z, field_one);
}

/* a = a + (x, y) / z; z NULL: 1. The two points brought to one Z are (U1, S1) and (U2, S2); with
 * H = U2 - U1 and R = S2 - S1: X' = R^2 - H^3 - 2 U1 H^2, Y' = R (U1 H^2 - X') - S1 H^3. */
static void add_point(struct point *a, const struct fp *x, const struct fp *y,
                      const struct z_powers *z)
{
    struct fp h;
    struct fp r;
    struct fp hh;
    struct fp v;

    if (a->infinite) {
        set_point(a, x, y, z);
        return;
    }
    fp_square(&hh, &a->z);        /* 1.25 */
    fp_multiply(&h, x, &hh);      /* 1.24 */
    fp_multiply(&hh, &a->z, &hh); /* 1.16 */
    fp_multiply(&r, y, &hh);      /* 1.22 */
    if (z != NULL) {
        fp_multiply(&a->x, &a->x, &z->zz);
        fp_multiply(&a->y, &a->y, &z->zzz);
    }
    fp_sub(&h, &h, &a->x);     /* 4.3 */
    fp_sub(&r, &r, &a->y);     /* 4.3 */
    if (tapk_fp_is_zero(&h)) { /* the same point, or its opposite */
        a->infinite = !tapk_fp_is_zero(&r);
        if (!a->infinite) {
            set_point(a, x, y, z);
            double_point(a);
        }
        return;
    }
    fp_multiply(&a->z, &a->z, &h); /* 1.6 */
    if (z != NULL)
        fp_multiply(&a->z, &a->z, &z->z);
    fp_square(&hh, &h);          /* 2.2 */
    fp_multiply(&v, &a->x, &hh); /* 1.5 */
    fp_multiply(&hh, &h, &hh);   /* 1.6 */
    fp_square(&a->x, &r);        /* 2.2 */
    fp_sub(&a->x, &a->x, &hh);
    fp_sub_twice(&a->x, &a->x, &v);      /* 4.6 */
    fp_settle(&a->x, &a->x);             /* 1.1 */
    fp_sub(&v, &v, &a->x);               /* 2.6 */
    fp_cross(&a->y, &r, &v, &a->y, &hh); /* 2.1 */
}

/* ---- s G + t P ---- */

static void keep(struct multiple *m, const struct point *a)
{
    m->x = a->x;
    m->y = a->y;
    m->z.z = a->z;
    tapk_fp_square(&m->z.zz, &a->z);
    tapk_fp_multiply(&m->z.zzz, &m->z.zz, &a->z);
}

/* table[i] = (2i + 1) (x, y) */
static void make_table(struct multiple table[KEY_MULTIPLES], const struct fp *x, const struct fp *y)
{
    struct point sum;
    struct multiple step;

    set_point(&sum, x, y, NULL);
    double_point(&sum);
    keep(&step, &sum);
    set_point(&sum, x, y, NULL);
    keep(&table[0], &sum);
    for (unsigned i = 1; i < KEY_MULTIPLES; i++) {
        add_point(&sum, &step.x, &step.y, &step.z);
        keep(&table[i], &sum);
    }
}

/* Adds digit times the base point. */
static void add_base(struct point *sum, int d)
{
    const unsigned i = (unsigned)(d < 0 ? -d : d) / 2;
    struct fp x;
    struct fp y;

    tapk_fp_load(&x, sm2_base_multiples[i][0]);
    tapk_fp_load(&y, sm2_base_multiples[i][1]);
    if (d < 0)
        fp_negate(&y, &y);
    add_point(sum, &x, &y, NULL);
}

/* Adds digit times the point of the table. */
static void add_key(struct point *sum, const struct multiple table[KEY_MULTIPLES], int d)
{
    const struct multiple *m = &table[(unsigned)(d < 0 ? -d : d) / 2];
    struct fp y = m->y;

    if (d < 0)
        fp_negate(&y, &y);
    add_point(sum, &m->x, &y, &m->z);
}

/* sum = s G + t (x, y) */
static void multiply_points(struct point *sum, const uint32_t s[WORDS], const uint32_t t[WORDS],
                            const struct fp *x, const struct fp *y)
{
    struct multiple table[KEY_MULTIPLES];
    digit base_digits[DIGITS];
    digit key_digits[DIGITS];

    make_table(table, x, y);
    const unsigned base_end = recode(base_digits, s, SM2_BASE_WINDOW);
    const unsigned key_end = recode(key_digits, t, KEY_WINDOW);
    sum->infinite = 1;
    for (unsigned i = base_end > key_end ? base_end : key_end; i-- > 0;) {
        if (!sum->infinite)
            double_point(sum);
        if (base_digits[i] != 0)
            add_base(sum, base_digits[i]);
        if (key_digits[i] != 0)
            add_key(sum, table, key_digits[i]);
    }
}

/* ---- the slot ---- */

static int in_range(const uint32_t scalar[WORDS])
{
    return !is_zero(scalar) && below(scalar, order);
}

/* 1 when the affine x coordinate of a is the number x, below p. */
static int has_x(const struct point *a, const uint32_t x[WORDS])
{
    struct fp wanted;
    struct fp zz;

    to_montgomery(&wanted, x);
    tapk_fp_square(&zz, &a->z);
    tapk_fp_multiply(&wanted, &wanted, &zz);
    fp_sub(&wanted, &wanted, &a->x);
    return tapk_fp_is_zero(&wanted);
}

int tapk_sm2_on_curve(const uint8_t point[64])
{
    struct fp x;
    struct fp y;
    return load_point(&x, &y, point) == 0;
}

int tapk_soft_sm2(void *user, const uint8_t e[32], const uint8_t signature[64],
                  const uint8_t point[64])
{
    uint32_t r[WORDS];
    uint32_t s[WORDS];
    uint32_t t[WORDS];
    struct fp x;
    struct fp y;
    struct point sum;

    (void)user;
    load(r, signature);
    load(s, signature + BYTES);
    if (!in_range(r) || !in_range(s))
        return 1;
    if (add(t, r, s) != 0 || !below(t, order))
        (void)subtract(t, t, order);
    if (is_zero(t) || load_point(&x, &y, point) != 0)
        return 1;
    multiply_points(&sum, s, t, &x, &y);
    if (sum.infinite)
        return 1;

    /* r = e + x1 modulo n: x1 is r - e, or that and n if this is still a coordinate. */
    load(t, e);
    if (!below(t, order))
        (void)subtract(t, t, order);
    if (subtract(t, r, t) != 0)
        (void)add(t, t, order);
    if (has_x(&sum, t))
        return 0;
    if (!below(t, prime_minus_order))
        return 1;
    (void)add(t, t, order);
    return !has_x(&sum, t);
}
