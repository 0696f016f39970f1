/* SPDX-License-Identifier: Apache-2.0
 *
 * The crypto provider: public keys and hashes, bytes in, bytes out. A device puts its own engine
 * into a slot; an empty slot, or one that tapk_crypto_check did not mark, means "not supported" and
 * can only lead to authentication not performed or failed. No secret ever passes here, so nothing
 * in the software provider is constant time.
 */
#ifndef TAPKERN_CRYPTO_H
#define TAPKERN_CRYPTO_H

#include "tapkern/types.h"

/* One bit for each slot in tapk_crypto.checked and in the result of tapk_crypto_check. */
enum tapk_crypto_slot {
    TAPK_SLOT_RSA = 0x01,
    TAPK_SLOT_SHA1 = 0x02,
    TAPK_SLOT_SHA256 = 0x04,
    TAPK_SLOT_SM3 = 0x08,
    TAPK_SLOT_SM2 = 0x10
};

/* Slot functions return 0 when done, anything else when they could not. A failure is never taken
 * for a result: hashes and blocks of a failed call are not used. */
struct tapk_crypto {
    uint32_t size;    /* sizeof(struct tapk_crypto) */
    uint32_t checked; /* written by tapk_crypto_check only; 0 in a fresh table */
    void *user;       /* handed to every slot */
    /* out[n] = in[n] ^ exponent mod modulus[n], big endian, leading zeros kept (ODA-081).
     * n 64 to 256; exponent 1 to 3 bytes. Refuses in >= modulus (ODA-080) and even moduli. The
     * software slot also refuses moduli below 2^128, even exponents and the exponent 1. */
    int (*rsa)(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus, size_t n,
               const uint8_t *exponent, size_t exponent_len);
    /* Hash of the spans in order. */
    int (*sha1)(void *user, const struct tapk_span *in, size_t count, uint8_t out[20]);
    int (*sha256)(void *user, const struct tapk_span *in, size_t count, uint8_t out[32]);
    int (*sm3)(void *user, const struct tapk_span *in, size_t count, uint8_t out[32]);
    /* 0 when r || s (32 + 32) is a valid signature of e (32) under the point X || Y (64). */
    int (*sm2)(void *user, const uint8_t e[32], const uint8_t signature[64],
               const uint8_t point[64]);
};

/* The software provider, not yet checked: all slots. */
void tapk_soft_crypto(struct tapk_crypto *table);

/* Runs known answers, and known wrong inputs, through every filled slot and marks those that pass
 * in table->checked. Returns 0 when every filled slot passed, TAPK_E_ARGUMENT or TAPK_E_SIZE on
 * misuse, else the bits of the filled slots that failed. */
int tapk_crypto_check(struct tapk_crypto *table);

/* 1 when all of slots (bits) are filled and marked in this very table, else 0. A table whose
 * functions were changed after the check is not marked any more. */
int tapk_crypto_has(const struct tapk_crypto *table, uint32_t slots);

/* 1 when X || Y is a point of the SM2 curve, both coordinates below p (SM-022). Software, always.
 */
int tapk_sm2_on_curve(const uint8_t point[64]);

/* 1 when signature (r || s) is valid for message under point, with ZA over the default id (file 60
 * section 8). Needs a checked table with SM2 and SM3. For records of CA keys and for tools. */
int tapk_sm2_verify(const struct tapk_crypto *crypto, const uint8_t point[64],
                    struct tapk_span message, const uint8_t signature[64]);

#endif
