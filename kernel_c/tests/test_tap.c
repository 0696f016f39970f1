/* SPDX-License-Identifier: Apache-2.0
 *
 * The step machine on the vector card: the approval, every decision that can turn it, every way to
 * lose the card, every misuse. Expectations are literals from the digest.
 */
#include "check.h"
#include "rig.h"

#define ONLINE_TTQ "\x36\x00\x00\x80"

static struct rig *with_ttq(const char *ttq, const char *switches, size_t n)
{
    struct rig *rig = rig_new();
    CHECK(rig_terminal(rig, (const uint8_t *)ttq, (const uint8_t *)switches, n, NULL, 0) == 0);
    return rig;
}

/* Replaces needle by value (same length) in answer i. */
static void swap(struct rig *rig, size_t i, const char *needle, size_t n, const char *value)
{
    const size_t at = rig_find(rig, i, needle, n);
    CHECK(at != (size_t)-1);
    if (at != (size_t)-1)
        memcpy(rig->answer[i] + at, value, n);
}

/* A GPO answer of body and extra, in template 77. */
static void gpo(struct rig *rig, const uint8_t *body, size_t n, const uint8_t *extra, size_t m)
{
    uint8_t out[256];
    const size_t total = n + m;
    size_t at = 0;
    out[at++] = 0x77;
    if (total > 127)
        out[at++] = 0x81;
    out[at++] = (uint8_t)total;
    memcpy(out + at, body, n);
    if (m > 0)
        memcpy(out + at + n, extra, m);
    rig_answer(rig, 2, out, at + total, 0x9000);
}

static int ends(struct rig *rig, int status, uint16_t reason, uint16_t rule)
{
    const int got = rig_run(rig);
    const int same = got == status && rig->outcome.reason == reason && rig->outcome.rule == rule;
    if (!same)
        fprintf(stderr, "  got %x %s %s\n", (unsigned)got,
                tapk_name(TAPK_SPACE_REASON, rig->outcome.reason),
                tapk_name(TAPK_SPACE_RULE, rig->outcome.rule));
    free(rig);
    return same;
}

static void approval(void)
{
    static const uint8_t gpo_command[] = {
        0x80, 0xA8, 0x00, 0x00, 0x23, 0x83, 0x21, 0x36, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00,
        0x00, 0x12, 0x34, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x56, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x01, 0x56, 0x24, 0x06, 0x07, 0x00, 0xA1, 0xB2, 0xC3, 0xD4, 0x00};
    struct rig *rig = rig_new();
    CHECK(rig_run(rig) == TAPK_APPROVED);
    CHECK(rig->outcome.rule == TAPK_RULE_QP_120);
    CHECK(rig->outcome.reason == TAPK_REASON_APPROVED_OFFLINE);
    CHECK(rig->outcome.cvm == TAPK_CVM_NONE);
    CHECK(rig->outcome.oda == TAPK_ODA_SUCCESSFUL && rig->outcome.oda_rule == 0);
    CHECK(rig->outcome.balance_known && rig->outcome.balance == 8766);
    CHECK(rig->commands == 7);
    CHECK(rig->command_len[0] == 20 && memcmp(rig->command[0], "\x00\xA4\x04\x00\x0E", 5) == 0);
    CHECK(rig->command_len[2] == sizeof gpo_command &&
          memcmp(rig->command[2], gpo_command, sizeof gpo_command) == 0);
    CHECK(memcmp(rig->command[3], "\x00\xB2\x01\x0C\x00", 5) == 0);
    CHECK(memcmp(rig->command[6], "\x00\xB2\x04\x0C\x00", 5) == 0);
    CHECK(rig->shows == 3 && rig->shown[0] == TAPK_MSG_PRESENT_CARD &&
          rig->shown[1] == TAPK_MSG_CARD_READ_OK && rig->shown[2] == TAPK_MSG_APPROVED);
    CHECK(tapk_trace_of(rig_ctx(rig))->lost == 0);
    CHECK(rig_saw(rig, TAPK_RULE_QP_120, 1) && rig_saw(rig, TAPK_RULE_QP_069, 0));
    CHECK(!rig_saw(rig, TAPK_RULE_QP_069, 1) && rig_saw(rig, TAPK_RULE_DDA_003, 1));

    struct tapk_span value;
    uint8_t origin;
    uint8_t list[512];
    size_t len;
    CHECK(tapk_get(rig_ctx(rig), 0x9F4C, &value, &origin) == 0 && value.n == 2 &&
          memcmp(value.p, "\x00\x11", 2) == 0 && origin == TAPK_FROM_KERNEL);
    CHECK(tapk_get(rig_ctx(rig), 0x9F37, &value, &origin) == 0 &&
          memcmp(value.p, "\xA1\xB2\xC3\xD4", 4) == 0 && origin == TAPK_FROM_TRANSACTION);
    CHECK(tapk_get(rig_ctx(rig), 0xDF99, &value, &origin) == 1);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_OFFLINE, list, sizeof list, &len) == 0 && len > 100);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_ONLINE, list, sizeof list, &len) == 1);
    CHECK(tapk_fetch(rig_ctx(rig), TAPK_LIST_OFFLINE, list, 20, &len) == TAPK_E_SIZE);
    free(rig);
}

/* Every bit of every answer that the tap signs or compares: a change is never approved unless the
 * changed object is one that nobody reads. */
