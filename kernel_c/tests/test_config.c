/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration builder refuses what cannot be used, and the image is what was put in.
 */
#include "builder.h"
#include "mark.h"

static void whole(void)
{
    struct builder b;
    struct builder again;
    uint8_t digest[32];
    start(&b);
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == TAPK_FAULT_TERMINAL_COUNT);
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == TAPK_FAULT_NO_COMBINATION);
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == TAPK_FAULT_TERMINAL_COUNT);
    CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == 0);
    CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == TAPK_FAULT_SAME_COMBINATION);
    CHECK(b.fault.entry == 2);
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == 0);
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == TAPK_E_STATE);
    CHECK(tapk_config_open(b.memory, b.len) == 0);
    CHECK(tapk_config_digest(&b.crypto, b.memory, b.len, digest) == 0);
    /* The order inside an entry does not matter: one configuration, one image. */
    start(&again);
    CHECK(add(&again, TAPK_ENTRY_TERMINAL, "9F3303E0F8C85F2A0201569F1A020156") == 0);
    CHECK(add(&again, TAPK_ENTRY_COMBINATION,
              "9F660436000080DF8F0101029601079F0607A0000003330101") == 0);
    CHECK(tapk_config_seal(&again.builder, &again.len, &again.fault) == 0);
    CHECK(again.len == b.len && memcmp(again.memory, b.memory, b.len) == 0);
}

static void refused(void)
{
    static const struct {
        uint8_t kind;
        const char *hex;
        int code;
        uint32_t tag;
    } rows[] = {
        {TAPK_ENTRY_TERMINAL, "9F1A02", TAPK_FAULT_BAD_TLV, 0},
        {TAPK_ENTRY_TERMINAL, "9F1A020156", TAPK_FAULT_MISSING, 0x5F2A},
        {TAPK_ENTRY_TERMINAL, TERMINAL "9F0206000000000000", TAPK_FAULT_UNKNOWN_TAG, 0x9F02},
        {TAPK_ENTRY_TERMINAL, TERMINAL "9F1A020156", TAPK_FAULT_TWICE, 0x9F1A},
        {TAPK_ENTRY_TERMINAL,
         "9F1A0301560A"
         "5F2A0201569F3303E0F8C8",
         TAPK_FAULT_LENGTH, 0x9F1A},
        {TAPK_ENTRY_TERMINAL, "9F1A02015A5F2A0201569F3303E0F8C8", TAPK_FAULT_VALUE, 0x9F1A},
        {TAPK_ENTRY_COMBINATION, "960107DF8F010102", TAPK_FAULT_MISSING, 0x9F06},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010102"
         "9F660436800080",
         TAPK_FAULT_TTQ_TRANSIENT, 0x9F66},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010102"
         "9F660436000081",
         TAPK_FAULT_TTQ_RFU, 0x9F66},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010104"
         "9F660436000080",
         TAPK_FAULT_VALUE, TAPK_TAG_PROFILE},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010101"
         "9F660427000080",
         TAPK_FAULT_TTQ_PROFILE, 0x9F66},
        {TAPK_ENTRY_COMBINATION, COMBINATION "DF8F02021101", TAPK_FAULT_DEFERRED,
         TAPK_TAG_SWITCHES},
        {TAPK_ENTRY_COMBINATION, COMBINATION "DF8F0202FE01", TAPK_FAULT_UNKNOWN_SWITCH,
         TAPK_TAG_SWITCHES},
        {TAPK_ENTRY_COMBINATION, COMBINATION "DF8F02021202", TAPK_FAULT_UNKNOWN_SWITCH,
         TAPK_TAG_SWITCHES},
        {TAPK_ENTRY_COMBINATION, COMBINATION "DF8F020412011201", TAPK_FAULT_TWICE,
         TAPK_TAG_SWITCHES},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010103"
         "9F660436000080"
         "DF8F02021201",
         TAPK_FAULT_FIXED_SWITCH, TAPK_TAG_SWITCHES},
        {TAPK_ENTRY_COMBINATION, COMBINATION "DF1906000000010A00", TAPK_FAULT_VALUE, 0xDF19},
        {TAPK_ENTRY_REVOKED, "9F0605A0000003339F2201F1", TAPK_FAULT_MISSING, TAPK_TAG_SERIAL},
        {TAPK_ENTRY_EXCEPTION, "5A02620A", TAPK_FAULT_VALUE, 0x5A},
        {TAPK_ENTRY_TERMINAL, TERMINAL "DF8F210102", TAPK_FAULT_VALUE, TAPK_TAG_LOOKUP},
        {TAPK_ENTRY_TERMINAL, TERMINAL "DF8F20010A", TAPK_FAULT_VALUE, TAPK_TAG_PASSES},
        {TAPK_ENTRY_TERMINAL, "9F1A02A1565F2A0201569F3303E0F8C8", TAPK_FAULT_VALUE, 0x9F1A},
        {TAPK_ENTRY_TERMINAL, TERMINAL "DF8F22019F", TAPK_FAULT_VALUE, TAPK_TAG_MORE_ONLINE},
        {TAPK_ENTRY_TERMINAL, TERMINAL "DF8F22029F7E", TAPK_FAULT_VALUE, TAPK_TAG_MORE_ONLINE},
        {TAPK_ENTRY_TERMINAL, TERMINAL "DF8F220161", TAPK_FAULT_VALUE, TAPK_TAG_MORE_ONLINE},
        {TAPK_ENTRY_TERMINAL, TERMINAL "DF8F2200", TAPK_FAULT_LENGTH, TAPK_TAG_MORE_ONLINE},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010100"
         "9F660436000080",
         TAPK_FAULT_VALUE, TAPK_TAG_PROFILE},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010102"
         "9F660436010080",
         TAPK_FAULT_TTQ_RFU, 0x9F66},
        {TAPK_ENTRY_COMBINATION,
         "9F0607A0000003330101960107DF8F010102"
         "9F660436000180",
         TAPK_FAULT_TTQ_RFU, 0x9F66},
        {TAPK_ENTRY_COMBINATION, COMBINATION "DF8F020112", TAPK_FAULT_LENGTH, TAPK_TAG_SWITCHES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        start(&b);
        CHECK(add(&b, rows[i].kind, rows[i].hex) == rows[i].code);
        CHECK(b.fault.tag == rows[i].tag && b.fault.code == (uint16_t)rows[i].code);
        CHECK(b.builder.entries == 0);
    }
}

