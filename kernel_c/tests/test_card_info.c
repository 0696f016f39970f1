/* SPDX-License-Identifier: Apache-2.0
 *
 * What a card tells without a payment (QP-151, LG-001...LG-007): every object and both logs, near
 * misses of what may be read, and a card that lies or leaves.
 */
#include "check.h"
#include "rig.h"

#define OBJECTS 15
#define FIRST 2                   /* answer to the first GET DATA; PPSE and SELECT come before */
#define RECORDS (FIRST + OBJECTS) /* answer to the first READ RECORD */
#define LIST 8192

static const uint16_t tags[OBJECTS] = {0x9F79, 0x9F77, 0x9F78, 0x9F6D, 0x9F5D,
                                       0x9F51, 0xDF79, 0xDF77, 0xDF78, 0xDF76,
                                       0xDF71, 0x9F36, 0x9F13, 0x9F4F, 0xDF4F};

/* The vector card with the logs named here in its FCI, and no object. */
static struct rig *asked(const char *logs)
{
    struct rig *rig = rig_new();
    uint8_t fci[160];
    size_t n = sizeof card_fci;
    uint8_t more[64];
    const size_t m = check_hex(logs, more, sizeof more);
    memcpy(fci, card_fci, n);
    if (m > 0) {
        memcpy(fci + n, "\xBF\x0C", 2);
        fci[n + 2] = (uint8_t)m;
        memcpy(fci + n + 3, more, m);
        fci[1] = (uint8_t)(fci[1] + 3 + m);
        fci[13] = (uint8_t)(fci[13] + 3 + m);
        n += 3 + m;
    }
    rig->transaction.purpose = TAPK_CARD_INFO;
    rig->transaction.amount = 0;
    rig_answer(rig, 1, fci, n, 0x9000);
    for (size_t i = 0; i < OBJECTS; i++)
        rig_answer(rig, FIRST + i, NULL, 0, 0x6A88);
    return rig;
}

static void answer(struct rig *rig, size_t i, const char *hex, uint16_t sw)
{
    uint8_t data[256];
    rig_answer(rig, i, data, check_hex(hex, data, sizeof data), sw);
}

/* 1 when the run ends well, after so many commands. */
static int reads(struct rig *rig, size_t commands)
{
    return rig_run(rig) == TAPK_END_APPLICATION &&
           rig->outcome.reason == TAPK_REASON_CARD_INFO_READ &&
           rig->outcome.rule == TAPK_RULE_QP_151 && rig->outcome.card_may_have_paid == 0 &&
           rig->outcome.data_record == 0 && rig->commands == commands;
}

/* The n-th object with this tag in the list of the last run; n = 0 when it is not there. */
static struct tapk_span listed(struct rig *rig, uint32_t tag, size_t n)
{
    static uint8_t out[LIST];
    struct tapk_span value = {NULL, 0};
    struct tapk_tlv object;
    size_t len = 0;
    if (tapk_fetch(rig_ctx(rig), TAPK_LIST_CARD_INFO, out, sizeof out, &len) != 0)
        return value;
    struct tapk_cursor cursor = tapk_cursor(out, len, 0);
    while (tapk_tlv_next(&cursor, &object) == TAPK_TLV_OK)
        if (object.tag == tag && n-- == 0) {
            value.p = object.value;
            value.n = object.length;
        }
    return value;
}

static int end_of(struct rig *rig, uint32_t tag)
{
    const struct tapk_span end = listed(rig, tag, 0);
    return end.n == 1 ? end.p[0] : -1;
}

static size_t records_of(struct rig *rig, uint32_t tag)
{
    size_t n = 0;
    while (listed(rig, tag, n).p != NULL)
        n++;
    return n;
}

