/* SPDX-License-Identifier: Apache-2.0 */
#include "ride_rules.h"

#include <string.h>

#include "data/format.h"
#include "earned.h"
#include "flow/torn.h"
#include "fuzz.h"

/* ---- elements of the terminal ---- */

static struct tapk_span get(const struct tapk_ctx *ctx, uint32_t tag)
{
    struct tapk_span value = {NULL, 0};
    uint8_t origin = 0;
    const int result = tapk_get(ctx, tag, &value, &origin);
    MUST(result == 0 || result == 1, "an element is known or is not");
    if (result != 0)
        value.n = 0;
    MUST(result != 0 || (origin >= TAPK_FROM_TRANSACTION && origin <= TAPK_FROM_HOST),
         "an element has an origin");
    rules_of_span(value);
    return value;
}

static int is(const struct tapk_ctx *ctx, uint32_t tag, const void *value, size_t n)
{
    const struct tapk_span got = get(ctx, tag);
    return got.n == n && memcmp(got.p, value, n) == 0;
}

static void bcd(uint8_t out[6], uint64_t amount)
{
    for (size_t i = 6; i > 0; i--, amount /= 100)
        out[i - 1] = (uint8_t)(amount % 100 / 10 << 4 | amount % 10);
}

/* In a recovery the moment is that of the torn tap, once the record was taken up. */
static int moment_is(const struct ride *ride, const struct tapk_ctx *ctx, uint32_t tag,
                     const void *now, size_t then, size_t n)
{
    return is(ctx, tag, now, n) || (ride->recovering && is(ctx, tag, ride->stored + then, n));
}

static uint64_t configured(const struct tapk_ctx *ctx)
{
    static const uint16_t tags[] = {0x9F1A, 0x9F33, 0x9F35, 0x9F40, 0x9F1E,
                                    0x9F1C, 0x9F15, 0x9F16, 0x9F01, 0x9F4E};
    uint64_t hash = 1;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const struct tapk_span value = get(ctx, tags[i]);
        for (size_t j = 0; j < value.n; j++)
            hash = (hash ^ value.p[j]) * 0x100000001B3u + 1;
    }
    return hash;
}

static void terminal_rules(struct ride *ride, const struct tapk_ctx *ctx)
{
    const struct tapk_transaction *t = &ride->transaction;
    uint8_t amount[6], other[6];
    const uint64_t hash = configured(ctx);
    bcd(amount, t->amount);
    bcd(other, t->other);
    MUST(is(ctx, 0x9F02, amount, 6) && is(ctx, 0x9F03, other, 6), "the amounts stay");
    MUST(is(ctx, 0x5F2A, t->currency, 2) && is(ctx, 0x5F36, &t->exponent, 1), "the currency stays");
    MUST(is(ctx, 0x9C, &t->type, 1), "the type stays");
    MUST(moment_is(ride, ctx, 0x9A, t->date, TORN_DATE, 3) &&
             moment_is(ride, ctx, 0x9F21, t->time, TORN_TIME, 3) &&
             moment_is(ride, ctx, 0x9F41, t->sequence, TORN_SEQUENCE, 4),
         "the moment stays");
    MUST(is(ctx, 0x95, "\0\0\0\0\0", 5), "TVR stays zero (QP-003)");
    MUST(memcmp(&hash, ride->fixed, sizeof hash) == 0, "what is configured stays");
    const int running = ride->step.kind != TAPK_STEP_SHOW && ride->step.kind != TAPK_STEP_DETECT &&
                        ride->step.kind != TAPK_STEP_FIELD_OFF &&
                        (ride->step.kind != TAPK_STEP_TRANSMIT || ride->step.data[1] != 0xA4);
    if (ride->gpo_sent && running)
        MUST(is(ctx, 0x9F37, ride->un, 4) && is(ctx, 0x9F66, ride->ttq, 4),
             "UN and TTQ stay as they were sent (DOL-016)");
}

/* ---- what is sent ---- */

