/* SPDX-License-Identifier: Apache-2.0
 *
 * SDA, DDA, CDA, fDDA and the bare chain in RSA and in SM2: each verifies as made, each changed
 * byte is refused, each rule of the SM2 family fails by itself.
 */
#include "check.h"
#include "mark.h"
#include "oda/ahead.h"
#include "tapkern/oda.h"
#include "vectors_methods.h"

enum { RSA, SM2, FAMILIES };

enum field {
    ISSUER_CERT,
    ISSUER_REST,
    ISSUER_EXP,
    ICC_CERT,
    ICC_REST,
    ICC_EXP,
    RECORD,
    AIP,
    PAN,
    CARD_DATA,
    SIGNATURE,
    SSAD,
    DDOL,
    CDOL1,
    RESPONSE,
    FIELDS
};

#define PLACE 300u

struct set {
    uint8_t bytes[FIELDS][PLACE];
    size_t n[FIELDS];
    uint8_t key[PLACE];
    uint8_t exponent[4];
    uint8_t index;
    struct tapk_ca_key ca;
    uint8_t revoked[3];
    struct tapk_crypto crypto;
    struct tapk_memo memo;
    int use_memo;
    int no_report;
    struct tapk_oda_report report;
    struct tapk_oda_input in;
    struct tapk_span record;
    struct tapk_oda_result result;
};

static int find(const void *user, const uint8_t rid[5], uint8_t index, struct tapk_ca_key *key)
{
    const struct set *set = user;
    if (memcmp(rid, "\xA0\x00\x00\x03\x33", 5) != 0 || index != set->ca.index)
        return 1;
    *key = set->ca;
    return 0;
}

static int revoked(const void *user, const struct tapk_revoked *certificate)
{
    const struct set *set = user;
    return memcmp(certificate->serial, set->revoked, 3) == 0;
}

static void put(struct set *set, enum field field, const char *hex)
{
    memset(set->bytes[field], 0, PLACE);
    set->n[field] = check_hex(hex, set->bytes[field], PLACE);
}

static void build(struct set *set, int family, uint8_t method)
{
    const struct method_vector *v = &method_vectors[family];
    memset(set, 0, sizeof *set);
    tapk_soft_crypto(&set->crypto);
    CHECK(tapk_crypto_check(&set->crypto) == 0);
    put(set, ISSUER_CERT, v->issuer_cert);
    put(set, ISSUER_REST, v->issuer_rest);
    put(set, ISSUER_EXP, v->issuer_exp);
    put(set, ICC_CERT, v->icc_cert);
    put(set, ICC_REST, v->icc_rest);
    put(set, ICC_EXP, v->icc_exp);
    put(set, RECORD, v->record);
    put(set, AIP, v->aip);
    put(set, PAN, v->pan);
    put(set, CARD_DATA, v->card_data);
    put(set, SSAD, v->ssad);
    put(set, CDOL1, v->cdol1);
    put(set, RESPONSE, v->response);
    put(set, DDOL, v->un);
    put(set, SIGNATURE, method == TAPK_ODA_CDA ? v->cda : method == TAPK_ODA_DDA ? v->dda : v->v01);
    (void)check_hex(v->ca_index, &set->index, 1);
    set->ca.size = (uint32_t)sizeof set->ca;
    memcpy(set->ca.rid, "\xA0\x00\x00\x03\x33", 5);
    set->ca.index = set->index;
    set->ca.algorithm = family == SM2 ? TAPK_KEY_SM2 : TAPK_KEY_RSA;
    set->ca.modulus.n = check_hex(v->ca_key, set->key, PLACE);
    set->ca.exponent.n = check_hex(v->exponent, set->exponent, 4);
    memcpy(set->revoked, "\xFF\xFF\xFF", 3);
    set->in.size = (uint32_t)sizeof set->in;
    set->in.method = method;
    memcpy(set->in.rid, set->ca.rid, 5);
    memcpy(set->in.date, "\x24\x06\x07", 3);
    (void)check_hex(v->un, set->in.un, 4);
    (void)check_hex(v->amount, set->in.amount, 6);
    (void)check_hex(v->currency, set->in.currency, 2);
    memcpy(set->in.ttq, "\x36\x00\x00\x80", 4);
    set->in.options.v01_needs_0030 = 0;
    set->in.options.check_ctq = 1;
}

