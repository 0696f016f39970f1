/* SPDX-License-Identifier: Apache-2.0
 *
 * The step machine on the vector card: the approval, every decision that can turn it, every way to
 * lose the card, every misuse. Expectations are literals from the digest.
 */
#include "check.h"
#include "rig.h"

#define ONLINE_TTQ "\x36\x00\x00\x80"

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
    rig_swap(rig, 6, "\x9F\x69\x08\x01", 4, "\x9F\x69\x08\x02");
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_002);
    free(rig);
    rig = rig_new(); /* TV-026 */
    rig_swap(rig, 5, "\x9F\x4A\x01\x82", 4, "\x9F\x4A\x01\x83");
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_ODA_022);
    free(rig);
    rig = rig_new(); /* TV-031 */
    rig_swap(rig, 4, "\x8F\x01\xF1", 3, "\x8F\x01\xF2");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-027 */
    rig->answer[3][0] = 0x71;
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_075));
    rig = rig_new(); /* TV-034: CTQ absent */
    rig_swap(rig, 2, "\x9F\x6C\x02", 3, "\x9F\x7E\x02");
    rig->answer[2][at] ^= 1;
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-032 */
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
    CHECK(rig_ends(rig, TAPK_ONLINE_REQUEST, TAPK_REASON_AUTHENTICATION_FAILED_ONLINE,
                   TAPK_RULE_QP_121));
    rig = rig_with_ttq("\x3E\x00\x00\x80", "", 0); /* the same, offline only */
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x20");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-033 */
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x10");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_AUTHENTICATION_FAILED_CONTACT,
                   TAPK_RULE_QP_122));
    rig = rig_with_ttq("\x26\x00\x00\x80", "", 0); /* no contact chip */
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x10");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
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
    struct rig *rig = rig_with_ttq("\x36\x00\x00\x00", "\x12\x01", 2); /* fd.allow_v00 */
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
        struct rig *rig = rig_with_ttq(rows[i].ttq, "", 0);
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
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_060));
    rig = rig_new(); /* TV-065 */
    rig_answer(rig, 2, (const uint8_t *)"\x80\x06\x7C\x00\x08\x01\x01\x00", 8, 0x9000);
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_063));
    rig = rig_new();
    rig_answer(rig, 2, NULL, 0, 0x6985);
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_052));
    rig = rig_new();
    rig_answer(rig, 2, NULL, 0, 0x6984);
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_053));
    rig = rig_with_ttq("\x26\x00\x00\x80", "", 0);
    rig_answer(rig, 2, NULL, 0, 0x6A80);
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_GPO_REFUSED, TAPK_RULE_QP_055));

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
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_CRYPTOGRAM_RFU, TAPK_RULE_QP_007));
    rig = rig_new(); /* 9F37 and 9F02 from the card change nothing (TV-038) */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x9F\x37\x04\x00\x00\x00\x00", 7);
    memmove(rig->answer[2] + rig->answer_len[2] - 2, "\x90\x00", 2);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.oda_rule == TAPK_RULE_FD_008);
    free(rig);
    rig = rig_new(); /* twice 9F36 */
    gpo(rig, card_gpo_body, n, (const uint8_t *)"\x9F\x36\x02\x00\x11", 5);
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_DUPLICATE_DATA, TAPK_RULE_QP_066));
    rig = rig_new(); /* no 9F26 */
    rig_swap(rig, 2, "\x9F\x26", 2, "\x9F\x7D");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_061));
    rig = rig_new(); /* no 9F10 */
    rig_swap(rig, 2, "\x9F\x10", 2, "\x9F\x7D");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_068));
    rig = rig_new(); /* AFL with records 16 to 1, as published by mistake */
    rig_swap(rig, 2, "\x94\x04\x08\x01\x04\x01", 6, "\x94\x04\x30\x10\x01\x00");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_065));
    rig = rig_with_ttq("\x76\x00\x00\x80", "", 0); /* contactless debit/credit is not there yet */
    rig_answer(rig, 2, (const uint8_t *)"\x80\x06\x7C\x00\x08\x01\x01\x00", 8, 0x9000);
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_PATH_NOT_SUPPORTED,
                   TAPK_RULE_QP_160));
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
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_TLV_029));
    rig = rig_new();
    rig_answer(rig, 5, NULL, 0, 0x6A83);
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_RECORD_REFUSED, TAPK_RULE_QP_074));
    rig = rig_new(); /* TV-038 in a record: ignored, the approval stays */
    uint8_t last[64];
    memcpy(last, card_record_4, sizeof card_record_4);
    memcpy(last + sizeof card_record_4, "\x9F\x37\x04\x00\x00\x00\x00", 7);
    last[1] = (uint8_t)(last[1] + 7);
    rig_answer(rig, 6, last, sizeof card_record_4 + 7, 0x9000);
    CHECK(rig_ends(rig, TAPK_APPROVED, TAPK_REASON_APPROVED_OFFLINE, TAPK_RULE_QP_120));
    rig = rig_new(); /* TV-029, first part: 5A and 57 differ */
    rig_swap(rig, 3, "\x5A\x0A\x62", 3, "\x5A\x0A\x63");
    CHECK(rig_ends(rig, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_BAD_DATA, TAPK_RULE_QP_085));
    rig = rig_new(); /* 70 records of 250 bytes do not fit */
    rig_swap(rig, 2, "\x94\x04\x08\x01\x04\x01", 6, "\x94\x04\x08\x01\x60\x00");
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
    rig_swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x24\x06\x06");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_EXPIRED, TAPK_RULE_QP_091));
    rig = rig_new(); /* the expiry day itself is valid; the signature is not any more */
    rig_swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x24\x06\x07");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_AUTHENTICATION_FAILED, TAPK_RULE_QP_123));
    rig = rig_new(); /* TV-035 */
    rig_swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x23\x12\x31");
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x08");
    CHECK(rig_ends(rig, TAPK_ONLINE_REQUEST, TAPK_REASON_EXPIRED_ONLINE, TAPK_RULE_QP_174));
    rig = rig_with_ttq("\x3E\x00\x00\x80", "", 0); /* TV-036 */
    rig_swap(rig, 3, "\x5F\x24\x03\x49\x12\x31", 6, "\x5F\x24\x03\x23\x12\x31");
    rig_swap(rig, 2, "\x9F\x6C\x02\x00", 4, "\x9F\x6C\x02\x08");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_EXPIRED, TAPK_RULE_QP_091));
    rig = rig_new(); /* 5F24 missing */
    rig_swap(rig, 3, "\x5F\x24", 2, "\x5F\x7E");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_MISSING_DATA, TAPK_RULE_QP_093));
    rig = rig_new(); /* QP-176 */
    memcpy(rig->transaction.date, "\x24\x13\x01", 3);
    CHECK(rig_ends(rig, TAPK_END_APPLICATION, TAPK_REASON_CLOCK_NOT_SET, TAPK_RULE_QP_176));
    rig = rig_with_ttq(ONLINE_TTQ, "\x0D\x01", 2); /* qp.check_effective; 5F25 is 2020-01-01 */
    memcpy(rig->transaction.date, "\x19\x12\x31", 3);
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_NOT_YET_EFFECTIVE, TAPK_RULE_QP_094));
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
    rig_swap(rig, 3, "\x5F\x34\x01\x01", 4, "\x5F\x7E\x01\x01"); /* TV-064: the card gives no PSN */
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_095);
    free(rig);
}