/* QP-151, CMD-007: the objects in their order and nothing else, when the card has none of them. */
static void nothing(void)
{
    struct rig *rig = asked("");
    uint8_t out[LIST];
    size_t len;
    CHECK(reads(rig, RECORDS) && rig->outcome.balance_known == 0);
    for (size_t i = 0; i < OBJECTS; i++) {
        const uint8_t *command = rig->command[FIRST + i];
        CHECK(rig->command_len[FIRST + i] == 5 && memcmp(command, "\x80\xCA", 2) == 0);
        CHECK(command[2] == tags[i] >> 8 && command[3] == (tags[i] & 0xFF) && command[4] == 0);
        CHECK(listed(rig, tags[i], 0).p == NULL);
    }
    CHECK(end_of(rig, TAPK_TAG_LOG_END) == TAPK_LOG_NONE);
    CHECK(end_of(rig, TAPK_TAG_LOAD_END) == TAPK_LOG_NONE);
    CHECK(listed(rig, 0x9F06, 0).n == 8 && listed(rig, 0x50, 0).n == 10);
    CHECK(listed(rig, TAPK_TAG_BLOCKED, 0).p == NULL);
    CHECK(rig->shows == 2 && rig->shown[1] == TAPK_MSG_CARD_READ_OK);
    CHECK(rig->outcome.ui.qualifier == TAPK_VALUE_NONE);
    for (uint8_t list = TAPK_LIST_ONLINE; list < TAPK_LIST_CARD_INFO; list++)
        CHECK(tapk_fetch(rig_ctx(rig), list, out, sizeof out, &len) == 1);
    rig->transaction.purpose = TAPK_BALANCE; /* another purpose has no such list */
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_CARD_INFO, out, sizeof out, &len) == 1 && len == 0);
    rig->transaction.purpose = 3;
    CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
    free(rig);
}