static void changed_bytes(void)
{
    size_t changed = 0;
    size_t approved = 0;
    for (size_t i = 2; i < 7; i++) {
        struct rig *rig = rig_new();
        const size_t n = rig->answer_len[i] - 2;
        for (size_t at = 0; at < n; at++) {
            rig->answer[i][at] ^= 0x01;
            changed++;
            if (rig_run(rig) == TAPK_APPROVED)
                approved++;
            rig->answer[i][at] ^= 0x01;
        }
        free(rig);
    }
    /* Nobody signs or compares: the values of 9F36 (2), 9F26 (8), 9F5D (6), 9F74 (6); 57 after the
     * PAN and its tag and length (9); 9F10 but for the type in byte 5 (19); and three tags whose
     * change makes an optional element unknown: 9F6C (zero), 9F5D, 9F74. */
    CHECK(changed == 568);
    CHECK(approved == 53);
}

/* With fDDA 01 a change of what was signed ends by the rule the digest names. */
static void forgeries(void)
{
    struct rig *rig = rig_new();
    const size_t at = rig_find(rig, 2, (const char *)card_9f4b, sizeof card_9f4b);
    for (size_t i = 0; i < sizeof card_9f4b; i++) {
        rig->answer[2][at + i] ^= 0x80;
        CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_123);
        CHECK(rig->outcome.card_may_have_paid == 1 && rig->commands == 7);
        rig->answer[2][at + i] ^= 0x80;
    }
    rig->transaction.amount = 1235; /* TV-021: signed for 12.34 */
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_DDA_003);
    rig->transaction.amount = 1234;
    memcpy(rig->transaction.currency, "\x08\x40", 2);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_DDA_003);
    free(rig);

    rig = rig_new(); /* TV-022 */
    swap(rig, 6, "\x9F\x69\x08\x01", 4, "\x9F\x69\x08\x02");
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_002);
    free(rig);
    rig = rig_new(); /* TV-026 */
    swap(rig, 5, "\x9F\x4A\x01\x82", 4, "\x9F\x4A\x01\x83");
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_ODA_022);
    free(rig);
    rig = rig_new(); /* TV-031 */
    swap(rig, 4, "\x8F\x01\xF1", 3, "\x8F\x01\xF2");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-027 */
    rig->answer[3][0] = 0x71;
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_075));
    rig = rig_new(); /* TV-034: CTQ absent */
    swap(rig, 2, "\x9F\x6C\x02", 3, "\x9F\x7E\x02");
    rig->answer[2][at] ^= 1;
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-032 */
    swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
    CHECK(
        ends(rig, TAPK_ONLINE_REQUEST, TAPK_REASON_AUTHENTICATION_FAILED_ONLINE, TAPK_RULE_QP_121));
    rig = with_ttq("\x3E\x00\x00\x80", "", 0); /* the same, offline only */
    swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-033 */
    swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x10");
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_AUTHENTICATION_FAILED_CONTACT,
               TAPK_RULE_QP_122));
    rig = with_ttq("\x26\x00\x00\x80", "", 0); /* no contact chip */
    swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x10");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
}

/* No crypto, unmarked crypto, or a table changed after its check: no approval. */
static void crypto(void)
{
    struct rig *rig = rig_new();
    rig->crypto.checked = 0;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda == TAPK_ODA_NOT_PERFORMED);
    tapk_soft_crypto(&rig->crypto);
    CHECK(rig_run(rig) == TAPK_DECLINED);
    CHECK(tapk_crypto_check(&rig->crypto) == 0 && rig_run(rig) == TAPK_APPROVED);
    rig->crypto.rsa = NULL;
    CHECK(rig_run(rig) == TAPK_DECLINED);
    free(rig);
}

static void versions(void)
{
    struct rig *rig = with_ttq("\x36\x00\x00\x00", "\x12\x01", 2); /* fd.allow_v00 */
    static const uint8_t v00[] = {
        0x5B, 0xB4, 0xC8, 0xCD, 0x98, 0xDD, 0x98, 0xE2, 0xE9, 0x51, 0xBA, 0x3C, 0x34, 0x71,
        0xAB, 0xA8, 0x93, 0xEB, 0x03, 0x48, 0xC7, 0x28, 0x4C, 0x94, 0xC7, 0x12, 0x48, 0x54,
        0x90, 0x4D, 0xD7, 0xE9, 0xAA, 0x67, 0x7E, 0x33, 0x2A, 0x54, 0x5F, 0xE3, 0xE9, 0xA2,
        0x03, 0x7C, 0x28, 0xC8, 0x5D, 0x07, 0xF6, 0xA1, 0x33, 0x05, 0x15, 0x56, 0x41, 0x60,
        0x61, 0x6C, 0xD5, 0x90, 0x86, 0x50, 0xE8, 0x50, 0x5C, 0xCA, 0x20, 0xFA, 0x44, 0xE4,
        0x4C, 0x0D, 0xB8, 0xE6, 0xC6, 0xE8, 0xF3, 0x5A, 0x6B, 0x9E, 0x95, 0x14, 0xFA, 0xD6,
        0x35, 0x27, 0x22, 0x08, 0x34, 0x97, 0x45, 0x22, 0x3F, 0xEB, 0x0F, 0x4C};
    const size_t at = rig_find(rig, 2, (const char *)card_9f4b, sizeof card_9f4b);
    memcpy(rig->answer[2] + at, v00, sizeof v00); /* TV-010 */
    rig_answer(rig, 6, card_record_4_v00, sizeof card_record_4_v00, 0x9000);
    CHECK(rig_run(rig) == TAPK_APPROVED);
    CHECK(rig_terminal(rig, (const uint8_t *)"\x36\x00\x00\x80", (const uint8_t *)"\x12\x01", 2,
                       NULL, 0) == 0);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_004);
    CHECK(rig_terminal(rig, (const uint8_t *)"\x36\x00\x00\x00", NULL, 0, NULL, 0) == 0);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_006);
    free(rig);
}

