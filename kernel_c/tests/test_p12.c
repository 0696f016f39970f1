/* SPDX-License-Identifier: Apache-2.0
 *
 * Selection by JR/T 0025.12-2013 (digest file 20 section 9) and the switches of that edition, each
 * beside what the other editions do with the same card.
 */
#include "check.h"
#include "rig.h"

#define TTQ "\x36\x00\x00\x80"
#define P12 "\x19\x01" /* ep.selection */

/* The same rig by both ways of selection: how each ends. */
static void both(void (*spoil)(struct rig *), int p12_status, uint16_t p12_reason,
                 uint16_t p12_rule, int ep_status, uint16_t ep_rule)
{
    struct rig *rig = rig_with_ttq(TTQ, P12, 2);
    spoil(rig);
    CHECK(rig_ends(rig, p12_status, p12_reason, p12_rule));
    rig = rig_with_ttq(TTQ, P12, 0);
    spoil(rig);
    CHECK(rig_run(rig) == ep_status && rig->outcome.rule == ep_rule);
    free(rig);
}

static void ppse_missing(struct rig *rig) { rig_answer(rig, 0, NULL, 0, 0x6A82); }
static void ppse_blocked(struct rig *rig) { rig_answer(rig, 0, NULL, 0, 0x6A81); }
static void ppse_malformed(struct rig *rig) { rig_swap(rig, 0, "\x84\x0E", 2, "\x84\x0F"); }
static void no_name(struct rig *rig) { rig_swap(rig, 0, "\x4F\x08\xA0", 3, "\x4D\x08\xA0"); }
static void select_refused(struct rig *rig) { rig_answer(rig, 1, NULL, 0, 0x6283); }
static void no_pdol(struct rig *rig) { rig_swap(rig, 1, "\x9F\x38", 2, "\x9F\x39"); }
static void no_ttq_asked(struct rig *rig) { rig_swap(rig, 1, "\x9F\x66\x04", 3, "\x9F\x65\x04"); }

static void selection(void)
{
    both(ppse_missing, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_NO_APPLICATION, TAPK_RULE_EP_091,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
    both(ppse_blocked, TAPK_END_APPLICATION, TAPK_REASON_CARD_BLOCKED, TAPK_RULE_EP_096,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
    both(ppse_malformed, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_NO_APPLICATION, TAPK_RULE_EP_091,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
    both(no_name, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_NO_APPLICATION, TAPK_RULE_EP_091,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
    both(select_refused, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_SELECT_REFUSED, TAPK_RULE_EP_093,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
    both(no_pdol, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_PDOL_UNUSABLE, TAPK_RULE_EP_094,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
    both(no_ttq_asked, TAPK_TRY_ANOTHER_INTERFACE, TAPK_REASON_PDOL_UNUSABLE, TAPK_RULE_EP_094,
         TAPK_END_APPLICATION, TAPK_RULE_EP_060);
}

/* EP-017: without a floor limit the 2013 edition does no contactless, the others go online. */
static void no_floor_limit(void)
{
    uint8_t combination[160];
    const size_t floor_at = sizeof example_combination - 27; /* DF19, DF20, DF21: 9 bytes each */
    size_t n = floor_at;
    memcpy(combination, example_combination, floor_at);
    memcpy(combination + n, example_combination + floor_at + 9, 18);
    n += 18;
    struct rig *rig = rig_new();
    CHECK(rig_configure(rig, combination, n, NULL, 0) == 0);
    CHECK(rig_run(rig) == TAPK_DECLINED && rig->outcome.rule == TAPK_RULE_QP_170);
    memcpy(combination + n, "\xDF\x8F\x02\x02" P12, 6);
    CHECK(rig_configure(rig, combination, n + 6, NULL, 0) == 0);
    CHECK(rig_run(rig) == TAPK_TRY_ANOTHER_INTERFACE && rig->outcome.rule == TAPK_RULE_EP_024);
    CHECK(rig->commands == 0);
    free(rig);
}

/* QP-111: a PIN bit and a device bit do not matter for an offline approval, a signature does. */
static void signature_alone(void)
{
    struct rig *rig = rig_with_ttq("\x34\x00\x40\x80", "\x1B\x01", 2);
    rig_swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x80\x80");
    CHECK(rig_run(rig) == TAPK_DECLINED); /* the signature of 9F69 covers another CTQ */
    CHECK(rig_saw(rig, TAPK_RULE_QP_111, 1) && !rig_saw(rig, TAPK_RULE_QP_101, 1));
    CHECK(rig->outcome.rule == TAPK_RULE_QP_123);
    free(rig);
    rig = rig_with_ttq("\x34\x00\x40\x80", "\x1B\x01", 2);
    rig_swap(rig, 2, "\x9F\x6C\x02\x00\x00", 5, "\x9F\x6C\x02\x40\x00");
    CHECK(rig_ends(rig, TAPK_DECLINED, TAPK_REASON_CVM_NOT_POSSIBLE, TAPK_RULE_QP_107));
}

/* QP-062: AIP B2b8 names the way only where both are open and the switch is on. */
static void aip_bit(void)
{
    static const struct {
        const char *ttq;
        const char *aip;
        uint8_t on;
        uint16_t rule;
    } rows[] = {{"\x76\x00\x00\x80", "\x7C\x80", 1, TAPK_RULE_QP_160},
                {"\x76\x00\x00\x80", "\x7C\x00", 1, TAPK_RULE_QP_120},
                {"\x36\x00\x00\x80", "\x7C\x80", 1, TAPK_RULE_QP_123},
                {"\x76\x00\x00\x80", "\x7C\x80", 0, TAPK_RULE_QP_123}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char switches[2] = {0x1A, (char)rows[i].on};
        struct rig *rig = rig_with_ttq(rows[i].ttq, switches, 2);
        char aip[4] = {(char)0x82, 2, rows[i].aip[0], rows[i].aip[1]};
        rig_swap(rig, 2, "\x82\x02\x7C\x00", 4, aip);
        (void)rig_run(rig);
        CHECK(rig->outcome.rule == rows[i].rule);
        free(rig);
    }
}

int main(void)
{
    selection();
    no_floor_limit();
    signature_alone();
    aip_bit();
    return check_done("test_p12");
}