/* CA keys: check sum, exponent, modulus, expiry, duplicates (CK-002, CK-003, CK-009). */
static void keys(void)
{
    struct builder b;
    uint8_t key[220];
    start(&b);
    const size_t n = example_key(key);
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == 0);
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_SAME_KEY);
    start(&b);
    for (size_t i = 0; i < 20; i++) { /* any byte of the check sum */
        key[n - 1 - i] ^= 1;
        CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) ==
              TAPK_FAULT_CHECK_SUM);
        CHECK(b.fault.rule == TAPK_RULE_CK_002);
        key[n - 1 - i] ^= 1;
    }
    key[30] ^= 2; /* a byte of the modulus */
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_CHECK_SUM);
    key[30] ^= 2;
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n - 23, &b.fault) ==
          TAPK_FAULT_MISSING); /* no DF03 */
    memcpy(key + n - 23, "\xDF\x8F\x32\x01\x01", 5);
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n - 18, &b.fault) == 0);
    start(&b);
    (void)example_key(key);
    key[19] = 0x05; /* exponent 5 */
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_KEY);
    CHECK(b.fault.rule == TAPK_RULE_CK_003);
    (void)example_key(key);
    key[15] = 0x04; /* algorithm SM2: not in this build */
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_KEY);
    b.builder.crypto.checked = 0;
    (void)example_key(key);
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_NO_HASH);
}

static void expiry(void)
{
    static const struct {
        const char *hex;
        int code;
    } rows[] = {{"DF050420301231", 0},
                {"DF05083230333031323331", 0},
                {"DF050420301331", TAPK_FAULT_VALUE},
                {"DF050432303330", TAPK_FAULT_VALUE},
                {"DF05053230333031", TAPK_FAULT_VALUE},
                {"DF05083230334131323331", TAPK_FAULT_VALUE},
                {"DF0508323033303132332F", TAPK_FAULT_VALUE},
                {"DF0508323033302F323331", TAPK_FAULT_VALUE},
                {"DF050419491231", TAPK_FAULT_VALUE},
                {"DF05042A301231", TAPK_FAULT_VALUE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        uint8_t key[240];
        start(&b);
        size_t n = example_key(key);
        n += check_hex(rows[i].hex, key + n, 20);
        CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == rows[i].code);
    }
}