/* TV-060: amount, TTQ configured, TTQ sent. */
static void preprocessing(void)
{
    static const struct {
        uint64_t amount;
        const char *ttq;
        const char *sent; /* null: no contactless */
    } rows[] = {
        {0, "\x36\x00\x00\x80", "\x36\x80\x00\x80"},
        {0, "\x3E\x00\x00\x80", NULL},
        {1, "\x36\x00\x00\x80", "\x36\x00\x00\x80"},
        {10000, "\x36\x00\x00\x80", "\x36\x00\x00\x80"},
        {10001, "\x36\x00\x00\x80", "\x36\x80\x00\x80"},
        {29999, "\x36\x00\x00\x80", "\x36\x80\x00\x80"},
        {30000, "\x36\x00\x00\x80", "\x36\xC0\x00\x80"},
        {99999, "\x36\x00\x00\x80", "\x36\xC0\x00\x80"},
        {100000, "\x36\x00\x00\x80", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = with_ttq(rows[i].ttq, "", 0);
        rig->transaction.amount = rows[i].amount;
        const int status = rig_run(rig);
        if (rows[i].sent == NULL) {
            CHECK(status == TAPK_TRY_ANOTHER_INTERFACE && rig->commands == 0);
            CHECK(rig->outcome.rule == TAPK_RULE_EP_024);
        } else {
            CHECK(rig->commands >= 3 && memcmp(rig->command[2] + 7, rows[i].sent, 4) == 0);
        }
        free(rig);
    }
}

static void status_check(void)
{
    uint8_t combination[96];
    struct rig *rig = rig_new();
    memcpy(combination, example_combination, sizeof example_combination);
    memcpy(combination + sizeof example_combination, "\xDF\x8F\x04\x01\x01", 5);
    CHECK(rig_configure(rig, combination, sizeof example_combination + 5, NULL, 0) == 0);
    rig->transaction.amount = 100;
    (void)rig_run(rig);
    CHECK(memcmp(rig->command[2] + 7, "\x36\x80\x00\x80", 4) == 0); /* EP-012, EP-020 */
    rig->transaction.amount = 101;
    (void)rig_run(rig);
    CHECK(memcmp(rig->command[2] + 7, "\x36\x00\x00\x80", 4) == 0);
    free(rig);
}

static void gpo_answers(void)
{
    const size_t n = sizeof card_gpo_body;
    uint8_t body[sizeof card_gpo_body];
    struct rig *rig = rig_new(); /* QP-060 */
    rig_answer(rig, 2, (const uint8_t *)"\x77\x01", 2, 0x9000);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_060));
    rig = rig_new(); /* TV-065 */
    rig_answer(rig, 2, (const uint8_t *)"\x80\x06\x7C\x00\x08\x01\x01\x00", 8, 0x9000);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_063));
    rig = rig_new();
    rig_answer(rig, 2, NULL, 0, 0x6985);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_052));
    rig = rig_new();
    rig_answer(rig, 2, NULL, 0, 0x6984);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_053));
    rig = with_ttq("\x26\x00\x00\x80", "", 0);
    rig_answer(rig, 2, NULL, 0, 0x6A80);
    CHECK(ends(rig, TAPK_END_APPLICATION, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_055));

    /* TV-062: 9F27 says TC, 9F10 says ARQC: the less favourable counts. */
    memcpy(body, card_gpo_body, n);
    for (size_t i = 0; i + 8 < n; i++)
        if (body[i] == 0x9F && body[i + 1] == 0x10)
            body[i + 7] = 0xA0;
    rig = rig_new();
    gpo(rig, body, n, (const uint8_t *)"\x9F\x27\x01\x40", 4);
    CHECK(rig_run(rig) == TAPK_ONLINE_REQUEST && rig->outcome.rule == TAPK_RULE_QP_124);
    free(rig);
    rig = rig_new(); /* CID says AAC */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x9F\x27\x01\x00", 4);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_069);
    CHECK(rig->commands == 3 && rig->outcome.card_may_have_paid == 0);
    free(rig);
    rig = rig_new(); /* RFU */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x9F\x27\x01\xC0", 4);
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_CRYPTOGRAM_RFU, TAPK_RULE_QP_007));
    rig = rig_new(); /* 9F37 and 9F02 from the card change nothing (TV-038) */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x9F\x37\x04\x00\x00\x00\x00", 7);
    memmove(rig->answer[2] + rig->answer_len[2] - 2, "\x90\x00", 2);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_008);
    free(rig);
    rig = rig_new(); /* twice 9F36 */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x9F\x36\x02\x00\x11", 5);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_DUPLICATE_DATA, TAPK_RULE_QP_066));
    rig = rig_new(); /* no 9F26 */
    swap(rig, 2, "\x9F\x26", 2, "\x9F\x7D");
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_061));
    rig = rig_new(); /* no 9F10 */
    swap(rig, 2, "\x9F\x10", 2, "\x9F\x7D");
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_068));
    rig = rig_new(); /* AFL with records 16 to 1, as published by mistake */
    swap(rig, 2, "\x94\x04\x08\x01\x04\x01", 6, "\x94\x04\x30\x10\x01\x00");
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065));
    rig = with_ttq("\x76\x00\x00\x80", "", 0); /* contactless debit/credit is not there yet */
    rig_answer(rig, 2, (const uint8_t *)"\x80\x06\x7C\x00\x08\x01\x01\x00", 8, 0x9000);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_PATH_NOT_SUPPORTED, TAPK_RULE_QP_160));
    rig = rig_new(); /* TV-061: a TC where online was demanded */
    rig->transaction.amount = 10001;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_170);
    CHECK(rig->commands == 3);
    free(rig);
    rig = rig_new(); /* TV-039: padding between objects */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x00\xFF\x00", 3);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_008);
    free(rig);
}