static struct tapk_span span(struct set *set, enum field field)
{
    const struct tapk_span result = {set->bytes[field], set->n[field]};
    return result;
}

/* Runs the set: the rule that failed, 0 when it verifies, 0xFFFF on misuse or a wrong status. */
static uint16_t rule_of(struct set *set)
{
    static const uint8_t pdol[] = {0x9F, 0x37, 0x04, 0x9F, 0x02, 0x06, 0x5F, 0x2A, 0x02};
    static const uint8_t ctq[2] = {0x00, 0x82};
    static const uint8_t zero_ctq[2] = {0x00, 0x00};
    static const uint8_t sda_tags = 0x82;
    const struct tapk_key_store keys = {set, find, revoked};
    struct tapk_oda_input *in = &set->in;
    set->ca.modulus.p = set->key;
    set->ca.exponent.p = set->exponent;
    in->ca_index.p = &set->index;
    in->ca_index.n = 1;
    in->issuer_cert = span(set, ISSUER_CERT);
    in->issuer_rest = span(set, ISSUER_REST);
    in->issuer_exp = span(set, ISSUER_EXP);
    in->icc_cert = span(set, ICC_CERT);
    in->icc_rest = span(set, ICC_REST);
    in->icc_exp = span(set, ICC_EXP);
    in->aip = span(set, AIP);
    in->pan = span(set, PAN);
    in->card_data = span(set, CARD_DATA);
    in->signature = span(set, SIGNATURE);
    in->ssad = span(set, SSAD);
    in->ddol_data = span(set, DDOL);
    in->cdol1_data = span(set, CDOL1);
    in->response = span(set, RESPONSE);
    in->sda_tags.p = &sda_tags;
    in->sda_tags.n = 1;
    in->pdol.p = pdol;
    in->pdol.n = sizeof pdol;
    in->ctq.p = set->bytes[CARD_DATA][6] == 0x82 ? ctq : zero_ctq;
    in->ctq.n = 2;
    set->record = span(set, RECORD);
    in->records = &set->record;
    in->record_count = 1;
    in->memo = set->use_memo ? &set->memo : NULL;
    set->report.size = (uint32_t)sizeof set->report;
    in->report = set->no_report ? NULL : &set->report;
    set->result.size = (uint32_t)sizeof set->result;
    if (tapk_oda(&set->crypto, &keys, in, &set->result, NULL) != TAPK_OK)
        return 0xFFFF;
    if ((set->result.rule == 0) != (set->result.status == TAPK_ODA_SUCCESSFUL))
        return 0xFFFF;
    return set->result.rule;
}

static const uint8_t methods[] = {TAPK_ODA_FDDA, TAPK_ODA_SDA, TAPK_ODA_DDA, TAPK_ODA_CDA,
                                  TAPK_ODA_CHAIN};

/* TV-001, TV-011...TV-014 and file 60 section 10.3. */
static void as_made(void)
{
    for (int family = 0; family < FAMILIES; family++) {
        const struct method_vector *v = &method_vectors[family];
        uint8_t expected[8];
        for (size_t m = 0; m < sizeof methods; m++) {
            struct set set;
            build(&set, family, methods[m]);
            CHECK(rule_of(&set) == 0);
            CHECK(set.report.issuer_len > 0 && set.report.algorithm == set.ca.algorithm);
            if (methods[m] == TAPK_ODA_SDA) {
                (void)check_hex(v->sda_code, expected, 2);
                CHECK(set.result.has_code && memcmp(set.result.dac, expected, 2) == 0);
            }
            if (methods[m] == TAPK_ODA_CDA) {
                (void)check_hex(v->cryptogram, expected, 8);
                CHECK(set.result.has_cryptogram && set.result.cid == 0x80);
                CHECK(memcmp(set.result.cryptogram, expected, 8) == 0);
            }
        }
    }
}

