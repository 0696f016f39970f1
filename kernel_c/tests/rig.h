/* SPDX-License-Identifier: Apache-2.0
 *
 * A terminal and a table card for tests of the step machine: the vector card by default, any answer
 * replaced, any event put in place of an answer.
 */
#ifndef RIG_H
#define RIG_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "../firmware/config.h"
#include "context.h"

#define RIG_ANSWERS 96
#define RIG_RING 2048

struct rig {
    uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];
    uint8_t image[4096];
    size_t image_len;
    struct tapk_crypto crypto;
    struct tapk_trace_event ring[RIG_RING];
    struct tapk_transaction transaction;
    uint8_t answer[RIG_ANSWERS][260]; /* with SW */
    size_t answer_len[RIG_ANSWERS];
    size_t answers;
    uint16_t event_at[RIG_ANSWERS]; /* in place of the answer; 0: the answer */
    uint16_t store_event;
    uint16_t drop_event;
    uint16_t lookup_event;
    uint16_t detect_event;
    uint16_t detect_again; /* at presentments but the first; 0: the same */
    uint16_t force_rule;
    uint16_t force;
    struct tapk_memo *memo;
    const struct tapk_kernel *const *kernels; /* null: the built-in table */
    size_t kernel_count;
    struct tapk_span terminal_more; /* objects behind those of the example terminal */
    int work;      /* call tapk_work while an answer is awaited; 2: once more when it is done */
    int no_crypto; /* a terminal without provider */
    /* what happened */
    uint8_t command[RIG_ANSWERS][262];
    size_t command_len[RIG_ANSWERS];
    size_t commands;
    size_t at;        /* the answer that comes next */
    size_t presented; /* presentments; a new one starts at the first answer, or at `again` */
    size_t again;
    uint16_t wait_100ms; /* what the last DETECT said */
    uint64_t late_ms;    /* that pass before each presentment but the first */
    uint64_t now_ms;
    uint8_t shown[64]; /* messages in their order */
    size_t shows;
    size_t steps;
    size_t stores;
    size_t drops;
    uint8_t stored[TAPK_RECORD_SIZE];
    struct tapk_outcome outcome;
    int result;
};

static struct tapk_ctx *rig_ctx(struct rig *rig) { return (struct tapk_ctx *)(void *)rig->memory; }

/* Answer i becomes data[len] with SW. */
static void rig_answer(struct rig *rig, size_t i, const uint8_t *data, size_t len, uint16_t sw)
{
    if (len > 0)
        memcpy(rig->answer[i], data, len);
    rig->answer[i][len] = (uint8_t)(sw >> 8);
    rig->answer[i][len + 1] = (uint8_t)sw;
    rig->answer_len[i] = len + 2;
    if (rig->answers <= i)
        rig->answers = i + 1;
}

/* Seals a configuration of the example terminal, the combination given, the key, and more entries.
 */
struct rig_entry {
    uint8_t kind;
    const uint8_t *tlv;
    size_t len;
};

static int rig_configure(struct rig *rig, const uint8_t *combination, size_t combination_len,
                         const struct rig_entry *more, size_t count)
{
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    uint8_t key[200];
    uint8_t terminal[sizeof example_terminal + 16];
    size_t n = sizeof example_terminal;
    int result = tapk_config_begin(&builder, rig->image, sizeof rig->image, &rig->crypto);
    memcpy(terminal, example_terminal, n);
    if (rig->terminal_more.n > 0) {
        memcpy(terminal + n, rig->terminal_more.p, rig->terminal_more.n);
        n += rig->terminal_more.n;
    }
    if (result == 0)
        result = tapk_config_add(&builder, TAPK_ENTRY_TERMINAL, terminal, n, &fault);
    if (result == 0)
        result =
            tapk_config_add(&builder, TAPK_ENTRY_COMBINATION, combination, combination_len, &fault);
    if (result == 0)
        result = tapk_config_add(&builder, TAPK_ENTRY_CA_KEY, key, example_key(key), &fault);
    for (size_t i = 0; result == 0 && i < count; i++)
        result = tapk_config_add(&builder, more[i].kind, more[i].tlv, more[i].len, &fault);
    if (result == 0)
        result = tapk_config_seal(&builder, &rig->image_len, &fault);
    return result;
}

/* The example terminal with more objects, for this configuration and those that follow. */
static inline int rig_more(struct rig *rig, const char *objects, size_t n)
{
    rig->terminal_more.p = (const uint8_t *)objects;
    rig->terminal_more.n = n;
    return rig_configure(rig, example_combination, sizeof example_combination, NULL, 0);
}

