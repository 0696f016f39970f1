/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk along an application file locator. Input: the value of 94.
 */
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "fuzz.h"
#include "terminal.h"

static int possible(const uint8_t *e)
{
    const unsigned sfi = e[0] / 8, count = e[2] < e[1] ? 0 : 1u + e[2] - e[1];
    return e[0] % 8 == 0 && sfi != 0 && sfi != 31 && e[1] != 0 && count != 0 && e[3] <= count;
}

/* Every record of the list, once and in order, and no other (QP-065, QP-072, ODA-020). */
static void walk(struct tapk_ctx *ctx, const uint8_t *afl, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        for (unsigned record = afl[i + 1]; record <= afl[i + 2]; record++) {
            const struct tapk_afl_at at = tapk_afl_at(ctx);
            const int last = i + 4 == n && record == afl[i + 2];
            const int is_static = record < (unsigned)afl[i + 1] + afl[i + 3];
            int later = is_static;
            for (size_t j = i + 4; j < n; j += 4)
                later |= afl[j + 3] != 0;
            MUST(at.sfi == afl[i] >> 3 && at.record == record, "the record that is next");
            MUST((at.authenticate != 0) == (is_static != 0), "under authentication as it says");
            MUST((at.last != 0) == (last != 0), "the last is the last");
            MUST((tapk_afl_static_done(ctx) != 0) == (later == 0), "static data to come");
            if (!last)
                tapk_afl_advance(ctx);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t n = size > 252 ? 252 : size;
    struct tapk_ctx *ctx = terminal_begun();
    int good = n >= 4 && n % 4 == 0, full = 0;
    for (size_t i = 0; good && i < n; i += 4)
        good = possible(data + i);
    uint8_t *exact = exactly(data, n);
    const struct tapk_span outside = {exact, n};
    MUST((tapk_afl_valid(ctx, outside) != 0) == (good != 0), "an AFL is possible or is not");
    free(exact);
    if (good) {
        tapk_forget(ctx, 0);
        const struct tapk_piece kept = tapk_keep(ctx, data, n, &full);
        const struct tapk_span afl = tapk_piece_span(ctx, kept);
        tapk_afl_start(ctx, afl);
        walk(ctx, data, n);
    }
    return 0;
}
