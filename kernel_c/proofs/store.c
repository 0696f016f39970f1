/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena and the tag store. Assumed: arena_used and items are within their limits, and every
 * item lies in the used part of the arena (sound), which is proved to stay so; a template lies in
 * the arena; the rest of the context is any. The context is cut down (small_context.h).
 */
#include "memory.h"
#include "small_context.h"

#include "../src/store.c"

#include "../src/data/tags.c"

static struct tapk_ctx ctx;

static void any_context(void)
{
    any(ctx);
    assume(ctx.arena_used <= sizeof ctx.arena && ctx.items <= TAPK_MAX_ITEMS);
}

/* Any item, and so every one: nothing is known about others. */
static int sound(size_t i)
{
    return i >= ctx.items || (ctx.item[i].offset <= ctx.arena_used &&
                              ctx.item[i].length <= ctx.arena_used - ctx.item[i].offset);
}

static void inside(struct tapk_span value)
{
    prove(value.n == 0 || __CPROVER_same_object(value.p, &ctx), "a value of the context");
    prove(value.n == 0 || (value.p >= ctx.arena && value.p + value.n <= ctx.arena + ctx.arena_used),
          "a value lies in the used part of the arena");
}

#ifdef N
void proof_store_keep(void)
{
    uint8_t answer[N];
    const size_t n = up_to(N);
    int full;
    any_context();
    const uint16_t before = ctx.arena_used;
    const struct tapk_piece piece = tapk_keep(&ctx, answer + (N - n), n, &full);
    prove(ctx.arena_used <= sizeof ctx.arena, "the arena holds what it says");
    if (full) {
        prove(piece.length == 0 && ctx.arena_used == before, "full: nothing changed");
        reach("full");
    } else {
        prove(piece.length == n && piece.offset == before && ctx.arena_used == before + n,
              "a piece of its own");
        inside(tapk_piece_span(&ctx, piece));
        reach("kept");
    }
}
#endif

void proof_store_forget(void)
{
    const uint16_t mark = nondet_u16();
    any_context();
    assume(mark <= sizeof ctx.arena);
    tapk_forget(&ctx, mark);
    prove(ctx.arena_used == mark && ctx.items == 0, "nothing is known any more");
    reach("forgotten");
}

void proof_store_find(void)
{
    any_context();
    for (size_t i = 0; i < TAPK_MAX_ITEMS; i++)
        assume(sound(i));
    if (nondet_int())
        inside(tapk_card(&ctx, nondet_u16()));
    else
        inside(tapk_card_from(&ctx, nondet_u16(), nondet_u8()));
    reach("looked up");
}

void proof_store_add(void)
{
    any_context();
    const uint8_t before = ctx.items;
    const size_t offset = up_to(ctx.arena_used);
    const struct tapk_span value = {ctx.arena + offset, up_to(ctx.arena_used - offset)};
    if (tapk_store_add(&ctx, nondet_u16(), value, nondet_u8())) {
        prove(before == TAPK_MAX_ITEMS && ctx.items == before, "refused when there is no room");
        reach("full");
    } else {
        prove(ctx.items == before + 1 && sound(before), "one sound item more");
        reach("added");
    }
}

int tapk_tag_in(const uint16_t *list, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == tag)
            return 1;
    return 0;
}

/* Their answers are any: format.c has their proofs. */
int tapk_date_valid(const uint8_t date[3])
{
    prove(date + 3 <= ctx.arena + ctx.arena_used, "a date has three bytes");
    return nondet_int();
}

int tapk_pan_of_5a(const uint8_t *in, size_t n, uint8_t pan[10])
{
    prove(__CPROVER_r_ok(in, n) && __CPROVER_w_ok(pan, 10), "a value and a card number");
    return nondet_int();
}

int tapk_pan_of_57(const uint8_t *in, size_t n, uint8_t pan[10])
{
    prove(__CPROVER_r_ok(in, n) && __CPROVER_w_ok(pan, 10), "a value and a card number");
    return nondet_int();
}

/* One object of a template into a store of any contents. */
void proof_store_capture(void)
{
    any_context();
    const uint8_t before = ctx.items;
    const size_t offset = up_to(ctx.arena_used);
    const size_t length = up_to(ctx.arena_used - offset);
    const struct tapk_tlv object = {nondet_u32(), length, ctx.arena + offset};
    for (size_t i = 0; i < TAPK_MAX_ITEMS; i++)
        assume(sound(i));
    const int result = capture_one(&ctx, &object, nondet_u8());
    prove(ctx.items == before || (ctx.items == before + 1 && sound(before)),
          "at most one sound item more");
    prove(result != TAPK_CAPTURE_OK || ctx.items <= TAPK_MAX_ITEMS, "no more than fit");
    if (ctx.items > before)
        reach("captured");
    if (result == TAPK_CAPTURE_VALUE)
        reach("an impossible value");
    if (result == TAPK_CAPTURE_DUPLICATE)
        reach("a second one");
}