static void records(void)
{
    static const uint8_t pan_twice[] = {0x70, 0x0C, 0x5A, 0x0A, 0x62, 0x00, 0x00,
                                        0x00, 0x00, 0x00, 0x01, 0x23, 0x45, 0x5F};
    static const uint8_t bad_date[] = {0x70, 0x06, 0x5F, 0x24, 0x03, 0x24, 0x02, 0x30};
    struct rig *rig = rig_new(); /* TV-037 */
    rig_answer(rig, 6, pan_twice, sizeof pan_twice, 0x9000);
    CHECK(rig_run(rig) == TAPK_TRY_ANOTHER_INTERFACE && rig->outcome.rule == TAPK_RULE_TLV_021);
    CHECK(rig->outcome.card_may_have_paid == 1);
    free(rig);
    rig = rig_new();
    rig_answer(rig, 3, bad_date, sizeof bad_date, 0x9000);
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_TLV_029));
    rig = rig_new();
    rig_answer(rig, 5, NULL, 0, 0x6A83);
    CHECK(ends(rig, TAPK_END_APPLICATION, TAPK_REASON_RECORD_REFUSED, TAPK_RULE_QP_074));
    rig = rig_new(); /* TV-038 in a record: ignored, the approval stays */
    uint8_t last[64];
    memcpy(last, card_record_4, sizeof card_record_4);
    memcpy(last + sizeof card_record_4, "\x9F\x37\x04\x00\x00\x00\x00", 7);
    last[1] = (uint8_t)(last[1] + 7);
    rig_answer(rig, 6, last, sizeof card_record_4 + 7, 0x9000);
    CHECK(ends(rig, TAPK_APPROVED, TAPK_REASON_APPROVED_OFFLINE, TAPK_RULE_QP_120));
    rig = rig_new(); /* TV-029, first part: 5A and 57 differ */
    swap(rig, 3, "\x5A\x0A\x62", 3, "\x5A\x0A\x63");
    CHECK(ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_085));
    rig = rig_new(); /* 70 records of 250 bytes do not fit */
    swap(rig, 2, "\x94\x04\x08\x01\x04\x01", 6, "\x94\x04\x08\x01\x60\x00");
    static uint8_t big[254];
    memcpy(big, "\x70\x81\xFB", 3);
    for (size_t i = 3; i < RIG_ANSWERS; i++)
        rig_answer(rig, i, big, sizeof big, 0x9000);
    for (size_t i = 3; i < RIG_ANSWERS; i++)
        CHECK(rig->answer_len[i] == 256);
    CHECK(rig_run(rig) != TAPK_APPROVED);
    free(rig);
}

static void dates(void)
{
    struct rig *rig = rig_new();
    swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x24\x06\x06");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_EXPIRED, TAPK_RULE_QP_091));
    rig = rig_new(); /* the expiry day itself is valid; the signature is not any more */
    swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x24\x06\x07");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-035 */
    swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x23\x12\x31");
    swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x08");
    CHECK(ends(rig, TAPK_ONLINE_REQUEST, TAPK_REASON_EXPIRED_ONLINE, TAPK_RULE_QP_174));
    rig = with_ttq("\x3E\x00\x00\x80", "", 0); /* TV-036 */
    swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x23\x12\x31");
    swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x08");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_EXPIRED, TAPK_RULE_QP_091));
    rig = rig_new(); /* 5F24 missing */
    swap(rig, 3, "\x5F\x24", 2, "\x5F\x7E");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_093));
    rig = rig_new(); /* QP-176 */
    memcpy(rig->transaction.date, "\x24\x13\x01", 3);
    CHECK(ends(rig, TAPK_END_APPLICATION, TAPK_REASON_CLOCK_NOT_SET, TAPK_RULE_QP_176));
    rig = with_ttq(ONLINE_TTQ, "\x0D\x01", 2); /* qp.check_effective; 5F25 is 2020-01-01 */
    memcpy(rig->transaction.date, "\x19\x12\x31", 3);
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_NOT_YET_EFFECTIVE, TAPK_RULE_QP_094));
}