/* The example terminal with another TTQ and switches (pairs of number and value). */
static int rig_terminal(struct rig *rig, const uint8_t ttq[4], const uint8_t *switches,
                        size_t switches_len, const struct rig_entry *more, size_t count)
{
    uint8_t combination[160];
    size_t n = sizeof example_combination;
    memcpy(combination, example_combination, n);
    for (size_t i = 0; i + 7 <= n; i++)
        if (combination[i] == 0x9F && combination[i + 1] == 0x66 && combination[i + 2] == 4)
            memcpy(combination + i + 3, ttq, 4);
    if (switches_len > 0) {
        memcpy(combination + n, "\xDF\x8F\x02", 3);
        combination[n + 3] = (uint8_t)switches_len;
        memcpy(combination + n + 4, switches, switches_len);
        n += 4 + switches_len;
    }
    return rig_configure(rig, combination, n, more, count);
}

/* The vector card before the example terminal, 12.34 on 2024-06-07: an offline approval. */
static struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (rig == NULL)
        exit(2);
    tapk_soft_crypto(&rig->crypto);
    if (tapk_crypto_check(&rig->crypto) != 0)
        exit(2);
    rig->image_len = example_image(rig->image, sizeof rig->image, &rig->crypto);
    rig->transaction.size = (uint32_t)sizeof rig->transaction;
    rig->transaction.start = TAPK_START_A;
    rig->transaction.exponent = 2;
    rig->transaction.amount = 1234;
    memcpy(rig->transaction.currency, "\x01\x56", 2);
    memcpy(rig->transaction.date, "\x24\x06\x07", 3);
    rig_answer(rig, 0, card_ppse, sizeof card_ppse, 0x9000);
    rig_answer(rig, 1, card_fci, sizeof card_fci, 0x9000);
    rig_answer(rig, 2, card_gpo, sizeof card_gpo, 0x9000);
    rig_answer(rig, 3, card_record_1, sizeof card_record_1, 0x9000);
    rig_answer(rig, 4, card_record_2, sizeof card_record_2, 0x9000);
    rig_answer(rig, 5, card_record_3, sizeof card_record_3, 0x9000);
    rig_answer(rig, 6, card_record_4, sizeof card_record_4, 0x9000);
    rig->detect_event = TAPK_EVENT_CARD;
    rig->store_event = TAPK_EVENT_DONE;
    rig->drop_event = TAPK_EVENT_DONE;
    rig->lookup_event = TAPK_EVENT_NOT_FOUND;
    return rig;
}

static void rig_moment(struct tapk_event *event)
{
    memset(event, 0, sizeof *event);
    event->size = (uint32_t)sizeof *event;
    memcpy(event->random, "\xA1\xB2\xC3\xD4\0\0\0\0", 8);
}

static void rig_perform(struct rig *rig, const struct tapk_step *step, struct tapk_event *event)
{
    rig_moment(event);
    event->now_ms = rig->now_ms;
    event->kind = TAPK_EVENT_DONE;
    switch (step->kind) {
    case TAPK_STEP_DETECT:
        event->kind = rig->presented && rig->detect_again ? rig->detect_again : rig->detect_event;
        rig->at = rig->presented ? rig->again : 0;
        rig->wait_100ms = step->hold_100ms;
        rig->now_ms += rig->presented ? rig->late_ms : 0;
        event->now_ms = rig->now_ms;
        rig->presented++;
        break;
    case TAPK_STEP_TRANSMIT: {
        const size_t i = rig->at++;
        event->kind = TAPK_EVENT_LOST;
        if (rig->commands < RIG_ANSWERS) {
            memcpy(rig->command[rig->commands], step->data, step->len);
            rig->command_len[rig->commands] = step->len;
        }
        rig->commands++;
        if (i < RIG_ANSWERS && rig->event_at[i] != 0) {
            event->kind = rig->event_at[i];
        } else if (i < rig->answers) {
            event->kind = TAPK_EVENT_ANSWER;
            event->data = rig->answer[i];
            event->len = (uint16_t)rig->answer_len[i];
        }
        break;
    }
    case TAPK_STEP_SHOW:
        if (rig->shows < sizeof rig->shown)
            rig->shown[rig->shows++] = step->ui.message;
        break;
    case TAPK_STEP_LOOKUP:
        event->kind = rig->lookup_event;
        break;
    case TAPK_STEP_STORE:
        event->kind = step->len == 0 ? rig->drop_event : rig->store_event;
        if (step->len == 0) {
            rig->drops++;
        } else {
            rig->stores++;
            memcpy(rig->stored, step->data, step->len);
        }
        break;
    default:
        break;
    }
}

