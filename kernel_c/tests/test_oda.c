/* SPDX-License-Identifier: Apache-2.0
 *
 * tapk_oda on signed data sets: whole chains, and for every check a set that fails by it and by no
 * other.
 */
#include "oda_set.h"

/* ---- whole chains ---- */

static void test_chains(void)
{
    struct set set;
    for (size_t i = 0; i < COUNT(chain_vectors); i++) {
        for (int version = 0; version < 2; version++) {
            build(&set, i, version);
            CHECK(ends(&set, 0));
            CHECK(set.result.version == version);
            CHECK(number_is(&set, chain_vectors[i].number));
            set.in.un[3] ^= 1;
            CHECK(ends(&set, TAPK_RULE_DDA_003));
        }
    }
    /* TV-001: the check sum of the CA key (CK-002). */
    uint8_t sum[20];
    uint8_t wanted[20];
    build(&set, 0, 1);
    const struct tapk_span key[4] = {{set.in.rid, 5},
                                     {set.bytes[CA_INDEX], 1},
                                     {set.ca_modulus, set.store.key.modulus.n},
                                     {set.ca_exponent, set.store.key.exponent.n}};
    CHECK(set.crypto.sha1(NULL, key, 4, sum) == 0);
    CHECK(check_hex(VECTOR_CA_SUM, wanted, 20) == 20 && memcmp(sum, wanted, 20) == 0);
    /* The trace is optional. */
    const struct tapk_key_store keys = {&set.store, find, revoked};
    CHECK(run(&set) == TAPK_OK);
    CHECK(tapk_oda(&set.crypto, &keys, &set.in, &set.result, NULL) == TAPK_OK);
    CHECK(set.result.status == TAPK_ODA_SUCCESSFUL);
}

/* Every replaced value of the vectors ends with its rule. */
static void test_vectors(void)
{
    struct set set;
    for (size_t i = 0; i < COUNT(oda_vectors); i++) {
        const struct oda_vector *v = &oda_vectors[i];
        build_vector(&set, v);
        const int good = ends(&set, v->rule);
        if (!good)
            fprintf(stderr, "%s: rule %u, status %u\n", v->name, set.result.rule,
                    set.result.status);
        CHECK(good);
    }
}

/* ---- version rules ---- */