/* TR-006: the purse that pays in the currency of the transaction, 156; else the first one. */
static void purses(void)
{
    static const struct {
        const char *currency, *second; /* 9F51, DF71 */
        uint64_t balance;
        const char *in;
    } rows[] = {{"", "", 100, "\x01\x56"},
                {"", "DF71020156", 100, "\x01\x56"},
                {"9F51020156", "DF71020344", 100, "\x01\x56"},
                {"9F51020156", "DF71020156", 100, "\x01\x56"},
                {"9F51020344", "DF71020156", 900, "\x01\x56"},
                {"9F51020157", "DF71020156", 900, "\x01\x56"},
                {"9F51020344", "DF71020157", 100, "\x03\x44"},
                {"9F51020344", "", 100, "\x03\x44"},
                {"9F51021156", "DF71020156", 100, "\x01\x56"}, /* no n3 is no currency */
                {"9F5102015A", "DF71020156", 100, "\x01\x56"},
                {"9F51020344", "DF7102015A", 100, "\x03\x44"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = asked("");
        answer(rig, FIRST + 0, "9F7906000000000100", 0x9000);
        answer(rig, FIRST + 5, rows[i].currency, rows[i].currency[0] ? 0x9000 : 0x6A88);
        answer(rig, FIRST + 6, "DF7906000000000900", 0x9000);
        answer(rig, FIRST + 10, rows[i].second, rows[i].second[0] ? 0x9000 : 0x6A88);
        CHECK(reads(rig, RECORDS) && rig->outcome.balance == rows[i].balance);
        CHECK(memcmp(rig->outcome.ui.currency, rows[i].in, 2) == 0);
        answer(rig, FIRST + 6, "", 0x6A88); /* a purse that tells no balance */
        CHECK(reads(rig, RECORDS) && rig->outcome.balance_known == (rows[i].balance == 100));
        free(rig);
    }
}

static void everything(void)
{
    struct rig *rig = asked("9F4D020B0ADF4D020C02");
    struct tapk_span value;
    uint8_t origin;
    for (size_t i = 0; i < OBJECTS; i++) {
        const int short_one = tags[i] == 0x9F51 || tags[i] == 0xDF71 || tags[i] == 0x9F36 ||
                              tags[i] == 0x9F13 || i >= 13;
        uint8_t data[9] = {(uint8_t)(tags[i] >> 8), (uint8_t)tags[i], short_one ? 2 : 6};
        data[short_one ? 4 : 8] = (uint8_t)(0x10 + (i < 10 ? i : i + 6)); /* BCD, each its own */
        rig_answer(rig, FIRST + i, data, short_one ? 5 : 9, 0x9000);
    }
    answer(rig, RECORDS, "AA01", 0x9000);
    answer(rig, RECORDS + 1, "", 0x9000); /* a record of no bytes is one */
    answer(rig, RECORDS + 2, "", 0x6A83);
    answer(rig, RECORDS + 3, "BB01", 0x9000);
    answer(rig, RECORDS + 4, "BB02", 0x9000);
    CHECK(reads(rig, RECORDS + 5));
    CHECK(memcmp(rig->command[RECORDS], "\x00\xB2\x01\x5C\x00", 5) == 0);
    CHECK(memcmp(rig->command[RECORDS + 1], "\x00\xB2\x02\x5C\x00", 5) == 0);
    CHECK(memcmp(rig->command[RECORDS + 3], "\x00\xB2\x01\x64\x00", 5) == 0);
    for (size_t i = 0; i < OBJECTS; i++) {
        value = listed(rig, tags[i], 0);
        CHECK(value.n >= 2 && value.p[value.n - 1] == 0x10 + (i < 10 ? i : i + 6));
        CHECK(tapk_get(rig_ctx(rig), tags[i], &value, &origin) == 0 &&
              origin == TAPK_FROM_CARD_COMMAND);
    }
    CHECK(records_of(rig, TAPK_TAG_LOG_RECORD) == 2 && records_of(rig, TAPK_TAG_LOAD_RECORD) == 2);
    CHECK(memcmp(listed(rig, TAPK_TAG_LOG_RECORD, 0).p, "\xAA\x01", 2) == 0);
    CHECK(listed(rig, TAPK_TAG_LOG_RECORD, 1).n == 0);
    CHECK(memcmp(listed(rig, TAPK_TAG_LOAD_RECORD, 1).p, "\xBB\x02", 2) == 0);
    CHECK(end_of(rig, TAPK_TAG_LOG_END) == TAPK_LOG_LAST);
    CHECK(end_of(rig, TAPK_TAG_LOAD_END) == TAPK_LOG_ALL);
    /* QP-152: the balance in the currency of 9F51; without it, in that of the terminal */
    CHECK(rig->outcome.balance_known && rig->outcome.balance == 10);
    CHECK(rig->outcome.balance_is_before && rig->outcome.ui.qualifier == TAPK_VALUE_BALANCE);
    CHECK(memcmp(rig->outcome.ui.currency, "\x00\x15", 2) == 0);
    answer(rig, FIRST + 5, "9F5102015A", 0x9000);
    CHECK(reads(rig, RECORDS + 5) && memcmp(rig->outcome.ui.currency, "\x01\x56", 2) == 0);
    answer(rig, FIRST + 5, "9F51021000", 0x9000); /* n3 */
    CHECK(reads(rig, RECORDS + 5) && memcmp(rig->outcome.ui.currency, "\x01\x56", 2) == 0);
    answer(rig, FIRST + 5, "", 0x6A88);
    CHECK(reads(rig, RECORDS + 5) && memcmp(rig->outcome.ui.currency, "\x01\x56", 2) == 0);
    answer(rig, FIRST, "9F790600000000000A", 0x9000); /* no amount: 9F5D */
    CHECK(reads(rig, RECORDS + 5) && rig->outcome.balance == 14);
    answer(rig, FIRST + 4, "9F5D0600000000000A", 0x9000);
    CHECK(reads(rig, RECORDS + 5) && rig->outcome.balance_known == 0);
    CHECK(rig->outcome.ui.qualifier == TAPK_VALUE_NONE);
    free(rig);
}

/* APDU-010, CMD-030: what is not exactly the object asked for is absent. */
static void wrong_objects(void)
{
    static const struct {
        const char *data;
        uint16_t sw;
    } rows[] = {{"9F7906000000000042", 0x6281},
                {"9F7806000000000042", 0x9000},
                {"9F79050000000042", 0x9000},
                {"9F790700000000000042", 0x9000},
                {"9F790600000000004200", 0x9000},
                {"9F7906", 0x9000},
                {"", 0x9000},
                {"9F7900", 0x9000}};
    struct rig *rig = asked("");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer(rig, FIRST, rows[i].data, rows[i].sw);
        CHECK(reads(rig, RECORDS) && listed(rig, 0x9F79, 0).p == NULL);
        CHECK(rig->outcome.balance_known == 0);
    }
    free(rig);
}

