/* SPDX-License-Identifier: Apache-2.0
 *
 * A torn tap and what becomes of it (TT-010...TT-020): the vector card leaves at its last record
 * and is there again with the answers from FIRST on, each of them changed.
 */
#include "flow/torn.h"
#include "check.h"
#include "rig.h"

#define TTQ "\x36\x00\x00\x80"
#define RECOVERY "\x1F\x01" /* tt.recovery on */
#define SWITCHES RECOVERY, 2
#define LAST 6   /* the answer that does not come */
#define FIRST 7  /* PPSE */
#define SELECT 8 /* then three records */
#define ATC 12
#define BALANCE 13
#define COPY 14     /* of the last record */
#define CURRENCY 14 /* in its place, when the balance is the one before */

#define ENDS_UNDECIDED(rig, rule) \
    rig_ends((rig), TAPK_END_APPLICATION, TAPK_REASON_CARD_MAY_HAVE_PAID, TAPK_RULE_##rule)

static void say(struct rig *rig, size_t i, const char *data, size_t n)
{
    rig_answer(rig, i, (const uint8_t *)data, n, 0x9000);
}
#define SAY(rig, i, text) say((rig), (i), (text), sizeof(text) - 1)

/* The card has paid 12.34 and has 87.66 left. */
static struct rig *torn(const char *switches, size_t n)
{
    struct rig *rig = rig_with_ttq(TTQ, switches, n);
    rig->event_at[LAST] = TAPK_EVENT_LOST;
    rig->again = FIRST;
    for (size_t i = 0; i < 2; i++)
        rig_answer(rig, FIRST + i, rig->answer[i], rig->answer_len[i] - 2, 0x9000);
    for (size_t i = 0; i < 3; i++)
        rig_answer(rig, SELECT + 1 + i, rig->answer[3 + i], rig->answer_len[3 + i] - 2, 0x9000);
    SAY(rig, ATC, "\x9F\x36\x02\x00\x11");
    SAY(rig, BALANCE, "\x9F\x5D\x06\x00\x00\x00\x00\x87\x66");
    rig_answer(rig, COPY, rig->answer[LAST], rig->answer_len[LAST] - 2, 0x9000);
    return rig;
}

static void paid(void)
{
    struct rig *rig = torn(SWITCHES);
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->outcome.reason == TAPK_REASON_RECOVERED);
    CHECK(rig->outcome.rule == TAPK_RULE_QP_120 && rig->outcome.card_may_have_paid == 0);
    CHECK(rig->stores == 1 && rig->drops == 1 && rig->presented == 2);
    CHECK(rig->commands == 7 + 8 && rig->command[7 + 5][1] == 0xCA);
    CHECK(rig->shown[1] == TAPK_MSG_PRESENT_AGAIN && rig->shown[2] == TAPK_MSG_PRESENT_AGAIN);
    CHECK(rig_ends(rig, TAPK_APPROVED, TAPK_REASON_RECOVERED, TAPK_RULE_QP_120));
    /* the balance in 9F10 is that of 9F79, or of 9F5D with identifier 05 */
    for (uint8_t id = 1; id <= 5; id += 2) {
        rig = torn(SWITCHES);
        const size_t at = rig_find(rig, 2, "\x9F\x5D", 2);
        rig->answer[2][at + 1] = 0x5E;
        rig->answer[2][rig_find(rig, 2, "\x0A\x01\x00", 3) + 1] = id;
        rig->answer[BALANCE][1] = id == 5 ? 0x5D : 0x79;
        CHECK(rig_run(rig) == TAPK_APPROVED && rig->outcome.reason == TAPK_REASON_RECOVERED);
        CHECK(rig->command[7 + 6][3] == (id == 5 ? 0x5D : 0x79));
        free(rig);
    }
}

