/* SPDX-License-Identifier: Apache-2.0
 *
 * More than there is room for: commands, card bytes, data elements, records under authentication,
 * candidates. Each ends the tap with its reason; one less is no reason to.
 */
#include "check.h"
#include "data/tags.h"
#include "rig.h"

#define TTQ "\x36\x00\x00\x80"

/* A rig whose GPO answer names these records (an AFL of one entry). */
static struct rig *rig_with_afl(const char *afl)
{
    char element[6] = {(char)0x94, 4, afl[0], afl[1], afl[2], afl[3]};
    struct rig *rig = rig_new();
    rig_swap(rig, 2, "\x94\x04\x08\x01\x04\x01", 6, element);
    return rig;
}

/* Runs like rig_run with the answers 3 to last for every record. */
static int run_records(struct rig *rig, size_t last)
{
    struct tapk_step step;
    struct tapk_event event;
    rig->commands = 0;
    rig->result = rig_start(rig, &step);
    while (rig->result == 0 && step.kind != TAPK_STEP_OUTCOME) {
        if (rig->at > last)
            rig->at = 3;
        rig_perform(rig, &step, &event);
        rig->result = tapk_resume(rig_ctx(rig), &event, &step);
    }
    memset(&rig->outcome, 0, sizeof rig->outcome);
    rig->outcome.size = (uint32_t)sizeof rig->outcome;
    if (rig->result == 0)
        rig->result = tapk_outcome(rig_ctx(rig), &rig->outcome);
    return rig->result == 0 ? rig->outcome.status : rig->result;
}

static void commands(void)
{
    struct rig *rig = rig_with_afl("\x08\x01\x7E\x00"); /* 3 + 126 */
    rig_answer(rig, 3, (const uint8_t *)"\x70\x00", 2, 0x9000);
    CHECK(run_records(rig, 3) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_TOO_MANY_COMMANDS && rig->outcome.rule == 0);
    CHECK(rig->commands == TAPK_MAX_APDUS && rig->outcome.commands == TAPK_MAX_APDUS);
    free(rig);
    rig = rig_with_afl("\x08\x01\x7D\x00");
    rig_answer(rig, 3, (const uint8_t *)"\x70\x00", 2, 0x9000);
    CHECK(run_records(rig, 3) == TAPK_DECLINED); /* 5F24 is missing */
    CHECK(rig->outcome.rule == TAPK_RULE_QP_093 && rig->commands == TAPK_MAX_APDUS);
    free(rig);
}

/* GET RESPONSE counts like the command it follows. */
static void followed_commands(void)
{
    static const uint8_t ttq[] = {0x36, 0x00, 0x00, 0x80};
    static const uint8_t follow[] = {TAPK_SW_APDU_FOLLOW_61_6C, 1};
    for (size_t last = 0x3E; last < 0x40; last++) { /* 3 + 62 * 2, and 63 */
        const char afl[4] = {0x08, 0x01, (char)last, 0x00};
        struct rig *rig = rig_with_afl(afl);
        CHECK(rig_terminal(rig, ttq, follow, 2, NULL, 0) == 0);
        rig_answer(rig, 3, NULL, 0, 0x6102);
        rig_answer(rig, 4, (const uint8_t *)"\x70\x00", 2, 0x9000);
        const int status = run_records(rig, 4);
        CHECK(rig->outcome.commands == (last == 0x3E ? 127 : TAPK_MAX_APDUS));
        CHECK(memcmp(rig->command[4], "\x00\xC0\x00\x00\x02", 5) == 0);
        if (last == 0x3E)
            CHECK(status == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_093);
        else
            CHECK(status == TAPK_END_APPLICATION &&
                  rig->outcome.reason == TAPK_REASON_TOO_MANY_COMMANDS);
        free(rig);
    }
}

static void card_bytes(void)
{
    static uint8_t record[254] = {0x70, 0x81, 0xFB};
    struct rig *rig = rig_with_afl("\x08\x01\x7D\x00");
    rig_answer(rig, 3, record, sizeof record, 0x9000);
    CHECK(run_records(rig, 3) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_TOO_MUCH_DATA);
    CHECK(rig->outcome.rule == TAPK_RULE_ODA_082 && rig->commands < 3 + TAPK_ARENA / 250);
    free(rig);
}

/* Records under authentication: 32 of them, of the data and of the log. */
static void static_records(void)
{
    static const struct {
        const char *afl;
        int status;
        uint16_t rule;
    } rows[] = {{"\x08\x01\x20\x20", TAPK_DECLINED, TAPK_RULE_QP_093},
                {"\x08\x01\x21\x21", TAPK_END_APPLICATION, TAPK_RULE_ODA_082},
                {"\x58\x01\x20\x20", TAPK_DECLINED, TAPK_RULE_QP_093},
                {"\x58\x01\x21\x21", TAPK_END_APPLICATION, TAPK_RULE_ODA_082},
                {"\x58\x01\x21\x00", TAPK_DECLINED, TAPK_RULE_QP_093}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_with_afl(rows[i].afl);
        rig_answer(rig, 3, (const uint8_t *)"\x70\x00", 2, 0x9000);
        CHECK(run_records(rig, 3) == rows[i].status && rig->outcome.rule == rows[i].rule);
        CHECK((rig->outcome.reason == TAPK_REASON_TOO_MUCH_DATA) ==
              (rows[i].rule == TAPK_RULE_ODA_082));
        free(rig);
    }
}