/* SM2 keys: a self-signed record, and what a record may not be (SM-021, SM-022). */
#define SIGNED \
    "DF3940DBDA8F27CF839323920DF931DC51943AE26A376F7EB2529F7233230B63CE15AB" \
    "A76C1E508DA4A98675A2B522D2722BDF5CD93953973F241F568B282BB66CECDD"
#define SM2_KEY "9F0605A0000003339F220118DF37021230DF070104DF380111DF350131DF360401010000"

static void sm2_keys(void)
{
    static const struct {
        const char *hex;
        int code;
        uint32_t tag;
        uint16_t rule;
    } rows[] = {
        {SM2_KEY "DF0240" POINT SIGNED, 0, 0, 0},
        {SM2_KEY "DF0240" POINT "DF8F320101", 0, 0, 0},
        {SM2_KEY "DF0240" POINT, TAPK_FAULT_MISSING, 0xDF39, TAPK_RULE_SM_021},
        {SM2_KEY "DF0240" POINT "DF8F320100", TAPK_FAULT_MISSING, 0xDF39, TAPK_RULE_SM_021},
        {SM2_KEY "DF0240" POINT "DF040103" SIGNED, TAPK_FAULT_KEY, 0xDF04, 0},
        {SM2_KEY "DF0240" POINT "DF03140000000000000000000000000000000000000000" SIGNED,
         TAPK_FAULT_KEY, 0xDF03, TAPK_RULE_SM_021},
        {SM2_KEY "DF0241" POINT "01" SIGNED, TAPK_FAULT_KEY, 0xDF02, TAPK_RULE_SM_022},
        {SM2_KEY "DF0240"
                 "37710FEB7CC3617767874E85509C268E8F931D68773E93A89F39A4247DFE2D28"
                 "0FC5BC838353885B6DAD447C8F90116BD9D314047591989F67F319544D42A48C" SIGNED,
         TAPK_FAULT_KEY, 0xDF02, TAPK_RULE_SM_022},
        {"9F0605A0000003339F220118DF37021230DF070104DF380112DF350131DF360401010000"
         "DF0240" POINT SIGNED,
         TAPK_FAULT_KEY, 0xDF38, 0},
        {"9F0605A0000003339F220119DF37021230DF070104DF380111DF350131DF360401010000"
         "DF0240" POINT SIGNED,
         TAPK_FAULT_CHECK_SUM, 0xDF39, TAPK_RULE_SM_021},
        {"9F0605A0000003339F220118DF37021230DF070104DF380111DF350131"
         "DF0240" POINT SIGNED,
         TAPK_FAULT_CHECK_SUM, 0xDF39, TAPK_RULE_SM_021},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        start(&b);
        CHECK(add(&b, TAPK_ENTRY_CA_KEY, rows[i].hex) == rows[i].code);
        CHECK(b.fault.tag == rows[i].tag && b.fault.rule == rows[i].rule);
        CHECK(b.builder.entries == (rows[i].code == 0));
    }
    struct builder b;
    start(&b); /* no engine for SM2: nothing to verify the record with */
    b.builder.crypto.sm2 = NULL;
    CHECK(add(&b, TAPK_ENTRY_CA_KEY, rows[0].hex) == TAPK_FAULT_NO_HASH);
    CHECK(b.fault.tag == 0xDF39 && b.fault.rule == TAPK_RULE_SM_021);
    CHECK(add(&b, TAPK_ENTRY_CA_KEY, rows[1].hex) == 0);
    uint8_t body[300]; /* a head that is longer than a record is no record */
    const struct tapk_span whole = {
        body, check_hex("9F0605A0000003339F220118DF37021230DF070104DF380111DF350131DF3610"
                        "01010000000000000000000000000000DF0240" POINT SIGNED,
                        body, sizeof body)};
    CHECK(tapk_key_fault(whole, &b.crypto, &b.fault) == TAPK_FAULT_CHECK_SUM);
}

static int failing_hash(void *user, const struct tapk_span *in, size_t count, uint8_t *out)
{
    (void)user;
    (void)in;
    (void)count;
    (void)out;
    return 1;
}

