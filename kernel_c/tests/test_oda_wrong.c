/* SPDX-License-Identifier: Apache-2.0
 *
 * tapk_oda never says "successful" when a byte is altered, when the crypto provider is missing,
 * unchecked, wrong or breaks down, when it is called wrongly, or when a decision is forced.
 */
#include "oda_set.h"

/* ---- every byte ---- */

/* The first chain three ways, the others one: under a sanitizer this is the longest test. */
static void alter(struct set *set, size_t chain, uint8_t *byte, int *good)
{
    static const uint8_t masks[] = {0x01, 0x80, 0xFF};
    for (size_t i = 0; i < (chain == 0 ? COUNT(masks) : 1); i++) {
        *byte ^= masks[i];
        *good = *good && never_successful(set);
        *byte ^= masks[i];
    }
}

/* One altered byte of anything the signatures cover never verifies, in all chains. */
static void test_every_byte(void)
{
    static const enum element covered[] = {
        CA_INDEX, ISSUER_CERT, ISSUER_REST, ISSUER_EXP, ICC_CERT, ICC_EXP,  ICC_REST,
        SDA_TAGS, SIGNATURE,   CARD_DATA,   CTQ,        PAN,      RECORD_1, RECORD_2};
    struct set set;
    for (size_t chain = 0; chain < COUNT(chain_vectors); chain++) {
        build(&set, chain, 1);
        CHECK(ends(&set, 0));
        for (size_t i = 0; i < COUNT(covered); i++) {
            int good = 1;
            for (size_t at = 0; at < set.n[covered[i]]; at++)
                alter(&set, chain, &set.bytes[covered[i]][at], &good);
            CHECK(good);
            const size_t n = set.n[covered[i]]; /* a byte more, a byte less, none */
            set.n[covered[i]] = n + 1;
            CHECK(never_successful(&set));
            set.n[covered[i]] = n - 1;
            CHECK(n == 0 || never_successful(&set));
            set.n[covered[i]] = 0; /* without 9F6C the signed CTQ 0000 is right (FD-012) */
            CHECK(n == 0 || covered[i] == CTQ || never_successful(&set));
            set.n[covered[i]] = n;
        }
        int good = 1;
        for (size_t at = 0; at < 4; at++)
            alter(&set, chain, &set.in.un[at], &good);
        for (size_t at = 0; at < 6; at++)
            alter(&set, chain, &set.in.amount[at], &good);
        for (size_t at = 0; at < 2; at++)
            alter(&set, chain, &set.in.currency[at], &good);
        for (size_t at = 0; at < 2 && set.n[SDA_TAGS] != 0; at++)
            alter(&set, chain, &set.bytes[AIP][at], &good);
        for (size_t at = 0; at < set.store.key.modulus.n; at++)
            alter(&set, chain, &set.ca_modulus[at], &good);
        for (size_t at = 0; at < set.store.key.exponent.n; at++)
            alter(&set, chain, &set.ca_exponent[at], &good);
        CHECK(good);
        CHECK(ends(&set, 0));
    }
}

/* TV-020: every bit of 9F4B. */
static void test_signature_bits(void)
{
    struct set set;
    int good = 1;
    build(&set, 0, 1);
    for (size_t bit = 0; bit < 8 * set.n[SIGNATURE]; bit++) {
        set.bytes[SIGNATURE][bit / 8] ^= (uint8_t)(1u << bit % 8);
        good = good && never_successful(&set) &&
               (set.result.rule == TAPK_RULE_DDA_002 || set.result.rule == TAPK_RULE_DDA_003 ||
                set.result.rule == TAPK_RULE_ODA_080);
        set.bytes[SIGNATURE][bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(good);
}

/* ---- providers ---- */

static int zero_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus, size_t n,
                    const uint8_t *exponent, size_t exponent_len)
{
    (void)user;
    (void)in;
    (void)modulus;
    (void)exponent;
    (void)exponent_len;
    memset(out, 0, n);
    return 0;
}

static int idle_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus, size_t n,
                    const uint8_t *exponent, size_t exponent_len)
{
    (void)out;
    (void)n;
    return zero_rsa(user, (uint8_t[1]){0}, in, modulus, 1, exponent, exponent_len);
}

static int zero_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    (void)user;
    (void)in;
    (void)count;
    memset(out, 0, 20);
    return 0;
}

/* An engine that passes the check and breaks down later: call number `at` fails. */
struct breaking {
    struct tapk_crypto soft;
    unsigned calls, at;
};

static int breaking_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                        size_t n, const uint8_t *exponent, size_t exponent_len)
{
    struct breaking *b = user;
    const int result = b->soft.rsa(NULL, out, in, modulus, n, exponent, exponent_len);
    return ++b->calls == b->at ? 1 : result;
}