/* Every byte that a method signs or compares, one bit each: refused, and nothing is given. */
static void changed(void)
{
    static const uint8_t used[][FIELDS] = {
        [TAPK_ODA_FDDA] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
        [TAPK_ODA_SDA] = {1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0},
        [TAPK_ODA_DDA] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0},
        [TAPK_ODA_CDA] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1},
        [TAPK_ODA_CHAIN] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    };
    for (int family = 0; family < FAMILIES; family++) {
        for (size_t m = 0; m < sizeof methods; m++) {
            struct set set;
            build(&set, family, methods[m]);
            for (int f = 0; f < FIELDS; f++) {
                for (size_t i = 0; used[methods[m]][f] && i < set.n[f]; i++) {
                    /* The response carries 9F4B itself, which is taken out of the hash. */
                    set.bytes[f][i] ^= 0x10;
                    const uint16_t rule = rule_of(&set);
                    set.bytes[f][i] ^= 0x10;
                    const int outside = f == RESPONSE && family == RSA && i >= 34;
                    if (!outside)
                        CHECK(rule != 0);
                    CHECK(rule == 0 || (!set.result.has_code && !set.result.has_cryptogram &&
                                        set.result.dynamic_number_len == 0));
                }
            }
            CHECK(rule_of(&set) == 0);
        }
    }
}

/* ---- the rules of file 60, each by itself ---- */

static uint16_t with(uint8_t method, enum field field, size_t at, uint8_t value)
{
    struct set set;
    build(&set, SM2, method);
    set.bytes[field][at] = value;
    return rule_of(&set);
}

