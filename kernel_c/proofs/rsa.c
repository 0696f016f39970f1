/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte and word work of the RSA operation. Not proved here is that its result is the right
 * number: products and quotients of such width are out of a solver's reach, so they give any value,
 * and what is proved holds for every value. vectors/ and `make openssl` compare the numbers.
 *
 * Assumed: caller's memory is as long as its length says.
 */
#include <stdlib.h>

#include "proof.h"

#ifdef CONTRACTS
#include "memory.h"
#endif

#include "../src/crypto/rsa.c"

#ifdef N
/* To the byte: words out of bytes and back. */
void proof_rsa_bytes(void)
{
    uint8_t in[N];
    uint8_t out[N + 1];
    limb word[(N + LIMB_BYTES - 1) / LIMB_BYTES];
    const size_t n = up_to(N);
    const size_t i = nondet_size();
    assume(i < n);
    out[n] = 0x5A;
    const size_t count = load(word, in + (N - n), n);
    prove(count == (n + LIMB_BYTES - 1) / LIMB_BYTES, "as many words as the bytes fill");
    store(out, n, word, count);
    prove(out[n] == 0x5A, "nothing behind is written");
    prove(out[i] == in[N - n + i], "the same bytes again");
    reach("a number");
}
#endif

#ifdef CONTRACTS
static size_t words;

/* Products and remainders of rows: they read and write rows of the count they are given. */
void any_square(limb *r, const limb *a, size_t n, unsigned shift)
{
    prove(shift < LIMB_BITS, "a shift inside of a word");
    prove(__CPROVER_w_ok(r, 2 * n * LIMB_BYTES) && __CPROVER_r_ok(a, n * LIMB_BYTES), "rows");
}

void any_product(limb *r, const limb *a, const limb *b, size_t n)
{
    prove(__CPROVER_w_ok(r, 2 * n * LIMB_BYTES) && __CPROVER_r_ok(a, n * LIMB_BYTES) &&
              __CPROVER_r_ok(b, n * LIMB_BYTES),
          "rows");
}

void any_remainder(limb *out, limb *x, const struct divisor *d)
{
    prove(d->count >= 3 && d->count <= LIMBS, "as many words as a modulus has");
    prove(__CPROVER_w_ok(out, d->count * LIMB_BYTES) &&
              __CPROVER_w_ok(x, 2 * d->count * LIMB_BYTES),
          "rows");
}

size_t any_load(limb *out, const uint8_t *in, size_t n)
{
    prove(n == 0 || __CPROVER_r_ok(in, n), "bytes of a number");
    prove(__CPROVER_w_ok(out, (n + LIMB_BYTES - 1) / LIMB_BYTES * LIMB_BYTES),
          "room for its words");
    return (n + LIMB_BYTES - 1) / LIMB_BYTES;
}

void any_store(uint8_t *out, size_t n, const limb *in, size_t count)
{
    prove(__CPROVER_w_ok(out, n) && __CPROVER_r_ok(in, count * LIMB_BYTES), "a result");
}

void any_shift(limb *a, size_t n, unsigned shift)
{
    prove(shift < LIMB_BITS && __CPROVER_w_ok(a, n * LIMB_BYTES), "a row to shift");
}

int any_modulus(struct divisor *d, const uint8_t *modulus, size_t n)
{
    prove(__CPROVER_w_ok(d, sizeof *d) && __CPROVER_r_ok(modulus, n), "a modulus");
    d->count = words = nondet_size();
    d->shift = nondet_u32();
    assume(words >= 3 && words <= (n + LIMB_BYTES - 1) / LIMB_BYTES && d->shift < LIMB_BITS);
    return nondet_int();
}

/* The whole operation around them: any lengths, any exponent. */
void proof_rsa_operation(void)
{
    const size_t n = up_to(512);
    const size_t exponent_len = up_to(8);
    uint8_t *out = malloc(512);
    const uint8_t *in = malloc(512);
    const uint8_t *modulus = malloc(512);
    const uint8_t *exponent = malloc(8);
    const int result = tapk_soft_rsa(NULL, out + (512 - n), in + (512 - n), modulus + (512 - n), n,
                                     exponent + (8 - exponent_len), exponent_len);
    if (result == 0) {
        prove(n >= TAPK_SOFT_RSA_MIN && n <= TAPK_SOFT_RSA_MAX, "of a possible length");
        reach("done");
    } else {
        reach("refused");
    }
}

limb any_quotient(const struct divisor *d, limb x2, limb x1, limb x0, wide *left)
{
    (void)d;
    *left = (wide)x2 << LIMB_BITS | x1;
    return x0;
}

limb any_row(limb *r, const limb *a, size_t n, limb b)
{
    prove(n == 0 || (__CPROVER_w_ok(r, n * LIMB_BYTES) && __CPROVER_r_ok(a, n * LIMB_BYTES)),
          "a row");
    (void)b;
    return (limb)nondet_u64();
}
#endif

#ifdef ROWS
/* Rows of every count up to ROWS: exactly as long as they have to be. */
void proof_rsa_rows(void)
{
    const size_t n = nondet_size();
    assume(n >= 1 && n <= ROWS);
    limb *product = (limb *)malloc(2 * ROWS * sizeof(limb)) + (2 * ROWS - 2 * n);
    const limb *a = (limb *)malloc(ROWS * sizeof(limb)) + (ROWS - n);
    const limb *b = (limb *)malloc(ROWS * sizeof(limb)) + (ROWS - n);
    const unsigned shift = nondet_u32();
    assume(shift < LIMB_BITS);
    if (nondet_int()) {
        square(product, a, n, shift);
        reach("a square");
    } else {
        multiply(product, a, b, n);
        reach("a product");
    }
}

void proof_rsa_reduce(void)
{
    static struct divisor d;
    any(d);
    assume(d.count >= 3 && d.count <= ROWS);
    limb *x = (limb *)malloc(2 * ROWS * sizeof(limb)) + (2 * ROWS - 2 * d.count);
    limb *out = (limb *)malloc(ROWS * sizeof(limb)) + (ROWS - d.count);
    reduce(out, x, &d);
    reach("a remainder");
}
#endif