/* QP-150: 9F5D that is no number, so the balance expected is that in 9F10. */
static void balance_of_9f10(void)
{
    struct rig *rig = torn(SWITCHES);
    rig_swap(rig, 2, "\x9F\x5D\x06\x00", 4, "\x9F\x5D\x06\x0A");
    rig->answer[BALANCE][1] = 0x79;
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->outcome.reason == TAPK_REASON_RECOVERED);
    CHECK(rig->command[7 + 6][3] == 0x79);
    free(rig);
}

/* TT-015: 100.00 are still there. */
static void not_paid(void)
{
    for (int fails = 0; fails < 2; fails++) {
        struct rig *rig = torn(SWITCHES);
        SAY(rig, BALANCE, "\x9F\x5D\x06\x00\x00\x00\x01\x00\x00");
        rig->drop_event = fails ? TAPK_EVENT_FAILED : TAPK_EVENT_DONE;
        SAY(rig, CURRENCY, "\x9F\x51\x02\x01\x56");
        for (size_t i = 0; i < 6; i++)
            rig_answer(rig, CURRENCY + 1 + i, rig->answer[1 + i], rig->answer_len[1 + i] - 2,
                       0x9000);
        const int status = rig_run(rig);
        CHECK(status == (fails ? TAPK_END_APPLICATION : TAPK_APPROVED));
        CHECK(rig->outcome.reason ==
              (fails ? TAPK_REASON_STORE_FAILED : TAPK_REASON_APPROVED_OFFLINE));
        CHECK(rig->outcome.card_may_have_paid == fails && rig->commands == (fails ? 15u : 21u));
        free(rig);
    }
}

/* TT-019: the balance is that of a purse that was not asked to pay, or the card does not tell. */
static void another_purse(void)
{
    static const char *const answers[] = {"\x9F\x51\x02\x03\x44", "\x9F\x52\x02\x01\x56"};
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = torn(SWITCHES);
        SAY(rig, BALANCE, "\x9F\x5D\x06\x00\x00\x00\x01\x00\x00");
        say(rig, CURRENCY, answers[i], 5);
        CHECK(ENDS_UNDECIDED(rig, TT_019));
    }
}

/* TT-012: what the records say of 5F34, whatever stands in the kept answer. */
static void sister_card(void)
{
    static const uint8_t psn[] = {0x5F, 0x34, 0x01, 0x01};
    struct rig *rig = torn(SWITCHES);
    uint8_t gpo[256];
    const size_t n = rig->answer_len[2] - 2;
    memcpy(gpo, rig->answer[2], n);
    memcpy(gpo + n, psn, sizeof psn);
    gpo[2] = (uint8_t)(gpo[2] + sizeof psn);
    rig_answer(rig, 2, gpo, n + sizeof psn, 0x9000);
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->outcome.reason == TAPK_REASON_RECOVERED);
    rig_swap(rig, SELECT + 1, "\x5F\x34\x01\x01", 4, "\x5F\x34\x01\x02");
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->presented == 21 && rig->drops == 0);
    rig_swap(rig, 3, "\x5F\x34\x01\x01", 4, "\x5F\x35\x01\x01"); /* the kept answer alone */
    rig_swap(rig, SELECT + 1, "\x5F\x34\x01\x02", 4, "\x5F\x35\x01\x01");
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->commands == 15 && rig->drops == 0);
    free(rig);
}

