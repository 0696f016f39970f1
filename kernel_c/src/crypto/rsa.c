/* SPDX-License-Identifier: Apache-2.0
 *
 * The RSA public operation: square and multiply with schoolbook products and division (Knuth,
 * algorithm D) by a precomputed inverse of the two top words (Moeller and Granlund, "Improved
 * division by invariant integers"). For exponent 3 this needs fewer word products than Montgomery
 * and no constants of the key. Public data only: not constant time.
 *
 * Words are 64 bits where the compiler has a 128-bit product, else 32 bits (or with TAPK_LIMB32).
 * A double word is only ever multiplied, added and shifted, never divided.
 */
#include <string.h>

#include "soft.h"

#if defined(__SIZEOF_INT128__) && !defined(TAPK_LIMB32)
typedef uint64_t limb;
__extension__ typedef unsigned __int128 wide;
#define LIMB_BYTES 8u
#else
typedef uint32_t limb;
typedef uint64_t wide;
#define LIMB_BYTES 4u
#endif

#define LIMB_BITS (8u * LIMB_BYTES)
#define LIMBS (TAPK_SOFT_RSA_MAX / LIMB_BYTES)
#define LIMB_ONES ((limb) ~(limb)0)

/* Numbers are little endian by words; B is 2^LIMB_BITS. The modulus is shifted left until its top
 * bit is set and then kept as its two top words and the complement of the others: to take away
 * q * d is to add q * (B^m - d) and to take q from the word above. */
struct divisor {
    limb rest[LIMBS]; /* B^(count - 2) - the words below the two top ones */
    limb d1;
    limb d0;
    limb inverse;   /* floor((B^3 - 1) / (d1 * B + d0)) - B */
    size_t count;   /* words of the modulus, at least 3 */
    unsigned shift; /* bits */
};

static limb high(wide x) { return (limb)(x >> LIMB_BITS); }

/* ---- bytes and words ---- */

/* Written out, because compilers then see one load and one byte swap. */
static limb load_limb(const uint8_t *p)
{
    const limb x = (limb)p[0] << 24 | (limb)p[1] << 16 | (limb)p[2] << 8 | p[3];
#if LIMB_BYTES == 8
    return x << 32 | (limb)p[4] << 24 | (limb)p[5] << 16 | (limb)p[6] << 8 | p[7];
#else
    return x;
#endif
}

static void store_limb(uint8_t *p, limb x)
{
#if LIMB_BYTES == 8
    p[0] = (uint8_t)(x >> 56);
    p[1] = (uint8_t)(x >> 48);
    p[2] = (uint8_t)(x >> 40);
    p[3] = (uint8_t)(x >> 32);
    p += 4;
#endif
    p[0] = (uint8_t)(x >> 24);
    p[1] = (uint8_t)(x >> 16);
    p[2] = (uint8_t)(x >> 8);
    p[3] = (uint8_t)x;
}

/* Big endian bytes into words; returns how many words. */
static size_t load(limb *out, const uint8_t *in, size_t n)
{
    size_t count = 0;
    while (n >= LIMB_BYTES) {
        n -= LIMB_BYTES;
        out[count++] = load_limb(in + n);
    }
    if (n > 0) {
        limb x = 0;
        for (size_t i = 0; i < n; i++)
            x = (limb)(x << 8) | in[i];
        out[count++] = x;
    }
    return count;
}

/* count words into exactly n bytes; leading zeros are kept (ODA-081). */
static void store(uint8_t *out, size_t n, const limb *in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        limb x = in[i];
        if (n >= LIMB_BYTES) {
            n -= LIMB_BYTES;
            store_limb(out + n, x);
            continue;
        }
        for (; n > 0; x >>= 8)
            out[--n] = (uint8_t)x;
    }
    memset(out, 0, n);
}

/* ---- rows of words ---- */

/* One word of r += a * b + carry. Sums of words with their carries compared come out better than
 * sums of double words: compilers keep those in memory. */
#define ROW_STEP(i) \
    do { \
        const wide product = (wide)a[i] * b; \
        limb low = (limb)product + r[i]; \
        limb top = high(product) + (low < (limb)product); \
        low += carry; \
        top += low < carry; \
        r[i] = low; \
        carry = top; \
    } while (0)

