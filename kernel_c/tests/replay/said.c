/* SPDX-License-Identifier: Apache-2.0 */
#include "said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chain {
    uint8_t hash[32]; /* over the one before and what was said next */
};

static const struct tapk_crypto *hashes;
static struct chain steps, decisions;
static size_t records;

/* A branch on every byte: here valgrind and MemorySanitizer name what was never written. */
static void look(const uint8_t *p, size_t n)
{
    static volatile unsigned seen;
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            seen = seen ^ 1u;
}

static void bytes(struct chain *chain, const uint8_t *p, size_t n)
{
    uint8_t next[32], length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
    const struct tapk_span all[3] = {
        {chain->hash, sizeof chain->hash}, {length, sizeof length}, {p, n}};
    look(p, n);
    if (hashes->sha256(hashes->user, all, 3, next) != 0)
        abort();
    memcpy(chain->hash, next, sizeof next);
}

static uint8_t *put(uint8_t *out, uint64_t number)
{
    for (unsigned shift = 64; shift > 0; shift -= 8)
        *out++ = (uint8_t)(number >> (shift - 8));
    return out;
}

static void numbers(struct chain *chain, const uint64_t *number, size_t count)
{
    uint8_t out[8 * 32], *end = out;
    for (size_t i = 0; i < count; i++)
        end = put(end, number[i]);
    bytes(chain, out, (size_t)(end - out));
}

static void ui(const struct tapk_ui *u)
{
    const uint64_t of[] = {u->message, u->status, u->hold_100ms, u->qualifier, u->language_len};
    numbers(&steps, of, sizeof of / sizeof of[0]);
    bytes(&steps, u->value, sizeof u->value);
    bytes(&steps, u->currency, sizeof u->currency);
    bytes(&steps, u->language, u->language_len);
}

void said_begin(const struct tapk_crypto *crypto) { hashes = crypto; }

void said_step(int result, const struct tapk_step *step)
{
    const uint64_t of[] = {(uint64_t)(int64_t)result, step->kind, step->hold_100ms};
    numbers(&steps, of, result == 0 ? 3 : 1);
    if (result != 0)
        return;
    bytes(&steps, step->data, step->len);
    ui(&step->ui);
}

void *said_exactly(const void *from, size_t n)
{
    void *block = malloc(n + (n == 0));
    if (block == NULL)
        abort();
    return from == NULL ? block : memcpy(block, from, n);
}

int said_resume(struct tapk_ctx **ctx, const struct tapk_event *event, struct tapk_step *step)
{
    struct tapk_event exact = *event;
    void *answer = event->data == NULL ? NULL : said_exactly(event->data, event->len);
    void *moved = said_exactly(*ctx, tapk_ctx_size());
    free(*ctx);
    *ctx = moved;
    exact.data = answer;
    const int result = tapk_resume(*ctx, &exact, step);
    free(answer);
    said_step(result, step);
    return result;
}

static void list(const struct tapk_ctx *ctx, uint8_t number)
{
    size_t n = 0, again = 0;
    static uint8_t large[8192];
    const int result = tapk_fetch(ctx, number, large, sizeof large, &n);
    const uint64_t of[] = {number, (uint64_t)(int64_t)result};
    numbers(&steps, of, 2);
    if (result != 0)
        return;
    uint8_t *exact = said_exactly(NULL, n);
    if (tapk_fetch(ctx, number, exact, n, &again) != 0 || again != n)
        abort();
    bytes(&steps, exact, n);
    free(exact);
    exact = said_exactly(NULL, n - (n > 0)); /* one too few: refused */
    if (n > 0 && tapk_fetch(ctx, number, exact, n - 1, &again) == 0)
        abort();
    free(exact);
}

static void trace(const struct tapk_trace *of)
{
    const uint64_t counts[] = {of->count, of->lost};
    numbers(&decisions, counts, 2);
    for (uint32_t i = 0; i < of->count; i++) {
        const struct tapk_trace_event *e = &of->ring[i];
        const uint64_t record[] = {e->rule, e->kind, e->truth, e->value};
        numbers(&decisions, record, 4);
    }
    records += of->count;
}

void said_outcome(const struct tapk_ctx *ctx, const struct tapk_outcome *o)
{
    const uint64_t of[] = {o->reason,
                           o->rule,
                           o->status,
                           o->start,
                           o->online_response,
                           o->cvm,
                           o->alternate,
                           o->receipt,
                           o->field_off,
                           o->removal_timeout,
                           o->ui_on_outcome,
                           o->ui_on_restart,
                           o->data_record,
                           o->discretionary,
                           o->oda,
                           o->may_defer,
                           o->card_may_have_paid,
                           o->commands,
                           o->balance_known,
                           o->balance_is_before,
                           o->oda_rule,
                           o->balance};
    numbers(&steps, of, sizeof of / sizeof of[0]);
    ui(&o->ui);
    ui(&o->restart_ui);
    for (uint8_t number = TAPK_LIST_ONLINE; number <= TAPK_LIST_CARD_INFO; number++)
        list(ctx, number);
    trace(tapk_trace_of(ctx));
}

static void print(const char *what, const struct chain *chain)
{
    printf("%s: ", what);
    for (size_t i = 0; i < sizeof chain->hash; i++)
        printf("%02x", chain->hash[i]);
}

void said_print(void)
{
    print("steps and outcomes", &steps);
    print("\ndecisions", &decisions);
    printf(" (%zu records)\n", records);
}