/* An engine that passes its check and breaks down later. */
static int engine_broken;

static int breaking_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    struct tapk_crypto soft;
    tapk_soft_crypto(&soft);
    return soft.sha1(user, in, count, out) != 0 || engine_broken;
}

static int breaking_sha256(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    struct tapk_crypto soft;
    tapk_soft_crypto(&soft);
    return soft.sha256(user, in, count, out) != 0 || engine_broken;
}

static void broken_engine(void)
{
    struct builder b;
    uint8_t key[240];
    uint8_t digest[32];
    const size_t n = example_key(key);
    engine_broken = 0;
    tapk_soft_crypto(&b.crypto);
    b.crypto.sha1 = breaking_sha1;
    b.crypto.sha256 = breaking_sha256;
    CHECK(tapk_crypto_check(&b.crypto) == 0);
    CHECK(tapk_config_begin(&b.builder, b.memory, sizeof b.memory, &b.crypto) == 0);
    CHECK(tapk_config_digest(&b.crypto, b.memory, 12, digest) == TAPK_OK);
    engine_broken = 1;
    CHECK(tapk_config_digest(&b.crypto, b.memory, 12, digest) == TAPK_E_STATE);
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_NO_HASH);
    CHECK(b.fault.rule == TAPK_RULE_CK_002 && b.builder.entries == 0);
    engine_broken = 0;
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == 0);
}

/* RSA keys that cannot be used, whatever their check sum says (CK-003, CK-004, CK-009). */
static void rsa_keys(void)
{
    static const struct {
        size_t at; /* of example_key: DF07 at 15, DF04 at 19, DF02 from 24 to 151 */
        uint8_t value;
        int code;
        uint32_t tag;
        uint16_t rule;
    } rows[] = {{15, 0x03, TAPK_FAULT_KEY, 0xDF07, 0},
                {19, 0x01, TAPK_FAULT_KEY, 0xDF04, TAPK_RULE_CK_003},
                {24, 0x00, TAPK_FAULT_KEY, 0xDF02, TAPK_RULE_CK_004},
                {151, 0x10, TAPK_FAULT_KEY, 0xDF02, TAPK_RULE_CK_004}};
    struct builder b;
    uint8_t key[240];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(&b);
        const size_t n = example_key(key);
        key[rows[i].at] = rows[i].value;
        CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == rows[i].code);
        CHECK(b.fault.tag == rows[i].tag && b.fault.rule == rows[i].rule);
    }
    start(&b);
    size_t n = example_key(key);
    memcpy(key + n, "\xDF\x06\x01\x02", 4); /* a hash that is not SHA-1 */
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n + 4, &b.fault) == TAPK_FAULT_KEY);
    CHECK(b.fault.tag == 0xDF06);
    key[n + 3] = 1;
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n + 4, &b.fault) == 0);
    start(&b);
    memmove(key + 16, key + 20, n - 20); /* no exponent */
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n - 4, &b.fault) ==
          TAPK_FAULT_MISSING);
    CHECK(b.fault.tag == 0xDF04 && b.fault.rule == TAPK_RULE_CK_009);
    n = example_key(key);
    memmove(key + 22, key + 20, n - 20); /* exponents of three bytes: 65537 and another */
    for (uint8_t last = 1; last < 3; last++) {
        memcpy(key + 16, "\xDF\x04\x03\x01\x00", 5);
        key[21] = last;
        CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n + 2, &b.fault) ==
              (last == 1 ? TAPK_FAULT_CHECK_SUM : TAPK_FAULT_KEY));
    }
    start(&b);
    n = example_key(key);
    b.builder.crypto.sha1 = failing_hash; /* exchanged after its check */
    CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == TAPK_FAULT_NO_HASH);
    CHECK(b.builder.entries == 0);
}