/* r[n] += a[n] * b; returns the carry. Nearly all time is spent here. */
static limb row_add(limb *r, const limb *a, size_t n, limb b)
{
    limb carry = 0;
    for (; n >= 4; n -= 4, a += 4, r += 4) {
        ROW_STEP(0);
        ROW_STEP(1);
        ROW_STEP(2);
        ROW_STEP(3);
    }
    for (; n > 0; n--, a++, r++)
        ROW_STEP(0);
    return carry;
}

/* r[2n] = a[n]^2 << shift; the result must fit. */
static void square(limb *r, const limb *a, size_t n, unsigned shift)
{
    memset(r, 0, n * LIMB_BYTES);
    for (size_t i = 0; i < n; i++)
        r[n + i] = row_add(r + 2 * i + 1, a + i + 1, n - i - 1, a[i]);
    limb doubled = 0; /* bits that leave a word by doubling */
    limb shifted = 0; /* and by shifting */
    limb carry = 0;
    for (size_t i = 0; i < n; i++) {
        const wide diagonal = (wide)a[i] * a[i];
        limb *pair = r + 2 * i;
        wide t = (wide)(limb)(pair[0] << 1 | doubled) + (limb)diagonal + carry;
        doubled = pair[0] >> (LIMB_BITS - 1);
        limb x = (limb)t;
        pair[0] = (limb)(x << shift) | shifted;
        shifted = (limb)(x >> 1 >> (LIMB_BITS - 1 - shift));
        t = (wide)(limb)(pair[1] << 1 | doubled) + high(diagonal) + high(t);
        doubled = pair[1] >> (LIMB_BITS - 1);
        x = (limb)t;
        pair[1] = (limb)(x << shift) | shifted;
        shifted = (limb)(x >> 1 >> (LIMB_BITS - 1 - shift));
        carry = high(t);
    }
}

/* r[2n] = a[n] * b[n] */
static void multiply(limb *r, const limb *a, const limb *b, size_t n)
{
    memset(r, 0, n * LIMB_BYTES);
    for (size_t i = 0; i < n; i++)
        r[n + i] = row_add(r + i, a, n, b[i]);
}

/* ---- division ---- */

/* floor((high * B + low) / d) for high < d and d with its top bit set, by half words. */
static limb divide_by_halves(limb top, limb low, limb d)
{
    const unsigned half = LIMB_BITS / 2;
    const limb mask = LIMB_ONES >> half;
    const limb d1 = d >> half;
    const limb d0 = d & mask;
    limb quotient = 0;
    limb rest = top;
    for (unsigned step = 0; step < 2; step++) {
        const limb next = step == 0 ? low >> half : low & mask;
        limb q = rest / d1;
        limb r = rest % d1;
        while (q > mask || q * d0 > (limb)(r << half | next)) {
            q--;
            r += d1;
            if (r > mask)
                break;
        }
        rest = (limb)((rest << half | next) - q * d);
        quotient = (limb)(quotient << half) | q;
    }
    return quotient;
}

/* floor((B^3 - 1) / (d1 * B + d0)) - B, d1 with its top bit set. */
static limb invert(limb d1, limb d0)
{
    limb v = divide_by_halves((limb)~d1, LIMB_ONES, d1);
    limb p = (limb)(d1 * v + d0);
    if (p < d0) {
        v--;
        if (p >= d1) {
            v--;
            p -= d1;
        }
        p -= d1;
    }
    const wide t = (wide)d0 * v;
    p += high(t);
    if (p < high(t)) {
        v--;
        if (p > d1 || (p == d1 && (limb)t >= d0))
            v--;
    }
    return v;
}

/* Quotient word of the three words x2 x1 x0 by the two top words of d, for (x2, x1) below them.
 * *left is what stays of the three words. */
static limb divide_three(const struct divisor *d, limb x2, limb x1, limb x0, wide *left)
{
    const wide two = (wide)d->d1 << LIMB_BITS | d->d0;
    const wide estimate = (wide)d->inverse * x2 + ((wide)x2 << LIMB_BITS | x1);
    limb q = high(estimate);
    wide r = ((wide)(limb)(x1 - d->d1 * q) << LIMB_BITS | x0) - two - (wide)d->d0 * q;
    q++;
    if (high(r) >= (limb)estimate) {
        q--;
        r += two;
    }
    if (r >= two) {
        q++;
        r -= two;
    }
    *left = r;
    return q;
}

/* out[count] = x[2 * count] mod the shifted modulus. The upper half of x is below it; x is used
 * up. */