/* ODA-021: a record of the log that is no template 70 spoils the authentication and nothing else.
 */
static void log_records(void)
{
    struct rig *rig = rig_new();
    rig_swap(rig, 2, "\x94\x04\x08\x01\x04\x01", 6, "\x94\x04\x58\x01\x01\x01");
    rig_answer(rig, 3, (const uint8_t *)"\x12\x34", 2, 0x9000);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_093);
    CHECK(rig_saw(rig, TAPK_RULE_ODA_021, 0) && rig_ctx(rig)->tap.records_bad);
    free(rig);
}

/* Records with every known element of a card, each as short as it may be. */
static void elements(void)
{
    static const uint16_t refused[] = {0x57, 0x5A, 0x5F24, 0x5F25, 0x5F34, 0x8F, 0x9F08, 0x9F4B};
    struct rig *rig = rig_with_afl("\x08\x01\x0D\x00");
    uint8_t record[13][256];
    size_t n[13] = {0};
    size_t at = 0;
    unsigned known = 0;
    for (uint32_t tag = 1; tag < 0x10000; tag++) {
        const struct tapk_tag_info *info = tapk_tag_find(tag);
        static const uint8_t value[255];
        struct tapk_span there;
        if (info == NULL || info->source != TAPK_SOURCE_CARD || tapk_tag_constructed(tag) ||
            TAPK_TAG_IN(refused, tag) ||
            tapk_tlv_find(tapk_cursor(card_gpo_body, sizeof card_gpo_body, 0), tag, &there) == 0)
            continue;
        const size_t length = info->min > 0 ? info->min : 1;
        if (n[at] + length + 4 > 120 && at + 1 < 13)
            at++;
        CHECK(tapk_tlv_put(record[at] + 2, 120, &n[at], tag, value, length) == 0);
        known++;
    }
    for (size_t i = 0; i < 13; i++) {
        record[i][0] = 0x70;
        record[i][1] = (uint8_t)n[i];
        rig_answer(rig, 3 + i, record[i], n[i] + 2, 0x9000);
    }
    CHECK(known > TAPK_MAX_ITEMS);
    CHECK(rig_run(rig) == TAPK_END_APPLICATION);
    CHECK(rig->outcome.reason == TAPK_REASON_TOO_MUCH_DATA);
    CHECK(rig->outcome.rule == TAPK_RULE_ODA_082 && rig_ctx(rig)->items == TAPK_MAX_ITEMS);
    CHECK(rig->commands > 3 + 5 && rig->commands < 3 + 13);
    free(rig);
}

/* Three combinations for any kernel and a directory of n entries of 9 bytes. */
static void candidates(void)
{
    static const uint8_t first[] = {0x9F, 0x06, 0x05, 0xA0, 0x00, 0x00, 0x09, 0x99,
                                    0x96, 0x01, 0x07, 0xDF, 0x8F, 0x01, 0x01, 0x02,
                                    0x9F, 0x66, 0x04, 0x36, 0x00, 0x00, 0x80};
    uint8_t second[sizeof first];
    memcpy(second, first, sizeof first);
    second[10] = 0x02;
    uint8_t domestic[sizeof first + 2]; /* a kernel identifier of three bytes: serves any too */
    memcpy(domestic, first, 9);
    memcpy(domestic + 9, "\x03\xC1\x01\x56", 4);
    memcpy(domestic + 13, first + 11, sizeof first - 11);
    const struct rig_entry more[] = {{TAPK_ENTRY_COMBINATION, second, sizeof second},
                                     {TAPK_ENTRY_COMBINATION, domestic, sizeof domestic}};
    for (size_t n = 10; n < 12; n++) {
        static const uint8_t head[] = {0x6F, 0x81, 0,    0x84, 0x0E, '2',  'P',  'A', 'Y',
                                       '.',  'S',  'Y',  'S',  '.',  'D',  'D',  'F', '0',
                                       '1',  0xA5, 0x81, 0,    0xBF, 0x0C, 0x81, 0};
        uint8_t answer[256];
        memcpy(answer, head, sizeof head);
        answer[2] = (uint8_t)(sizeof head - 3 + 9 * n);
        answer[21] = (uint8_t)(4 + 9 * n);
        answer[25] = (uint8_t)(9 * n);
        for (size_t i = 0; i < n; i++)
            memcpy(answer + sizeof head + 9 * i, "\x61\x07\x4F\x05\xA0\x00\x00\x09\x99", 9);
        struct rig *rig = rig_new();
        CHECK(rig_configure(rig, first, sizeof first, more, 2) == 0);
        rig_answer(rig, 0, answer, sizeof head + 9 * n, 0x9000);
        rig_answer(rig, 1, NULL, 0, 0x6A82);
        rig->answers = 2;
        if (n == 10) { /* each is tried in turn; the second is lost */
            CHECK(rig_run(rig) == TAPK_TRY_AGAIN && rig_ctx(rig)->candidates == 30);
        } else {
            CHECK(rig_run(rig) == TAPK_END_APPLICATION && rig->commands == 1);
            CHECK(rig->outcome.reason == TAPK_REASON_TOO_MUCH_DATA && rig->outcome.rule == 0);
        }
        free(rig);
    }
}

int main(void)
{
    commands();
    followed_commands();
    card_bytes();
    static_records();
    log_records();
    elements();
    candidates();
    return check_done("test_limits");
}