/* What GPO says about the terminal is what the terminal says. */
static void gpo_rules(struct ride *ride, const struct tapk_ctx *ctx)
{
    const uint8_t *c = ride->command;
    const struct tapk_span pdol = get(ctx, 0x9F38);
    struct tapk_cursor cursor = tapk_cursor(pdol.p, pdol.n, 0);
    struct tapk_dol_entry entry;
    size_t at = c[6] == 0x81 ? 8 : 7;
    const size_t end = (size_t)c[4] + 5;
    static const uint32_t owned[] = {0x9F02, 0x9F03, 0x9F37, 0x5F2A, 0x9A, 0x9C, 0x9F66, 0x9F1A};
    while (tapk_dol_next(&cursor, &entry) == TAPK_TLV_OK) {
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
            const struct tapk_span value = get(ctx, owned[i]);
            MUST(owned[i] != entry.tag || value.n != entry.length || at + value.n > end ||
                     memcmp(c + at, value.p, value.n) == 0,
                 "GPO says what the terminal says");
        }
        at += entry.length;
    }
    MUST(at == end, "GPO has the length of the PDOL");
    MUST(memcmp(get(ctx, 0x9F37).p, ride->random, 4) == 0, "the UN is fresh");
    ride->gpo_sent = 1;
    ride->tc_named = ride->last_sent = 0;
    ride->records = 0;
    memcpy(ride->un, get(ctx, 0x9F37).p, 4);
    memcpy(ride->ttq, get(ctx, 0x9F66).p, 4);
}

static size_t records_of(struct tapk_span afl)
{
    size_t count = 0;
    for (size_t i = 0; i + 4 <= afl.n; i += 4)
        count += 1u + afl.p[i + 2] - afl.p[i + 1];
    return count;
}

/* A record is asked for. The last one moves money when the card named a TC (TT-005). */
static void record_rules(struct ride *ride, const struct tapk_ctx *ctx)
{
    const struct tapk_span afl = get(ctx, 0x94);
    if (ctx->transaction.purpose != TAPK_PAYMENT)
        return;
    MUST(ride->gpo_sent || ride->recovering, "records are read after GPO");
    MUST(afl.n >= 4 && ride->records < records_of(afl), "records are those of the AFL");
    if (ride->records < RIDE_RECORDS) {
        struct ride_record *record = &ride->record[ride->records];
        record->sfi = ride->command[3] >> 3;
        record->number = ride->command[2];
        record->len = 0;
    }
    if (++ride->records < records_of(afl))
        return;
    ride->last_sent = 1;
    const int keeps = tapk_switch_value(ctx, TAPK_SW_TT_RECOVERY) != 0 ||
                      tapk_switch_value(ctx, TAPK_SW_TT_UPLOAD_DOUBTFUL) != 0;
    MUST(ctx->tap.cryptogram != TAPK_TC || !keeps || ride->kept,
         "before money can move, its record is kept (TT-017)");
}

/* APDU-003: the same command again, with another Le, or GET RESPONSE, is no new one. */
static int follows(const struct ride *ride, const struct tapk_event *event)
{
    const struct tapk_step *step = &ride->step;
    if (event->kind != TAPK_EVENT_ANSWER || event->len != 2 ||
        (event->data[0] != 0x61 && event->data[0] != 0x6C))
        return 0;
    return step->data[1] == 0xC0 || (step->len == ride->command_len &&
                                     memcmp(step->data, ride->command, step->len - 1u) == 0);
}

/* A torn tap: after another count nothing is asked, and the last record is read of a card that has
 * paid, or that had nothing to pay (TT-012, TT-013, TT-020). */
static void recovery_rules(const struct ride *ride)
{
    if (ride->command[1] != 0xCA)
        return;
    MUST(ride->same_count, "a torn tap is that of the same count (TT-012)");
    MUST(ride->step.data[1] != 0xB2 || ride->has_paid || ride->transaction.amount == 0,
         "the last record is read of a card that has paid (TT-013)");
}

