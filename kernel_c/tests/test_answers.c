/* SPDX-License-Identifier: Apache-2.0
 *
 * The vector card with one answer changed: what is coded wrong, is missing, or stands at the edge
 * of what a rule takes, and the switch that lets it pass.
 */
#include "flow/torn.h"
#include "check.h"
#include "rig.h"

#define TTQ "\x36\x00\x00\x80"
#define ARQC "07010103A00000010A010000008766A1B2C3D4" /* 9F10 */

/* Answer i, one template, without this element, or with it at the end and this value. */
static void element(struct rig *rig, size_t i, uint32_t tag, const char *hex)
{
    uint8_t body[256];
    uint8_t value[256];
    uint8_t out[256];
    struct tapk_span whole = {NULL, 0};
    struct tapk_tlv object;
    size_t n = 0;
    size_t used = 0;
    const uint8_t first = rig->answer[i][0];
    CHECK(tapk_tlv_only(rig->answer[i], rig->answer_len[i] - 2, first, &whole) == TAPK_TLV_OK);
    struct tapk_cursor cursor = tapk_cursor(whole.p, whole.n, 0);
    while (tapk_tlv_next(&cursor, &object) == TAPK_TLV_OK)
        if (object.tag != tag)
            CHECK(tapk_tlv_put(body, sizeof body, &n, object.tag, object.value, object.length) ==
                  0);
    if (hex != NULL)
        CHECK(tapk_tlv_put(body, sizeof body, &n, tag, value,
                           check_hex(hex, value, sizeof value)) == 0);
    CHECK(tapk_tlv_put(out, sizeof out, &used, first, body, n) == 0);
    rig_answer(rig, i, out, used, 0x9000);
}

/* One element of the GPO answer (2) or a record (3 to 6) changed, by this TTQ and one switch. */
struct row {
    const char *ttq;
    int number; /* of the switch; -1 none */
    char value;
    size_t answer;
    uint32_t tag;
    const char *hex; /* null: removed */
    int status;
    uint16_t reason;
    uint16_t rule;
};

