/* SPDX-License-Identifier: Apache-2.0
 *
 * The RSA public operation side by side with OpenSSL's big numbers: random odd moduli of 64 to 256
 * bytes, leading zeros among them, values up to and beyond the modulus, exponents 3 and 65537.
 *
 *   rsa [N]     N cases (default 10000); exits 1 when one differs
 */
#include <openssl/bn.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tapkern/crypto.h"

static void random_bytes(uint8_t *out, size_t n)
{
    if (RAND_bytes(out, (int)n) != 1) {
        fprintf(stderr, "rsa: no random bytes\n");
        exit(3);
    }
}

/* One case: 1 when both sides agree. */
static int agrees(const struct tapk_crypto *crypto, BN_CTX *ctx, unsigned long i)
{
    static const uint8_t exponents[2][3] = {{3}, {1, 0, 1}};
    const size_t exponent_len = i & 1u ? 3 : 1;
    const uint8_t *exponent = exponents[i & 1u];
    uint8_t modulus[256];
    uint8_t in[256];
    uint8_t ours[256];
    uint8_t theirs[256];
    uint8_t choice[2];

    random_bytes(choice, sizeof choice);
    const size_t n = 64 + choice[0] % 193u;
    random_bytes(modulus, n);
    random_bytes(in, n);
    if (choice[1] < 32) /* leading zeros */
        memset(modulus, 0, 1 + choice[1] % 8u);
    if (choice[1] >= 32 && choice[1] < 64) /* near the modulus: below, equal, above */
        memcpy(in, modulus, n - 1);
    if (choice[1] >= 64 && choice[1] < 96)
        memset(in, 0, n - 1 - choice[1] % 8u);
    modulus[n - 1] |= 1;

    BIGNUM *m = BN_bin2bn(modulus, (int)n, NULL);
    BIGNUM *x = BN_bin2bn(in, (int)n, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_len, NULL);
    BIGNUM *r = BN_new();
    const int below = BN_cmp(x, m) < 0;
    const int good = BN_mod_exp(r, x, e, m, ctx) == 1 && BN_bn2binpad(r, theirs, (int)n) == (int)n;
    const int result = crypto->rsa(crypto->user, ours, in, modulus, n, exponent, exponent_len);
    BN_free(m);
    BN_free(x);
    BN_free(e);
    BN_free(r);
    if (!below)
        return result != 0;
    return good && result == 0 && memcmp(ours, theirs, n) == 0;
}

int main(int argc, char **argv)
{
    const unsigned long cases = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    struct tapk_crypto crypto;
    BN_CTX *ctx = BN_CTX_new();
    unsigned long differ = 0;
    tapk_soft_crypto(&crypto);
    if (ctx == NULL || tapk_crypto_check(&crypto) != 0)
        return 3;
    for (unsigned long i = 0; i < cases; i++)
        differ += !agrees(&crypto, ctx, i);
    BN_CTX_free(ctx);
    printf("rsa: %lu cases, %lu differ\n", cases, differ);
    return differ != 0;
}
