/* SPDX-License-Identifier: Apache-2.0
 *
 * The slots of the software provider. They work on public keys and public data only, so nothing
 * here is constant time. All keep to their arguments: no heap, no state, `user` is not read.
 */
#ifndef TAPK_SOFT_H
#define TAPK_SOFT_H

#include "tapkern/crypto.h"

#define TAPK_SOFT_RSA_MIN 64u /* bytes of a modulus */
#define TAPK_SOFT_RSA_MAX 256u

/* Contract of the slots in tapkern/crypto.h; 0 done, 1 refused. out may be in. The RSA slot needs
 * stack for five numbers of TAPK_SOFT_RSA_MAX bytes and a little; it also refuses moduli below
 * 2^128, even exponents and the exponent 1. */
int tapk_soft_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus, size_t n,
                  const uint8_t *exponent, size_t exponent_len);
int tapk_soft_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20]);
int tapk_soft_sha256(void *user, const struct tapk_span *in, size_t count, uint8_t out[32]);
int tapk_soft_sm3(void *user, const struct tapk_span *in, size_t count, uint8_t out[32]);
/* The SM2 slot refuses r and s outside 1 to n - 1, r + s = n, coordinates from p on and points that
 * are not on the curve. */
int tapk_soft_sm2(void *user, const uint8_t e[32], const uint8_t signature[64],
                  const uint8_t point[64]);

#endif