/* TT-012, TT-015: another card, or one that says nothing usable: it is asked for again. */
static void another_card(void)
{
    static const struct {
        size_t i;
        const char *needle;
        const char *value;
        size_t n;
        uint16_t sw;
    } rows[] = {
        {FIRST, NULL, NULL, 0, 0x6A82},
        {FIRST, NULL, NULL, 0, 0x6A81},
        {FIRST, "\x01\x01\x01", "\x01\x01\x02", 3, 0x9000},
        {SELECT, NULL, NULL, 0, 0x6A82},
        {SELECT, "\x9F\x38", "\x9F\x36", 2, 0x9000},
        {SELECT + 1, "\x01\x23\x45", "\x01\x23\x46", 3, 0x9000},
        {SELECT + 1, "\x5F\x34\x01\x01", "\x5F\x34\x01\x02", 4, 0x9000},
        {SELECT + 1, "\x5F\x34\x01\x01", "\x5F\x35\x01\x01", 4, 0x9000},
        {SELECT + 2, NULL, NULL, 0, 0x6A83},
        {SELECT + 2, "\x70", "\x71", 1, 0x9000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = torn(SWITCHES);
        if (rows[i].needle == NULL)
            rig_answer(rig, rows[i].i, NULL, 0, rows[i].sw);
        else
            rig_swap(rig, rows[i].i, rows[i].needle, rows[i].n, rows[i].value);
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->presented == 21);
        CHECK(rig->outcome.rule == TAPK_RULE_TT_016 && rig->outcome.card_may_have_paid == 1);
        CHECK(rig->drops == 0);
        free(rig);
    }
    struct rig *rig = torn(SWITCHES); /* no number in the records: the kept answer proves nothing */
    rig_swap(rig, SELECT + 1, "\x5A\x0A", 2, "\x59\x0A");
    CHECK(ENDS_UNDECIDED(rig, TT_012));
    rig = torn(SWITCHES); /* a number in track 2 alone */
    rig_swap(rig, 2, "\x57\x11", 2, "\x58\x11");
    rig_swap(rig, 3, "\x5A\x0A", 2, "\x59\x0A");
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_CARD_MAY_HAVE_PAID, TAPK_RULE_TT_005));
}

/* TT-013, TT-014, TT-019: without proof there is no approval. */
static void undecided(void)
{
    struct rig *rig = torn(SWITCHES);
    SAY(rig, ATC, "\x9F\x36\x02\x00\x12");
    CHECK(ENDS_UNDECIDED(rig, TT_012));
    rig = torn(SWITCHES);
    SAY(rig, ATC, "\x9F\x36\x01\x11");
    CHECK(ENDS_UNDECIDED(rig, TT_012));
    rig = torn(SWITCHES);
    SAY(rig, ATC, "\x9F\x13\x02\x00\x11");
    CHECK(ENDS_UNDECIDED(rig, TT_012));
    rig = torn(SWITCHES);
    rig_answer(rig, ATC, NULL, 0, 0x6A88);
    CHECK(ENDS_UNDECIDED(rig, TT_012));
    static const char *const balances[] = {"\x87\x65", "\x87\x67", "\x99\x99", "\x0A\x00"};
    for (size_t i = 0; i < 4; i++) {
        rig = torn(SWITCHES);
        memcpy(rig->answer[BALANCE] + 7, balances[i], 2);
        CHECK(i < 3 ? ENDS_UNDECIDED(rig, TT_013) : ENDS_UNDECIDED(rig, TT_019));
    }
    rig = torn(SWITCHES);
    SAY(rig, BALANCE, "\x9F\x5D\x05\x00\x00\x00\x87\x66");
    CHECK(ENDS_UNDECIDED(rig, TT_019));
    rig = torn(SWITCHES); /* the card does not tell its balance */
    rig_swap(rig, 2, "\x9F\x5D", 2, "\x9F\x5E");
    rig_swap(rig, 2, "\x0A\x01\x00", 3, "\x0A\x02\x00");
    CHECK(ENDS_UNDECIDED(rig, TT_019));
    rig = torn(SWITCHES);
    rig_answer(rig, COPY, NULL, 0, 0x6A83);
    CHECK(ENDS_UNDECIDED(rig, TT_014));
    rig = torn(SWITCHES); /* TT-020: a copy that nothing signs, and one that was not signed */
    rig_swap(rig, COPY, "\x9F\x69", 2, "\x9F\x68");
    CHECK(ENDS_UNDECIDED(rig, TT_020));
    rig = torn(SWITCHES);
    rig->answer[COPY][rig_find(rig, COPY, "\x9F\x69", 2) + 3] = 0;
    CHECK(ENDS_UNDECIDED(rig, TT_020));
    rig = torn(SWITCHES);
    rig->answer[COPY][rig_find(rig, COPY, "\x9F\x69", 2) + 5] ^= 1;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.card_may_have_paid == 1 && rig->drops == 0);
    free(rig);
}