static void elements(void)
{
    static const struct row rows[] = {
        /* QP-065: the file locator */
        {TTQ, -1, 0, 2, 0x94, "080104", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "0801040108", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "00010401", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "F8010401", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "09010401", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "08000401", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "08040301", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "08010405", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065},
        {TTQ, -1, 0, 2, 0x94, "08010404", 0x20, TAPK_REASON_AUTHENTICATION_FAILED,
         TAPK_RULE_QP_123},
        {TTQ, -1, 0, 2, 0x94, NULL, 0x60, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_067},
        /* QP-067, CTQ-002: lengths of what decides */
        {TTQ, -1, 0, 2, 0x9F10, "070101039000", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_067},
        {TTQ, -1, 0, 2, 0x9F10, "07010103900000", 0x10, TAPK_REASON_APPROVED_OFFLINE,
         TAPK_RULE_QP_120},
        {TTQ, -1, 0, 2, 0x9F10, "0701010390000000000000000000000000000000000000000000000000000000",
         0x10, TAPK_REASON_APPROVED_OFFLINE, TAPK_RULE_QP_120},
        {TTQ, -1, 0, 2, 0x9F10,
         "070101039000000000000000000000000000000000000000000000000000000000", 0x60,
         TAPK_REASON_BAD_DATA, TAPK_RULE_QP_067},
        {TTQ, -1, 0, 2, 0x9F27, "4000", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_067},
        {TTQ, -1, 0, 2, 0x9F6C, "00", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_CTQ_002},
        {TTQ, TAPK_SW_QP_BAD_CTQ_ABSENT, 1, 2, 0x9F6C, "00", 0x10, TAPK_REASON_APPROVED_OFFLINE,
         TAPK_RULE_QP_120},
        /* QP-062, QP-064: AIP, which names the way only where it is there */
        {"\x76\x00\x00\x80", TAPK_SW_QP_AIP_B2B8_MEANS_DC, 1, 2, 0x82, NULL, 0x60,
         TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_067},
        {"\x76\x00\x00\x80", -1, 0, 2, 0x9F26, NULL, 0x60, TAPK_REASON_PATH_NOT_SUPPORTED,
         TAPK_RULE_QP_160},
        {"\x56\x00\x00\x80", -1, 0, 2, 0x9F36, "0011", 0x60, TAPK_REASON_PATH_NOT_SUPPORTED,
         TAPK_RULE_QP_160},
        /* TLV-029, TLV-034: dates and numbers in the records */
        {TTQ, -1, 0, 3, 0x5F24, "4912", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_TLV_029},
        {TTQ, -1, 0, 6, 0x5F34, "0102", 0x60, TAPK_REASON_BAD_DATA, TAPK_RULE_TLV_034},
        {TTQ, -1, 0, 6, 0x5F34, "02", 0x10, TAPK_REASON_APPROVED_OFFLINE, TAPK_RULE_QP_120},
        /* QP-085: the two card numbers */
        {TTQ, -1, 0, 2, 0x57, "6200000000000123455D49122200000000", 0x10,
         TAPK_REASON_APPROVED_OFFLINE, TAPK_RULE_QP_120},
        {TTQ, -1, 0, 2, 0x57, "6200000000000123456D49122200000000", 0x60, TAPK_REASON_BAD_DATA,
         TAPK_RULE_QP_085},
        {TTQ, TAPK_SW_QP_CHECK_PAN_57, 0, 2, 0x57, "6200000000000123456D49122200000000", 0x10,
         TAPK_REASON_APPROVED_OFFLINE, TAPK_RULE_QP_120},
        /* a device that has verified its owner, where nobody asks */
        {"\x36\x00\x40\x80", TAPK_SW_QP_CDCVM, 0, 2, 0x9F6C, "0080", 0x20,
         TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123},
        {"\x36\x00\x40\x80", TAPK_SW_QP_CDCVM, 1, 2, 0x9F6C, "0080", 0x20,
         TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_101},
        /* QP-101: 9F69 confirms the CTQ of a TC only as version 01 */
        {"\x36\x00\x40\x80", -1, 0, 6, 0x9F69, "0111223344008000", 0x20,
         TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_101},
        {"\x36\x00\x40\x80", -1, 0, 6, 0x9F69, "0211223344000000", 0x20,
         TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_101},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        const char switches[2] = {(char)row->number, row->value};
        struct rig *rig = rig_with_ttq(row->ttq, switches, row->number < 0 ? 0 : 2);
        if (row->tag == 0x9F69)
            rig_swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x00\x81");
        element(rig, row->answer, row->tag, row->hex);
        const int good = rig_ends(rig, row->status, row->reason, row->rule);
        if (!good)
            fprintf(stderr, "row %zu\n", i);
        CHECK(good);
    }
}

/* QP-101: the confirmation is of the same CTQ, whole, and for a TC version 01. */
static void confirmation(void)
{
    static const struct {
        const char *iad; /* null: a TC */
        const char *card_data;
        uint16_t rule;
        int truth; /* of QP-101 */
    } rows[] = {{NULL, "0111223344008000", TAPK_RULE_QP_123, 1},
                {NULL, "0211223344008000", TAPK_RULE_QP_101, 0},
                {NULL, "0111223344008100", TAPK_RULE_QP_101, 0},
                {ARQC, "0011223344008000", TAPK_RULE_QP_124, 1},
                {ARQC, "00112233440080", TAPK_RULE_QP_124, 1},
                {ARQC, "001122334400", TAPK_RULE_QP_101, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_with_ttq("\x36\x00\x40\x80", NULL, 0);
        element(rig, 2, 0x9F6C, "0080");
        element(rig, 6, 0x9F69, rows[i].card_data);
        if (rows[i].iad != NULL)
            element(rig, 2, 0x9F10, rows[i].iad);
        (void)rig_run(rig);
        CHECK(rig->outcome.rule == rows[i].rule);
        CHECK(rig_saw(rig, TAPK_RULE_QP_101, rows[i].truth));
        CHECK(rig->outcome.status == (rows[i].rule == TAPK_RULE_QP_124 ? 0x30 : 0x20));
        free(rig);
    }
}

/* Two wrong values in one record: the first names the rule (QP-127: coding before values). */
static void two_wrong_values(void)
{
    struct rig *rig = rig_new();
    element(rig, 3, 0x5F24, "491331");
    element(rig, 3, 0x5A, "620A");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_TLV_029));
    rig = rig_new();
    element(rig, 3, 0x5F24, NULL);
    element(rig, 3, 0x5A, "620A");
    element(rig, 3, 0x5F24, "491331");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_TLV_030));
}