static void exception_file(void)
{
    static const uint8_t pan[] = {0x5A, 0x0A, 0x62, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x01, 0x23, 0x45, 0x5F, 0x5F, 0x34, 0x01, 0x01};
    static const uint8_t other_psn[] = {0x5A, 0x0A, 0x62, 0x00, 0x00, 0x00, 0x00, 0x00,
                                        0x01, 0x23, 0x45, 0x5F, 0x5F, 0x34, 0x01, 0x02};
    const struct rig_entry listed = {TAPK_ENTRY_EXCEPTION, pan, sizeof pan};
    const struct rig_entry near_miss = {TAPK_ENTRY_EXCEPTION, other_psn, sizeof other_psn};
    const struct rig_entry without_psn = {TAPK_ENTRY_EXCEPTION, pan, 12};
    const uint8_t *ttq = (const uint8_t *)ONLINE_TTQ;
    struct rig *rig = rig_new();
    CHECK(rig_terminal(rig, ttq, NULL, 0, &listed, 1) == 0);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_095);
    CHECK(rig->outcome.reason == TAPK_REASON_EXCEPTION_FILE);
    CHECK(rig_terminal(rig, ttq, NULL, 0, &near_miss, 1) == 0);
    CHECK(rig_run(rig) == TAPK_APPROVED);
    CHECK(rig_terminal(rig, ttq, NULL, 0, &without_psn, 1) == 0);
    CHECK(rig_run(rig) == TAPK_DECLINED);
    CHECK(rig_terminal(rig, ttq, NULL, 0, &near_miss, 1) == 0);
    swap(rig, 3, "\x5F\x34\x01\x01", 4, "\x5F\x7E\x01\x01"); /* TV-064: the card gives no PSN */
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_095);
    free(rig);
}

static void lookup(void)
{
    static const uint8_t terminal[] = {0x9F, 0x1A, 0x02, 0x01, 0x56, 0x5F, 0x2A,
                                       0x02, 0x01, 0x56, 0x9F, 0x33, 0x03, 0xE0,
                                       0xF8, 0xC8, 0xDF, 0x8F, 0x21, 0x01, 0x01};
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    uint8_t key[200];
    struct rig *rig = rig_new();
    CHECK(tapk_config_begin(&builder, rig->image, sizeof rig->image, &rig->crypto) == 0);
    CHECK(tapk_config_add(&builder, TAPK_ENTRY_TERMINAL, terminal, sizeof terminal, &fault) == 0);
    CHECK(tapk_config_add(&builder, TAPK_ENTRY_COMBINATION, example_combination,
                          sizeof example_combination, &fault) == 0);
    CHECK(tapk_config_add(&builder, TAPK_ENTRY_CA_KEY, key, example_key(key), &fault) == 0);
    CHECK(tapk_config_seal(&builder, &rig->image_len, &fault) == 0);
    CHECK(rig_run(rig) == TAPK_APPROVED);
    rig->lookup_event = TAPK_EVENT_FOUND;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.reason == TAPK_REASON_EXCEPTION_FILE);
    rig->lookup_event = TAPK_EVENT_UNSUPPORTED;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.reason == TAPK_REASON_UNSUPPORTED);
    CHECK(rig->outcome.card_may_have_paid == 1);
    free(rig);
}

static void cardholder(void)
{
    static const struct {
        const char *ttq;
        const char *ctq; /* 9F6C with tag and length; null: absent */
        uint64_t amount;
        int cvm; /* -1: declined */
        uint16_t rule;
    } rows[] = {
        /* the ARQC path: CTQ decides what the online request carries */
        {"\x36\x00\x00\x80", "\x9F\x6C\x02\x80\x00", 1234, TAPK_CVM_ONLINE_PIN, TAPK_RULE_QP_124},
        {"\x32\x00\x00\x80", "\x9F\x6C\x02\x80\x00", 1234, -1, TAPK_RULE_QP_105},
        {"\x36\x00\x00\x80", "\x9F\x6C\x02\x40\x00", 1234, TAPK_CVM_SIGNATURE, TAPK_RULE_QP_124},
        {"\x34\x00\x00\x80", "\x9F\x6C\x02\x40\x00", 1234, -1, TAPK_RULE_QP_107},
        {"\x36\x00\x00\x80", "\x9F\x6C\x02\x00\x00", 1234, TAPK_CVM_NONE, TAPK_RULE_QP_124},
        {"\x36\x00\x00\x80", "\x9F\x6C\x02\x00\x00", 29999, TAPK_CVM_NONE, TAPK_RULE_QP_124},
        {"\x36\x00\x00\x80", "\x9F\x6C\x02\x00\x00", 30000, -1, TAPK_RULE_QP_109},
        {"\x36\x00\x40\x80", "\x9F\x6C\x02\x00\x80", 30000, TAPK_CVM_CDCVM, TAPK_RULE_QP_124},
        {"\x36\x00\x00\x80", "\x9F\x6C\x02\x00\x80", 30000, -1, TAPK_RULE_QP_109},
        {"\x36\x00\x00\x80", NULL, 30000, TAPK_CVM_SIGNATURE, TAPK_RULE_QP_124},
        {"\x34\x00\x00\x80", NULL, 30000, TAPK_CVM_ONLINE_PIN, TAPK_RULE_QP_124},
        {"\x30\x00\x00\x80", NULL, 30000, -1, TAPK_RULE_QP_103},
        {"\x36\x00\x00\x80", NULL, 1234, TAPK_CVM_NONE, TAPK_RULE_QP_124},
        {"\x3E\x00\x00\x80", NULL, 1234, -1, TAPK_RULE_TTQ_004},
    };
    static const uint8_t arqc[] = {0x82, 0x02, 0x7C, 0x00, 0x9F, 0x36, 0x02, 0x00, 0x11, 0x57,
                                   0x11, 0x62, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x23, 0x45,
                                   0x5D, 0x49, 0x12, 0x22, 0x00, 0x00, 0x00, 0x00, 0x9F, 0x10,
                                   0x08, 0x07, 0x01, 0x01, 0x03, 0xA0, 0x00, 0x00, 0x01, 0x9F,
                                   0x26, 0x08, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = with_ttq(rows[i].ttq, "", 0);
        rig->transaction.amount = rows[i].amount;
        gpo(rig, arqc, sizeof arqc, (const uint8_t *)rows[i].ctq, rows[i].ctq ? 5 : 0);
        const int status = rig_run(rig);
        CHECK(rig->outcome.rule == rows[i].rule);
        if (rows[i].cvm < 0)
            CHECK(status == TAPK_DECLINED && rig->outcome.cvm == TAPK_CVM_NA);
        else
            CHECK(status == TAPK_ONLINE_REQUEST && rig->outcome.cvm == rows[i].cvm);
        free(rig);
    }
    /* TV-063 and the near miss: for a TC, CDCVM counts only when a version 01 signature covers it.
     */
    struct rig *rig = with_ttq("\x36\x00\x40\x80", "\x12\x01", 2);
    swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x00\x80");
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_101));
    rig = with_ttq("\x36\x00\x40\x80", "\x12\x01", 2);
    swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x00\x80");
    rig_answer(rig, 6, card_record_4_v00, sizeof card_record_4_v00, 0x9000);
    CHECK(ends(rig, TAPK_DECLINED, TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_102));
}

