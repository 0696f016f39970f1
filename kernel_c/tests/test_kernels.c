/* SPDX-License-Identifier: Apache-2.0
 *
 * The entry point with several kernels: the built-in one, and one that reports what it was given
 * and ends as a test wants it (digest file 20 sections 5 and 6).
 */
#include "check.h"
#include "kernel.h"
#include "rig.h"

/* What the reporting kernel saw, and what it shall do. */
static struct {
    unsigned usable;
    unsigned starts;
    unsigned answers;
    unsigned lost;
    uint8_t ttq[4];
    uint8_t amount[6];
    uint8_t aid[16];
    uint8_t aid_length;
    size_t fci_name;
    size_t label;
    uint8_t combination;
    uint16_t sw;
    /* to do */
    int refuses;
    uint8_t ends;
} told;

static int reporting_usable(struct tapk_ctx *ctx)
{
    told.usable++;
    told.fci_name = tapk_card_from(ctx, 0x84, TAPK_FROM_CARD_FCI).n;
    told.label = tapk_card_from(ctx, 0x50, TAPK_FROM_CARD_FCI).n;
    return !told.refuses;
}

static void reporting_start(struct tapk_ctx *ctx)
{
    told.starts++;
    memcpy(told.ttq, ctx->values.ttq, 4);
    memcpy(told.amount, ctx->values.amount, 6);
    memcpy(told.aid, ctx->values.aid, sizeof told.aid);
    told.aid_length = ctx->values.aid_length;
    told.combination = ctx->tap.combination;
    tapk_transmit(ctx, TAPK_STATE_KERNEL, 0x80, 0xCA, 0x9F, 0x36, NULL, 0);
}

static void reporting_answer(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    told.answers++;
    told.sw = answer.sw;
    tapk_end(ctx, told.ends, REASON(CARD_ASKED_ONLINE), 0);
}

static void reporting_no_answer(struct tapk_ctx *ctx, uint16_t event)
{
    (void)event;
    told.lost++;
    tapk_end(ctx, TAPK_END_APPLICATION, REASON(CARD_LOST), 0);
}

static void reporting_done(struct tapk_ctx *ctx, uint16_t event)
{
    (void)event;
    tapk_end(ctx, TAPK_END_APPLICATION, REASON(UNSUPPORTED), 0);
}

static void reporting_host(struct tapk_ctx *ctx, const uint8_t *code, size_t len)
{
    (void)code;
    tapk_end(ctx, len == 2 ? TAPK_APPROVED : TAPK_DECLINED, REASON(HOST_APPROVED), 0);
}

static const struct tapk_kernel reporting = {
    {2, 0, 0},        "reporting",         reporting_usable, reporting_start,
    reporting_answer, reporting_no_answer, reporting_done,   reporting_host,
};
static const struct tapk_kernel *const both[] = {&tapk_kernel_qpboc, &reporting};

static const char foreign_fci[] = "6F178407A0000000041010A50C5007466F726569676E870101";

static const uint8_t foreign_combination[] = {
    0x9F, 0x06, 0x07, 0xA0, 0x00, 0x00, 0x00, 0x04, 0x10, 0x10, /* AID */
    0x96, 0x01, 0x02,                                           /* kernel 2 */
    0xDF, 0x8F, 0x01, 0x01, 0x02,                               /* profile uics-2018 */
    0x9F, 0x66, 0x04, 0x26, 0x00, 0x00, 0x00,                   /* TTQ */
    0xDF, 0x19, 0x06, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00};      /* floor limit 10.00 */

