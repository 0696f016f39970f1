/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives a tap by an input. A transaction is a chunk CHUNK_TAP of these bytes; what is missing is
 * zero.
 *
 *     0 flags: 1 brings the record that was stored, 2 with the bit of bytes 1 and 2 turned over
 *     3 purpose  4 type  5 start  6 exponent  7 currency (2)  9 date (3)  12 time (3)
 *     15 sequence (4)  19 amount (6, binary)  25 other (6, binary)  31 random (8)
 */
#include "ride.h"

#include <stdlib.h>
#include <string.h>

#include "data/apdu.h"
#include "fuzz.h"
#include "ride_rules.h"

#define STEPS_MAX 8000u
#define TAP_BYTES 39u

static struct tapk_ctx *context(const struct ride *ride)
{
    return (struct tapk_ctx *)(void *)ride->memory;
}

static struct tapk_env environment(struct ride *ride)
{
    struct tapk_env env;
    memset(&env, 0, sizeof env);
    env.size = (uint32_t)sizeof env;
    env.crypto = fuzz_crypto();
    env.memo = ride->memo;
    env.trace_ring = ride->ring;
    env.trace_capacity = RIDE_RING;
    return env;
}

/* ---- the log ---- */

void ride_log(struct ride *ride, const void *data, size_t n)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++) {
        if (ride->logged < RIDE_LOG)
            ride->log[ride->logged++] = p[i];
        else
            ride->overflow = (ride->overflow ^ p[i]) * 0x100000001B3u + 1;
    }
}

static void log_step(struct ride *ride, int result)
{
    const struct tapk_step *step = &ride->step;
    ride_log(ride, &result, sizeof result);
    if (result != TAPK_OK)
        return;
    ride_log(ride, &step->kind, sizeof step->kind);
    ride_log(ride, &step->len, sizeof step->len);
    ride_log(ride, step->data, step->len);
    ride_log(ride, &step->ui, sizeof step->ui);
    ride_log(ride, &step->hold_100ms, sizeof step->hold_100ms);
}

int ride_same(const struct ride *one, const struct ride *other)
{
    return one->logged == other->logged && one->overflow == other->overflow &&
           memcmp(one->log, other->log, one->logged) == 0;
}

/* ---- events ---- */

static int peek(const struct ride *ride, struct chunk *chunk)
{
    size_t at = ride->at;
    return chunk_next(ride->input, ride->size, &at, chunk);
}

static void pass_time(struct ride *ride, uint8_t time)
{
    if (time == 0xFF)
        ride->now_ms -= ride->now_ms < 1000 ? ride->now_ms : 1000;
    else
        ride->now_ms += time * 100u;
}

static void moment(const struct ride *ride, struct tapk_event *event)
{
    memset(event, 0, sizeof *event);
    event->size = (uint32_t)sizeof *event;
    event->now_ms = ride->now_ms;
    memcpy(event->random, ride->random, sizeof event->random);
}

#define BIT(name) (1u << TAPK_EVENT_##name)

/* Events that a step takes out of the input, and the one that it gets when another comes. */
static void wants(uint16_t step, unsigned *kinds, uint16_t *otherwise)
{
    *kinds = BIT(UNSUPPORTED);
    *otherwise = TAPK_EVENT_DONE;
    switch (step) {
    case TAPK_STEP_DETECT:
        *kinds |= BIT(CARD) | BIT(COLLISION) | BIT(TIMEOUT) | BIT(CANCEL);
        *otherwise = TAPK_EVENT_CARD;
        break;
    case TAPK_STEP_LOOKUP:
        *kinds |= BIT(FOUND) | BIT(NOT_FOUND);
        *otherwise = TAPK_EVENT_NOT_FOUND;
        break;
    case TAPK_STEP_STORE:
        *kinds |= BIT(DONE) | BIT(FAILED);
        break;
    case TAPK_STEP_TRANSMIT:
        *kinds = 0xFFFF;
        *otherwise = TAPK_EVENT_LOST;
        break;
    case TAPK_STEP_OUTCOME:
        *kinds |= BIT(HOST);
        break;
    default:
        break;
    }
}

/* The event of the step: 1, or 0 when the tap is given up (a transaction or nothing comes). The
 * data are a copy of exactly their size. */
static int take_event(struct ride *ride, struct tapk_event *event, uint8_t **copy)
{
    struct chunk chunk;
    unsigned kinds;
    uint16_t otherwise;
    wants(ride->step.kind, &kinds, &otherwise);
    *copy = NULL;
    const int more = peek(ride, &chunk);
    if (more && chunk.kind < 16 && (kinds >> chunk.kind & 1u) != 0) {
        (void)chunk_next(ride->input, ride->size, &ride->at, &chunk);
        pass_time(ride, chunk.time);
        moment(ride, event);
        event->kind = chunk.kind;
        event->len = chunk.len;
        if (chunk.len > 0)
            event->data = *copy = exactly(chunk.data, chunk.len);
        return 1;
    }
    moment(ride, event);
    event->kind = otherwise;
    if (more && ride->step.kind == TAPK_STEP_TRANSMIT)
        return 0;
    if (!more && ride->step.kind == TAPK_STEP_DETECT)
        event->kind = TAPK_EVENT_TIMEOUT;
    return ride->step.kind != TAPK_STEP_OUTCOME;
}

/* ---- taps ---- */

