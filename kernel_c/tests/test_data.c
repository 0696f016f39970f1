/* SPDX-License-Identifier: Apache-2.0
 *
 * TLV, DOL, formats and the tag table. Expectations are literals from the digest.
 */
#include "check.h"
#include "data/dol.h"
#include "data/format.h"
#include "data/tags.h"
#include "data/tlv.h"

static int index_of(const char *hex, int skip_ff, struct tapk_tlv_node *nodes, size_t *count,
                    size_t *error)
{
    uint8_t data[300];
    const size_t n = check_hex(hex, data, sizeof data);
    return tapk_tlv_index(data, n, skip_ff, nodes, 16, count, error);
}

static void tlv_good(void)
{
    struct tapk_tlv_node nodes[16];
    size_t count;
    size_t error;
    CHECK(index_of("6F0484029F01", 0, nodes, &count, &error) == 0 && count == 2);
    CHECK(nodes[0].tag == 0x6F && nodes[0].offset == 2 && nodes[0].length == 4);
    CHECK(nodes[1].tag == 0x84 && nodes[1].depth == 1 && nodes[1].offset == 4);
    CHECK(index_of("9F020101", 0, nodes, &count, &error) == 0 && nodes[0].tag == 0x9F02);
    CHECK(index_of("DF81290108", 0, nodes, &count, &error) == 0 && nodes[0].tag == 0xDF8129);
    CHECK(index_of("DF8181290108", 0, nodes, &count, &error) == 0 && nodes[0].tag == 0xDF818129);
    CHECK(index_of("5A810101", 0, nodes, &count, &error) == 0 && nodes[0].length == 1);
    CHECK(index_of("5A82000101", 0, nodes, &count, &error) == 0 && nodes[0].header == 4);
    CHECK(index_of("", 0, nodes, &count, &error) == 0 && count == 0);
    CHECK(index_of("00005A0101000050000000", 0, nodes, &count, &error) == 0 && count == 2);
    CHECK(index_of("7006005A010100FF", 1, nodes, &count, &error) == 0 && count == 2);
    CHECK(index_of("70009F3600", 0, nodes, &count, &error) == 0 && count == 2);
}

static void tlv_bad(void)
{
    static const struct {
        const char *hex;
        size_t offset;
    } rows[] = {
        {"5A", 0},         {"9F", 0},           {"9F02", 0},         {"5A80", 0},
        {"5A8001", 0},     {"5A8301000001", 0}, {"5A84FFFFFFFF", 0}, {"5A82", 0},
        {"5A8201", 0},     {"5A81", 0},         {"5A0201", 0},       {"DF818181290108", 0},
        {"70025A0101", 2}, {"50015A5A02", 3},   {"70035A01019F", 5}, {"FF5A0101", 3},
    };
    struct tapk_tlv_node nodes[16];
    size_t count;
    size_t error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        error = 999;
        CHECK(index_of(rows[i].hex, 0, nodes, &count, &error) == TAPK_TLV_BAD);
        CHECK(error == rows[i].offset);
    }
    uint8_t many[34];
    for (size_t i = 0; i < sizeof many; i += 2) {
        many[i] = 0x5A;
        many[i + 1] = 0;
    }
    CHECK(tapk_tlv_index(many, sizeof many, 0, nodes, 16, &count, &error) == TAPK_E_SIZE);
}

/* Every header of four bytes: read in full or refused, never beyond the end. */
static void tlv_headers(void)
{
    uint8_t data[5] = {0};
    size_t good = 0;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (unsigned c = 0; c < 256; c += 5)
                for (unsigned d = 0; d < 256; d += 17) {
                    struct tapk_tlv object;
                    data[0] = (uint8_t)a;
                    data[1] = (uint8_t)b;
                    data[2] = (uint8_t)c;
                    data[3] = (uint8_t)d;
                    struct tapk_cursor cursor = tapk_cursor(data, 4, 0);
                    const int result = tapk_tlv_next(&cursor, &object);
                    if (result != TAPK_TLV_OK)
                        continue;
                    good++;
                    if (object.value < data || object.value + object.length > data + 4)
                        CHECK(0 == "the value lies inside"[0]);
                }
    CHECK(good > 1000);
}