static void sm_rules(void)
{
    struct set set;
    build(&set, SM2, TAPK_ODA_FDDA);
    set.n[ISSUER_CERT]--;
    CHECK(rule_of(&set) == TAPK_RULE_SM_040);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 0, 0x02) == TAPK_RULE_SM_041);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 1, 0x63) == TAPK_RULE_SM_042);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 5, 0x13) == TAPK_RULE_SM_043);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 6, 0x23) == TAPK_RULE_SM_043);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 10, 0x01) == TAPK_RULE_SM_045);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 11, 0x01) == TAPK_RULE_SM_047); /* signed, not read */
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 12, 0x12) == TAPK_RULE_SM_045);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 13, 0x41) == TAPK_RULE_SM_045);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 14, 0xFF) == TAPK_RULE_SM_046);
    CHECK(with(TAPK_ODA_FDDA, ISSUER_CERT, 141, 0x00) == TAPK_RULE_SM_047);
    build(&set, SM2, TAPK_ODA_FDDA);
    memcpy(set.revoked, set.bytes[ISSUER_CERT] + 7, 3);
    CHECK(rule_of(&set) == TAPK_RULE_SM_044);
    build(&set, SM2, TAPK_ODA_FDDA);
    set.n[ICC_CERT]++;
    CHECK(rule_of(&set) == TAPK_RULE_SM_050);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 0, 0x04) == TAPK_RULE_SM_051);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 8, 0x93) == TAPK_RULE_SM_052);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 12, 0x24) == TAPK_RULE_SM_056); /* 12/24: signed */
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 12, 0x23) == TAPK_RULE_SM_053);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 16, 0x01) == TAPK_RULE_SM_054);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 18, 0x10) == TAPK_RULE_SM_054);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 19, 0x3F) == TAPK_RULE_SM_054);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 20, 0x9F) == TAPK_RULE_SM_055);
    CHECK(with(TAPK_ODA_FDDA, ICC_CERT, 84, 0x00) == TAPK_RULE_SM_056);
    CHECK(with(TAPK_ODA_FDDA, RECORD, 3, 0x01) == TAPK_RULE_SM_056);
    CHECK(with(TAPK_ODA_SDA, SSAD, 0, 0x03) == TAPK_RULE_SM_060);
    CHECK(with(TAPK_ODA_SDA, SSAD, 1, 0x00) == TAPK_RULE_SM_061);
    build(&set, SM2, TAPK_ODA_SDA);
    set.n[SSAD]--;
    CHECK(rule_of(&set) == TAPK_RULE_SM_060);
    CHECK(with(TAPK_ODA_FDDA, SIGNATURE, 0, 0x05) == TAPK_RULE_SM_070);
    CHECK(with(TAPK_ODA_FDDA, SIGNATURE, 1, 0x04) == TAPK_RULE_SM_012); /* LDD longer */
    CHECK(with(TAPK_ODA_FDDA, SIGNATURE, 1, 0xFF) == TAPK_RULE_SM_012);
    CHECK(with(TAPK_ODA_FDDA, SIGNATURE, 3, 0x01) == TAPK_RULE_SM_072);
    CHECK(with(TAPK_ODA_CDA, CDOL1, 5, 0x51) == TAPK_RULE_SM_073);
    CHECK(with(TAPK_ODA_CDA, RESPONSE, 3, 0x40) == TAPK_RULE_SM_073); /* the hash covers it */
    build(&set, SM2, TAPK_ODA_FDDA);
    set.in.amount[5] ^= 1;
    CHECK(rule_of(&set) == TAPK_RULE_SM_072);
    build(&set, SM2, TAPK_ODA_FDDA); /* SM-003: the key says RSA, the certificate is SM2 */
    set.ca.algorithm = TAPK_KEY_RSA;
    CHECK(rule_of(&set) != 0);
    build(&set, RSA, TAPK_ODA_FDDA);
    set.ca.algorithm = TAPK_KEY_SM2; /* and the other way round */
    set.ca.modulus.n = check_hex(method_vectors[SM2].ca_key, set.key, PLACE);
    CHECK(rule_of(&set) == TAPK_RULE_SM_040);
    set.key[63] ^= 1; /* a CA key that is no point */
    CHECK(rule_of(&set) == TAPK_RULE_SM_022);
    build(&set, SM2, TAPK_ODA_FDDA); /* slots that are not there */
    set.crypto.sm2 = NULL;
    CHECK(rule_of(&set) == TAPK_RULE_ODA_085 && set.result.status == TAPK_ODA_NOT_PERFORMED);
    build(&set, SM2, TAPK_ODA_FDDA);
    set.crypto.sm3 = NULL;
    CHECK(rule_of(&set) == TAPK_RULE_ODA_085);
    build(&set, SM2, TAPK_ODA_FDDA); /* remainders and exponents are ignored */
    put(&set, ISSUER_REST, "0102");
    put(&set, ICC_EXP, "05");
    CHECK(rule_of(&set) == 0);
}

/* Lengths that no signature stands behind, and a report that nobody wants. */
static void lengths(void)
{
    for (int family = 0; family < FAMILIES; family++) {
        struct set set;
        build(&set, family, TAPK_ODA_CHAIN); /* ODA-022: 82 is asked for and has one byte */
        set.n[AIP] = 1;
        CHECK(rule_of(&set) == TAPK_RULE_ODA_022);
        set.in.method = TAPK_ODA_SDA;
        CHECK(rule_of(&set) == TAPK_RULE_ODA_022 && !set.result.has_code);
        build(&set, family, TAPK_ODA_SDA);
        set.n[SSAD]--;
        CHECK(rule_of(&set) == (family == SM2 ? TAPK_RULE_SM_060 : TAPK_RULE_SDA_001));
        build(&set, family, TAPK_ODA_SDA);
        memset(set.bytes[SSAD], 0xFF, set.n[SSAD]);
        CHECK(rule_of(&set) == (family == SM2 ? TAPK_RULE_SM_060 : TAPK_RULE_ODA_080));
        build(&set, family, TAPK_ODA_SDA);
        set.no_report = 1;
        CHECK(rule_of(&set) == 0 && set.report.issuer_len == 0);
        build(&set, family, TAPK_ODA_DDA);
        set.n[SIGNATURE] = 65;
        CHECK(rule_of(&set) == (family == SM2 ? TAPK_RULE_SM_012 : TAPK_RULE_DDA_001));
    }
    uint8_t point[64];
    uint8_t signature[64] = {1};
    const struct tapk_span message = {signature, sizeof signature};
    struct tapk_crypto crypto;
    tapk_soft_crypto(&crypto);
    (void)check_hex(method_vectors[SM2].ca_key, point, sizeof point);
    CHECK(tapk_sm2_verify(NULL, point, message, signature) == 0);
    CHECK(tapk_sm2_verify(&crypto, point, message, signature) == 0); /* not checked */
    CHECK(tapk_crypto_check(&crypto) == 0);
    CHECK(tapk_sm2_verify(&crypto, point, message, signature) == 0);
}