/* ODA-065: neither 5A nor 57: nothing is listed, nothing is verified. */
static void no_card_number(void)
{
    struct tapk_memo *memo = calloc(1, sizeof *memo);
    for (int work = 0; work < 2; work++) {
        struct rig *rig = rig_new();
        rig->work = work;
        rig->memo = work ? memo : NULL;
        element(rig, 2, 0x57, NULL);
        element(rig, 3, 0x5A, NULL);
        CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_123);
        CHECK(rig->outcome.oda_rule == TAPK_RULE_ODA_065 && rig_ctx(rig)->tap.pan_known == 0);
        free(rig);
    }
    free(memo);
}

/* ODA-085: without a provider, or with one of another version, nothing is verified or approved. */
static void no_provider(void)
{
    struct tapk_memo *memo = calloc(1, sizeof *memo);
    struct rig *rig = rig_new();
    rig->no_crypto = 1;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda == TAPK_ODA_NOT_PERFORMED);
    CHECK(rig->outcome.oda_rule == TAPK_RULE_ODA_085);
    rig->memo = memo;
    rig->work = 1;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_ODA_085);
    rig->no_crypto = 0;
    rig->crypto.size++;
    rig->memo = NULL;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda == TAPK_ODA_NOT_PERFORMED);
    CHECK(rig->outcome.oda_rule == TAPK_RULE_ODA_085);
    free(rig);
    free(memo);
}

/* Operations ahead look at all entries of the file locator; only its records are static data. */
static void ahead_of_two_entries(void)
{
    static const struct {
        const char *afl;
        int status;
    } rows[] = {{"0801020108030400", TAPK_APPROVED}, {"0801020108030401", TAPK_DECLINED}};
    for (size_t i = 0; i < 2; i++) {
        struct tapk_memo *memo = calloc(1, sizeof *memo);
        struct rig *rig = rig_new();
        rig->memo = memo;
        rig->work = 2;
        element(rig, 2, 0x94, rows[i].afl);
        CHECK(rig_run(rig) == rows[i].status);
        CHECK(rig->outcome.oda_rule == (i == 0 ? 0 : TAPK_RULE_ODA_064));
        CHECK(tapk_work(rig_ctx(rig)) == 0); /* nothing is left to do behind the records */
        free(rig);
        free(memo);
    }
}