static void tlv_rest(void)
{
    static const uint8_t two[] = {0x70, 0x01, 0x00, 0x5A, 0x00};
    struct tapk_span value;
    CHECK(tapk_tlv_only(two, 3, 0x70, &value) == TAPK_TLV_OK && value.n == 1);
    CHECK(tapk_tlv_only(two, 5, 0x70, &value) == TAPK_TLV_BAD); /* TLV-016 */
    CHECK(tapk_tlv_only(two, 3, 0x77, &value) == TAPK_TLV_BAD);
    CHECK(tapk_tlv_only(two, 0, 0x70, &value) == TAPK_TLV_BAD);
    CHECK(tapk_tlv_find(tapk_cursor(two, 5, 0), 0x5A, &value) == TAPK_TLV_OK && value.n == 0);
    CHECK(tapk_tlv_find(tapk_cursor(two, 5, 0), 0x5B, &value) == TAPK_TLV_END);
    CHECK(tapk_tlv_find(tapk_cursor(two, 4, 0), 0x5B, &value) == TAPK_TLV_BAD);
    uint8_t out[300];
    uint8_t long_value[200] = {1};
    size_t used = 0;
    CHECK(tapk_tlv_put(out, sizeof out, &used, 0x9F02, two, 2) == 0 && used == 5);
    CHECK(memcmp(out, "\x9F\x02\x02\x70\x01", 5) == 0);
    used = 0;
    CHECK(tapk_tlv_put(out, sizeof out, &used, 0xDF8129, long_value, 200) == 0 && used == 205);
    CHECK(memcmp(out, "\xDF\x81\x29\x81\xC8\x01", 6) == 0);
    CHECK(tapk_tlv_put(out, sizeof out, &used, 0x5A, long_value, 100) == TAPK_E_SIZE);
    CHECK(used == 205);
    CHECK(tapk_tag_constructed(0x70) && tapk_tag_constructed(0xBF0C) &&
          !tapk_tag_constructed(0x86));
}