/* What is missing of a method. */
static void missing(void)
{
    static const struct {
        uint8_t method;
        enum field field;
        uint16_t rule;
    } rows[] = {{TAPK_ODA_SDA, SSAD, TAPK_RULE_ODA_030},
                {TAPK_ODA_SDA, ISSUER_CERT, TAPK_RULE_ODA_030},
                {TAPK_ODA_DDA, SIGNATURE, TAPK_RULE_DDA_023},
                {TAPK_ODA_DDA, DDOL, TAPK_RULE_DDA_020},
                {TAPK_ODA_DDA, ICC_CERT, TAPK_RULE_ODA_030},
                {TAPK_ODA_CDA, SIGNATURE, TAPK_RULE_CDA_002},
                {TAPK_ODA_FDDA, SIGNATURE, TAPK_RULE_FD_008},
                {TAPK_ODA_CHAIN, PAN, TAPK_RULE_ODA_065}};
    for (int family = 0; family < FAMILIES; family++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct set set;
            build(&set, family, rows[i].method);
            set.n[rows[i].field] = 0;
            CHECK(rule_of(&set) == rows[i].rule);
        }
    }
    struct set set; /* a response that is no TLV, or has no 9F27 */
    build(&set, RSA, TAPK_ODA_CDA);
    put(&set, RESPONSE, "9F2701");
    CHECK(rule_of(&set) == TAPK_RULE_CDA_004);
    put(&set, RESPONSE, "9F270180");
    CHECK(rule_of(&set) == TAPK_RULE_CDA_005);
}

/* CDA-005: the hash is over the objects of the answer; padding is none, and there is an end to
 * their number. */
static void response_objects(void)
{
    for (int family = 0; family < FAMILIES; family++) {
        const uint16_t hash = family == SM2 ? TAPK_RULE_SM_073 : TAPK_RULE_CDA_005;
        struct set set;
        build(&set, family, TAPK_ODA_CDA);
        memmove(set.bytes[RESPONSE] + 2, set.bytes[RESPONSE], set.n[RESPONSE]);
        memset(set.bytes[RESPONSE], 0, 2);
        set.n[RESPONSE] += 2;
        CHECK(rule_of(&set) == 0);
        memcpy(set.bytes[RESPONSE] + set.n[RESPONSE], "\x00\x5A\x00", 3); /* an object more */
        set.n[RESPONSE] += 3;
        CHECK(rule_of(&set) == hash);
        for (size_t i = 0; i < 30; i++) /* more than an answer has */
            memcpy(set.bytes[RESPONSE] + set.n[RESPONSE] + 2 * i, "\x5A\x00", 2);
        set.n[RESPONSE] += 60;
        CHECK(set.n[RESPONSE] <= PLACE && rule_of(&set) == hash);
        CHECK(!set.result.has_cryptogram && set.result.status == TAPK_ODA_FAILED);
    }
}

/* Engines that break down behind the check, at every call in turn: never successful. */
static struct tapk_crypto soft;
static unsigned engine_calls;
static unsigned engine_fails_at;

