/* SPDX-License-Identifier: Apache-2.0
 *
 * What the chapters of offline authentication share: the chain of keys from a CA key down to the
 * key of the card, in RSA (digest file 50) and in SM2 (file 60). A chapter returns 0, or the number
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
#define TAPK_SM_POINT 64u /* bytes of an SM2 key X || Y, and of a signature r || s */

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

/* What an operation is done on. A signature is never remembered. */
enum tapk_level { TAPK_LEVEL_SIGNATURE = 0, TAPK_LEVEL_ISSUER = 1, TAPK_LEVEL_ICC = 2 };

struct tapk_chain {
    const struct tapk_crypto *crypto;
    const struct tapk_key_store *keys;
    const struct tapk_oda_input *in;
    struct tapk_trace *trace;
    struct tapk_span exponent;     /* of the current key */
    size_t n;                      /* bytes of its modulus or point; 0: no key */
    uint8_t algorithm;             /* enum tapk_key_algorithm */
    uint8_t modulus[TAPK_RSA_MAX]; /* the key reached so far: CA, issuer, then card */
    uint8_t block[TAPK_RSA_MAX];   /* n bytes recovered last */
    uint8_t pan[10];
    struct tapk_span dynamic; /* ICC dynamic data of a verified signature */
};

/* ODA-020, ODA-021, ODA-022, ODA-082: the static data can be used. */
uint16_t tapk_chain_static(const struct tapk_chain *chain);

/* ODA-030, CK-001...CK-008, ODA-071, ODA-085: looks the CA key up and makes it the current key. */
uint16_t tapk_chain_ca(struct tapk_chain *chain);

/* From the CA key to the issuer key: ODA-040...ODA-051, or SM-040...SM-047. */
uint16_t tapk_chain_issuer(struct tapk_chain *chain);

/* From the issuer key to the card's key: ODA-060...ODA-068, or SM-050...SM-056. */
uint16_t tapk_chain_icc(struct tapk_chain *chain);

/* The signed static data under the issuer key: SDA-001, SDA-002, or SM-060, SM-061. */
uint16_t tapk_chain_ssad(struct tapk_chain *chain, uint8_t dac[2]);

/* The signed dynamic data under the card's key, over chain->dynamic and the tail spans[1] to
 * spans[count - 1]: DDA-001...DDA-005, FDA-007, or SM-070, SM-072. */
uint16_t tapk_chain_signature(struct tapk_chain *chain, struct tapk_span *spans, size_t count);

/* ---- what every family asks of a certificate ---- */

/* ODA-047, SM-042: digits of an issuer identifier that is a beginning of the PAN; else 0. */
unsigned tapk_issuer_digits(const uint8_t identifier[4], const uint8_t pan[10]);

/* ODA-049: 1 when a certificate of this issuer with this serial is revoked. */
int tapk_chain_revoked(const struct tapk_chain *chain, const uint8_t serial[3]);

/* The static data as spans from spans[count] on; returns the new count (ODA-020, ODA-022). */
size_t tapk_chain_add_static(const struct tapk_chain *chain, struct tapk_span *spans, size_t count,
                             size_t capacity);

/* Keeps bytes for the report, when there is one. */
void tapk_report(uint8_t *out, uint16_t *len, size_t capacity, const uint8_t *data, size_t n);

/* ---- sm.c: the same steps in SM2 ---- */

uint16_t tapk_sm_issuer(struct tapk_chain *chain);
uint16_t tapk_sm_icc(struct tapk_chain *chain);
uint16_t tapk_sm_ssad(struct tapk_chain *chain, uint8_t dac[2]);
uint16_t tapk_sm_signature(struct tapk_chain *chain, struct tapk_span *spans, size_t count);

/* ---- methods ---- */

uint16_t tapk_fdda(struct tapk_chain *chain, struct tapk_oda_result *result);
uint16_t tapk_sda(struct tapk_chain *chain, struct tapk_oda_result *result);
uint16_t tapk_dda(struct tapk_chain *chain, struct tapk_oda_result *result);
uint16_t tapk_cda(struct tapk_chain *chain, struct tapk_oda_result *result);

/* Static data, CA key, issuer, card: the way to the card's key that DDA, CDA and fDDA share. */
uint16_t tapk_chain_to_card(struct tapk_chain *chain);

/* DDA-004, SM-071: stores the ICC dynamic number as 9F4C when it has a possible length: 1, else 0
 * and nothing is stored. */
int tapk_take_number(const struct tapk_chain *chain, struct tapk_oda_result *result);

/* ---- memo.c: operations done before ---- */

/* 1 and out[n] when this recovery was done before. */
int tapk_memo_find(const struct tapk_chain *chain, enum tapk_level level, struct tapk_span in,
                   uint8_t *out);
/* Remembers a recovery, or an SM2 verification (out null). */
void tapk_memo_keep(const struct tapk_chain *chain, enum tapk_level level, struct tapk_span in,
                    const uint8_t *out);

/* 1 when value, as a number, is below the current modulus (ODA-080). */
int tapk_chain_below(const struct tapk_chain *chain, struct tapk_span value);

/* 1 when block now holds value ^ exponent mod modulus, exactly n bytes (ODA-081). A certificate may
 * have been recovered before (memo), a signature never was. */
int tapk_chain_recover(struct tapk_chain *chain, struct tapk_span value, enum tapk_level level);

/* 1 when the hash in the block is that of block bytes 2 to n - 21 and then spans[1] to
 * spans[count - 1]. spans[0] is written. */
int tapk_chain_hash(const struct tapk_chain *chain, struct tapk_span *spans, size_t count);

/* Year and month as YYYYMM in BCD, the century by the year; 0 when this is no month. */
uint32_t tapk_year_month(uint8_t year, uint8_t month);

#endif