static void test_version(void)
{
    struct set set;
    static const char *const aips[] = {"5C00", "DFFF", "", "7C", "7C0000"};
    for (size_t i = 0; i < COUNT(aips); i++) {
        build(&set, 0, 1);
        put(&set, AIP, aips[i]);
        CHECK(ends(&set, TAPK_RULE_FD_001));
    }
    static const char *const data[] = {"0211223344000000", "FF11223344000000", "01112233440000",
                                       "01", "0111223344000000000000000000000000"};
    for (size_t i = 0; i < COUNT(data); i++) { /* TV-022, TV-023 */
        build(&set, 0, 1);
        put(&set, CARD_DATA, data[i]);
        CHECK(ends(&set, TAPK_RULE_FD_002));
    }
    build(&set, 0, 1); /* 16 bytes are allowed */
    put(&set, CARD_DATA, VECTOR_LONG_DATA);
    put(&set, SIGNATURE, VECTOR_LONG_SIGNATURE);
    CHECK(ends(&set, 0) && set.result.version == 1);

    build(&set, 0, 0); /* TV-010 as a terminal that offered version 01 sees it */
    set.in.ttq[3] = 0x80;
    CHECK(ends(&set, TAPK_RULE_FD_004));
    put(&set, CARD_VERSION, "002F");
    CHECK(ends(&set, 0));
    put(&set, CARD_VERSION, "0100");
    CHECK(ends(&set, TAPK_RULE_FD_004));
    set.in.ttq[3] = 0x7F;
    CHECK(ends(&set, 0));
    set.in.ttq[3] = 0x80;
    put(&set, CARD_VERSION, ""); /* FD-003: counts as 0020 */
    CHECK(ends(&set, 0));
    set.in.options.allow_v00 = 0;
    CHECK(ends(&set, TAPK_RULE_FD_006));
    set.in.ttq[3] = 0x7F;
    CHECK(ends(&set, TAPK_RULE_FD_006));
    static const char *const lengths[] = {"00", "30", "003000"};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        build(&set, 0, 1);
        put(&set, CARD_VERSION, lengths[i]);
        CHECK(ends(&set, TAPK_RULE_TLV_034));
    }

    build(&set, 0, 1);
    put(&set, CARD_VERSION, "002F");
    CHECK(ends(&set, TAPK_RULE_FD_005));
    put(&set, CARD_VERSION, "");
    CHECK(ends(&set, TAPK_RULE_FD_005));
    set.in.options.v01_needs_0030 = 0;
    CHECK(ends(&set, 0));
    set.in.ttq[3] = 0; /* FD-013: still version 01 */
    CHECK(ends(&set, 0) && set.result.version == 1);

    /* 9F69 names the version: never tried again as the other one. */
    build(&set, 0, 0);
    put(&set, CARD_DATA, chain_vectors[0].card_data);
    CHECK(ends(&set, TAPK_RULE_DDA_003));
    build(&set, 0, 1);
    set.in.options.allow_v00 = 1;
    set.in.ttq[3] = 0;
    put(&set, CARD_DATA, "0011223344000000");
    CHECK(ends(&set, TAPK_RULE_DDA_003));
    put(&set, CARD_DATA, "");
    CHECK(ends(&set, TAPK_RULE_DDA_003));
    /* Version 00 with 9F69 present: its CTQ is not signed and not compared (FD-011). */
    build(&set, 0, 0);
    put(&set, CARD_DATA, VECTOR_OLD_DATA);
    CHECK(ends(&set, 0) && set.result.version == 0);
    set.in.amount[0] ^= 1; /* TV-021: version 00 does not cover it */
    CHECK(ends(&set, 0));
}

/* FDA-006: the PDOL asked for what the tail holds. */
static void test_pdol(void)
{
    struct set set;
    static const char *const bad[] = {
        "",
        "9F02065F2A02",       /* no 9F37 */
        "9F37089F02065F2A02", /* of another length */
        "9F37009F02065F2A02",
        "9F37035F2A029F02069F3704", /* the first one counts */
        "9F37045F2A02",             /* no 9F02 */
        "9F37049F02055F2A02",
        "9F37049F0206", /* no 5F2A */
        "9F37049F02065F2A03",
        "9F37049F02065F2A029F",           /* ends inside a tag */
        "9F37049F02065F2A029F36",         /* no length byte */
        "9F37049F02065F2A02FFFFFFFFFF04", /* a tag of five bytes */
        "DF37049F02065F2A02",             /* like it, but not it */
        "9F8137049F02065F2A02",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        build(&set, 0, 1);
        put(&set, PDOL, bad[i]);
        CHECK(ends(&set, TAPK_RULE_FDA_006));
    }
    build(&set, 0, 1);
    put(&set, PDOL, "5F2A029F02069F3704");
    CHECK(ends(&set, 0));
    put(&set, PDOL, "9F37045F2A029F02069F37089F0201");
    CHECK(ends(&set, 0));
    build(&set, 0, 0);
    put(&set, PDOL, "9F3704"); /* version 00 needs no more */
    CHECK(ends(&set, 0));
    put(&set, SIGNATURE, VECTOR_EMPTY_TAIL_SIGNATURE);
    CHECK(ends(&set, TAPK_RULE_DDA_003)); /* the tail is never empty */
    put(&set, PDOL, "9F0206");            /* TV-067 */
    CHECK(ends(&set, TAPK_RULE_FDA_006));
    memset(set.in.un, 0, sizeof set.in.un);
    CHECK(ends(&set, TAPK_RULE_FDA_006));
}

/* ---- static data and objects ---- */

