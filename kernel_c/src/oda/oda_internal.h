/* SPDX-License-Identifier: Apache-2.0
 *
 * What the chapters of offline authentication share: the chain of RSA keys from a CA key down to
 * the key of the card (digest file 50, sections 2 to 4 and 6). A chapter returns 0, or the number
 * of the rule that failed, and stops there. Only tapk_oda turns 0 into "successful".
 *
 * Every check is a mark, and a test build can force a mark either way; so what keeps memory safe
 * is asked once more without a mark, close to the access.
 */
#ifndef TAPK_ODA_INTERNAL_H
#define TAPK_ODA_INTERNAL_H

#include "mark.h"
#include "tapkern/oda.h"

#define TAPK_RSA_MIN 64u /* bytes of a modulus (CK-004, ODA-084) */
#define TAPK_HASH_SIZE 20u

/* Leaves the enclosing chapter with the rule's number when the condition is not true. */
#define REQUIRE(id, condition) \
    do { \
        if (!RULE(id, condition)) \
            return TAPK_RULE_##id; \
    } while (0)
#define REQUIRE_GE(id, a, b) \
    do { \
        if (!RULE_GE(id, a, b)) \
            return TAPK_RULE_##id; \
    } while (0)

/* Keeps a large frame off the stack while something else runs. */
#if defined(__GNUC__)
#define TAPK_NOINLINE __attribute__((noinline))
#else
#define TAPK_NOINLINE
#endif

struct tapk_chain {
    const struct tapk_crypto *crypto;
    const struct tapk_key_store *keys;
    const struct tapk_oda_input *in;
    struct tapk_trace *trace;
    struct tapk_span exponent;     /* of the current key */
    size_t n;                      /* bytes of its modulus; 0: no key */
    uint8_t modulus[TAPK_RSA_MAX]; /* the key reached so far: CA, issuer, then card */
    uint8_t block[TAPK_RSA_MAX];   /* n bytes recovered last */
    uint8_t pan[10];
};

/* ODA-020, ODA-021, ODA-022, ODA-082: the static data can be used. */
uint16_t tapk_chain_static(const struct tapk_chain *chain);

/* ODA-030, ODA-065: the objects of an issuer certificate, and of a card certificate, are there. */
uint16_t tapk_chain_has_issuer(const struct tapk_chain *chain);
uint16_t tapk_chain_has_icc(const struct tapk_chain *chain);

/* CK-001...CK-008, ODA-071, ODA-085: looks the CA key up and makes it the current key. */
uint16_t tapk_chain_ca(struct tapk_chain *chain);

/* ODA-040...ODA-051: from the CA key to the issuer key. */
uint16_t tapk_chain_issuer(struct tapk_chain *chain);

/* ODA-060...ODA-068: from the issuer key to the card's key. */
uint16_t tapk_chain_icc(struct tapk_chain *chain);

/* 1 when value, as a number, is below the current modulus (ODA-080). */
int tapk_chain_below(const struct tapk_chain *chain, struct tapk_span value);

/* 1 when block now holds value ^ exponent mod modulus, exactly n bytes (ODA-081). */
int tapk_chain_recover(struct tapk_chain *chain, struct tapk_span value);

/* 1 when the hash in the block is that of block bytes 2 to n - 21 and then spans[1] to
 * spans[count - 1]. spans[0] is written. */
int tapk_chain_hash(const struct tapk_chain *chain, struct tapk_span *spans, size_t count);

/* Year and month as YYYYMM in BCD, the century by the year; 0, before every month, when this is no
 * month. */
uint32_t tapk_year_month(uint8_t year, uint8_t month);

#endif