static void command_rules(struct ride *ride, const struct tapk_ctx *ctx, int follow)
{
    MUST(++ride->commands <= TAPK_MAX_APDUS, "commands of a presentment are limited");
    MUST(!follow || ride->step.data[1] == 0xC0 || ride->step.len == ride->command_len,
         "what follows is the same command");
    if (follow)
        return;
    if (ride->recovering && ctx->transaction.purpose == TAPK_PAYMENT)
        recovery_rules(ride);
    memcpy(ride->command, ride->step.data, ride->step.len);
    ride->command_len = ride->step.len;
    if (ride->command[1] == 0xA4)
        ride->gpo_sent = 0;
    else if (ride->command[1] == 0xA8)
        gpo_rules(ride, ctx);
    else if (ride->command[1] == 0xB2)
        record_rules(ride, ctx);
    MUST(ctx->transaction.purpose == TAPK_PAYMENT || ride->command[1] != 0xA8,
         "an inquiry never pays");
}

/* ---- what came in ---- */

static struct tapk_span found(struct tapk_span template, uint32_t tag, int skip_ff)
{
    struct tapk_span value = {NULL, 0};
    (void)tapk_tlv_find(tapk_cursor(template.p, template.n, skip_ff), tag, &value);
    return value;
}

/* 1 when one of 9F27 and 9F10 says TC. */
static int names_tc(struct tapk_span answer, int skip_ff)
{
    struct tapk_span body = {NULL, 0};
    if (tapk_tlv_only(answer.p, answer.n, 0x77, &body) != TAPK_TLV_OK)
        return 0;
    const struct tapk_span cid = found(body, 0x9F27, skip_ff), iad = found(body, 0x9F10, skip_ff);
    return (cid.n == 1 && (cid.p[0] & 0xC0) == 0x40) || (iad.n >= 7 && (iad.p[4] & 0x30) == 0x10);
}

/* What GET DATA says of a torn tap: the count, the balance. */
static void take_data(struct ride *ride, struct tapk_span answer)
{
    const uint8_t *then = ride->stored;
    const uint8_t tag = ride->command[3];
    if (answer.n < 3 || answer.p[0] != 0x9F || answer.p[1] != tag)
        return;
    if (tag == 0x36)
        ride->same_count = answer.n == 5 && memcmp(answer.p + 3, then + TORN_ATC, 2) == 0;
    if (tag == then[TORN_SOURCE])
        ride->has_paid = answer.n == 9 && memcmp(answer.p + 3, then + TORN_AFTER, 6) == 0;
}

static void take_answer(struct ride *ride, const struct tapk_ctx *ctx,
                        const struct tapk_event *event)
{
    if (event->len < 2 || event->len > 258 || event->data[event->len - 2] != 0x90 ||
        event->data[event->len - 1] != 0x00)
        return;
    const struct tapk_span answer = {event->data, event->len - 2u};
    if (ride->command[1] == 0xCA)
        take_data(ride, answer);
    if (ride->command[1] == 0xA8)
        ride->tc_named = names_tc(answer, tapk_skip_ff(ctx));
    if (ride->command[1] == 0xB2 && ride->records > 0 && ride->records <= RIDE_RECORDS) {
        struct ride_record *record = &ride->record[ride->records - 1];
        record->len = (uint16_t)answer.n;
        memcpy(record->data, answer.p, answer.n);
    }
}

/* A presentment begins. What could have paid in the last one is not forgotten (TT-005). */
static void present(struct ride *ride)
{
    ride->recovering |= ride->last_sent && ride->tc_named;
    ride->commands = 0;
    ride->same_count = ride->has_paid = 0;
    memset(ride->command, 0, sizeof ride->command);
    ride->gpo_sent = ride->tc_named = ride->last_sent = 0;
    ride->records = 0;
}

/* STORE is asked for; a drop right behind an answer says that a torn tap has not paid (TT-015). */
static void store_asked(struct ride *ride, uint16_t did)
{
    ride->pending_keeps = ride->step.len != 0;
    ride->pending_after_answer = did == TAPK_STEP_TRANSMIT;
    if (ride->step.len == TAPK_RECORD_SIZE)
        memcpy(ride->pending, ride->step.data, TAPK_RECORD_SIZE);
}

