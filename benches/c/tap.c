/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole recorded taps through the step machine, from begin to outcome and field 55. The card is the
 * table of its answers; every command is compared with the recorded one. Next to it: an index of
 * the same answers, the least that reading them takes.
 */
#include <string.h>

#include "bench.h"
#include "data/tlv.h"
#include "tapkern/tapkern.h"

#define RING 512 /* what the Python package keeps of a tap */

struct recording {
    struct items items;
    struct tapk_transaction transaction;
    struct tapk_crypto crypto;
    struct tapk_ctx *ctx;
    uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];
    struct tapk_trace_event ring[RING];
};

enum { IMAGE, NUMBERS, RANDOM, FIELD55, EXCHANGES };

/* Bytes of NUMBERS. */
enum {
    AMOUNT = 0,
    CURRENCY = 8,
    DATE = 10,
    TIME = 13,
    SEQUENCE = 16,
    EXPONENT = 20,
    TYPE,
    STATUS,
    LIST
};

static void read_transaction(struct recording *tap)
{
    const struct tapk_span numbers = tap->items.at[NUMBERS];
    struct tapk_transaction *t = &tap->transaction;
    if (numbers.n != LIST + 1 || tap->items.at[RANDOM].n != 8)
        broken("a recorded tap has a wrong head");
    t->size = (uint32_t)sizeof *t;
    t->start = TAPK_START_A;
    for (size_t i = 0; i < 8; i++)
        t->amount = t->amount << 8 | numbers.p[AMOUNT + i];
    memcpy(t->currency, numbers.p + CURRENCY, sizeof t->currency);
    memcpy(t->date, numbers.p + DATE, sizeof t->date);
    memcpy(t->time, numbers.p + TIME, sizeof t->time);
    memcpy(t->sequence, numbers.p + SEQUENCE, sizeof t->sequence);
    t->exponent = numbers.p[EXPONENT];
    t->type = numbers.p[TYPE];
}

static void answer(const struct recording *tap, const struct tapk_step *step, size_t *next,
                   struct tapk_event *event)
{
    event->kind = TAPK_EVENT_DONE;
    event->data = NULL;
    event->len = 0;
    if (step->kind == TAPK_STEP_DETECT) {
        event->kind = TAPK_EVENT_CARD;
    } else if (step->kind == TAPK_STEP_TRANSMIT) {
        if (*next + 2 > tap->items.count)
            broken("a tap asks for more than was recorded");
        const struct tapk_span *exchange = tap->items.at + *next;
        if (step->len != exchange[0].n || memcmp(step->data, exchange[0].p, step->len) != 0)
            broken("a tap sends another command than was recorded");
        event->kind = TAPK_EVENT_ANSWER;
        event->data = exchange[1].p;
        event->len = (uint16_t)exchange[1].n;
        *next += 2;
    } else if (step->kind != TAPK_STEP_SHOW && step->kind != TAPK_STEP_FIELD_OFF &&
               step->kind != TAPK_STEP_STORE) {
        broken("a tap takes a step that was not recorded");
    }
}

static void tap_pass(const void *with)
{
    const struct recording *tap = with;
    const uint8_t *numbers = tap->items.at[NUMBERS].p;
    const struct tapk_span wanted = tap->items.at[FIELD55];
    struct tapk_step step = {.size = sizeof step};
    struct tapk_event event = {.size = sizeof event, .now_ms = 1000};
    struct tapk_outcome outcome = {.size = sizeof outcome};
    uint8_t list[1024];
    size_t n = 0;
    size_t next = EXCHANGES;

    memcpy(event.random, tap->items.at[RANDOM].p, sizeof event.random);
    int result = tapk_begin(tap->ctx, &tap->transaction, &event, &step);
    while (result == TAPK_OK && step.kind != TAPK_STEP_OUTCOME) {
        answer(tap, &step, &next, &event);
        result = tapk_resume(tap->ctx, &event, &step);
    }
    if (result != TAPK_OK || tapk_outcome(tap->ctx, &outcome) != 0 ||
        outcome.status != numbers[STATUS] || next != tap->items.count)
        broken("a tap ended otherwise than recorded");
    if (tapk_fetch(tap->ctx, numbers[LIST], list, sizeof list, &n) != 0 || n != wanted.n ||
        memcmp(list, wanted.p, n) != 0)
        broken("a tap gave another field 55 than recorded");
    bench_sink = n;
}

static void index_pass(const void *with)
{
    const struct recording *tap = with;
    struct tapk_tlv_node nodes[64];
    for (size_t i = EXCHANGES + 1; i < tap->items.count; i += 2) {
        size_t count;
        size_t offset;
        const struct tapk_span it = tap->items.at[i];
        if (tapk_tlv_index(it.p, it.n - 2, 0, nodes, 64, &count, &offset) != 0)
            broken("an answer was refused");
        bench_sink = count;
    }
}

static void prepare(struct recording *tap, const char *folder, const char *name)
{
    struct tapk_env env = {.size = sizeof env,
                           .crypto = &tap->crypto,
                           .trace_ring = tap->ring,
                           .trace_capacity = RING};
    tap->items = load(folder, name);
    tap->ctx = (struct tapk_ctx *)(void *)tap->memory;
    if (tap->items.count < EXCHANGES + 2)
        broken("a recorded tap is empty");
    read_transaction(tap);
    tapk_soft_crypto(&tap->crypto);
    if (tapk_crypto_check(&tap->crypto) != 0)
        broken("the crypto provider fails its self-test");
    if (tapk_init(tap->memory, sizeof tap->memory, &env, tap->items.at[IMAGE].p,
                  tap->items.at[IMAGE].n) != 0)
        broken("the configuration of a recorded tap is refused");
    tap_pass(tap);
}

size_t tap_cases(const char *folder, struct bench_case *cases)
{
    static struct recording online;
    static struct recording fdda;
    prepare(&online, folder, "tap-online");
    prepare(&fdda, folder, "tap-fdda");
    cases[0] = (struct bench_case){"tap.online", 1, tap_pass, &online};
    cases[1] = (struct bench_case){"tap.fdda", 1, tap_pass, &fdda};
    cases[2] = (struct bench_case){"index.online", 1, index_pass, &online};
    return 3;
}
