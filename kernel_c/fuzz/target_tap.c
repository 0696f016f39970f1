/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole taps: the input is the card, the cardholder, the host and the store (input.h, ride.c). An
 * input is ridden three times: alone; with work ahead and a memo that it shares with a tap of
 * another terminal, call by call in turns, and in between moved to other memory; every ride has to
 * tell the same, and so has the other tap.
 */
#include <string.h>

#include "fuzz.h"
#include "ride.h"

#define CONTEXT ((TAPK_CTX_SIZE + 7) / 8)

static struct ride alone, along, other, other_alone;
static struct terminal terminal, other_terminal;
static struct tapk_memo memo;
static uint64_t memory[3][CONTEXT];

#if defined(__linux__) && defined(FUZZ_COUNTERS)
/* Decisions and states that an input reaches, for libFuzzer beside its own coverage. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t reached[8192];

static void count(const struct ride *ride)
{
    const struct tapk_trace *trace = tapk_trace_of((struct tapk_ctx *)(void *)ride->memory);
    for (uint32_t i = 0; trace != NULL && i < trace->count; i++) {
        const struct tapk_trace_event *event = &trace->ring[i];
        const unsigned at = event->kind == TAPK_TRACE_STEP ? 4096u + event->rule
                            : event->kind == TAPK_TRACE_BOUND
                                ? 0u
                                : event->rule * 2u + (event->truth != 0);
        reached[at % sizeof reached] = 1;
    }
}
#else
static void count(const struct ride *ride) { (void)ride; }
#endif

/* The list of the first CHUNK_TERMINAL. */
static void terminal_of(const uint8_t *input, size_t size)
{
    static uint8_t made[TERMINAL_IMAGE_MAX];
    static size_t made_len = (size_t)-1;
    struct chunk chunk = {0, 0, 0, NULL};
    size_t at = 0, n = 0;
    while (chunk_next(input, size, &at, &chunk))
        if (chunk.kind == CHUNK_TERMINAL) {
            n = chunk.len < sizeof made ? chunk.len : sizeof made;
            break;
        }
    if (made_len == n && (n == 0 || memcmp(made, chunk.data, n) == 0))
        return;
    terminal_make(&terminal, n > 0 ? chunk.data : NULL, n);
    made_len = n;
    if (n > 0)
        memcpy(made, chunk.data, n);
}

static void clear(struct ride *ride)
{
    const size_t keep = offsetof(struct ride, log);
    memset(ride, 0, keep);
    ride->logged = 0;
    ride->overflow = 0;
    ride->taps = 0;
}

/* Moves a context to other memory, and leaves nothing usable where it was. */
static void move(struct ride *ride, uint64_t *to)
{
    memcpy(to, ride->memory, tapk_ctx_size());
    memset(ride->memory, 0xA5, tapk_ctx_size());
    ride->memory = to;
}

/* The tap of the other terminal: an offline approval (known.h). */
static void other_begins(struct ride *ride, uint64_t *at, struct tapk_memo *shared)
{
    struct tapk_span input;
    clear(ride);
    ride->memo = shared;
    ride->work = shared != NULL;
    terminal_known_tap(&input);
    if (other_terminal.len == 0)
        terminal_make(&other_terminal, NULL, 0);
    MUST(ride_start(ride, at, &other_terminal, input.p, input.n), "the other terminal works");
}

static void interleaved(const uint8_t *data, size_t size)
{
    memset(&memo, 0, sizeof memo);
    clear(&along);
    along.memo = &memo;
    along.work = 1;
    (void)ride_start(&along, memory[0], &terminal, data, size);
    other_begins(&other, memory[1], &memo);
    const unsigned moves_at = size > 0 ? data[size - 1] % 16u : 0;
    unsigned calls = 0;
    int left;
    do {
        left = ride_go(&along);
        left |= ride_go(&other);
        if (++calls == moves_at)
            move(&along, memory[2]);
    } while (left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    terminal_of(data, size);
    clear(&alone);
    alone.wipe = 1;
    if (!ride_start(&alone, memory[0], &terminal, data, size))
        return 0;
    while (ride_go(&alone))
        count(&alone);
    interleaved(data, size);
    MUST(ride_same(&alone, &along), "memo, work ahead, company and moving change nothing");
    if (other_alone.taps == 0) {
        other_begins(&other_alone, memory[1], NULL);
        while (ride_go(&other_alone)) {
        }
    }
    MUST(ride_same(&other, &other_alone), "a tap does not know who taps beside it");
    return 0;
}