static void lookup(void)
{
    struct rig *rig = rig_new();
    CHECK(rig_more(rig, "\xDF\x8F\x21\x01\x01", 5) == 0);
    CHECK(rig_run(rig) == TAPK_APPROVED);
    rig->lookup_event = TAPK_EVENT_FOUND;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.reason == TAPK_REASON_EXCEPTION_FILE);
    rig->lookup_event = TAPK_EVENT_UNSUPPORTED;
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.reason == TAPK_REASON_UNSUPPORTED);
    CHECK(rig->outcome.card_may_have_paid == 1);
    rig->lookup_event =
        TAPK_EVENT_FOUND; /* what is asked for: PAN and PSN, FF when there is none */
    const struct tapk_ctx *ctx = rig_ctx(rig);
    CHECK(memcmp(ctx->command, "\x62\x00\x00\x00\x00\x00\x01\x23\x45\x5F\x01", 11) == 0);
    rig_swap(rig, 3, "\x5F\x34\x01\x01", 4, "\x5F\x7E\x01\x01");
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.reason == TAPK_REASON_EXCEPTION_FILE);
    CHECK(memcmp(ctx->command, "\x62\x00\x00\x00\x00\x00\x01\x23\x45\x5F\xFF", 11) == 0);
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
        struct rig *rig = rig_with_ttq(rows[i].ttq, "", 0);
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
    struct rig *rig = rig_with_ttq("\x36\x00\x40\x80", "\x12\x01", 2);
    rig_swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x00\x80");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_101));
    rig = rig_with_ttq("\x36\x00\x40\x80", "\x12\x01", 2);
    rig_swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x00\x80");
    rig_answer(rig, 6, card_record_4_v00, sizeof card_record_4_v00, 0x9000);
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_102));
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
    return check_done("test_tap");
}
