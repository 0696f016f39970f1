/* SPDX-License-Identifier: Apache-2.0
 *
 * An image is opened as it was sealed, and what no seal made is refused or not found.
 */
#include "builder.h"

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

/* Images that no seal made: entries that are cut, of an odd head or not TLV, a wrong count. */
static void images(void)
{
    struct builder b;
    start(&b);
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
    CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == 0);
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == 0);
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {{12, 2},    /* two combinations, no terminal */
                {13, 1},    /* the byte that is zero */
                {15, 0xFF}, /* longer than the image */
                {18, 0x83}, /* no TLV */
                {32, 1},    /* two terminals, no combination */
                {32, 3},    /* no combination */
                {37, 7}};   /* a combination without AID */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t before = b.memory[rows[i].at];
        b.memory[rows[i].at] = rows[i].value;
        CHECK(tapk_config_open(b.memory, b.len) == TAPK_E_CONFIG);
        b.memory[rows[i].at] = before;
    }
    CHECK(tapk_config_open(b.memory, b.len) == TAPK_OK);
    b.memory[11] = (uint8_t)(b.len + 2); /* two bytes behind the last entry */
    CHECK(tapk_config_open(b.memory, b.len + 2) == TAPK_E_CONFIG);
    static uint8_t much[TAPK_CONFIG_MAX + 1];
    memcpy(much, b.memory, b.len);
    memcpy(much + 8, "\x00\x10\x00\x01", 4);
    CHECK(tapk_config_open(much, sizeof much) == TAPK_E_CONFIG);

    /* One combination more than the builder takes. */
    const uint8_t one[] = {
        TAPK_ENTRY_COMBINATION, 0, 0, 11, 0x9F, 0x06, 0x05, 1, 2, 3, 4, 5, 0x96, 1, 7};
    size_t n = 12 + 4 + 16;
    start(&b);
    CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
    CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == 0);
    CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == 0);
    for (unsigned i = 1; i < TAPK_MAX_COMBINATIONS + 2; i++) {
        memcpy(b.memory + n, one, sizeof one);
        n += sizeof one;
        b.memory[7] = (uint8_t)(i + 1);
        b.memory[10] = (uint8_t)(n >> 8);
        b.memory[11] = (uint8_t)n;
        CHECK(tapk_config_open(b.memory, n) ==
              (i <= TAPK_MAX_COMBINATIONS ? TAPK_OK : TAPK_E_CONFIG));
    }
}

/* A combination of which AID and kernel alone are there: too short, right, too long. */
static void least(void)
{
    static const uint8_t many[17] = {7, 1};
    static const struct {
        uint8_t aid;
        uint8_t kernel;
        int usable;
    } rows[] = {{4, 1, 0}, {5, 1, 1}, {16, 3, 1}, {17, 1, 0}, {5, 0, 0}, {5, 4, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct builder b;
        start(&b);
        CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
        CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == 0);
        CHECK(tapk_config_seal(&b.builder, &b.len, &b.fault) == 0);
        uint8_t body[32];
        size_t used = 0;
        CHECK(tapk_tlv_put(body, sizeof body, &used, 0x9F06, many, rows[i].aid) == 0);
        CHECK(tapk_tlv_put(body, sizeof body, &used, 0x96, many, rows[i].kernel) == 0);
        const uint8_t head[] = {TAPK_ENTRY_COMBINATION, 0, 0, (uint8_t)used};
        memcpy(b.memory + 32, head, sizeof head);
        memcpy(b.memory + 36, body, used);
        b.memory[11] = (uint8_t)(36 + used);
        CHECK(tapk_config_open(b.memory, 36 + used) == (rows[i].usable ? TAPK_OK : TAPK_E_CONFIG));
    }
}