static int breaking_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    struct breaking *b = user;
    const int result = b->soft.sha1(NULL, in, count, out);
    return ++b->calls == b->at ? 1 : result;
}

static void test_providers(void)
{
    struct set set;
    build(&set, 0, 1); /* empty table */
    memset(&set.crypto, 0, sizeof set.crypto);
    set.crypto.size = (uint32_t)sizeof set.crypto;
    CHECK(ends(&set, TAPK_RULE_ODA_085));
    set.crypto.checked = 0xFFFFFFFF;
    CHECK(ends(&set, TAPK_RULE_ODA_085));
    CHECK(tapk_crypto_check(&set.crypto) == 0);
    CHECK(ends(&set, TAPK_RULE_ODA_085));

    build(&set, 0, 1); /* not checked */
    tapk_soft_crypto(&set.crypto);
    CHECK(ends(&set, TAPK_RULE_ODA_085));
    set.crypto.checked = TAPK_SLOT_RSA | TAPK_SLOT_SHA1;
    CHECK(ends(&set, TAPK_RULE_ODA_085));

    for (int version = 0; version < 2; version++) { /* zeros, "done", half of a table */
        build(&set, 0, version);
        set.crypto.rsa = zero_rsa;
        CHECK(ends(&set, TAPK_RULE_ODA_085)); /* changed after the check */
        CHECK(tapk_crypto_check(&set.crypto) == TAPK_SLOT_RSA);
        CHECK(ends(&set, TAPK_RULE_ODA_085));
        set.crypto.rsa = idle_rsa;
        CHECK(tapk_crypto_check(&set.crypto) == TAPK_SLOT_RSA);
        CHECK(ends(&set, TAPK_RULE_ODA_085));
        set.crypto.rsa = NULL;
        CHECK(tapk_crypto_check(&set.crypto) == 0);
        CHECK(ends(&set, TAPK_RULE_ODA_085));
        build(&set, 0, version);
        set.crypto.sha1 = zero_sha1;
        CHECK(ends(&set, TAPK_RULE_ODA_085));
        CHECK(tapk_crypto_check(&set.crypto) == TAPK_SLOT_SHA1);
        CHECK(ends(&set, TAPK_RULE_ODA_085));
        set.crypto.sha1 = NULL;
        CHECK(tapk_crypto_check(&set.crypto) == 0);
        CHECK(ends(&set, TAPK_RULE_ODA_085));
    }

    /* The six calls of a run are RSA and SHA-1 in turn. */
    static const int rules[] = {TAPK_RULE_ODA_041, TAPK_RULE_ODA_046, TAPK_RULE_ODA_061,
                                TAPK_RULE_ODA_064, TAPK_RULE_DDA_002, TAPK_RULE_DDA_003};
    for (unsigned at = 1; at <= COUNT(rules); at++) {
        struct breaking breaking;
        build(&set, 0, 1);
        breaking.soft = set.crypto;
        breaking.at = 0;
        set.crypto.user = &breaking;
        set.crypto.rsa = breaking_rsa;
        set.crypto.sha1 = breaking_sha1;
        set.crypto.sha256 = NULL;
        CHECK(tapk_crypto_check(&set.crypto) == 0);
        breaking.calls = 0;
        breaking.at = at;
        CHECK(ends(&set, rules[at - 1]));
        CHECK(ends(&set, 0)); /* and works again */
    }
}

/* ---- misuse ---- */