/* QP-150, QP-008: the balance of 9F5D, else the one in 9F10. */
static void balance(void)
{
    static const struct {
        const char *aosa;
        const char *iad;
        int known;
    } rows[] = {{"000000000042", ARQC, 1},
                {"00000000004A", ARQC, 1},
                {"0000000042", "07010103900000010A020000004200A1B2C3D4", 0},
                {NULL, "07010103900000010A010000004200A1B2C3D4", 1},
                {NULL, "07010103900000010A030000004200A1B2C3D4", 1},
                {NULL, "07010103900000010A050000004200A1B2C3D4", 1},
                {NULL, "07010103900000010A040000004200A1B2C3D4", 0},
                {NULL, "07010103900000010A010000004A00A1B2C3D4", 0},
                {NULL, "07010103900000010A0100000042", 0},
                {NULL, "0701010390000001050100000042", 0},
                {NULL, "08010103900000010A010000004200A1B2C3D4", 0},
                {NULL, "0701010390000001", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_new();
        element(rig, 2, 0x9F5D, rows[i].aosa);
        element(rig, 2, 0x9F10, rows[i].iad);
        const int status = rig_run(rig);
        CHECK(status == (i < 2 ? TAPK_ONLINE_REQUEST : TAPK_APPROVED));
        CHECK(rig->outcome.balance_known == rows[i].known);
        if (i == 0)
            CHECK(rig->outcome.balance == 42);
        else if (i > 1 && rows[i].known)
            CHECK(rig->outcome.balance == 4200);
        free(rig);
    }
    static const char *const unreadable[] = {"9F79050000000042", "9F790600000000004A"};
    struct rig *rig = rig_new();
    rig->transaction.purpose = TAPK_BALANCE;
    rig->transaction.amount = 0;
    for (size_t i = 0; i < 2; i++) { /* QP-151: the other tag is asked for */
        uint8_t answer[16];
        rig_answer(rig, 2, answer, check_hex(unreadable[i], answer, sizeof answer), 0x9000);
        rig_answer(rig, 3, (const uint8_t *)"\x9F\x5D\x06\0\0\0\0\x42\0", 9, 0x9000);
        CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 4);
        CHECK(rig->outcome.reason == TAPK_REASON_BALANCE_READ && rig->outcome.balance == 4200);
    }
    free(rig);
}

/* QP-052, QP-053: the third edition hands a refused GPO on, or asks for another interface. */
static void refused_gpo(void)
{
    static const struct {
        char policy;
        uint16_t sw;
        int status;
        uint16_t reason;
        uint16_t rule;
    } rows[] = {{0, 0x6985, TAPK_END_APPLICATION, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_052},
                {2, 0x6985, TAPK_END_APPLICATION, TAPK_REASON_NO_APPLICATION, TAPK_RULE_EP_060},
                {0, 0x6984, TAPK_END_APPLICATION, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_053},
                {2, 0x6984, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_053},
                {0, 0x6986, TAPK_TRY_AGAIN, TAPK_REASON_SEE_PHONE, TAPK_RULE_QP_054},
                {1, 0x6986, TAPK_END_APPLICATION, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_055}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char switches[2] = {TAPK_SW_QP_GPO_SW_POLICY, rows[i].policy};
        struct rig *rig = rig_with_ttq("\x26\x00\x00\x80", switches, 2); /* no contact chip */
        rig_answer(rig, 2, NULL, 0, rows[i].sw);
        CHECK(rig_ends(rig, rows[i].status, rows[i].reason, rows[i].rule));
    }
}

/* QP-170: a TC where online was required, by each value of the switch. */
static void tc_despite_online(void)
{
    static const struct {
        char value;
        int status;
        uint16_t reason;
        size_t commands;
    } rows[] = {{0, TAPK_DECLINED, TAPK_REASON_TC_DESPITE_ONLINE, 3},
                {1, TAPK_ONLINE_REQUEST, TAPK_REASON_TC_SENT_ONLINE, 7},
                {2, TAPK_APPROVED, TAPK_REASON_APPROVED_OFFLINE, 7}};
    for (size_t i = 0; i < 3; i++) {
        uint8_t combination[100];
        size_t n = sizeof example_combination;
        struct rig *rig = rig_new();
        memcpy(combination, example_combination, n);
        memset(combination + n - 24, 0, 6); /* DF19: no floor */
        memcpy(combination + n, "\xDF\x8F\x02\x02", 4);
        combination[n + 4] = TAPK_SW_QP_TC_DESPITE_ONLINE;
        combination[n + 5] = (uint8_t)rows[i].value;
        CHECK(rig_configure(rig, combination, n + 6, NULL, 0) == 0);
        CHECK(rig_run(rig) == rows[i].status && rig->outcome.reason == rows[i].reason);
        CHECK(rig->commands == rows[i].commands);
        free(rig);
    }
}