static int breaking_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    const int result = soft.sha1(user, in, count, out);
    return ++engine_calls == engine_fails_at ? 1 : result;
}

static int breaking_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                        size_t n, const uint8_t *exponent, size_t exponent_len)
{
    const int result = soft.rsa(user, out, in, modulus, n, exponent, exponent_len);
    return ++engine_calls == engine_fails_at ? 1 : result;
}

static int breaking_sm3(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    const int result = soft.sm3(user, in, count, out);
    return ++engine_calls == engine_fails_at ? 1 : result;
}

static void breaking_engine(void)
{
    tapk_soft_crypto(&soft);
    for (int family = 0; family < FAMILIES; family++) {
        for (size_t m = 0; m < sizeof methods; m++) {
            struct set set;
            build(&set, family, methods[m]);
            set.crypto.sha1 = breaking_sha1;
            set.crypto.sm3 = breaking_sm3;
            set.crypto.rsa = breaking_rsa;
            engine_fails_at = 0;
            CHECK(tapk_crypto_check(&set.crypto) == 0);
            engine_calls = 0;
            CHECK(rule_of(&set) == 0);
            const unsigned calls = engine_calls;
            CHECK(calls >= 2);
            for (engine_fails_at = 1; engine_fails_at <= calls; engine_fails_at++) {
                engine_calls = 0;
                CHECK(rule_of(&set) != 0 && set.result.status == TAPK_ODA_FAILED);
                CHECK(set.result.dynamic_number_len == 0 && !set.result.has_cryptogram);
            }
        }
    }
}

/* An SM3 that breaks down verifies no record either. */
static void breaking_record(void)
{
    static const uint8_t zero[64];
    const struct tapk_span message = {zero, sizeof zero};
    struct tapk_crypto crypto;
    uint8_t point[64];
    tapk_soft_crypto(&crypto);
    crypto.sm3 = breaking_sm3;
    engine_fails_at = 0;
    (void)check_hex(method_vectors[SM2].ca_key, point, sizeof point);
    CHECK(tapk_crypto_check(&crypto) == 0);
    engine_calls = 0;
    engine_fails_at = 1;
    CHECK(tapk_sm2_verify(&crypto, point, message, zero) == 0 && engine_calls == 1);
}

/* ---- ahead of time ---- */

/* What tapk_oda_ahead says with these fields missing. */
static int ahead_without(int family, enum field missing, enum tapk_ahead stage, int whole)
{
    struct set set;
    const struct tapk_key_store keys = {&set, find, revoked};
    build(&set, family, TAPK_ODA_FDDA);
    if (missing != FIELDS)
        set.n[missing] = 0;
    set.use_memo = 1;
    (void)rule_of(&set); /* fills set.in */
    memset(&set.memo, 0, sizeof set.memo);
    return tapk_oda_ahead(&set.crypto, &keys, &set.in, stage, whole);
}

/* 1: done, or never to be done; 0: what it needs has not been read yet. */
static void ahead(void)
{
    const enum tapk_ahead issuer = TAPK_AHEAD_ISSUER;
    const enum tapk_ahead icc = TAPK_AHEAD_ICC;
    for (int family = 0; family < FAMILIES; family++) {
        const int rsa = family == RSA;
        CHECK(ahead_without(family, FIELDS, issuer, 0) == 1);
        CHECK(ahead_without(family, FIELDS, icc, 1) == 1);
        CHECK(ahead_without(family, FIELDS, icc, 0) == rsa); /* SM2 signs the static data too */
        CHECK(ahead_without(family, ISSUER_CERT, issuer, 1) == 0);
        CHECK(ahead_without(family, PAN, issuer, 1) == 0);
        CHECK(ahead_without(family, ISSUER_EXP, issuer, 1) == !rsa);
        CHECK(ahead_without(family, ICC_CERT, issuer, 1) == 1);
        CHECK(ahead_without(family, ICC_CERT, icc, 1) == 0);
        CHECK(ahead_without(family, ICC_EXP, icc, 1) == !rsa);
    }
    struct set set;
    const struct tapk_key_store keys = {&set, find, revoked};
    build(&set, RSA, TAPK_ODA_FDDA);
    set.use_memo = 1;
    CHECK(rule_of(&set) == 0);
    set.in.ca_index.n = 0;
    CHECK(tapk_oda_ahead(&set.crypto, &keys, &set.in, issuer, 1) == 0);
    set.in.ca_index.n = 1;
    set.index ^= 1; /* no such key: nothing to wait for */
    CHECK(tapk_oda_ahead(&set.crypto, &keys, &set.in, issuer, 1) == 1);
    set.index ^= 1;
    set.bytes[ISSUER_CERT][9] ^= 1; /* a wrong certificate: the card's is not looked at */
    memset(&set.memo, 0, sizeof set.memo);
    CHECK(tapk_oda_ahead(&set.crypto, &keys, &set.in, icc, 1) == 1);
    for (size_t i = 6; i < TAPK_MEMO_SLOTS; i++)
        CHECK(set.memo.slot[i].n == 0);
}