/* TT-016: how long the terminal waits for the same card: what is left of 10 s, of 3 s, of none. */
static void wait(void)
{
    static const struct {
        const char *retap_time;
        uint64_t late_ms;
        uint16_t wait_100ms;
    } rows[] = {{"", 2400, 4},
                {"\xDF\x8F\x26\x02\x00\x03", 1450, 1},
                {"\xDF\x8F\x26\x02\x00\x03", 1400, 2},
                {"\xDF\x8F\x26\x02\x00\x00", 5, 1}};
    struct rig *rig = rig_new();
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->wait_100ms == 0);
    free(rig);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig = torn(SWITCHES);
        rig->detect_again = TAPK_EVENT_TIMEOUT;
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->wait_100ms == 100);
        rig->detect_again = 0;
        if (i > 0) {
            CHECK(rig_more(rig, rows[i].retap_time, 6) == 0);
            CHECK(rig_terminal(rig, (const uint8_t *)TTQ, (const uint8_t *)RECOVERY, 2, NULL, 0) ==
                  0);
        }
        rig->late_ms = rows[i].late_ms;
        rig->event_at[FIRST] = TAPK_EVENT_LOST; /* until it comes too late */
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->outcome.rule == TAPK_RULE_TT_016);
        CHECK(rig->wait_100ms == rows[i].wait_100ms);
        free(rig);
    }
}

/* TT-016: the window, and everything that ends it. */
static void window(void)
{
    struct rig *rig = torn(SWITCHES);
    rig->late_ms = 10000;
    CHECK(rig_ends(rig, TAPK_APPROVED, TAPK_REASON_RECOVERED, TAPK_RULE_QP_120));
    rig = torn(SWITCHES);
    rig->late_ms = 10001;
    CHECK(ENDS_UNDECIDED(rig, TT_016));
    rig = torn(SWITCHES); /* FF803A of the configuration: 3 s */
    CHECK(rig_more(rig, "\xDF\x8F\x26\x02\x00\x03", 6) == 0);
    CHECK(rig_terminal(rig, (const uint8_t *)TTQ, (const uint8_t *)RECOVERY, 2, NULL, 0) == 0);
    rig->late_ms = 3001;
    CHECK(ENDS_UNDECIDED(rig, TT_016));
    rig = torn(SWITCHES);
    rig->detect_again = TAPK_EVENT_TIMEOUT;
    CHECK(ENDS_UNDECIDED(rig, TT_016));
    for (size_t at = FIRST; at <= COPY; at++) { /* lost again at any command */
        rig = torn(SWITCHES);
        rig->event_at[at] = at % 2 ? TAPK_EVENT_LOST : TAPK_EVENT_TIMEOUT;
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->presented == 21);
        CHECK(rig->outcome.rule == TAPK_RULE_TT_016 && rig->outcome.card_may_have_paid == 1);
        free(rig);
    }
    static const uint16_t events[] = {TAPK_EVENT_CANCEL, TAPK_EVENT_UNSUPPORTED};
    for (size_t e = 0; e < 2; e++) {
        for (size_t at = LAST; at <= COPY; at++) {
            rig = torn(SWITCHES);
            rig->event_at[at] = events[e];
            CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->outcome.card_may_have_paid == 1);
            CHECK(rig->presented == (at == LAST ? 1u : 2u));
            if (at > LAST) /* TT-016: a cancel is an end of the recovery */
                CHECK(rig->outcome.rule ==
                      (events[e] == TAPK_EVENT_CANCEL ? TAPK_RULE_TT_016 : TAPK_RULE_NONE));
            free(rig);
        }
    }
    rig = rig_with_ttq(TTQ, "\x18\x01\x1F\x00", 4); /* kept, but not to be recovered: TT-005 */
    rig->event_at[LAST] = TAPK_EVENT_LOST;
    CHECK(ENDS_UNDECIDED(rig, TT_005));
}