static void reduce(limb *out, limb *x, const struct divisor *d)
{
    const size_t k = d->count;
    const wide two = (wide)d->d1 << LIMB_BITS | d->d0;
    wide top = (wide)x[2 * k - 1] << LIMB_BITS | x[2 * k - 2];
    for (size_t i = k; i-- > 0;) {
        limb *window = x + i; /* k - 1 words below top */
        const limb next = window[k - 2];
        const int full = top == two;
        wide left = two + next; /* of a quotient word B - 1, which then is exact */
        limb q = LIMB_ONES;
        if (!full)
            q = divide_three(d, high(top), (limb)top, next, &left);
        const limb borrow = q - row_add(window, d->rest, k - 2, q);
        top = left - borrow;
        if (!full && left < borrow) { /* q was one too large: seldom */
            limb taken = 0;
            for (size_t j = 0; j < k - 2; j++) {
                const limb old = window[j];
                const limb less = old - d->rest[j];
                window[j] = less - taken;
                taken = (limb)(old < d->rest[j]) | (limb)(less < taken);
            }
            top += two + (1u - taken);
        }
    }
    memcpy(out, x, (k - 2) * LIMB_BYTES);
    out[k - 2] = (limb)top;
    out[k - 1] = high(top);
}

/* ---- the operation ---- */

/* Takes a modulus of n bytes: 0, or 1 when it is even or below 2^128. */
static int take_modulus(struct divisor *d, const uint8_t *modulus, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && modulus[zeros] == 0)
        zeros++;
    if (n - zeros <= 16 || (modulus[n - 1] & 1u) == 0)
        return 1;
    limb *word = d->rest;
    const size_t k = load(word, modulus + zeros, n - zeros);
    unsigned shift = 0;
    while ((limb)(word[k - 1] << shift) >> (LIMB_BITS - 1) == 0)
        shift++;
    for (size_t i = k; i-- > 0;) {
        const limb below = i > 0 ? word[i - 1] : 0;
        word[i] = (limb)(word[i] << shift) | (limb)(below >> 1 >> (LIMB_BITS - 1 - shift));
    }
    d->d1 = word[k - 1];
    d->d0 = word[k - 2];
    d->inverse = invert(d->d1, d->d0);
    d->count = k;
    d->shift = shift;
    /* The modulus is odd, so the shifted lowest word is not zero: no carry leaves the negation. */
    for (size_t i = 0; i < k - 2; i++)
        word[i] = i == 0 ? (limb)(0 - word[0]) : (limb)~word[i];
    return 0;
}

/* a[n] >>= shift */
static void shift_down(limb *a, size_t n, unsigned shift)
{
    for (size_t i = 0; i < n; i++) {
        const limb above = i + 1 < n ? a[i + 1] : 0;
        a[i] = (limb)(a[i] >> shift) | (limb)(above << 1 << (LIMB_BITS - 1 - shift));
    }
}

int tapk_soft_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus, size_t n,
                  const uint8_t *exponent, size_t exponent_len)
{
    struct divisor d;
    limb base[LIMBS];
    limb power[LIMBS];
    limb product[2 * LIMBS];
    uint32_t e = 0;

    (void)user;
    if (n < TAPK_SOFT_RSA_MIN || n > TAPK_SOFT_RSA_MAX || exponent_len < 1 || exponent_len > 3)
        return 1;
    for (size_t i = 0; i < exponent_len; i++)
        e = e << 8 | exponent[i];
    if (e < 3 || (e & 1u) == 0 || take_modulus(&d, modulus, n) != 0)
        return 1;
    if (memcmp(in, modulus, n) >= 0) /* ODA-080 */
        return 1;

    const size_t k = d.count;
    (void)load(base, in + (n > k * LIMB_BYTES ? n - k * LIMB_BYTES : 0),
               n > k * LIMB_BYTES ? k * LIMB_BYTES : n);
    memcpy(power, base, k * LIMB_BYTES);
    uint32_t bit = 1;
    while (bit <= e >> 1)
        bit <<= 1;
    /* Products are shifted like the modulus, so their remainders are shifted too. */
    while ((bit >>= 1) != 0) {
        square(product, power, k, d.shift);
        reduce(power, product, &d);
        if (e & bit) {
            multiply(product, power, base, k);
            reduce(power, product, &d);
        }
        shift_down(power, k, d.shift);
    }
    store(out, n, power, k);
    return 0;
}