static void test_static(void)
{
    struct set set;
    static uint8_t much[TAPK_STATIC_MAX + 1];
    static struct tapk_span many[TAPK_STATIC_RECORDS + 40];

    build(&set, 0, 1);
    set.in.records_bad = 1;
    CHECK(ends(&set, TAPK_RULE_ODA_021));
    static const char *const tags[] = {"8295", "83", "00", "8282"}; /* TV-026 */
    for (size_t i = 0; i < COUNT(tags); i++) {
        build(&set, 0, 1);
        put(&set, SDA_TAGS, tags[i]);
        CHECK(ends(&set, TAPK_RULE_ODA_022));
    }
    build(&set, 0, 1);
    put(&set, SDA_TAGS, ""); /* the AIP is then not hashed */
    CHECK(ends(&set, TAPK_RULE_ODA_064));
    put(&set, RECORD_2, "7C00"); /* but the card may give the same bytes in a record */
    CHECK(ends(&set, 0));

    /* 4096 bytes are hashed (and wrong here), 4097 are too many, in whatever pieces. */
    build(&set, 0, 1);
    set.in.records = many;
    many[0].p = much;
    many[0].n = TAPK_STATIC_MAX;
    set.in.record_count = 1;
    CHECK(ends(&set, TAPK_RULE_ODA_064));
    many[0].n = sizeof much;
    CHECK(ends(&set, TAPK_RULE_ODA_082));
    many[0].n = TAPK_STATIC_MAX;
    many[1].p = much;
    many[1].n = 1;
    set.in.record_count = 2;
    CHECK(ends(&set, TAPK_RULE_ODA_082));
    many[0].n = 2;
    many[1].n = (size_t)-1; /* the sum must not wrap */
    CHECK(ends(&set, TAPK_RULE_ODA_082));
    many[2] = many[0]; /* what stands behind too much is not counted */
    set.in.record_count = 3;
    CHECK(ends(&set, TAPK_RULE_ODA_082));

    /* The record byte by byte: 32 pieces are too few for it, empty records do not count. */
    build(&set, 0, 1);
    const size_t n = set.n[RECORD_1];
    CHECK(n > TAPK_STATIC_RECORDS && n < COUNT(many));
    for (size_t i = 0; i < n; i++) {
        many[i].p = set.bytes[RECORD_1] + i;
        many[i].n = 1;
    }
    set.in.records = many;
    set.in.record_count = n;
    CHECK(ends(&set, TAPK_RULE_ODA_082));
    set.in.record_count = TAPK_STATIC_RECORDS + 1;
    CHECK(ends(&set, TAPK_RULE_ODA_082));
    set.in.record_count = TAPK_STATIC_RECORDS;
    CHECK(ends(&set, TAPK_RULE_ODA_064));
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i].p = NULL;
        many[i].n = 0;
    }
    for (size_t i = 0; i < TAPK_STATIC_RECORDS; i++) {
        many[2 * i + 1].p = set.bytes[RECORD_1] + i;
        many[2 * i + 1].n = i + 1 < TAPK_STATIC_RECORDS ? 1 : n - i;
    }
    set.in.record_count = COUNT(many);
    CHECK(ends(&set, 0));
    /* The order is part of the data (ODA-023). */
    const struct tapk_span swapped = many[1];
    many[1] = many[3];
    many[3] = swapped;
    CHECK(ends(&set, TAPK_RULE_ODA_064));
    set.in.record_count = 0;
    CHECK(ends(&set, TAPK_RULE_ODA_064));

    /* Two records are hashed in reading order. */
    build(&set, 4, 1);
    CHECK(ends(&set, 0));
    uint8_t first[PLACE];
    const size_t first_n = set.n[RECORD_1];
    memcpy(first, set.bytes[RECORD_1], PLACE);
    memcpy(set.bytes[RECORD_1], set.bytes[RECORD_2], PLACE);
    set.n[RECORD_1] = set.n[RECORD_2];
    memcpy(set.bytes[RECORD_2], first, PLACE);
    set.n[RECORD_2] = first_n;
    CHECK(ends(&set, TAPK_RULE_ODA_064));
}

