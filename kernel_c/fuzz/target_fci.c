/* SPDX-License-Identifier: Apache-2.0
 *
 * Directory and selection: the input is the answers to SELECT (input.h); GPO is not answered. What
 * is selected is named by the directory, begins with an AID of the terminal, and comes no more
 * often than the directory names it.
 */
#include <string.h>

#include "fuzz.h"
#include "ride.h"

static struct ride ride;
static struct terminal terminal;
static uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];

/* The answer to the PPSE of this presentment. */
static uint8_t directory[256];
static size_t directory_len;

static int inside(const uint8_t *all, size_t n, const uint8_t *part, size_t m)
{
    for (size_t i = 0; i + m <= n; i++)
        if (memcmp(all + i, part, m) == 0)
            return 1;
    return 0;
}

static int configured(const uint8_t *aid, size_t n)
{
    const struct tapk_ctx *ctx = (const struct tapk_ctx *)(const void *)ride.memory;
    for (uint8_t i = 0; i < ctx->combinations; i++) {
        const struct tapk_span own = tapk_image_value(tapk_combination(ctx, i), 0x9F06);
        if (own.n <= n && memcmp(own.p, aid, own.n) == 0)
            return 1;
    }
    return 0;
}

/* A name of the directory, or one and an extension (9F29). */
static int named(const uint8_t *aid, size_t n)
{
    for (size_t cut = 5; cut <= n; cut++)
        if (inside(directory, directory_len, aid, cut) &&
            inside(directory, directory_len, aid + cut, n - cut))
            return 1;
    return 0;
}

static void selection_rules(unsigned *selects)
{
    const uint8_t *c = ride.command;
    if (c[1] != 0xA4)
        return;
    if (c[4] == 14 && memcmp(c + 5, "2PAY.SYS.DDF01", 14) == 0) {
        *selects = 0;
        return;
    }
    MUST(++*selects <= TAPK_MAX_CANDIDATES, "candidates are limited");
    MUST(configured(c + 5, c[4]), "what is selected is configured (EP-050)");
    MUST(named(c + 5, c[4]), "what is selected is named by the directory");
}

/* Keeps what the card will answer to the PPSE. */
static void look_ahead(void)
{
    struct chunk chunk;
    size_t at = ride.at;
    if (ride.step.kind != TAPK_STEP_TRANSMIT || ride.command[4] != 14 ||
        !chunk_next(ride.input, ride.size, &at, &chunk) || chunk.kind != TAPK_EVENT_ANSWER)
        return;
    directory_len = chunk.len < sizeof directory ? chunk.len : sizeof directory;
    memcpy(directory, chunk.data, directory_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chunk chunk = {0, 0, 0, NULL};
    size_t at = 0;
    unsigned selects = 0;
    memset(&ride, 0, offsetof(struct ride, log));
    ride.logged = 0;
    ride.wipe = 1;
    directory_len = 0;
    const int own = chunk_next(data, size, &at, &chunk) && chunk.kind == CHUNK_TERMINAL;
    terminal_make(&terminal, own ? chunk.data : NULL, own ? chunk.len : 0);
    if (!ride_start(&ride, memory, &terminal, data, size))
        return 0;
    while (ride_go(&ride)) {
        if (!ride.running || ride.step.kind != TAPK_STEP_TRANSMIT)
            continue;
        selection_rules(&selects);
        look_ahead();
        if (ride.command[1] == 0xA8)
            break;
    }
    return 0;
}