static void test_misuse(void)
{
    struct set set;
    const struct tapk_key_store no_find = {&set.store, NULL, revoked};
    const struct tapk_key_store no_list = {&set.store, find, NULL};
    const struct tapk_key_store keys = {&set.store, find, revoked};
    struct tapk_oda_result *result = &set.result;

    build(&set, 0, 1);
    CHECK(ends(&set, 0));
    CHECK(tapk_oda(&set.crypto, &keys, &set.in, NULL, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_oda(NULL, &keys, &set.in, result, NULL) == TAPK_E_ARGUMENT);
    CHECK(result->status == TAPK_ODA_NOT_PERFORMED); /* nothing is left of the run before */
    CHECK(tapk_oda(&set.crypto, NULL, &set.in, result, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_oda(&set.crypto, &no_find, &set.in, result, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_oda(&set.crypto, &no_list, &set.in, result, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_oda(&set.crypto, &keys, NULL, result, NULL) == TAPK_E_ARGUMENT);
    result->size--;
    CHECK(tapk_oda(&set.crypto, &keys, &set.in, result, NULL) == TAPK_E_SIZE);
    CHECK(run(&set) == TAPK_OK);
    set.in.size++;
    CHECK(run(&set) == TAPK_E_SIZE && result->status == TAPK_ODA_NOT_PERFORMED);
    set.in.size--;
    set.crypto.size++;
    CHECK(run(&set) == TAPK_E_SIZE);
    set.crypto.size--;
    struct tapk_oda_report report;
    memset(&report, 0, sizeof report);
    set.in.report = &report;
    CHECK(run(&set) == TAPK_E_SIZE && result->status == TAPK_ODA_NOT_PERFORMED);
    report.size = (uint32_t)sizeof report;
    CHECK(ends(&set, 0) && report.issuer_len > 0 && report.signed_len > 0);
    set.in.report = NULL;
    set.in.method = 0;
    CHECK(run(&set) == TAPK_E_ARGUMENT);
    set.in.method = TAPK_ODA_CHAIN + 1;
    CHECK(run(&set) == TAPK_E_ARGUMENT);
    set.in.method = TAPK_ODA_FDDA;
    static const char *const dates[] = {"\x24\x00\x07", "\x24\x13\x07", "\x24\x0A\x07",
                                        "\x2A\x06\x07", "\xA4\x06\x07", "\x24\x06\x00",
                                        "\x24\x06\x32", "\x24\x06\x1A"};
    for (size_t i = 0; i < COUNT(dates); i++) {
        memcpy(set.in.date, dates[i], 3);
        CHECK(run(&set) == TAPK_E_ARGUMENT && result->status == TAPK_ODA_NOT_PERFORMED);
    }
    memcpy(set.in.date, "\x24\x06\x07", 3);
    CHECK(ends(&set, 0));
    struct tapk_span *all[ELEMENTS]; /* bytes without a place */
    spans_of(&set, all);
    for (int i = 0; i < ELEMENTS; i++) {
        bind(&set);
        all[i]->p = NULL;
        all[i]->n = 1;
        CHECK(call(&set) == TAPK_E_ARGUMENT && result->status == TAPK_ODA_NOT_PERFORMED);
    }
    bind(&set);
    set.in.records = NULL;
    set.in.record_count = 1;
    CHECK(call(&set) == TAPK_E_ARGUMENT);
    CHECK(ends(&set, 0));
}

/* ---- marks ---- */

#ifdef TAPK_TEST
static void force(struct set *set, uint16_t rule, uint16_t how)
{
    set->trace.force_rule = rule;
    set->trace.force = how;
}

/* Not asked by the set of test_forced. */
static int asked(uint16_t rule)
{
    return rule != TAPK_RULE_FD_004 && rule != TAPK_RULE_FD_012 && rule != TAPK_RULE_ODA_032 &&
           rule != TAPK_RULE_CK_005;
}

/* A decision forced to "no" fails by its rule. Forced to "yes", every other check still holds, and
 * no run leaves its memory: vectors, elements cut short, keys too long, no provider. */
static void test_forced(void)
{
    struct set set;
    for (size_t r = 0; r < COUNT(oda_rules); r++) {
        const uint16_t rule = oda_rules[r];
        build(&set, 0, 1);
        set.in.options.idn_strict = 1;
        set.in.options.check_atc = 1;
        set.in.capp = 1;
        force(&set, rule, TAPK_FORCE_FALSE);
        CHECK(ends(&set, asked(rule) ? rule : 0));
        for (size_t i = 0; i < COUNT(oda_vectors); i++) {
            build_vector(&set, &oda_vectors[i]);
            force(&set, rule, TAPK_FORCE_TRUE);
            CHECK(run(&set) == TAPK_OK);
            if (oda_vectors[i].rule != 0 && oda_vectors[i].rule != rule)
                CHECK(set.result.status != TAPK_ODA_SUCCESSFUL);
        }
        for (int element = 0; element < ELEMENTS; element++) {
            build(&set, 0, 1);
            force(&set, rule, TAPK_FORCE_TRUE);
            for (size_t n = 0; n < 3; n++) {
                set.n[element] = n;
                CHECK(run(&set) == TAPK_OK);
            }
        }
        build(&set, 0, 1);
        force(&set, rule, TAPK_FORCE_TRUE);
        set.store.key.modulus.n = 260;
        CHECK(never_successful(&set));
        set.store.key.modulus.n = 0;
        CHECK(never_successful(&set));
        build(&set, 0, 1);
        force(&set, rule, TAPK_FORCE_TRUE);
        memset(&set.crypto, 0, sizeof set.crypto);
        set.crypto.size = (uint32_t)sizeof set.crypto;
        CHECK(never_successful(&set));
    }
}
#endif

int main(void)
{
    test_every_byte();
    test_signature_bits();
    test_providers();
    test_misuse();
#ifdef TAPK_TEST
    test_forced();
#endif
    return check_done("test_oda_wrong");
}