static void test_missing(void)
{
    struct set set;
    static const enum element needed[] = {CA_INDEX, ISSUER_CERT, ISSUER_EXP, ICC_CERT, ICC_EXP};
    for (size_t i = 0; i < COUNT(needed); i++) {
        build(&set, 0, 1);
        put(&set, needed[i], "");
        CHECK(ends(&set, TAPK_RULE_ODA_030));
    }
    build(&set, 0, 1);
    put(&set, CA_INDEX, "F1F1");
    CHECK(ends(&set, TAPK_RULE_CK_008));
    static const char *const pans[] = {"", "62000000000001234", "6200000000000123455F00"};
    for (size_t i = 0; i < COUNT(pans); i++) {
        build(&set, 0, 1);
        put(&set, PAN, pans[i]);
        CHECK(ends(&set, TAPK_RULE_ODA_065));
    }
    build(&set, 0, 1); /* TV-029 */
    put(&set, PAN, "6211110000000123455F");
    CHECK(ends(&set, TAPK_RULE_ODA_047));
    put(&set, PAN, "6200000000000123463F");
    CHECK(ends(&set, TAPK_RULE_ODA_065));
    /* Remainders that are not needed must not be there (ODA-032). */
    build(&set, 4, 1);
    put(&set, ISSUER_REST, "BB");
    CHECK(ends(&set, TAPK_RULE_ODA_032));
    build(&set, 4, 1);
    put(&set, ICC_REST, "BB");
    CHECK(ends(&set, TAPK_RULE_ODA_032));
    /* The exponent and a part of the static data given as a remainder hash to the same. */
    build(&set, 4, 1);
    const size_t n = set.n[RECORD_1];
    uint8_t *record = set.bytes[RECORD_1];
    size_t at = 1;
    while (at < n && record[at] != 0x03)
        at++;
    CHECK(at < n);
    if (at < n) {
        set.bytes[ICC_REST][0] = 0x03;
        memcpy(set.bytes[ICC_REST] + 1, record, at);
        set.n[ICC_REST] = at + 1;
        memmove(record, record + at + 1, n - at - 1);
        set.n[RECORD_1] = n - at - 1;
        CHECK(ends(&set, TAPK_RULE_ODA_032));
    }
}

/* ---- CA keys, revocation, dates ---- */