/* A recovery done before saves the operation; the checks run at every tap: tap, revoke, tap. */
static void memo(void)
{
    for (int family = 0; family < FAMILIES; family++) {
        struct set set;
        build(&set, family, TAPK_ODA_FDDA);
        set.use_memo = 1;
        CHECK(rule_of(&set) == 0);
        CHECK(rule_of(&set) == 0);
        const struct tapk_crypto whole = set.crypto;
        set.in.un[0] ^= 1; /* the signature is never remembered */
        CHECK(rule_of(&set) != 0);
        set.in.un[0] ^= 1;
        memcpy(set.revoked, family == SM2 ? set.bytes[ISSUER_CERT] + 7 : set.report.issuer + 8, 3);
        CHECK(rule_of(&set) == (family == SM2 ? TAPK_RULE_SM_044 : TAPK_RULE_CK_021));
        memcpy(set.revoked, "\xFF\xFF\xFF", 3);
        set.in.date[0] = 0x49; /* the last month of the RSA certificates, after the SM2 ones */
        set.in.date[1] = 0x12;
        CHECK(rule_of(&set) == (family == SM2 ? TAPK_RULE_SM_043 : 0));
        memcpy(set.in.date, "\x24\x06\x07", 3);
        set.bytes[PAN][9] ^= 0x10;
        CHECK(rule_of(&set) == (family == SM2 ? TAPK_RULE_SM_052 : TAPK_RULE_ODA_065));
        set.bytes[PAN][9] ^= 0x10;
        for (size_t i = 0; i < set.n[ISSUER_CERT]; i++) { /* another certificate is not the same */
            set.bytes[ISSUER_CERT][i] ^= 1;
            CHECK(rule_of(&set) != 0);
            set.bytes[ISSUER_CERT][i] ^= 1;
        }
        set.key[set.ca.modulus.n - 20] ^= 1; /* nor is another CA key of the same index */
        CHECK(rule_of(&set) != 0);
        set.key[set.ca.modulus.n - 20] ^= 1;
        set.crypto = whole;
        CHECK(rule_of(&set) == 0);
        if (family == RSA) { /* nor is another exponent of that key */
            const size_t n = set.ca.exponent.n;
            uint8_t before[4];
            memcpy(before, set.exponent, sizeof before);
            set.ca.exponent.n = n == 1 ? 3 : 1;
            memcpy(set.exponent, n == 1 ? "\x01\x00\x01" : "\x03", set.ca.exponent.n);
            CHECK(rule_of(&set) == TAPK_RULE_ODA_041);
            memcpy(set.exponent, before, sizeof before);
            set.ca.exponent.n = n;
            CHECK(rule_of(&set) == 0);
        }
    }
}

int main(void)
{
    as_made();
    changed();
    sm_rules();
    lengths();
    missing();
    memo();
    response_objects();
    breaking_engine();
    breaking_record();
    ahead();
    return check_done("test_methods");
}
