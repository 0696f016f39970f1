/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain in SM2 (digest file 60 sections 4 to 8): plain data with a signature behind them, over
 * ZA and SM3. Offsets count from 0 as in the digest.
 */
#include <string.h>

#include "crypto/sm2_digest.h"
#include "oda_internal.h"

#define ISSUER_SIZE 142u
#define ICC_SIZE 148u
#define SSAD_SIZE 67u
#define ZA_SIZE 32u
#define KEY_CURVE 0x11u     /* the recommended 256-bit curve */
#define KEY_ALGORITHM 0x04u /* SM2 with SM3 */
#define SM_SPANS (TAPK_STATIC_RECORDS + 4)

int tapk_sm2_verify(const struct tapk_crypto *crypto, const uint8_t point[64],
                    struct tapk_span message, const uint8_t signature[64])
{
    struct tapk_span spans[2] = {{NULL, 0}, message};
    uint8_t e[ZA_SIZE];
    if (crypto == NULL || !tapk_crypto_has(crypto, TAPK_SLOT_SM2 | TAPK_SLOT_SM3))
        return 0;
    return tapk_sm2_digest(crypto, point, spans, 2, e) == 0 &&
           crypto->sm2(crypto->user, e, signature, point) == 0;
}

/* The signature under the current key, over spans[1] to spans[count - 1]. A certificate may have
 * been verified before; its input in the memo is the hash e and the signature. */
static int verified(const struct tapk_chain *chain, struct tapk_span *spans, size_t count,
                    const uint8_t *signature, enum tapk_level level)
{
    const struct tapk_crypto *crypto = chain->crypto;
    uint8_t in[ZA_SIZE + TAPK_SM_POINT];
    const struct tapk_span input = {in, sizeof in};
    if (chain->n != TAPK_SM_POINT || crypto->sm2 == NULL ||
        tapk_sm2_digest(crypto, chain->modulus, spans, count, in) != 0)
        return 0;
    memcpy(in + ZA_SIZE, signature, TAPK_SM_POINT);
    if (level != TAPK_LEVEL_SIGNATURE && tapk_memo_find(chain, level, input, NULL))
        return 1;
    if (crypto->sm2(crypto->user, in, signature, chain->modulus) != 0)
        return 0;
    if (level != TAPK_LEVEL_SIGNATURE)
        tapk_memo_keep(chain, level, input, NULL);
    return 1;
}

static void take_point(struct tapk_chain *chain, const uint8_t *point)
{
    memcpy(chain->modulus, point, TAPK_SM_POINT);
    chain->n = TAPK_SM_POINT;
    chain->exponent.n = 0;
}

uint16_t tapk_sm_issuer(struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *c = in->issuer_cert.p;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span spans[2];

    const int whole = in->issuer_cert.n == ISSUER_SIZE;
    REQUIRE(SM_040, whole);
    if (!whole)
        return TAPK_RULE_SM_040;
    if (in->report != NULL)
        tapk_report(in->report->issuer, &in->report->issuer_len, sizeof in->report->issuer, c,
                    ISSUER_SIZE);
    REQUIRE(SM_041, c[0] == 0x12);
    REQUIRE_GE(SM_042, tapk_issuer_digits(c + 1, chain->pan), 3);
    REQUIRE_GE(SM_043, tapk_year_month(c[6], c[5]), tapk_year_month(in->date[0], in->date[1]));
    REQUIRE(SM_044, !tapk_chain_revoked(chain, c + 7));
    REQUIRE(SM_045, c[10] == KEY_ALGORITHM);
    REQUIRE(SM_045, c[12] == KEY_CURVE);
    REQUIRE(SM_045, c[13] == TAPK_SM_POINT);
    REQUIRE(SM_046, tapk_sm2_on_curve(c + 14));
    spans[1].p = c;
    spans[1].n = 78;
    REQUIRE(SM_047, verified(chain, spans, 2, c + 78, TAPK_LEVEL_ISSUER));
    take_point(chain, c + 14);
    return 0;
}