/* QP-172, QP-125, TTQ-004: authentication for online; an offline-only terminal does not go online
 * with it either. */
static void online_authentication(void)
{
    static const struct {
        const char *ttq;
        int status;
        uint16_t reason;
        uint16_t rule;
        int torn; /* how it ends when the card leaves while its records are read */
    } rows[] = {{"\x37\x00\x00\x80", TAPK_ONLINE_REQUEST, TAPK_REASON_ONLINE_AUTHENTICATED,
                 TAPK_RULE_QP_125, TAPK_TRY_AGAIN},
                {"\x3F\x00\x00\x80", TAPK_DECLINED, TAPK_REASON_OFFLINE_ONLY, TAPK_RULE_TTQ_004,
                 TAPK_TRY_AGAIN},
                {"\x36\x00\x00\x80", TAPK_ONLINE_REQUEST, TAPK_REASON_CARD_ASKED_ONLINE,
                 TAPK_RULE_QP_124, TAPK_ONLINE_REQUEST}};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_with_ttq(rows[i].ttq, NULL, 0);
        uint8_t fci[sizeof card_fci + 8];
        memcpy(fci, card_fci, sizeof card_fci);
        memcpy(fci + sizeof card_fci, "\xBF\x0C\x04\xDF\x61\x01\x40", 7);
        fci[1] = (uint8_t)(fci[1] + 7);
        fci[13] = (uint8_t)(fci[13] + 7);
        rig_answer(rig, 1, fci, sizeof card_fci + 7, 0x9000);
        element(rig, 2, 0x9F10, ARQC);
        CHECK(rig_run(rig) == rows[i].status && rig->outcome.reason == rows[i].reason);
        CHECK(rig->outcome.rule == rows[i].rule && rig->outcome.may_defer == 0);
        rig->event_at[4] = TAPK_EVENT_LOST; /* QP-173: track 2 of GPO is enough without */
        CHECK(rig_run(rig) == rows[i].torn && rig->outcome.card_may_have_paid == 0);
        CHECK(rig->outcome.rule ==
              (rows[i].torn == TAPK_TRY_AGAIN ? TAPK_RULE_QP_073 : TAPK_RULE_QP_124));
        element(rig, 2, 0x57, NULL);
        CHECK(rig_run(rig) == TAPK_TRY_AGAIN && rig->outcome.rule == TAPK_RULE_QP_073);
        free(rig);
    }
}

/* QP-091: a card that is past its day goes online only where the switch and both sides say so. */
static void expired_online(void)
{
    for (char on = 0; on < 2; on++) {
        const char switches[2] = {TAPK_SW_QP_CTQ_B4_EXPIRED_ONLINE, on};
        struct rig *rig = rig_with_ttq(TTQ, switches, 2);
        element(rig, 2, 0x9F6C, "0800");
        element(rig, 3, 0x5F24, "231231");
        CHECK(rig_ends(rig, on ? TAPK_ONLINE_REQUEST : TAPK_DECLINED,
                       on ? TAPK_REASON_EXPIRED_ONLINE : TAPK_REASON_EXPIRED,
                       on ? TAPK_RULE_QP_174 : TAPK_RULE_QP_091));
    }
}

