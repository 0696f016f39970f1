/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration builder refuses what cannot be used, and the image is what was put in.
 */
#include "check.h"
#include "../firmware/config.h"
#include "mark.h"

struct builder {
    uint8_t memory[4096];
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    struct tapk_crypto crypto;
    size_t len;
};

static void start(struct builder *b)
{
    memset(b, 0, sizeof *b);
    tapk_soft_crypto(&b->crypto);
    CHECK(tapk_crypto_check(&b->crypto) == 0);
    CHECK(tapk_config_begin(&b->builder, b->memory, sizeof b->memory, &b->crypto) == 0);
}

static int add(struct builder *b, uint8_t kind, const char *hex)
{
    uint8_t tlv[600];
    return tapk_config_add(&b->builder, kind, tlv, check_hex(hex, tlv, sizeof tlv), &b->fault);
}

#define TERMINAL "9F1A0201565F2A0201569F3303E0F8C8"
#define COMBINATION "9F0607A0000003330101960107DF8F0101029F660436000080"

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

/* No changed length, magic, version or cut image opens. */
static void opened(void)
{
    struct builder b;
    start(&b);
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
    CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == 0);
    CHECK(tapk_config_open(b.memory, b.builder.length) == TAPK_E_CONFIG); /* not sealed */
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == 0);
    for (size_t n = 0; n < b.len; n++)
        CHECK(tapk_config_open(b.memory, n) == TAPK_E_CONFIG);
    for (size_t i = 0; i < 12; i++) {
        b.memory[i] ^= 0x01;
        CHECK(tapk_config_open(b.memory, b.len) == TAPK_E_CONFIG);
        b.memory[i] ^= 0x01;
    }
    CHECK(tapk_config_open(b.memory, b.len) == 0);
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
                {"DF05053230333031", TAPK_FAULT_VALUE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        uint8_t key[240];
        start(&b);
        size_t n = example_key(key);
        n += check_hex(rows[i].hex, key + n, 20);
        CHECK(tapk_config_add(&b.builder, TAPK_ENTRY_CA_KEY, key, n, &b.fault) == rows[i].code);
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
    opened();
    refused();
    keys();
    expiry();
    names();
    return check_done("test_config");
}