/* Long values, tags of up to four bytes, and everything that does not fit. */
static void tlv_put_limits(void)
{
    static uint8_t value[0x10000];
    static uint8_t out[0x10010];
    static const struct {
        uint32_t tag;
        size_t len;
        size_t header;
    } rows[] = {{0x5A, 0, 2},          {0x5A, 0x7F, 2},        {0x5A, 0x80, 3},
                {0x5A, 0xFF, 3},       {0x5A, 0x100, 4},       {0x9F02, 0xFFFF, 5},
                {0xDF818129, 0xFF, 6}, {0xDF818129, 0x100, 7}, {0xDF8129, 0x7F, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t whole = rows[i].header + rows[i].len;
        struct tapk_span back;
        size_t used = 0;
        CHECK(tapk_tlv_put(out, whole, &used, rows[i].tag, value, rows[i].len) == 0);
        CHECK(used == whole);
        CHECK(tapk_tlv_only(out, used, rows[i].tag, &back) == TAPK_TLV_OK && back.n == rows[i].len);
        used = 1; /* a byte less than it needs, then less than its header */
        CHECK(tapk_tlv_put(out, whole, &used, rows[i].tag, value, rows[i].len) == TAPK_E_SIZE);
        CHECK(tapk_tlv_put(out, rows[i].header, &used, rows[i].tag, value, 0) ==
              (rows[i].len < 0x80 ? TAPK_E_SIZE : 0));
        used = 2;
        CHECK(tapk_tlv_put(out, 1, &used, rows[i].tag, value, rows[i].len) == TAPK_E_SIZE);
        CHECK(used == 2);
    }
    size_t used = 0;
    CHECK(tapk_tlv_put(out, sizeof out, &used, 0x5A, value, 0x10000) == TAPK_E_SIZE && used == 0);
}

/* What is nested deeper than the index goes is one node; more than 65535 bytes are refused. */
static void tlv_depth(void)
{
    static uint8_t data[0x10000];
    struct tapk_tlv_node nodes[TAPK_TLV_DEPTH + 4];
    const size_t n = 2 * (TAPK_TLV_DEPTH + 2);
    size_t count;
    size_t error;
    for (size_t i = 0; i < n; i += 2) {
        data[i] = 0x70;
        data[i + 1] = (uint8_t)(n - i - 2);
    }
    CHECK(tapk_tlv_index(data, n, 0, nodes, TAPK_TLV_DEPTH + 4, &count, &error) == TAPK_TLV_OK);
    CHECK(count == TAPK_TLV_DEPTH + 1 && nodes[TAPK_TLV_DEPTH].depth == TAPK_TLV_DEPTH);
    CHECK(nodes[TAPK_TLV_DEPTH].length == 2);
    CHECK(tapk_tlv_index(data, 0x10000, 0, nodes, 4, &count, &error) == TAPK_E_SIZE && count == 0);
}

/* The example table of file 10 section 3, TV-050. */
static void dol_fit(void)
{
    static const struct {
        const char *value;
        uint8_t format;
        size_t wanted;
        const char *result;
    } rows[] = {
        {"000000001234", TAPK_FORMAT_N, 6, "000000001234"},
        {"000000001234", TAPK_FORMAT_N, 4, "00001234"},
        {"000000001234", TAPK_FORMAT_N, 8, "0000000000001234"},
        {"6212345678901232", TAPK_FORMAT_CN, 10, "6212345678901232FFFF"},
        {"6212345678901232", TAPK_FORMAT_CN, 4, "62123456"},
        {"3132333435363738", TAPK_FORMAT_AN, 4, "31323334"},
        {"3132333435363738", TAPK_FORMAT_AN, 10, "31323334353637380000"},
        {"0156", TAPK_FORMAT_N, 1, "56"},
        {"0156", TAPK_FORMAT_N, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t value[16];
        uint8_t expected[16];
        uint8_t out[16] = {0xEE};
        const size_t n = check_hex(rows[i].value, value, sizeof value);
        const size_t m = check_hex(rows[i].result, expected, sizeof expected);
        tapk_dol_fit(out, rows[i].wanted, value, n, rows[i].format);
        CHECK(m == rows[i].wanted && memcmp(out, expected, m) == 0);
    }
}

static void dol_walk(void)
{
    static const uint8_t list[] = {0x9F, 0x02, 0x06, 0x9F, 0x02, 0x04, 0x95, 0x05, 0x9F, 0x66};
    struct tapk_cursor cursor = tapk_cursor(list, 8, 0);
    struct tapk_dol_entry entry;
    size_t total;
    uint8_t length;
    CHECK(tapk_dol_next(&cursor, &entry) == 0 && entry.tag == 0x9F02 && entry.length == 6);
    CHECK(tapk_dol_next(&cursor, &entry) == 0 && entry.tag == 0x9F02 && entry.length == 4);
    CHECK(tapk_dol_next(&cursor, &entry) == 0 && entry.tag == 0x95 && entry.length == 5);
    CHECK(tapk_dol_next(&cursor, &entry) == TAPK_TLV_END);
    CHECK(tapk_dol_check(tapk_cursor(list, 8, 0), &total) == 0 && total == 15);
    CHECK(tapk_dol_check(tapk_cursor(list, 9, 0), &total) == TAPK_TLV_BAD);  /* ends inside a tag */
    CHECK(tapk_dol_check(tapk_cursor(list, 10, 0), &total) == TAPK_TLV_BAD); /* no length byte */
    CHECK(tapk_dol_asks(tapk_cursor(list, 8, 0), 0x95, &length) && length == 5);
    CHECK(!tapk_dol_asks(tapk_cursor(list, 8, 0), 0x9F66, &length));
    static const uint8_t wide[] = {0xDF, 0x81, 0x81, 0x29, 0x01, 0xDF,
                                   0x81, 0x81, 0x81, 0x29, 0x01};
    CHECK(tapk_dol_check(tapk_cursor(wide, 5, 0), &total) == 0 && total == 1);
    CHECK(tapk_dol_check(tapk_cursor(wide, 11, 0), &total) == TAPK_TLV_BAD); /* a tag of 5 bytes */
    uint8_t out[4] = {0xEE, 0xEE, 0xEE, 0xEE}; /* elements without a value: padding alone */
    tapk_dol_fit(out, 2, NULL, 0, TAPK_FORMAT_N);
    tapk_dol_fit(out + 2, 1, NULL, 0, TAPK_FORMAT_CN);
    tapk_dol_fit(out + 3, 1, NULL, 0, TAPK_FORMAT_B);
    CHECK(memcmp(out, "\0\0\xFF\0", 4) == 0);
}

static void formats(void)
{
    uint8_t out[6];
    uint64_t value;
    uint8_t pan[10];
    uint8_t in[20];
    CHECK(tapk_bcd_put(out, 6, 999999999999u) == 0 &&
          memcmp(out, "\x99\x99\x99\x99\x99\x99", 6) == 0);
    CHECK(tapk_bcd_put(out, 6, 1000000000000u) == 1);
    CHECK(tapk_bcd_get((const uint8_t *)"\x12\x34", 2, &value) == 0 && value == 1234);
    CHECK(tapk_bcd_get((const uint8_t *)"\x1A\x34", 2, &value) == 1);
    CHECK(tapk_be_get((const uint8_t *)"\x01\x00", 2) == 256);
    static const struct {
        const char *date;
        int valid;
    } dates[] = {{"\x24\x02\x29", 1}, {"\x23\x02\x29", 0}, {"\x24\x04\x31", 0},
                 {"\x24\x00\x10", 0}, {"\x24\x13\x10", 0}, {"\x24\x12\x00", 0},
                 {"\x24\x12\x31", 1}, {"\x00\x02\x29", 1}, {"\x2A\x01\x01", 0}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++)
        CHECK(tapk_date_valid((const uint8_t *)dates[i].date) == dates[i].valid);
    CHECK(tapk_date_key((const uint8_t *)"\x49\x12\x31") == 20491231);
    CHECK(tapk_date_key((const uint8_t *)"\x50\x01\x01") == 19500101);
    CHECK(tapk_time_valid((const uint8_t *)"\x23\x59\x59") &&
          !tapk_time_valid((const uint8_t *)"\x24\x00\x00") &&
          !tapk_time_valid((const uint8_t *)"\x23\x60\x00") &&
          !tapk_time_valid((const uint8_t *)"\x23\x59\x60") &&
          !tapk_time_valid((const uint8_t *)"\x23\x59\x5A"));
    CHECK(tapk_pan_of_5a(in, check_hex("6200000000000123455F", in, 20), pan) == 0 &&
          pan[9] == 0x5F);
    CHECK(tapk_pan_of_5a(in, check_hex("62000000000001234F5F", in, 20), pan) == 1);
    CHECK(tapk_pan_of_5a(in, check_hex("FFFF", in, 20), pan) == 1);
    CHECK(tapk_pan_of_57(in, check_hex("6200000000000123455D4912220000", in, 20), pan) == 0 &&
          memcmp(pan, "\x62\x00\x00\x00\x00\x00\x01\x23\x45\x5F", 10) == 0);
    CHECK(tapk_pan_of_57(in, check_hex("620000000000012345554912220000", in, 20), pan) == 1);
    CHECK(tapk_pan_of_57(in, check_hex("62000000000001234556D912220000", in, 20), pan) == 1);
    CHECK(tapk_pan_of_57(in, check_hex("62D0D0", in, 20), pan) == 1);
    static const struct {
        const char *hex;
        int of_5a; /* what each says: 0 a PAN */
        int of_57;
    } numbers[] = {{"", 1, 1},
                   {"62", 0, 1},
                   {"D0", 1, 1},
                   {"6200000000000000123F", 0, 1},
                   {"62000000000000001234", 1, 1}, /* 20 digits */
                   {"6200000000000000123D", 1, 0},
                   {"62000000000000001234D4", 1, 1},
                   {"6200000000000000123FFF", 1, 1}, /* 11 bytes */
                   {"6200000000000000123D491222000000000000", 1, 0},
                   {"6200000000000000123D49122200000000000000", 1, 1}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const size_t n = check_hex(numbers[i].hex, in, 20);
        CHECK(tapk_pan_of_5a(in, n, pan) == numbers[i].of_5a);
        CHECK(tapk_pan_of_57(in, n, pan) == numbers[i].of_57);
    }
}

static void tags(void)
{
    const struct tapk_tag_info *info = tapk_tag_find(0x9F02);
    CHECK(info != NULL && info->source == TAPK_SOURCE_TERMINAL && info->format == TAPK_FORMAT_N);
    info = tapk_tag_find(0x5A);
    CHECK(info != NULL && info->source == TAPK_SOURCE_CARD && info->max == 10);
    CHECK(tapk_tag_find(0x9F6D)->source == TAPK_SOURCE_CARD); /* not the other scheme's meaning */
    CHECK(tapk_tag_find(0x9F4C)->source == TAPK_SOURCE_TERMINAL); /* TLV-025 */
    CHECK(tapk_tag_find(0x9F60) == NULL && tapk_tag_find(0) == NULL);
    CHECK(tapk_tag_find(0xFFFFFFFFu) == NULL && tapk_tag_find(0xDF8129) == NULL);
    for (uint32_t tag = 1, last = 0; tag < 0x10000; tag++) { /* the table is sorted */
        const struct tapk_tag_info *one = tapk_tag_find(tag);
        if (one == NULL)
            continue;
        if (one->tag != tag || tag <= last)
            CHECK(0 == "the table is sorted"[0]);
        last = tag;
    }
}

int main(void)
{
    tlv_good();
    tlv_bad();
    tlv_headers();
    tlv_rest();
    tlv_put_limits();
    tlv_depth();
    dol_fit();
    dol_walk();
    formats();
    tags();
    return check_done("test_data");
}