/* TT-020: nothing to pay, so no balance is asked for; what was signed is another amount. */
static void no_amount(void)
{
    struct rig *rig = torn(RECOVERY "\x0B\x02", 4); /* qp.tc_despite_online accept */
    rig->transaction.amount = 0;
    rig_answer(rig, BALANCE, rig->answer[COPY], rig->answer_len[COPY] - 2, 0x9000);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_123);
    CHECK(rig->commands == 14 && rig->command[13][1] == 0xB2);
    free(rig);
}

/* TT-012: the card number in track 2 of a record. */
static void track_in_record(void)
{
    struct rig *rig = torn(SWITCHES);
    uint8_t record[80];
    const size_t n = rig->answer_len[3] - 2;
    memcpy(record, rig->answer[3], n);
    record[2] = 0x59;
    record[1] = (uint8_t)(record[1] + 19);
    memcpy(record + n, rig->answer[2] + rig_find(rig, 2, "\x57\x11", 2), 19);
    rig_swap(rig, 2, "\x57\x11", 2, "\x58\x11");
    rig_answer(rig, 3, record, n + 19, 0x9000);
    rig_answer(rig, SELECT + 1, record, n + 19, 0x9000);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.card_may_have_paid == 1);
    CHECK(rig->commands == 15);
    free(rig);
}

/* A record is for a payment from Start A. */
static void misuse(void)
{
    static const uint8_t record[TAPK_RECORD_SIZE];
    for (int i = 0; i < 2; i++) {
        struct rig *rig = torn(SWITCHES);
        rig->transaction.torn = record;
        if (i == 0)
            rig->transaction.purpose = TAPK_BALANCE;
        else
            rig->transaction.start = TAPK_START_B;
        CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
        free(rig);
    }
}

static uint32_t checksum(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1u) ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