/* The signature of the card's certificate, over its fields and the static data. */
static TAPK_NOINLINE int icc_verified(const struct tapk_chain *chain, const uint8_t *c)
{
    struct tapk_span spans[SM_SPANS];
    spans[1].p = c;
    spans[1].n = 84;
    const size_t count = tapk_chain_add_static(chain, spans, 2, SM_SPANS);
    return count != 0 && verified(chain, spans, count, c + 84, TAPK_LEVEL_ICC);
}

uint16_t tapk_sm_icc(struct tapk_chain *chain)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *c = in->icc_cert.p;
    struct tapk_trace *trace = chain->trace;

    const int whole = in->icc_cert.n == ICC_SIZE;
    REQUIRE(SM_050, whole);
    if (!whole)
        return TAPK_RULE_SM_050;
    if (in->report != NULL)
        tapk_report(in->report->icc, &in->report->icc_len, sizeof in->report->icc, c, ICC_SIZE);
    REQUIRE(SM_051, c[0] == 0x14);
    REQUIRE(SM_052, memcmp(c + 1, chain->pan, sizeof chain->pan) == 0);
    REQUIRE_GE(SM_053, tapk_year_month(c[12], c[11]), tapk_year_month(in->date[0], in->date[1]));
    REQUIRE(SM_054, c[16] == KEY_ALGORITHM);
    REQUIRE(SM_054, c[18] == KEY_CURVE);
    REQUIRE(SM_054, c[19] == TAPK_SM_POINT);
    REQUIRE(SM_055, tapk_sm2_on_curve(c + 20));
    REQUIRE(SM_056, icc_verified(chain, c));
    take_point(chain, c + 20);
    return 0;
}

static TAPK_NOINLINE int ssad_verified(const struct tapk_chain *chain, const uint8_t *s)
{
    struct tapk_span spans[SM_SPANS];
    spans[1].p = s;
    spans[1].n = 3;
    const size_t count = tapk_chain_add_static(chain, spans, 2, SM_SPANS);
    return count != 0 && verified(chain, spans, count, s + 3, TAPK_LEVEL_SIGNATURE);
}

uint16_t tapk_sm_ssad(struct tapk_chain *chain, uint8_t dac[2])
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *s = in->ssad.p;
    struct tapk_trace *trace = chain->trace;

    const int whole = in->ssad.n == SSAD_SIZE;
    REQUIRE(SM_060, whole && s[0] == 0x13);
    if (!whole)
        return TAPK_RULE_SM_060;
    if (in->report != NULL)
        tapk_report(in->report->signed_data, &in->report->signed_len,
                    sizeof in->report->signed_data, s, SSAD_SIZE);
    REQUIRE(SM_061, ssad_verified(chain, s));
    memcpy(dac, s + 1, 2);
    return 0;
}

uint16_t tapk_sm_signature(struct tapk_chain *chain, struct tapk_span *spans, size_t count)
{
    const struct tapk_oda_input *in = chain->in;
    const uint8_t *s = in->signature.p;
    const size_t n = in->signature.n;
    struct tapk_trace *trace = chain->trace;
    struct tapk_span all[8];

    const int whole = n >= 2 + TAPK_SM_POINT && n - 2 - TAPK_SM_POINT == s[1];
    REQUIRE(SM_070, n > 0 && s[0] == 0x15);
    REQUIRE(SM_012, whole);
    if (!whole || count > 7)
        return TAPK_RULE_SM_012;
    if (in->report != NULL)
        tapk_report(in->report->signed_data, &in->report->signed_len,
                    sizeof in->report->signed_data, s, n);
    all[1].p = s;
    all[1].n = 2 + (size_t)s[1];
    for (size_t i = 1; i < count; i++)
        all[i + 1] = spans[i];
    REQUIRE(SM_072, verified(chain, all, count + 1, s + 2 + s[1], TAPK_LEVEL_SIGNATURE));
    chain->dynamic.p = s + 2;
    chain->dynamic.n = s[1];
    return 0;
}