/* A directory of the two, built here so that its lengths are right. */
static size_t two_entries(uint8_t out[96])
{
    static const uint8_t first[] = {0x61, 0x0D, 0x4F, 0x07, 0xA0, 0x00, 0x00, 0x00,
                                    0x04, 0x10, 0x10, 0x87, 0x01, 0x01, 0x00};
    static const uint8_t second[] = {0x61, 0x0D, 0x4F, 0x08, 0xA0, 0x00, 0x00, 0x03,
                                     0x33, 0x01, 0x01, 0x01, 0x87, 0x01, 0x02};
    static const uint8_t name[] = {0x84, 0x0E, '2', 'P', 'A', 'Y', '.', 'S',
                                   'Y',  'S',  '.', 'D', 'D', 'F', '0', '1'};
    const size_t entries = sizeof first + sizeof second;
    size_t n = 0;
    out[n++] = 0x6F;
    out[n++] = (uint8_t)(sizeof name + 2 + 3 + entries);
    memcpy(out + n, name, sizeof name);
    n += sizeof name;
    out[n++] = 0xA5;
    out[n++] = (uint8_t)(3 + entries);
    out[n++] = 0xBF;
    out[n++] = 0x0C;
    out[n++] = (uint8_t)entries;
    memcpy(out + n, first, sizeof first);
    n += sizeof first;
    memcpy(out + n, second, sizeof second);
    return n + sizeof second;
}

static struct rig *rig_of_two(void)
{
    const struct rig_entry more = {TAPK_ENTRY_COMBINATION, foreign_combination,
                                   sizeof foreign_combination};
    struct rig *rig = rig_new();
    uint8_t answer[96];
    memset(&told, 0, sizeof told);
    CHECK(rig_configure(rig, example_combination, sizeof example_combination, &more, 1) == 0);
    rig->kernels = both;
    rig->kernel_count = 2;
    rig_answer(rig, 0, answer, two_entries(answer), 0x9000);
    rig_answer(rig, 1, answer, check_hex(foreign_fci, answer, sizeof answer), 0x9000);
    rig_answer(rig, 2, (const uint8_t *)"\x9F\x36\x02\x00\x01", 5, 0x9000);
    rig->answers = 3;
    return rig;
}

/* EP-062, EP-069...EP-071: the better priority, its kernel, its own values. */
static void given(void)
{
    struct rig *rig = rig_of_two();
    told.ends = TAPK_ONLINE_REQUEST;
    CHECK(rig_run(rig) == TAPK_ONLINE_REQUEST);
    CHECK(told.usable == 1 && told.starts == 1 && told.answers == 1 && told.sw == 0x9000);
    CHECK(told.fci_name == 7 && told.label == 7);
    CHECK(told.aid_length == 7 && memcmp(told.aid, foreign_combination + 3, 7) == 0);
    CHECK(told.combination == 1);
    CHECK(memcmp(told.amount, "\0\0\0\0\x12\x34", 6) == 0);
    /* 12.34 is above its own floor limit of 10.00 and below the other's of 100.00 (QP-010) */
    CHECK(memcmp(told.ttq, "\x26\x80\x00\x00", 4) == 0);
    free(rig);
}