static void test_ca_key(void)
{
    struct set set;
    build(&set, 0, 1);
    put(&set, CA_INDEX, "F2"); /* TV-031 */
    CHECK(ends(&set, TAPK_RULE_CK_008));
    build(&set, 0, 1);
    set.store.missing = 1;
    CHECK(ends(&set, TAPK_RULE_CK_008));
    build(&set, 0, 1); /* the RID is that of the application */
    set.in.rid[4] = 0x34;
    CHECK(ends(&set, TAPK_RULE_CK_008));
    build(&set, 0, 1); /* a store that answers with another key */
    set.store.key.index = 0xF3;
    CHECK(ends(&set, TAPK_RULE_CK_001));
    build(&set, 0, 1);
    set.store.key.rid[4] ^= 1;
    CHECK(ends(&set, TAPK_RULE_CK_001));

    static const struct {
        const char *date, *expiry;
        int rule;
    } dates[] = {
        {"\x24\x06\x07", "\x20\x24\x06\x07", 0},
        {"\x24\x06\x08", "\x20\x24\x06\x07", TAPK_RULE_CK_005},
        {"\x24\x07\x01", "\x20\x24\x06\x30", TAPK_RULE_CK_005},
        {"\x24\x06\x07", "\x20\x23\x12\x31", TAPK_RULE_CK_005},
        {"\x24\x06\x07", "\x19\x99\x12\x31", TAPK_RULE_CK_005},
        {"\x24\x06\x07", "\x20\x50\x01\x01", 0},
        {"\x24\x06\x07", "\x00\x00\x00\x00", 0},
        {"\x99\x06\x07", "\x19\x99\x06\x07", 0},
        {"\x99\x06\x08", "\x19\x99\x06\x07", TAPK_RULE_CK_005},
    };
    for (size_t i = 0; i < COUNT(dates); i++) {
        build(&set, 0, 1);
        memcpy(set.in.date, dates[i].date, 3);
        memcpy(set.store.key.expiry, dates[i].expiry, 4);
        CHECK(ends(&set, dates[i].rule));
        set.in.options.ignore_expiry = 1;
        CHECK(ends(&set, 0));
    }

    build(&set, 0, 1);
    set.store.key.algorithm = TAPK_KEY_SM2; /* an RSA key is no point (SM-022) */
    CHECK(ends(&set, TAPK_RULE_SM_022));
    set.store.key.algorithm = 0;
    CHECK(ends(&set, TAPK_RULE_ODA_071));

    build(&set, 0, 1);
    set.store.key.modulus.n = 63;
    CHECK(ends(&set, TAPK_RULE_CK_004));
    set.store.key.modulus.n = 249;
    CHECK(ends(&set, TAPK_RULE_CK_004));
    set.store.key.modulus.n = 0;
    CHECK(ends(&set, TAPK_RULE_CK_004));
    set.store.key.modulus.n = 127;
    CHECK(ends(&set, TAPK_RULE_ODA_040));
    build(&set, 0, 1);
    set.ca_modulus[127] ^= 1; /* even */
    CHECK(ends(&set, TAPK_RULE_ODA_041));
    static const char *const exponents[] = {"01", "02", "05", "000003", "010003", "0101", ""};
    for (size_t i = 0; i < COUNT(exponents); i++) {
        build(&set, 0, 1);
        set.store.key.exponent.n = check_hex(exponents[i], set.ca_exponent, sizeof set.ca_exponent);
        CHECK(ends(&set, TAPK_RULE_CK_003));
    }
    build(&set, 0, 1); /* a right exponent of another key */
    set.store.key.exponent.n = check_hex("010001", set.ca_exponent, sizeof set.ca_exponent);
    CHECK(ends(&set, TAPK_RULE_ODA_041));
}

static void test_revoked_and_dates(void)
{
    struct set set;
    build(&set, 0, 1); /* TV-030 */
    memcpy(set.store.revoked_serial, "\x00\x00\x01", 3);
    CHECK(ends(&set, TAPK_RULE_CK_021));
    static const struct {
        const char *date;
        int rule;
    } dates[] = {
        {"\x24\x09\x09", 0}, {"\x00\x01\x01", 0}, {"\x49\x12\x31", 0},
        {"\x50\x01\x01", 0}, {"\x99\x12\x31", 0},
    };
    for (size_t i = 0; i < COUNT(dates); i++) {
        build(&set, 0, 1);
        memcpy(set.in.date, dates[i].date, 3);
        CHECK(ends(&set, dates[i].rule));
    }
}

/* ---- the signed data ---- */

static void test_number(void)
{
    struct set set;
    static const struct {
        const char *signature, *number;
        int strict, atc;
    } cases[] = {
        {VECTOR_NUMBER_OF_8, "0102030405060708", 0, TAPK_RULE_FD_010},
        {VECTOR_NUMBER_OF_3, "001122", 0, TAPK_RULE_FD_010},
        {VECTOR_NUMBER_OTHER, "0012", 0, TAPK_RULE_FD_010},
        {VECTOR_NUMBER_OF_1, "", TAPK_RULE_DDA_004, TAPK_RULE_FD_010},
        {VECTOR_NUMBER_OF_9, "", TAPK_RULE_DDA_004, TAPK_RULE_FD_010},
        {VECTOR_NUMBER_CUT, "", TAPK_RULE_DDA_004, TAPK_RULE_FD_010},
        {VECTOR_NUMBER_NONE, "", TAPK_RULE_DDA_004, TAPK_RULE_FD_010},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        build(&set, 0, 1);
        put(&set, SIGNATURE, cases[i].signature);
        CHECK(ends(&set, 0) && number_is(&set, cases[i].number));
        set.in.options.check_atc = 1;
        CHECK(ends(&set, cases[i].atc));
        set.in.options.check_atc = 0;
        set.in.options.idn_strict = 1;
        CHECK(ends(&set, cases[i].strict));
    }
    build(&set, 0, 1);
    set.in.options.check_atc = 1;
    set.in.options.idn_strict = 1;
    CHECK(ends(&set, 0) && number_is(&set, VECTOR_ATC));
    put(&set, ATC, "0012");
    CHECK(ends(&set, TAPK_RULE_FD_010));
    put(&set, ATC, "");
    CHECK(ends(&set, TAPK_RULE_FD_010));
    put(&set, ATC, "001100");
    CHECK(ends(&set, TAPK_RULE_FD_010));
}

