/* SPDX-License-Identifier: Apache-2.0
 *
 * The AFL walker. Assumed: the AFL lies in the arena, at any place, with any length up to N; the
 * walk begins only after tapk_afl_valid said yes (qpboc/reading.c). One step from any place of the
 * walk is proved, so a walk of any length is: the place behind a step is again such a place, and
 * comes after it.
 */
#include "small_context.h"

#include "../src/flow/afl.c"

static struct tapk_ctx ctx;

static struct tapk_span any_afl(void)
{
    const size_t n = up_to(N);
    any(ctx);
    const struct tapk_span afl = {ctx.arena + (N - n), n};
    return afl;
}

/* As tapk_afl_valid asks, of one entry. */
static int possible(const uint8_t *e)
{
    return (e[0] & 7) == 0 && e[0] >> 3 >= 1 && e[0] >> 3 <= 30 && e[1] >= 1 && e[2] >= e[1] &&
           e[3] <= e[2] - e[1] + 1;
}

void proof_afl_valid(void)
{
    const struct tapk_span afl = any_afl();
    if (tapk_afl_valid(&ctx, afl)) {
        const size_t entry = nondet_size();
        assume(entry < afl.n / 4);
        prove(afl.n >= 4 && afl.n % 4 == 0, "whole entries, at least one");
        prove(possible(afl.p + 4 * entry), "every entry is possible");
        tapk_afl_start(&ctx, afl);
        prove(ctx.tap.record == afl.p[1] && ctx.tap.to_authenticate == afl.p[3], "at its start");
        reach("a walk");
    } else {
        reach("refused");
    }
}

void proof_afl_step(void)
{
    const struct tapk_span afl = any_afl();
    const size_t entry = nondet_size();
    assume(afl.n >= 4 && afl.n % 4 == 0 && entry % 4 == 0 && entry < afl.n);
    const uint8_t *e = afl.p + entry;
    tapk_afl_start(&ctx, afl);
    ctx.tap.entry = (uint16_t)entry;
    ctx.tap.record = nondet_u8();
    ctx.tap.to_authenticate = nondet_u8();
    assume(possible(e) && ctx.tap.record >= e[1] && ctx.tap.record <= e[2]);
    assume(entry + 4 == afl.n || possible(e + 4));
    const struct tapk_afl_at at = tapk_afl_at(&ctx);
    prove(at.sfi >= 1 && at.sfi <= 30 && at.record >= 1, "a record that READ RECORD can name");
    (void)tapk_afl_static_done(&ctx);
    if (at.last) {
        reach("the last record");
        return;
    }
    tapk_afl_advance(&ctx);
    const size_t now = ctx.tap.entry;
    prove(now % 4 == 0 && now < afl.n, "still inside of the AFL");
    prove(ctx.tap.record >= afl.p[now + 1] && ctx.tap.record <= afl.p[now + 2],
          "at a record of the entry");
    prove(now > entry || (now == entry && ctx.tap.record == at.record + 1), "every step advances");
    reach("one record on");
}