/* The host's word after an Online Request: QP-129, QP-130. */
static void host(void)
{
    static const struct {
        const char *code;
        int status;
        uint16_t reason;
    } rows[] = {{"00", TAPK_APPROVED, TAPK_REASON_HOST_APPROVED},
                {"51", TAPK_DECLINED, TAPK_REASON_HOST_DECLINED},
                {NULL, TAPK_DECLINED, TAPK_REASON_HOST_NOT_REACHED}};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_new();
        struct tapk_event event;
        struct tapk_step step;
        swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
        swap(rig, 2, (const char *)card_9f4b, 4, "\x00\x00\x00\x00");
        CHECK(rig_run(rig) == TAPK_ONLINE_REQUEST);
        rig_moment(&event);
        memset(&step, 0, sizeof step);
        step.size = (uint32_t)sizeof step;
        event.kind = TAPK_EVENT_HOST;
        event.data = (const uint8_t *)rows[i].code;
        event.len = rows[i].code ? 2 : 0;
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_SHOW);
        event.kind = TAPK_EVENT_DONE;
        event.len = 0;
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_OUTCOME);
        rig->outcome.size = (uint32_t)sizeof rig->outcome;
        CHECK(tapk_outcome(rig_ctx(rig), &rig->outcome) == 0);
        CHECK(rig->outcome.status == rows[i].status && rig->outcome.reason == rows[i].reason);
        event.kind = TAPK_EVENT_HOST; /* one answer only */
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_E_STATE);
        free(rig);
    }
}

/* The card leaves at any command; each ends as section 14 says. */
static void torn(void)
{
    static const uint16_t events[] = {TAPK_EVENT_LOST, TAPK_EVENT_TIMEOUT, TAPK_EVENT_CANCEL,
                                      TAPK_EVENT_UNSUPPORTED};
    for (size_t e = 0; e < 4; e++) {
        for (size_t i = 0; i < 7; i++) {
            struct rig *rig = rig_new();
            rig->event_at[i] = events[e];
            const int status = rig_run(rig);
            CHECK(status != TAPK_APPROVED && status != TAPK_ONLINE_REQUEST && status > 0);
            if (i == 6) { /* TT-005 */
                CHECK(status == TAPK_END_APPLICATION &&
                      rig->outcome.reason == TAPK_REASON_CARD_MAY_HAVE_PAID &&
                      rig->outcome.card_may_have_paid == 1 && rig->commands == 7);
            } else if (e < 2) { /* TT-007: three more presentments, each lost at the same place */
                CHECK(status == TAPK_TRY_AGAIN && rig->outcome.start == TAPK_START_B);
                CHECK(rig->commands == 4 * (i + 1) && rig->outcome.card_may_have_paid == 0);
            } else {
                CHECK(status == TAPK_END_APPLICATION && rig->outcome.card_may_have_paid == 0);
            }
            free(rig);
        }
    }
}

static void store(void)
{
    struct rig *rig = with_ttq(ONLINE_TTQ, "\x18\x01", 2); /* tt.upload_doubtful */
    CHECK(rig_run(rig) == TAPK_APPROVED && rig->stores == 1 && rig->drops == 1);
    CHECK(memcmp(rig->stored, "TT\x01", 3) == 0);
    rig->event_at[6] = TAPK_EVENT_LOST; /* the record stays with the caller */
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->stores == 1 && rig->drops == 0);
    rig->event_at[6] = 0;
    rig->store_event = TAPK_EVENT_FAILED; /* the last READ RECORD is not sent */
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 6);
    CHECK(rig->outcome.reason == TAPK_REASON_STORE_FAILED && rig->outcome.card_may_have_paid == 0);
    rig->store_event = TAPK_EVENT_UNSUPPORTED;
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 6);
    free(rig);
}