/* A record given to begin; change alters it, and its check sum is made anew when seal is set. */
static int given(size_t at, const char *change, size_t n, int seal)
{
    static uint8_t record[TAPK_RECORD_SIZE];
    struct rig *rig = torn(SWITCHES);
    rig->event_at[FIRST] = TAPK_EVENT_CANCEL;
    (void)rig_run(rig);
    memcpy(record, rig->stored, sizeof record);
    memcpy(record + at, change, n);
    if (seal) {
        const uint32_t crc = checksum(record, sizeof record - 4);
        for (unsigned i = 0; i < 4; i++)
            record[sizeof record - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    rig->transaction.torn = record;
    for (size_t i = 0; i + FIRST <= COPY; i++) {
        memcpy(rig->answer[i], rig->answer[i + FIRST], sizeof rig->answer[i]);
        rig->answer_len[i] = rig->answer_len[i + FIRST];
        rig->event_at[i] = 0;
    }
    rig->event_at[FIRST] = 0;
    const int status = rig_run(rig);
    const uint16_t rule = rig->outcome.rule;
    CHECK(status == TAPK_APPROVED ||
          (rig->commands == (at < TORN_GPO ? 0u : 2u) && rig->outcome.card_may_have_paid == 1));
    free(rig);
    return status == TAPK_APPROVED ? 0 : rule;
}

static void restart(void)
{
    CHECK(given(0, "T", 1, 0) == 0);
    CHECK(given(0, "T", 1, 1) == 0);
    CHECK(given(0, "U", 1, 1) == TAPK_RULE_TT_019);
    CHECK(given(1, "U", 1, 1) == TAPK_RULE_TT_019);
    CHECK(given(2, "\x01", 1, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_SEQUENCE, "\x78", 1, 0) == TAPK_RULE_TT_019);            /* the check sum */
    CHECK(given(TORN_GPO, "\x78", 1, 1) == TAPK_RULE_TT_011);                 /* no answer to GPO */
    CHECK(given(TORN_GPO + 44, "\xA0", 1, 1) == TAPK_RULE_TT_011);            /* that of an ARQC */
    CHECK(given(TORN_GPO + 9, "\x08\x04\x04\x00", 4, 1) == TAPK_RULE_TT_012); /* one record */
    CHECK(given(TORN_AID_LENGTH, "\x04", 1, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_AID_LENGTH, "\x11", 1, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_GPO_LENGTH, "\x01\x01", 2, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_DATE, "\x24\x02\x30", 3, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_TIME, "\x24\x00\x00", 3, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_AFTER, "\x0A", 1, 1) == TAPK_RULE_TT_019);
    CHECK(given(TORN_AMOUNT, "\x01", 1, 1) == TAPK_RULE_TT_016);
    CHECK(given(TORN_OTHER, "\x01", 1, 1) == TAPK_RULE_TT_016);
    CHECK(given(TORN_CURRENCY, "\x03", 1, 1) == TAPK_RULE_TT_016);
    CHECK(given(TORN_TYPE, "\x01", 1, 1) == TAPK_RULE_TT_016);
    CHECK(given(TORN_TIME, "\x00\x00\x01", 3, 1) == TAPK_RULE_TT_016); /* later than now */
    CHECK(given(TORN_DATE, "\x24\x06\x08", 3, 1) == TAPK_RULE_TT_016);
    CHECK(given(TORN_DATE, "\x24\x06\x05", 3, 1) == TAPK_RULE_TT_016);
    CHECK(given(TORN_DATE, "\x24\x06\x06\x23\x59\x00", 6, 1) == 0);
    CHECK(given(TORN_DATE, "\x24\x06\x06\x23\x58\x59", 6, 1) == TAPK_RULE_TT_016);
}

/* The clock was lost: the record is not looked at, and what it is about stays doubtful. */
static void clock_not_set(void)
{
    static uint8_t record[TAPK_RECORD_SIZE];
    struct rig *rig = torn(SWITCHES);
    rig->event_at[FIRST] = TAPK_EVENT_CANCEL;
    (void)rig_run(rig);
    memcpy(record, rig->stored, sizeof record);
    rig->transaction.torn = record;
    memset(rig->transaction.date, 0, sizeof rig->transaction.date);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->outcome.rule == TAPK_RULE_QP_176);
    CHECK(rig->outcome.card_may_have_paid == 1 && rig->commands == 0 && rig->drops == 0);
    rig->transaction.torn = NULL;
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->outcome.card_may_have_paid == 0);
    free(rig);
}

/* Days that follow each other: the ends of months and of a leap year's February. */
static void days(void)
{
    static const char *const rows[][2] = {
        {"\x24\x02\x28", "\x24\x02\x29"}, {"\x24\x02\x29", "\x24\x03\x01"},
        {"\x23\x02\x28", "\x23\x03\x01"}, {"\x23\x12\x31", "\x24\x01\x01"},
        {"\x24\x04\x30", "\x24\x05\x01"}, {"\x49\x12\x30", "\x49\x12\x31"},
    };
    uint8_t record[TAPK_RECORD_SIZE] = {0};
    memcpy(record + TORN_TIME, "\x23\x59\x59", 3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t *next = (const uint8_t *)rows[i][1];
        memcpy(record + TORN_DATE, rows[i][0], 3);
        CHECK(tapk_torn_fresh(record, next, (const uint8_t *)"\x00\x00\x00", 1) == 1);
        CHECK(tapk_torn_fresh(record, next, (const uint8_t *)"\x00\x00\x00", 0) == 0);
        CHECK(tapk_torn_fresh(record, next, (const uint8_t *)"\x00\x00\x01", 1) == 0);
    }
}

int main(void)
{
    paid();
    balance_of_9f10();
    not_paid();
    another_purse();
    sister_card();
    another_card();
    undecided();
    wait();
    window();
    no_amount();
    track_in_record();
    misuse();
    restart();
    clock_not_set();
    days();
    return check_done("test_torn");
}