/* Entries that no schema has seen: what is not whole is not found. */
static void found(void)
{
    static const char *const entries[] = {
        "0300000A9F0604A00000039F2201F1",                 /* a short RID */
        "0300000B9F0605A0000003349F2201F1",               /* another RID */
        "030000089F0605A000000333",                       /* no index */
        "0300000C9F0605A0000003339F2202F1F1",             /* an index of two bytes */
        "0300000B9F0605A0000003339F2201F2",               /* another index */
        "040000129F0604A00000039F2201F1DF8F3103000001",   /* the same of revoked certificates */
        "040000139F0605A0000003349F2201F1DF8F3103000001", /* ... */
        "040000149F0605A0000003339F2202F1F1DF8F3103000001",
        "040000139F0605A0000003339F2201F2DF8F3103000001",
        "040000129F0605A0000003339F2201F1DF8F31020001",
        "040000139F0605A0000003339F2201F1DF8F3103000002",
        "0500000B5A0962000000000001234F", /* a card number of nine bytes */
        "0500000C5A0A6200000000000124456F",
    };
    static const uint8_t rid[5] = {0xA0, 0x00, 0x00, 0x03, 0x33};
    static const uint8_t pan[10] = {0x62, 0, 0, 0, 0, 0, 0x01, 0x23, 0x45, 0x5F};
    static const struct tapk_revoked certificate = {
        {0xA0, 0x00, 0x00, 0x03, 0x33}, 0xF1, {0x00, 0x00, 0x01}};
    uint8_t memory[600] = {0};
    struct tapk_image image = {memory, TAPK_IMAGE_HEADER};
    struct tapk_ca_key key;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const size_t at = image.n;
        uint8_t *entry = memory + at;
        image.n += check_hex(entries[i], entry, sizeof memory - at);
        entry[3] = (uint8_t)(image.n - at - 4);
        struct tapk_entry_view view;
        size_t offset = at;
        CHECK(tapk_image_next(image, &offset, &view) == TAPK_TLV_OK && offset == image.n);
        CHECK(tapk_tlv_check(tapk_cursor(view.body.p, view.body.n, 0)) == TAPK_TLV_OK);
    }
    CHECK(tapk_image_find_key(&image, rid, 0xF1, &key) == 1);
    CHECK(tapk_image_revoked(&image, &certificate) == 0);
    CHECK(tapk_image_exception(image, pan, 0xFF) == 0);
    CHECK(tapk_image_has_sm2(image, rid, 0) == 0);
    CHECK(tapk_image_find_key(&image, rid, 0xF2, &key) == 0 && key.index == 0xF2);
    image.n += check_hex("040000139F0605A0000003339F2201F1DF8F3103000001", memory + image.n, 40);
    CHECK(tapk_image_revoked(&image, &certificate) == 1);
    const struct tapk_image none = {memory, 5}; /* not even a header */
    struct tapk_entry_view view;
    size_t offset = 0;
    CHECK(tapk_image_next(none, &offset, &view) == TAPK_TLV_BAD);
}

/* CK-005, SM-001: an SM2 key counts until its last day, and only for its RID. */
static void sm2_until(void)
{
    static const char *const months[] = {"1299", "0624", "0724", "1249"};
    for (size_t i = 0; i < 4; i++) {
        char hex[300];
        struct builder b;
        start(&b);
        CHECK(add(&b, TAPK_ENTRY_TERMINAL, TERMINAL) == 0);
        CHECK(add(&b, TAPK_ENTRY_COMBINATION, COMBINATION) == 0);
        (void)snprintf(hex, sizeof hex,
                       "9F0605A0000003339F220118DF3702%sDF070104DF0240" POINT "DF8F320101",
                       months[i]);
        CHECK(add(&b, TAPK_ENTRY_CA_KEY, hex) == 0);
        const struct tapk_image image = {b.memory, b.builder.length};
        const uint8_t *rid = (const uint8_t *)"\xA0\x00\x00\x03\x33";
        CHECK(tapk_image_has_sm2(image, rid, 20240701) == (i >= 2));
        CHECK(tapk_image_has_sm2(image, rid, 20240631) == (i >= 1));
        CHECK(tapk_image_has_sm2(image, rid, 0) == 1);
        CHECK(tapk_image_has_sm2(image, (const uint8_t *)"\xA0\x00\x00\x03\x34", 0) == 0);
    }
    struct builder b; /* without a last day it always counts */
    start(&b);
    CHECK(add(&b, TAPK_ENTRY_CA_KEY, "9F0605A0000003339F220118DF070104DF0240" POINT "DF8F320101") ==
          0);
    const struct tapk_image image = {b.memory, b.builder.length};
    CHECK(tapk_image_has_sm2(image, (const uint8_t *)"\xA0\x00\x00\x03\x33", 20990101) == 1);
}

int main(void)
{
    opened();
    images();
    least();
    found();
    sm2_until();
    return check_done("test_image");
}