/* EP-067, EP-072, OUT-004: a kernel that does not want the card, or gives it up, hands it on. */
static void handed_on(void)
{
    static const struct {
        int refuses;
        size_t count;
        unsigned usable;
        unsigned starts;
        size_t commands;
    } rows[] = {{1, 2, 1, 0, 3}, {0, 2, 1, 1, 4}, {0, 1, 0, 0, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_of_two();
        const size_t next = rows[i].starts ? 3 : 2; /* the answer to the second SELECT */
        told.refuses = rows[i].refuses;
        told.ends = TAPK_SELECT_NEXT;
        rig->kernel_count = rows[i].count; /* with 1 the reporting kernel is not there */
        rig_answer(rig, next, card_fci, sizeof card_fci, 0x9000);
        rig_answer(rig, next + 1, card_gpo, sizeof card_gpo, 0x9000);
        rig_answer(rig, next + 2, card_record_1, sizeof card_record_1, 0x9000);
        rig_answer(rig, next + 3, card_record_2, sizeof card_record_2, 0x9000);
        rig_answer(rig, next + 4, card_record_3, sizeof card_record_3, 0x9000);
        rig_answer(rig, next + 5, card_record_4, sizeof card_record_4, 0x9000);
        CHECK(rig_run(rig) == TAPK_APPROVED);
        CHECK(told.usable == rows[i].usable && told.starts == rows[i].starts);
        CHECK(rig->commands == rows[i].commands + 5);
        free(rig);
    }
}

/* A kernel's answer may be lost, and its outcome is taken as it is. */
static void ends(void)
{
    static const uint8_t outcomes[] = {TAPK_APPROVED, TAPK_DECLINED, TAPK_END_APPLICATION,
                                       TAPK_TRY_ANOTHER_INTERFACE};
    for (size_t i = 0; i < sizeof outcomes; i++) {
        struct rig *rig = rig_of_two();
        told.ends = outcomes[i];
        CHECK(rig_run(rig) == outcomes[i]);
        free(rig);
    }
    struct rig *rig = rig_of_two();
    rig->event_at[2] = TAPK_EVENT_LOST;
    CHECK(rig_run(rig) == TAPK_END_APPLICATION && told.lost == 1 && told.answers == 0);
    free(rig);
}

/* EP-013: a zero amount needs no TTQ where the kernel does not; EP-094: with the selection of 2013
 * an application without kernel is passed over, and no other interface is asked for. */
static void without_ttq_or_kernel(void)
{
    uint8_t plain[sizeof foreign_combination];
    const struct rig_entry more = {TAPK_ENTRY_COMBINATION, plain, sizeof plain - 7};
    memcpy(plain, foreign_combination, 18);
    memcpy(plain + 18, foreign_combination + 25, sizeof plain - 25);
    struct rig *rig = rig_of_two();
    CHECK(rig_configure(rig, example_combination, sizeof example_combination, &more, 1) == 0);
    rig->transaction.amount = 0;
    told.ends = TAPK_DECLINED;
    CHECK(rig_run(rig) == TAPK_DECLINED && told.starts == 1);
    CHECK(memcmp(told.ttq, "\0\0\0\0", 4) == 0);
    plain[12] = 0x07; /* EP-026: kernel 7 does */
    CHECK(rig_configure(rig, plain, sizeof plain - 7, NULL, 0) == 0);
    CHECK(rig_run(rig) == TAPK_TRY_ANOTHER_INTERFACE && rig->outcome.rule == TAPK_RULE_EP_024);
    CHECK(rig_saw(rig, TAPK_RULE_EP_026, 1) && rig->commands == 0);
    plain[12] = 0x02;
    uint8_t fixed[sizeof plain + 6]; /* EP-002: start B copies a TTQ, so there has to be one */
    memcpy(fixed, plain, sizeof plain - 7);
    memcpy(fixed + sizeof plain - 7, "\xDF\x8F\x02\x02", 4);
    fixed[sizeof plain - 3] = TAPK_SW_EP_START_B_FIXED;
    fixed[sizeof plain - 2] = 1;
    CHECK(rig_configure(rig, fixed, sizeof plain - 1, NULL, 0) == 0);
    rig->transaction.amount = 100;
    rig->transaction.start = TAPK_START_B;
    CHECK(rig_run(rig) == TAPK_E_ARGUMENT);
    rig->transaction.start = TAPK_START_A;
    CHECK(rig_run(rig) == TAPK_DECLINED);
    free(rig);

    rig = rig_with_ttq("\x36\x00\x00\x80", "\x19\x01", 2); /* ep.selection */
    rig->kernels = both + 1;
    rig->kernel_count = 1;
    memset(&told, 0, sizeof told);
    CHECK(rig_run(rig) == TAPK_TRY_ANOTHER_INTERFACE && rig->commands == 2);
    CHECK(rig->outcome.reason == TAPK_REASON_NO_APPLICATION);
    CHECK(rig->outcome.rule == TAPK_RULE_EP_091 && rig_saw(rig, TAPK_RULE_EP_094, 0));
    free(rig);
}

int main(void)
{
    without_ttq_or_kernel();
    given();
    handed_on();
    ends();
    return check_done("test_kernels");
}
