/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache of recovered certificates. Assumed: chain.h; an input to keep has a result as long as
 * it is; a cache of any contents.
 */
#define OWN_MEMO
#include "chain.h"

#include "../src/oda/memo.c"

void proof_memo_slots(void)
{
    static struct tapk_memo memo;
    any_chain();
    any(memo);
    in.memo = nondet_int() ? NULL : &memo;
    const struct tapk_span input = any_span();
    const enum tapk_level level = nondet_int() ? TAPK_LEVEL_ISSUER : TAPK_LEVEL_ICC;
    uint8_t *out = nondet_int() ? NULL : (uint8_t *)malloc(N) + (N - input.n);
    if (tapk_memo_find(&chain, level, input, out))
        reach("found");
    else
        tapk_memo_keep(&chain, level, input, out);
    reach("kept or not");
}