/* QP-006, TT-005: after the last record a card that named a TC anywhere may have paid. */
static void refused_record(void)
{
    static const struct {
        const char *cid; /* null: 9F10 alone, an ARQC */
        size_t record;
        uint8_t paid;
    } rows[] = {{NULL, 6, 0}, {"40", 6, 1}, {"40", 5, 0}, {"80", 6, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_new();
        element(rig, 2, 0x9F10, ARQC);
        element(rig, 2, 0x9F27, rows[i].cid);
        rig_answer(rig, rows[i].record, NULL, 0, 0x6A83);
        CHECK(rig_run(rig) == TAPK_END_APPLICATION);
        CHECK(rig->outcome.reason == TAPK_REASON_RECORD_REFUSED);
        CHECK(rig->outcome.rule == TAPK_RULE_QP_074);
        CHECK(rig->outcome.card_may_have_paid == rows[i].paid);
        rig->event_at[rows[i].record] = TAPK_EVENT_CANCEL; /* the same when nobody waits for it */
        CHECK(rig_run(rig) == TAPK_END_APPLICATION);
        CHECK(rig->outcome.reason ==
              (rows[i].paid ? TAPK_REASON_CARD_MAY_HAVE_PAID : TAPK_REASON_CANCELLED));
        CHECK(rig->outcome.rule == (rows[i].paid ? TAPK_RULE_TT_005 : TAPK_RULE_NONE));
        CHECK(rig->outcome.card_may_have_paid == rows[i].paid);
        free(rig);
    }
}

/* TT-010: the longest answer fits the record that is kept. */
static void longest_answer_kept(void)
{
    struct rig *rig = rig_with_ttq(TTQ, "\x18\x01", 2); /* tt.upload_doubtful */
    uint8_t body[256];
    size_t n = rig->answer_len[2] - 2;
    memcpy(body, rig->answer[2], n);
    CHECK(n < sizeof body);
    memset(body + n, 0, sizeof body - n); /* padding */
    body[2] = 253;
    rig_answer(rig, 2, body, sizeof body, 0x9000);
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->stores == 1);
    CHECK(rig->stored[TORN_GPO_LENGTH] == 1 && rig->stored[TORN_GPO_LENGTH + 1] == 0);
    CHECK(memcmp(rig->stored + TORN_GPO, body, sizeof body) == 0);
    free(rig);
}

/* The PPSE and the FCI: EP-044, EP-045, EP-048, EP-068, DOL-003. */
static void selection(void)
{
    static const struct {
        size_t answer;
        const char *needle;
        const char *value;
        size_t n;
        size_t commands; /* 1: no candidate, 2: not usable, 7: an approval */
    } rows[] = {
        {0, "\xA5\x1E", "\xA6\x1E", 2, 1},                 /* no A5 */
        {0, "\x32\x50\x41\x59", "\x33\x50\x41\x59", 4, 1}, /* another directory */
        {0, "\xBF\x0C\x1B", "\xBF\x0C\x1C", 3, 1},         /* A5 ends inside BF0C */
        {0, "\x61\x19", "\x62\x19", 2, 1},                 /* no directory entry */
        {0, "\x61\x19\x4F\x08", "\x61\x19\x4F\x7F", 4, 1},
        {1, "\x6F\x3B", "\x6D\x3B", 2, 2}, /* no FCI */
        {1, "\x6F\x3B\x84\x08", "\x6F\x3B\x84\x7F", 4, 2},
        {1, "\xA5\x2F", "\xA6\x2F", 2, 2},
        {1, "\xA5\x2F\x50\x0A", "\xA5\x2F\x50\x7F", 4, 2},
        {1, "\x5F\x2D\x02", "\x5F\x2D\x02", 3, 7},
        {1, "\x9A\x03", "\x61\x03", 2, 7}, /* a constructed tag in the PDOL is zeros */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_new();
        rig_swap(rig, rows[i].answer, rows[i].needle, rows[i].n, rows[i].value);
        const int status = rig_run(rig);
        CHECK(rig->commands == rows[i].commands);
        CHECK(status == (rows[i].commands == 7 ? TAPK_APPROVED : TAPK_END_APPLICATION));
        if (rows[i].commands < 7)
            CHECK(rig->outcome.reason == TAPK_REASON_NO_APPLICATION &&
                  rig->outcome.rule == TAPK_RULE_EP_060);
        if (rows[i].needle[0] == (char)0x9A) /* behind TTQ, amounts, country, TVR and currency */
            CHECK(memcmp(rig->command[2] + 7 + 25, "\0\0\0", 3) == 0);
        free(rig);
    }
    /* Elements of an impossible length count as absent. */
    static const char fci[] = "6F4F8408A000000333010101A54350115042" /* label of 17 bytes */
                              "4F43204445424954205042434F4332"
                              "8702010187010100005F2D017A9F3818"
                              "9F66049F02069F03069F1A0295055F2A029A039C019F3704";
    uint8_t answer[100];
    struct tapk_span value;
    uint8_t origin;
    struct rig *rig = rig_new();
    const size_t n = check_hex(fci, answer, sizeof answer);
    answer[1] = (uint8_t)(n - 2);
    answer[13] = (uint8_t)(n - 14);
    rig_answer(rig, 1, answer, n, 0x9000);
    CHECK(rig_run(rig) == TAPK_APPROVED);
    CHECK(tapk_get(rig_ctx(rig), 0x50, &value, &origin) == 1);
    CHECK(tapk_get(rig_ctx(rig), 0x5F2D, &value, &origin) == 1);
    CHECK(tapk_get(rig_ctx(rig), 0x84, &value, &origin) == 0 && value.n == 8);
    CHECK(rig->outcome.ui.language_len == 0);
    free(rig);
}