/* LG-001: SFI 11 to 30, and as many records as the card says, at most 30. */
static void near_misses(void)
{
    static const struct {
        const char *log;
        size_t records;
        int end;
    } rows[] = {{"9F4D020A03", 0, TAPK_LOG_NO_FILE}, {"9F4D020B03", 3, TAPK_LOG_ALL},
                {"9F4D020C03", 3, TAPK_LOG_ALL},     {"9F4D021E03", 3, TAPK_LOG_ALL},
                {"9F4D021F03", 0, TAPK_LOG_NO_FILE}, {"9F4D022003", 0, TAPK_LOG_NO_FILE},
                {"9F4D020003", 0, TAPK_LOG_NO_FILE}, {"9F4D020B00", 0, TAPK_LOG_ALL},
                {"9F4D020B01", 1, TAPK_LOG_ALL},     {"9F4D020B1E", 30, TAPK_LOG_ALL},
                {"9F4D020B1F", 30, TAPK_LOG_MORE},   {"9F4D020BFF", 30, TAPK_LOG_MORE},
                {"9F4D010B", 0, TAPK_LOG_NONE},      {"9F4D030B0303", 0, TAPK_LOG_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = asked(rows[i].log);
        for (size_t k = 0; k < 60; k++)
            answer(rig, RECORDS + k, "AABBCC", 0x9000);
        CHECK(reads(rig, RECORDS + rows[i].records));
        CHECK(records_of(rig, TAPK_TAG_LOG_RECORD) == rows[i].records);
        CHECK(end_of(rig, TAPK_TAG_LOG_END) == rows[i].end);
        free(rig);
    }
}

/* LG-003: 6A83 is the end, any other status word is one too; the other log is read all the same. */
static void refused_records(void)
{
    static const uint16_t words[] = {0x6A83, 0x6A82, 0x6985, 0x6283, 0x9001, 0x6110};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (size_t at = 0; at < 3; at++) {
            struct rig *rig = asked("9F4D020B03DF4D021E01");
            for (size_t k = 0; k < 4; k++)
                answer(rig, RECORDS + k, "AABBCC", 0x9000);
            answer(rig, RECORDS + at, "AABBCC", words[i]);
            answer(rig, RECORDS + at + 1, "DD", 0x9000);
            CHECK(reads(rig, RECORDS + at + 2));
            CHECK(records_of(rig, TAPK_TAG_LOG_RECORD) == at);
            CHECK(end_of(rig, TAPK_TAG_LOG_END) == (i == 0 ? TAPK_LOG_LAST : TAPK_LOG_REFUSED));
            CHECK(records_of(rig, TAPK_TAG_LOAD_RECORD) == 1);
            CHECK(listed(rig, TAPK_TAG_LOAD_RECORD, 0).p[0] == 0xDD);
            free(rig);
        }
}

/* What the arena cannot hold is not read; what was read stays, and it says so. */
static void huge_records(void)
{
    struct rig *rig = asked("9F4D020B1EDF4D020C1E");
    uint8_t record[256];
    uint8_t out[LIST];
    size_t len = 0;
    memset(record, 0xAA, sizeof record);
    for (size_t i = 0; i < 60; i++)
        rig_answer(rig, RECORDS + i, record, sizeof record, 0x9000);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_CARD_INFO_READ);
    const size_t held = records_of(rig, TAPK_TAG_LOG_RECORD);
    CHECK(held >= 14 && held < 30 && rig->commands == RECORDS + held + 2);
    CHECK(listed(rig, TAPK_TAG_LOG_RECORD, held - 1).n == 256);
    CHECK(end_of(rig, TAPK_TAG_LOG_END) == TAPK_LOG_FULL);
    CHECK(end_of(rig, TAPK_TAG_LOAD_END) == TAPK_LOG_FULL);
    /* a buffer that is too small is said to be, whatever its size */
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_CARD_INFO, out, sizeof out, &len) == 0);
    CHECK(len <= TAPK_ARENA + 1024); /* what docs/firmware.md says is enough */
    for (size_t room = 0; room < len; room++) {
        size_t used = 0;
        CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_CARD_INFO, out, room, &used) == TAPK_E_SIZE);
    }
    for (size_t i = 0; i < 60; i++) /* as many records as fit, each with a long header */
        rig_answer(rig, RECORDS + i, record, i < 30 ? 128 : 0, 0x9000);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_CARD_INFO, out, TAPK_ARENA + 1024, &len) == 0);
    CHECK(records_of(rig, TAPK_TAG_LOG_RECORD) > 28);
    free(rig);
}