static void store_answered(struct ride *ride, uint16_t event)
{
    if (event != TAPK_EVENT_DONE) {
        ride->drop_failed |= !ride->pending_keeps;
        return;
    }
    ride->kept = ride->pending_keeps;
    ride->ever_kept |= ride->pending_keeps;
    if (ride->pending_keeps)
        memcpy(ride->stored, ride->pending, TAPK_RECORD_SIZE);
    else if (ride->pending_after_answer)
        ride->recovering = ride->ever_kept = 0;
}

/* ---- the end ---- */

/* Static data as ODA-020...ODA-021 say, from the records as they came. */
static size_t statics(const struct ride *ride, struct tapk_span afl, struct tapk_span out[32])
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i + 4 <= afl.n; i += 4) {
        for (unsigned j = 0; j <= (unsigned)(afl.p[i + 2] - afl.p[i + 1]); j++, at++) {
            const struct ride_record *record = &ride->record[at];
            struct tapk_span value = {record->data, record->len};
            if (j >= afl.p[i + 3] || at >= RIDE_RECORDS)
                continue;
            if (record->sfi <= 10)
                (void)tapk_tlv_only(record->data, record->len, 0x70, &value);
            if (count < 32)
                out[count++] = value;
        }
    }
    return count;
}

/* What was authenticated is data that somebody signed for this very tap. */
static void earned_rules(struct ride *ride, const struct tapk_ctx *ctx)
{
    struct tapk_oda_input in;
    struct tapk_span records[32];
    uint8_t pan[10];
    const struct tapk_span number = get(ctx, 0x5A), track = get(ctx, 0x57);
    memset(&in, 0, sizeof in);
    in.method = TAPK_ODA_FDDA;
    in.issuer_cert = get(ctx, 0x90);
    in.issuer_rest = get(ctx, 0x92);
    in.issuer_exp = get(ctx, 0x9F32);
    in.icc_cert = get(ctx, 0x9F46);
    in.icc_exp = get(ctx, 0x9F47);
    in.icc_rest = get(ctx, 0x9F48);
    in.sda_tags = get(ctx, 0x9F4A);
    in.signature = get(ctx, 0x9F4B);
    in.card_data = get(ctx, 0x9F69);
    in.aip = get(ctx, 0x82);
    const int has_pan =
        tapk_pan_of_5a(number.p, number.n, pan) == 0 || tapk_pan_of_57(track.p, track.n, pan) == 0;
    MUST(has_pan || earned_printing(), "an authentic card has a PAN");
    if (!has_pan)
        return;
    in.pan.p = pan;
    in.pan.n = sizeof pan;
    memcpy(in.un, ride->recovering ? ride->stored + TORN_UN : ride->random, 4);
    bcd(in.amount, ride->transaction.amount);
    memcpy(in.currency, ride->transaction.currency, 2);
    in.records = records;
    in.record_count = statics(ride, get(ctx, 0x94), records);
    earned_must(&in);
}

/* TC, authenticated, or the host said yes: nothing else is an approval. */
static void approval_rules(const struct ride *ride, const struct tapk_ctx *ctx,
                           const struct tapk_outcome *o)
{
    const struct tapk_span cid = get(ctx, 0x9F27), iad = get(ctx, 0x9F10);
    const int by_cid = cid.n == 1 && (cid.p[0] & 0xC0) == 0x40;
    const int by_iad = iad.n >= 7 && (iad.p[4] & 0x30) == 0x10;
    MUST(ride->transaction.purpose == TAPK_PAYMENT, "an inquiry approves nothing");
    if (ride->host_asked && ride->host_said_yes) {
        MUST(o->reason == TAPK_REASON_HOST_APPROVED, "the host approved");
        return;
    }
    MUST(o->oda == TAPK_ODA_SUCCESSFUL, "only an authentic card is approved offline");
    if (ride->host_asked) {
        MUST(o->reason == TAPK_REASON_DEFERRED, "authorised later");
        return;
    }
    MUST(o->reason == TAPK_REASON_APPROVED_OFFLINE || o->reason == TAPK_REASON_RECOVERED,
         "approved offline");
    MUST(o->reason != TAPK_REASON_RECOVERED || ride->same_count,
         "what is recovered is the same tap of the card (TT-012)");
    MUST(by_cid || by_iad, "only a TC is approved offline");
    MUST(tapk_switch_value(ctx, TAPK_SW_QP_CID_SOURCE) != 0 || (by_cid && by_iad),
         "the less favourable type counts (QP-006)");
    MUST(ride->last_sent || get(ctx, 0x94).n < 4, "every record was read");
}