static void detection(void)
{
    struct rig *rig = rig_new();
    rig->detect_event = TAPK_EVENT_TIMEOUT;
    CHECK(ends(rig, TAPK_END_APPLICATION, TAPK_REASON_NO_CARD, 0));
    rig = rig_new();
    rig->detect_event = TAPK_EVENT_CANCEL;
    CHECK(ends(rig, TAPK_END_APPLICATION, TAPK_REASON_CANCELLED, 0));
    rig = rig_new();
    rig->detect_event = TAPK_EVENT_UNSUPPORTED;
    CHECK(ends(rig, TAPK_END_APPLICATION, TAPK_REASON_UNSUPPORTED, 0));
    rig = rig_new(); /* EP-032: two messages, then the poll goes on */
    struct tapk_step step;
    struct tapk_event event;
    CHECK(rig_start(rig, &step) == 0 && step.ui.message == TAPK_MSG_PRESENT_CARD);
    rig_perform(rig, &step, &event);
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_DETECT);
    event.kind = TAPK_EVENT_COLLISION;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
    CHECK(step.ui.message == TAPK_MSG_ONE_CARD_ONLY && step.ui.status == TAPK_UI_ERROR);
    event.kind = TAPK_EVENT_DONE;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
    CHECK(step.ui.message == TAPK_MSG_ONE_CARD_ONLY && step.ui.status == TAPK_UI_READY_TO_READ);
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0 && step.kind == TAPK_STEP_DETECT);
    free(rig);
}

static void misuse(void)
{
    struct rig *rig = rig_new();
    struct tapk_step step;
    struct tapk_event event;
    struct tapk_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.size = (uint32_t)sizeof outcome;
    CHECK(rig_start(rig, &step) == 0);
    CHECK(tapk_outcome(rig_ctx(rig), &outcome) == TAPK_E_STATE);
    rig_moment(&event);
    for (uint16_t kind = 0; kind < 40; kind++) { /* SHOW takes DONE and UNSUPPORTED only */
        uint64_t before[(TAPK_CTX_SIZE + 7) / 8];
        if (kind == TAPK_EVENT_DONE || kind == TAPK_EVENT_UNSUPPORTED)
            continue;
        memcpy(before, rig->memory, sizeof before);
        event.kind = kind;
        CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_E_EVENT);
        CHECK(memcmp(before, rig->memory, sizeof before) == 0);
    }
    event.kind = TAPK_EVENT_DONE;
    event.size = 1;
    CHECK(tapk_resume(rig_ctx(rig), &event, &step) == TAPK_E_SIZE);
    CHECK(tapk_resume(NULL, &event, &step) == TAPK_E_ARGUMENT);
    rig->transaction.amount = 1000000000000u;
    CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
    rig->transaction.amount = 1234;
    rig->transaction.start = TAPK_START_B; /* EP-004 */
    CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
    rig->transaction.start = TAPK_START_A;
    rig->image[0] = 'X';
    CHECK(rig_run(rig) == TAPK_E_CONFIG);
    rig->image[0] = 'T';
    CHECK(rig_run(rig) == TAPK_APPROVED);
    CHECK(tapk_wipe(rig_ctx(rig)) == 0);
    CHECK(rig_ctx(rig)->arena_used == 0 && rig_ctx(rig)->arena[0] == 0);
    free(rig);
}

/* Two contexts in one thread, one of them a copy made with memcpy in the middle of a tap. */
static void interleaved(void)
{
    struct rig *a = rig_new();
    struct rig *b = rig_new();
    struct tapk_step step_a;
    struct tapk_step step_b;
    struct tapk_event event;
    swap(b, 2, (const char *)card_9f4b, 4, "\x00\x00\x00\x00");
    CHECK(rig_start(a, &step_a) == 0 && rig_start(b, &step_b) == 0);
    for (int i = 0;
         i < 40 && (step_a.kind != TAPK_STEP_OUTCOME || step_b.kind != TAPK_STEP_OUTCOME); i++) {
        if (i == 9) { /* a moves to other memory */
            static uint64_t elsewhere[(TAPK_CTX_SIZE + 7) / 8];
            memcpy(elsewhere, a->memory, sizeof elsewhere);
            memset(a->memory, 0xEE, sizeof a->memory);
            memcpy(a->memory, elsewhere, sizeof elsewhere);
        }
        if (step_a.kind != TAPK_STEP_OUTCOME) {
            rig_perform(a, &step_a, &event);
            CHECK(tapk_resume(rig_ctx(a), &event, &step_a) == 0);
        }
        if (step_b.kind != TAPK_STEP_OUTCOME) {
            rig_perform(b, &step_b, &event);
            CHECK(tapk_resume(rig_ctx(b), &event, &step_b) == 0);
        }
    }
    a->outcome.size = b->outcome.size = (uint32_t)sizeof a->outcome;
    CHECK(tapk_outcome(rig_ctx(a), &a->outcome) == 0 && a->outcome.status == TAPK_APPROVED);
    CHECK(tapk_outcome(rig_ctx(b), &b->outcome) == 0 && b->outcome.status == TAPK_DECLINED);
    free(a);
    free(b);
}