static void test_agreement(void)
{
    struct set set;
    build(&set, 0, 1);
    put(&set, CTQ, "2000");
    CHECK(ends(&set, TAPK_RULE_FD_011));
    set.in.options.check_ctq = 0;
    CHECK(ends(&set, 0));
    put(&set, CTQ, "0000");
    CHECK(ends(&set, 0));
    put(&set, CTQ, ""); /* signed 0000: go on */
    CHECK(ends(&set, 0));
    set.in.options.check_ctq = 1;
    CHECK(ends(&set, 0));

    build(&set, 0, 1);
    put(&set, CARD_DATA, VECTOR_CTQ_DATA);
    put(&set, SIGNATURE, VECTOR_CTQ_SIGNATURE);
    CHECK(ends(&set, TAPK_RULE_FD_011));
    put(&set, CTQ, "20");
    CHECK(ends(&set, TAPK_RULE_FD_011));
    put(&set, CTQ, "200000");
    CHECK(ends(&set, TAPK_RULE_FD_011));
    put(&set, CTQ, "2000");
    CHECK(ends(&set, 0));
    put(&set, CTQ, "2001");
    CHECK(ends(&set, TAPK_RULE_FD_011));
    put(&set, CTQ, "");
    CHECK(ends(&set, TAPK_RULE_FD_012));
    set.in.options.check_ctq = 0; /* has no say in FD-012 */
    CHECK(ends(&set, TAPK_RULE_FD_012));

    build(&set, 0, 1); /* extended transaction */
    put(&set, CARD_DATA, VECTOR_CAPP_DATA);
    put(&set, SIGNATURE, VECTOR_CAPP_SIGNATURE);
    CHECK(ends(&set, 0));
    set.in.capp = 1;
    CHECK(ends(&set, TAPK_RULE_FD_011));
    set.in.df61 = 0x05;
    CHECK(ends(&set, 0));
    set.in.options.check_ctq = 0;
    set.in.df61 = 0x04;
    CHECK(ends(&set, TAPK_RULE_FD_011));

    build(&set, 0, 0); /* a version 00 signature with an empty number and no 9F69 */
    put(&set, SIGNATURE, VECTOR_EMPTY_NUMBER_SIGNATURE_V00);
    CHECK(ends(&set, 0) && set.result.dynamic_number_len == 0);
}

static void test_no_crypto(void)
{
    struct set set;
    build(&set, 0, 1);
    tapk_soft_crypto(&set.crypto); /* not checked */
    CHECK(ends(&set, TAPK_RULE_ODA_085));
}

/* Each rule is a check, so some set above must have failed by it. */
static void test_all_rules_failed(void)
{
    for (size_t i = 0; i < COUNT(oda_rules); i++) {
        if (!failed_once[oda_rules[i]])
            fprintf(stderr, "no test fails by rule %u\n", oda_rules[i]);
        CHECK(failed_once[oda_rules[i]]);
    }
}

int main(void)
{
    test_chains();
    test_vectors();
    test_version();
    test_pdol();
    test_static();
    test_missing();
    test_ca_key();
    test_revoked_and_dates();
    test_number();
    test_agreement();
    test_no_crypto();
    test_all_rules_failed();
    return check_done("test_oda");
}