/* Null pointers, structs of another size, too much and too many. */
static void misuse(void)
{
    struct builder b;
    static uint8_t much[0x10001];
    uint8_t key[240];
    uint8_t digest[32];
    size_t len;
    start(&b);
    CHECK(tapk_config_begin(NULL, b.memory, sizeof b.memory, &b.crypto) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_begin(&b.builder, NULL, sizeof b.memory, &b.crypto) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_begin(&b.builder, b.memory, sizeof b.memory, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_begin(&b.builder, b.memory, 11, &b.crypto) == TAPK_E_SIZE);
    CHECK(tapk_config_begin(&b.builder, b.memory, TAPK_CONFIG_MAX + 1, &b.crypto) == TAPK_OK);
    CHECK(b.builder.capacity == TAPK_CONFIG_MAX);
    b.crypto.size++;
    CHECK(tapk_config_begin(&b.builder, b.memory, sizeof b.memory, &b.crypto) == TAPK_E_SIZE);
    start(&b);
    CHECK(tapk_config_add(NULL, 1, key, 1, &b.fault) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_add(&b.builder, 1, key, 1, NULL) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_add(&b.builder, 1, NULL, 1, &b.fault) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_add(&b.builder, 1, NULL, 0, &b.fault) == TAPK_FAULT_MISSING);
    CHECK(tapk_config_add(&b.builder, 0, NULL, 0, &b.fault) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_add(&b.builder, 6, NULL, 0, &b.fault) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_add(&b.builder, 1, much, sizeof much, &b.fault) == TAPK_E_SIZE);
    b.builder.size++;
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == TAPK_E_SIZE);
    CHECK(tapk_config_seal(&b.builder, &len, &b.fault) == TAPK_E_SIZE);
    b.builder.size--;
    CHECK(tapk_config_seal(NULL, &len, &b.fault) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_seal(&b.builder, NULL, &b.fault) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_seal(&b.builder, &len, NULL) == TAPK_E_ARGUMENT);
    b.builder.entries = 0xFFFF; /* one entry more could not be counted */
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == TAPK_E_SIZE);
    b.builder.entries = 0;
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
    for (unsigned i = 0; i < TAPK_MAX_COMBINATIONS; i++) {
        uint8_t one[] = {0x9F,       0x06, 0x07, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x01,
                         (uint8_t)i, 0x96, 0x01, 0x07, 0xDF, 0x8F, 0x01, 0x01, 0x02};
        CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_COMBINATION, one, sizeof one, &b.fault) == 0);
    }
    CHECK(add(&b, TAPK_ENTRY_COMBINATION, "9F0607A0000003330201960107DF8F010102") ==
          TAPK_FAULT_TOO_MANY);
    CHECK(tapk_config_seal(&b.builder, &len, &b.fault) == 0);
    CHECK(add(&b, TAPK_ENTRY_EXCEPTION, "5A0A62000000000001234567") == TAPK_E_STATE);
    CHECK(tapk_config_open(NULL, len) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_digest(NULL, b.memory, len, digest) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_digest(&b.crypto, NULL, len, digest) == TAPK_E_ARGUMENT);
    CHECK(tapk_config_digest(&b.crypto, b.memory, len, NULL) == TAPK_E_ARGUMENT);
    b.crypto.sha256 = failing_hash;
    CHECK(tapk_config_digest(&b.crypto, b.memory, len, digest) == TAPK_E_STATE);
    b.crypto.checked = 0;
    CHECK(tapk_config_digest(&b.crypto, b.memory, len, digest) == TAPK_E_STATE);
    /* An image that fills up: what does not fit is not there. */
    for (size_t room = 12; room < 12 + 4 + 20; room++) {
        start(&b);
        CHECK(tapk_config_begin(&b.builder, b.memory, room, &b.crypto) == 0);
        CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == (room < 12 + 4 + 16 ? TAPK_E_SIZE : 0));
        CHECK(b.builder.length == (room < 12 + 4 + 16 ? 12 : 12 + 4 + 16));
    }
}