static uint64_t number(const uint8_t *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static void transaction_of(struct ride *ride, const struct chunk *chunk)
{
    struct tapk_transaction *t = &ride->transaction;
    uint8_t p[TAP_BYTES] = {0};
    memcpy(p, chunk->data, chunk->len < sizeof p ? chunk->len : sizeof p);
    memset(t, 0, sizeof *t);
    t->size = (uint32_t)sizeof *t;
    t->purpose = p[3];
    t->type = p[4];
    t->start = p[5];
    t->exponent = p[6];
    memcpy(t->currency, p + 7, 2);
    memcpy(t->date, p + 9, 3);
    memcpy(t->time, p + 12, 3);
    memcpy(t->sequence, p + 15, 4);
    t->amount = number(p + 19, 6);
    t->other = number(p + 25, 6);
    memcpy(ride->random, p + 31, 8);
    if ((p[0] & 2) != 0) {
        const uint64_t bit = number(p + 1, 2) % (8 * TAPK_RECORD_SIZE);
        ride->stored[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
    }
    if ((p[0] & 1) != 0)
        t->torn = ride->stored;
}

/* After tapk_wipe the context is as tapk_init leaves it. */
static void wiped(struct ride *ride)
{
    static uint64_t fresh[(TAPK_CTX_SIZE + 7) / 8];
    const struct tapk_env env = environment(ride);
    struct tapk_ctx *ctx = context(ride);
    MUST(tapk_wipe(ctx) == TAPK_OK, "a context can be wiped");
    MUST(tapk_init(fresh, sizeof fresh, &env, ride->terminal->image, ride->terminal->len) == 0 &&
             memcmp(fresh, ctx, tapk_ctx_size()) == 0,
         "a wiped context holds nothing of a tap");
}

static void tap_ended(struct ride *ride)
{
    ride->running = 0;
    if (ride->wipe)
        wiped(ride);
}

/* No step can be answered before a tap and after its end. */
static void idle(struct ride *ride)
{
    struct tapk_event event;
    struct tapk_step step = {.size = sizeof step};
    moment(ride, &event);
    event.kind = TAPK_EVENT_DONE;
    MUST(tapk_resume(context(ride), &event, &step) == TAPK_E_STATE, "nothing runs");
}

static int begin(struct ride *ride, const struct chunk *chunk)
{
    struct tapk_event event;
    pass_time(ride, chunk->time);
    transaction_of(ride, chunk);
    moment(ride, &event);
    memset(&ride->step, 0, sizeof ride->step);
    ride->step.size = (uint32_t)sizeof ride->step;
    const int result = tapk_begin(context(ride), &ride->transaction, &event, &ride->step);
    log_step(ride, result);
    ride->taps++;
    if (result != TAPK_OK) {
        MUST(result == TAPK_E_ARGUMENT, "a transaction that is refused is an impossible one");
        return 1;
    }
    ride->running = 1;
    rules_begun(ride, context(ride));
    return 1;
}

int ride_start(struct ride *ride, uint64_t *memory, const struct terminal *terminal,
               const uint8_t *input, size_t size)
{
    const struct tapk_env env = environment(ride);
    ride->input = input;
    ride->size = size;
    ride->terminal = terminal;
    ride->memory = memory;
    ride->now_ms = 1000;
    if (terminal->len == 0)
        return 0;
    return tapk_init(memory, TAPK_CTX_SIZE, &env, terminal->image, terminal->len) == TAPK_OK;
}

/* Brings the event: the result of the kernel. A refused one has to leave the context as it was. */
static int bring(struct ride *ride, const struct tapk_event *event)
{
    static uint64_t before[(TAPK_CTX_SIZE + 7) / 8];
    struct tapk_ctx *ctx = context(ride);
    memcpy(before, ctx, tapk_ctx_size());
    const int result = tapk_resume(ctx, event, &ride->step);
    log_step(ride, result);
    MUST(result == TAPK_OK || result == TAPK_E_EVENT, "an event is taken or does not fit");
    MUST(result == TAPK_OK || memcmp(before, ctx, tapk_ctx_size()) == 0,
         "an event that does not fit changes nothing");
    return result;
}

static int resume(struct ride *ride)
{
    struct tapk_event event;
    uint8_t *copy;
    const uint16_t did = ride->step.kind;
    if (!take_event(ride, &event, &copy)) {
        if (did == TAPK_STEP_OUTCOME)
            tap_ended(ride);
        else
            ride->running = 0; /* the next transaction gives it up */
        return 1;
    }
    for (int i = 0; ride->work && did == TAPK_STEP_TRANSMIT && i < 8; i++) {
        const int left = tapk_work(context(ride));
        MUST(left == 0 || left == 1, "work ahead is done or more");
        if (left == 0)
            break;
    }
    MUST(++ride->steps < STEPS_MAX, "a tap ends");
    if (bring(ride, &event) == TAPK_OK)
        rules_went_on(ride, context(ride), did, &event);
    free(copy);
    return 1;
}

int ride_go(struct ride *ride)
{
    struct chunk chunk;
    if (ride->running) {
        const int over = ride->step.kind == TAPK_STEP_OUTCOME &&
                         context(ride)->state != TAPK_STATE_OUTCOME_ONLINE;
        if (!over)
            return resume(ride);
        idle(ride);
        tap_ended(ride);
    }
    while (chunk_next(ride->input, ride->size, &ride->at, &chunk)) {
        if (chunk.kind != CHUNK_TAP)
            continue;
        if (ride->wipe)
            wiped(ride);
        return begin(ride, &chunk);
    }
    return 0;
}