/* Lists for the acquirer apply to the outcome, and nothing is written beyond their room. */
static void lists(void)
{
    static const uint8_t online_only[] = {TAPK_LIST_ONLINE, TAPK_LIST_REVERSAL};
    uint8_t out[600];
    uint8_t cut[600];
    size_t len;
    struct rig *rig = rig_new();
    CHECK(rig_run(rig) == TAPK_APPROVED);
    for (size_t i = 0; i < 2; i++)
        CHECK(tapk_fetch(rig_ctx(rig), online_only[i], out, sizeof out, &len) == 1 && len == 0);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_DISCRETIONARY, out, sizeof out, &len) == 1);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_DATA_RECORD, out, sizeof out, &len) == 0);
    CHECK(rig_more(rig, "\xDF\x8F\x24\x03\x5F\x28\x90", 7) == 0);
    CHECK(rig_run(rig) == TAPK_APPROVED);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_DATA_RECORD, out, sizeof out, &len) == 0);
    const size_t whole = len; /* with 5F28 and 90 behind the others */
    CHECK(memcmp(out + whole - 136, "\x5F\x28\x02\x01\x56\x90\x81\x80", 8) == 0);
    for (size_t room = 0; room < whole; room++) {
        memset(cut, 0xEE, sizeof cut);
        CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_DATA_RECORD, cut, room, &len) == TAPK_E_SIZE);
        CHECK(cut[room] == 0xEE);
    }
    rig_answer(rig, 2, NULL, 0, 0x6985);
    CHECK(rig_run(rig) == TAPK_TRY_ANOTHER_INTERFACE);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_DISCRETIONARY, out, sizeof out, &len) == 0);
    CHECK(len > 10 && len < whole);
    static const uint8_t no_data[] = {TAPK_LIST_DATA_RECORD, TAPK_LIST_OFFLINE, TAPK_LIST_ONLINE,
                                      TAPK_LIST_REVERSAL};
    for (size_t i = 0; i < sizeof no_data; i++)
        CHECK(tapk_fetch(rig_ctx(rig), no_data[i], out, sizeof out, &len) == 1 && len == 0);
    free(rig);
}

int main(void)
{
    elements();
    confirmation();
    two_wrong_values();
    no_card_number();
    no_provider();
    ahead_of_two_entries();
    balance();
    refused_gpo();
    tc_despite_online();
    online_authentication();
    expired_online();
    refused_record();
    longest_answer_kept();
    selection();
    lists();
    return check_done("test_answers");
}