/* Switches: defaults of profiles, a fixed one set to what it is, and settings that contradict. */
static void switches(void)
{
    CHECK(tapk_switch_default(TAPK_SW_LAST, 1) == 0 && tapk_switch_default(0, 0) == 0);
    CHECK(tapk_switch_default(0, 4) == 0 && tapk_switch_default(0, 3) == 1);
    static const struct {
        const char *ttq;
        const char *pairs;
        int code;
    } rows[] = {{"37000080", "DF8F02021101", 0},
                {"36000080", "DF8F02021101", TAPK_FAULT_DEFERRED},
                {"3F000080", "DF8F02021101", TAPK_FAULT_DEFERRED},
                {"37000080", "DF8F020411011201", TAPK_FAULT_DEFERRED},
                {"37000080", "DF8F020411011200", 0},
                {"36000080", "DF8F090427800080DF8F02021101", 0},
                {"37000080", "DF8F09042F800080DF8F02021101", TAPK_FAULT_DEFERRED},
                {"36000080", "DF8F0A0427000080DF8F02021101", TAPK_FAULT_DEFERRED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        char hex[100];
        start(&b);
        (void)snprintf(hex, sizeof hex, "9F0607A0000003330101960107DF8F0101029F6604%s%s",
                       rows[i].ttq, rows[i].pairs);
        CHECK(add(&b, TAPK_ENTRY_COMBINATION, hex) == rows[i].code);
        CHECK(rows[i].code == 0 || b.fault.tag == TAPK_TAG_SWITCHES);
    }
    struct builder b;
    start(&b);
    CHECK(add(&b, TAPK_ENTRY_COMBINATION,
              "9F0607A0000003330101960107DF8F0101039F660436000080DF8F02021200") == 0);
}

/* TR-002, TR-005: the TTQs chosen after SELECT, beside the one of the combination. */
static void chosen_ttq(void)
{
    static const struct {
        const char *profile;
        const char *ttqs;
        int code;
        uint32_t tag;
    } rows[] = {{"02", "9F660436000080DF8F090427800080DF8F0A0461000080", 0, 0},
                {"02", "9F660436000080DF8F0A0428800080", 0, 0},
                {"02", "9F660436200080DF8F090421A00080", 0, 0},
                {"02", "DF8F090427800080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_ODA},
                {"02", "9F660436000080DF8F090427400080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_ODA},
                {"02", "9F660436200080DF8F090427000080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_ODA},
                {"02", "9F660436000080DF8F090427004080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_ODA},
                {"02", "9F660436000080DF8F0A0426800000", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_OLD},
                {"02", "9F660436000080DF8F090426800080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_ODA},
                {"02", "9F660436000080DF8F090441800080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_ODA},
                {"02", "9F660436000080DF8F0A0410000080", TAPK_FAULT_TTQ_CHOICE, TAPK_TAG_TTQ_OLD},
                {"02", "9F660436000080DF8F0A0426010080", TAPK_FAULT_TTQ_RFU, TAPK_TAG_TTQ_OLD},
                {"01", "9F660436000080DF8F090427800080", TAPK_FAULT_TTQ_PROFILE, TAPK_TAG_TTQ_ODA},
                {"01", "9F660436000080DF8F0A0427000080", TAPK_FAULT_TTQ_PROFILE, TAPK_TAG_TTQ_OLD},
                {"01", "9F660436000080DF8F0A0426000080", 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        char hex[140];
        start(&b);
        (void)snprintf(hex, sizeof hex, "9F0607A0000003330101960107DF8F0101%s%s", rows[i].profile,
                       rows[i].ttqs);
        CHECK(add(&b, TAPK_ENTRY_COMBINATION, hex) == rows[i].code);
        CHECK(rows[i].code == 0 || b.fault.tag == rows[i].tag);
    }
}

static void names(void)
{
    CHECK(strcmp(tapk_name(TAPK_SPACE_RULE, TAPK_RULE_QP_045), "QP-045") == 0);
    CHECK(strcmp(tapk_name(TAPK_SPACE_SWITCH, TAPK_SW_FD_ALLOW_V00), "fd.allow_v00") == 0);
    CHECK(strcmp(tapk_name(TAPK_SPACE_STATUS, TAPK_APPROVED), "approved") == 0);
    CHECK(strcmp(tapk_name(TAPK_SPACE_REASON, TAPK_REASON_EXPIRED), "EXPIRED") == 0);
    CHECK(tapk_name(TAPK_SPACE_REASON_ZH, TAPK_REASON_EXPIRED)[0] != 0);
    CHECK(tapk_name(TAPK_SPACE_RULE, 65535)[0] == 0 && tapk_name(200, 1)[0] == 0);
    CHECK(strcmp(tapk_version(), "0.1.0") == 0 && strlen(tapk_digest()) == 64);
}

int main(void)
{
    whole();
    refused();
    keys();
    expiry();
    sm2_keys();
    rsa_keys();
    broken_engine();
    misuse();
    switches();
    chosen_ttq();
    names();
    return check_done("test_config");
}