static size_t rsa_calls;

static int counting_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                        size_t n, const uint8_t *exponent, size_t exponent_len)
{
    struct tapk_crypto soft;
    tapk_soft_crypto(&soft);
    rsa_calls++;
    return soft.rsa(user, out, in, modulus, n, exponent, exponent_len);
}

/* Operations done ahead or before change nothing but the time: the same commands, decisions and
 * outcome; a card revoked between two taps is refused (CK-021). */
static void remembered(void)
{
    static const uint8_t revoked[] = {0x9F, 0x06, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x9F, 0x22,
                                      0x01, 0xF1, 0xDF, 0x8F, 0x31, 0x03, 0x00, 0x00, 0x01};
    const struct rig_entry list = {TAPK_ENTRY_REVOKED, revoked, sizeof revoked};
    struct tapk_memo *memo = calloc(1, sizeof *memo);
    struct rig *plain = rig_new();
    CHECK(rig_run(plain) == TAPK_APPROVED);
    for (int work = 0; work < 2; work++) {
        struct rig *rig = rig_new();
        memset(memo, 0, sizeof *memo);
        rig->memo = memo;
        rig->work = work;
        rig->crypto.rsa = counting_rsa;
        CHECK(tapk_crypto_check(&rig->crypto) == 0);
        for (int tap = 0; tap < 2; tap++) {
            rsa_calls = 0;
            CHECK(rig_run(rig) == TAPK_APPROVED);
            CHECK(rsa_calls == (tap == 0 ? 3 : 1)); /* later taps: the signature alone */
            CHECK(memcmp(rig->command, plain->command, sizeof rig->command) == 0);
            CHECK(tapk_trace_of(rig_ctx(rig))->count == tapk_trace_of(rig_ctx(plain))->count);
            CHECK(memcmp(rig->ring, plain->ring,
                         tapk_trace_of(rig_ctx(rig))->count * sizeof rig->ring[0]) == 0);
        }
        CHECK(tapk_work(NULL) == TAPK_E_ARGUMENT && tapk_work(rig_ctx(rig)) == 0);
        CHECK(rig_terminal(rig, (const uint8_t *)ONLINE_TTQ, NULL, 0, &list, 1) == 0);
        CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_CK_021);
        free(rig);
    }
    free(plain);
    free(memo);
}

static void balance(void)
{
    struct rig *rig = rig_new();
    rig->transaction.purpose = TAPK_BALANCE;
    rig->transaction.amount = 0;
    rig_answer(rig, 2, (const uint8_t *)"\x9F\x79\x06\x00\x00\x00\x01\x00\x00", 9, 0x9000);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_BALANCE_READ && rig->outcome.balance == 10000);
    CHECK(rig->commands == 3 && memcmp(rig->command[2], "\x80\xCA\x9F\x79\x00", 5) == 0);
    rig_answer(rig, 2, (const uint8_t *)"\x9F\x78\x06\x00\x00\x00\x01\x00\x00", 9, 0x9000);
    rig_answer(rig, 3, NULL, 0, 0x6A88);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_BALANCE_UNKNOWN && rig->commands == 4);
    CHECK(rig->outcome.balance_known == 0);
    free(rig);
}

/* Any single decision forced: never a step outside states.def, never an endless tap. */
static void forced(void)
{
    for (uint16_t rule = 1; rule < TAPK_RULE_LAST; rule++) {
        for (uint16_t force = TAPK_FORCE_FALSE; force <= TAPK_FORCE_MORE; force++) {
            struct rig *rig = rig_new();
            rig->force_rule = rule;
            rig->force = force;
            CHECK(rig_run(rig) > 0);
            CHECK(rig->steps < 200);
            free(rig);
        }
    }
}

/* UNSUPPORTED at every step of the approval: the refusing path. */
static void unsupported(void)
{
    for (size_t refuse_at = 0; refuse_at < 11; refuse_at++) {
        struct rig *rig = rig_new();
        struct tapk_step step;
        struct tapk_event event;
        CHECK(rig_start(rig, &step) == 0);
        for (size_t i = 0; step.kind != TAPK_STEP_OUTCOME && i < 100; i++) {
            rig_perform(rig, &step, &event);
            if (i == refuse_at) {
                event.kind = TAPK_EVENT_UNSUPPORTED;
                event.len = 0;
            }
            CHECK(tapk_resume(rig_ctx(rig), &event, &step) == 0);
        }
        rig->outcome.size = (uint32_t)sizeof rig->outcome;
        CHECK(tapk_outcome(rig_ctx(rig), &rig->outcome) == 0);
        /* Step 10 shows the approval: the money has moved, nothing is left to refuse. */
        CHECK((rig->outcome.status == TAPK_APPROVED) == (refuse_at == 10));
        free(rig);
    }
}

int main(void)
{
    approval();
    changed_bytes();
    forgeries();
    crypto();
    versions();
    preprocessing();
    status_check();
    gpo_answers();
    records();
    dates();
    exception_file();
    lookup();
    cardholder();
    host();
    torn();
    store();
    detection();
    misuse();
    interleaved();
    remembered();
    balance();
    forced();
    unsupported();
    return check_done("test_tap");
}