/* LG-004: the logs of a blocked application can be read, and nothing else can be done with it. */
static void blocked(void)
{
    struct rig *rig = asked("9F4D020B01");
    uint8_t fci[160];
    const size_t n = rig->answer_len[1] - 2;
    memcpy(fci, rig->answer[1], n);
    answer(rig, RECORDS, "AA", 0x9000);
    CHECK(reads(rig, RECORDS + 1) && listed(rig, TAPK_TAG_BLOCKED, 0).p == NULL);
    rig_answer(rig, 1, fci, n, 0x6283);
    CHECK(reads(rig, RECORDS + 1) && records_of(rig, TAPK_TAG_LOG_RECORD) == 1);
    CHECK(listed(rig, TAPK_TAG_BLOCKED, 0).n == 1);
    static const uint8_t others[] = {TAPK_PAYMENT, TAPK_BALANCE};
    for (size_t i = 0; i < 2; i++) {
        rig->transaction.purpose = others[i];
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 2);
        CHECK(rig->outcome.reason == TAPK_REASON_NO_APPLICATION);
    }
    rig->transaction.purpose = TAPK_CARD_INFO;
    rig_answer(rig, 1, fci, n, 0x6282);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 2);
    rig_answer(rig, 1, NULL, 0, 0x6283); /* no FCI */
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 2);
    CHECK(rig->outcome.reason == TAPK_REASON_NO_APPLICATION);
    free(rig);
}

/* A card that leaves is asked for again, and what it said before does not count. */
static void torn(void)
{
    static const uint16_t events[] = {TAPK_EVENT_LOST, TAPK_EVENT_TIMEOUT, TAPK_EVENT_CANCEL,
                                      TAPK_EVENT_UNSUPPORTED};
    uint8_t out[LIST];
    size_t len;
    for (size_t at = 0; at < RECORDS + 2; at++)
        for (size_t i = 0; i < 4; i++) {
            struct rig *rig = asked("9F4D020B02");
            answer(rig, FIRST, "9F7906000000000042", 0x9000);
            answer(rig, RECORDS, "AA", 0x9000);
            answer(rig, RECORDS + 1, "AA", 0x9000);
            rig->event_at[at] = events[i];
            CHECK(rig_run(rig) == (i < 2 ? TAPK_TRY_AGAIN : TAPK_END_APPLICATION));
            CHECK(rig->outcome.reason == (i < 2    ? TAPK_REASON_CARD_LOST
                                          : i == 2 ? TAPK_REASON_CANCELLED
                                                   : TAPK_REASON_UNSUPPORTED));
            CHECK(rig->outcome.balance_known == 0 && rig->outcome.card_may_have_paid == 0);
            CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_CARD_INFO, out, sizeof out, &len) == 1);
            free(rig);
        }
}

#ifdef TAPK_TEST
/* Any single decision forced: bounded, no step outside states.def, nothing but these commands. */
static void forced(void)
{
    for (uint16_t rule = 1; rule < TAPK_RULE_LAST; rule++)
        for (uint16_t force = TAPK_FORCE_FALSE; force <= TAPK_FORCE_MORE; force++) {
            struct rig *rig = asked("9F4D020B1FDF4D021F03");
            for (size_t k = 0; k < 70; k++)
                answer(rig, RECORDS + k, k < 40 ? "AABBCC" : "", k < 40 ? 0x9000 : 0x6A83);
            rig->force_rule = rule;
            rig->force = force;
            CHECK(rig_run(rig) > 0 && rig->steps < 200);
            for (size_t i = 0; i < rig->commands && i < RIG_ANSWERS; i++)
                CHECK(rig->command[i][1] == 0xA4 || rig->command[i][1] == 0xCA ||
                      rig->command[i][1] == 0xB2);
            free(rig);
        }
}
#endif

int main(void)
{
    nothing();
    purses();
    everything();
    wrong_objects();
    near_misses();
    refused_records();
    huge_records();
    blocked();
    torn();
#ifdef TAPK_TEST
    forced();
#endif
    return check_done("test_card_info");
}