static void outcome_rules(struct ride *ride, const struct tapk_ctx *ctx)
{
    static uint8_t list[16384];
    struct tapk_outcome outcome = {.size = sizeof outcome};
    const int money = ride->recovering || (ride->last_sent && ride->tc_named);
    MUST(tapk_outcome(ctx, &outcome) == TAPK_OK, "the last step has an outcome");
    rules_of_outcome(&outcome);
    ride_log(ride, &outcome, sizeof outcome);
    for (uint8_t i = 0; i <= TAPK_LIST_CARD_INFO + 1; i++)
        ride_log(ride, list, rules_of_list(ctx, i, list, sizeof list));
    if (outcome.oda == TAPK_ODA_SUCCESSFUL || (earned_printing() && ride->last_sent))
        earned_rules(ride, ctx);
    if (outcome.status == TAPK_APPROVED)
        approval_rules(ride, ctx, &outcome);
    MUST(outcome.card_may_have_paid == (outcome.status != TAPK_APPROVED && money),
         "an outcome says whether money may have moved (TT-005, TT-006)");
    MUST(!outcome.card_may_have_paid || ride->kept || !ride->ever_kept,
         "what may have been paid stays kept (TT-010)");
    MUST(!ride->kept || ride->drop_failed || outcome.card_may_have_paid ||
             outcome.status == TAPK_ONLINE_REQUEST,
         "a record is kept for money that may have moved, and for nothing else");
}

void rules_begun(struct ride *ride, const struct tapk_ctx *ctx)
{
    const uint64_t hash = configured(ctx);
    memcpy(ride->fixed, &hash, sizeof hash);
    ride->steps = 0;
    ride->kept = ride->recovering = 0;
    ride->host_asked = ride->host_said_yes = 0;
    ride->last_sent = ride->tc_named = ride->drop_failed = 0;
    present(ride);
    ride->kept = ride->ever_kept = ride->recovering = ride->transaction.torn != NULL;
    rules_of_step(&ride->step);
    terminal_rules(ride, ctx);
    if (ride->step.kind == TAPK_STEP_OUTCOME)
        outcome_rules(ride, ctx);
}

void rules_went_on(struct ride *ride, const struct tapk_ctx *ctx, uint16_t did,
                   const struct tapk_event *event)
{
    const struct tapk_step *step = &ride->step;
    rules_of_step(step);
    if (did == TAPK_STEP_DETECT)
        present(ride);
    if (did == TAPK_STEP_TRANSMIT && event->kind == TAPK_EVENT_ANSWER)
        take_answer(ride, ctx, event);
    if (did == TAPK_STEP_STORE)
        store_answered(ride, event->kind);
    if (step->kind == TAPK_STEP_STORE)
        store_asked(ride, did);
    if (did == TAPK_STEP_OUTCOME) {
        ride->host_asked = 1;
        ride->host_said_yes =
            event->kind == TAPK_EVENT_HOST && event->len == 2 && memcmp(event->data, "00", 2) == 0;
    }
    terminal_rules(ride, ctx);
    if (step->kind == TAPK_STEP_TRANSMIT)
        command_rules(ride, ctx, follows(ride, event));
    if (step->kind == TAPK_STEP_OUTCOME)
        outcome_rules(ride, ctx);
}