static int rig_start(struct rig *rig, struct tapk_step *step)
{
    struct tapk_event event;
    struct tapk_env env;
    memset(&env, 0, sizeof env);
    env.size = (uint32_t)sizeof env;
    env.crypto = rig->no_crypto ? NULL : &rig->crypto;
    env.trace_ring = rig->ring;
    env.memo = rig->memo;
    env.kernels = rig->kernels;
    env.kernel_count = rig->kernel_count;
    env.trace_capacity = RIG_RING;
    memset(step, 0, sizeof *step);
    step->size = (uint32_t)sizeof *step;
    int result = tapk_init(rig->memory, sizeof rig->memory, &env, rig->image, rig->image_len);
    if (result != 0)
        return result;
    (void)tapk_test_force(rig_ctx(rig), rig->force_rule, rig->force);
    rig_moment(&event);
    return tapk_begin(rig_ctx(rig), &rig->transaction, &event, step);
}

/* Which decisions were seen false (bit 0) and true (bit 1) by all runs of this program. At its end
 * they are added to the file that TAPKERN_SEEN names: a line for each rule, its id and the bits. */
static uint8_t rig_seen[TAPK_RULE_LAST];

static void rig_tell(void)
{
    const char *path = getenv("TAPKERN_SEEN");
    FILE *file = path == NULL ? NULL : fopen(path, "a");
    if (file == NULL)
        return;
    for (uint16_t rule = 1; rule < TAPK_RULE_LAST; rule++)
        if (rig_seen[rule] != 0)
            fprintf(file, "%s %u\n", tapk_name(TAPK_SPACE_RULE, rule), rig_seen[rule]);
    fclose(file);
}

/* Forced runs do not count: they saw what no card did. */
static void rig_note(struct rig *rig)
{
    static int told;
    const struct tapk_trace *trace = tapk_trace_of(rig_ctx(rig));
    if (!told)
        told = atexit(rig_tell) == 0;
    for (uint32_t i = 0; trace != NULL && rig->force_rule == 0 && i < trace->count; i++)
        if (trace->ring[i].kind == TAPK_TRACE_RULE || trace->ring[i].kind == TAPK_TRACE_LIMIT)
            rig_seen[trace->ring[i].rule] |= (uint8_t)(1u << (trace->ring[i].truth != 0));
}

/* Runs to the outcome; returns its status, or the negative result of the API. */
static int rig_run(struct rig *rig)
{
    struct tapk_step step;
    struct tapk_event event;
    rig->commands = rig->shows = rig->steps = rig->stores = rig->drops = rig->presented = 0;
    rig->now_ms = 0;
    rig->result = rig_start(rig, &step);
    while (rig->result == 0 && step.kind != TAPK_STEP_OUTCOME && rig->steps++ < 1000) {
        for (int i = 0; i < rig->work; i++)
            while (tapk_work(rig_ctx(rig)) > 0) {
            }
        rig_perform(rig, &step, &event);
        rig->result = tapk_resume(rig_ctx(rig), &event, &step);
    }
    rig_note(rig);
    memset(&rig->outcome, 0, sizeof rig->outcome);
    rig->outcome.size = (uint32_t)sizeof rig->outcome;
    if (rig->result == 0)
        rig->result = tapk_outcome(rig_ctx(rig), &rig->outcome);
    return rig->result == 0 ? rig->outcome.status : rig->result;
}

/* 1 when the last run took the decision of this rule with this truth. */
static inline int rig_saw(struct rig *rig, uint16_t rule, int truth)
{
    const struct tapk_trace *trace = tapk_trace_of(rig_ctx(rig));
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->ring[i].rule == rule && trace->ring[i].truth == truth &&
            (trace->ring[i].kind == TAPK_TRACE_RULE || trace->ring[i].kind == TAPK_TRACE_LIMIT))
            return 1;
    return 0;
}

/* Where needle[n] first stands in answer i, from a position on. */
static size_t rig_find(const struct rig *rig, size_t i, const char *needle, size_t n)
{
    for (size_t at = 0; at + n <= rig->answer_len[i]; at++)
        if (memcmp(rig->answer[i] + at, needle, n) == 0)
            return at;
    return (size_t)-1;
}

static inline struct rig *rig_with_ttq(const char *ttq, const char *switches, size_t n)
{
    struct rig *rig = rig_new();
    CHECK(rig_terminal(rig, (const uint8_t *)ttq, (const uint8_t *)switches, n, NULL, 0) == 0);
    return rig;
}

/* Replaces needle by value (same length) in answer i. */
static inline void rig_swap(struct rig *rig, size_t i, const char *needle, size_t n,
                            const char *value)
{
    const size_t at = rig_find(rig, i, needle, n);
    CHECK(at != (size_t)-1);
    if (at != (size_t)-1)
        memcpy(rig->answer[i] + at, value, n);
}

/* Runs and frees the rig: 1 when it ends with this status, reason and rule. */
static inline int rig_ends(struct rig *rig, int status, uint16_t reason, uint16_t rule)
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

#endif
