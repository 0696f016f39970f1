/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <string.h>

#include "fuzz.h"
#include "known.h"

#define KNOWN (sizeof known_at / sizeof known_at[0])

/* Entry i of known.h: its kind and body. */
static struct tapk_span known(size_t i, uint8_t *kind)
{
    const uint8_t *p = known_entries + known_at[i];
    const struct tapk_span body = {p + 3, (size_t)p[1] << 8 | p[2]};
    *kind = p[0];
    return body;
}

int terminal_entry(const uint8_t *list, size_t n, size_t *at, struct terminal_entry *entry)
{
    entry->start = *at;
    if (*at + 2 > n)
        return 0;
    if (list[*at] == TERMINAL_KNOWN) {
        entry->body = known(list[*at + 1] % KNOWN, &entry->kind);
        entry->end = *at += 2;
        return 1;
    }
    if (*at + 3 > n)
        return 0;
    const size_t len = (size_t)list[*at + 1] << 8 | list[*at + 2], left = n - *at - 3;
    entry->kind = list[*at];
    entry->body.p = list + *at + 3;
    entry->body.n = len < left ? len : left;
    entry->end = *at += 3 + entry->body.n;
    return 1;
}

static int seal(struct terminal *terminal, const uint8_t *list, size_t n)
{
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    struct terminal_entry entry;
    size_t at = 0;
    int result =
        tapk_config_begin(&builder, terminal->image, sizeof terminal->image, fuzz_crypto());
    while (result == 0 && terminal_entry(list, n, &at, &entry))
        result = tapk_config_add(&builder, entry.kind, entry.body.p, entry.body.n, &fault);
    return result == 0 ? tapk_config_seal(&builder, &terminal->len, &fault) : result;
}

void terminal_make(struct terminal *terminal, const uint8_t *list, size_t n)
{
    terminal->len = 0;
    if (seal(terminal, n == 0 ? known_terminal : list, n == 0 ? sizeof known_terminal : n) != 0)
        terminal->len = 0;
}

struct tapk_ctx *terminal_begun(void)
{
    static struct terminal terminal;
    static uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];
    struct tapk_ctx *ctx = (struct tapk_ctx *)(void *)memory;
    struct tapk_env env = {.size = sizeof env, .crypto = fuzz_crypto()};
    struct tapk_transaction transaction = {.size = sizeof transaction, .exponent = 2};
    struct tapk_event event = {.size = sizeof event, .random = {1, 2, 3, 4}};
    struct tapk_step step = {.size = sizeof step};
    if (terminal.len == 0)
        terminal_make(&terminal, NULL, 0);
    transaction.amount = 1234;
    memcpy(transaction.currency, "\x01\x56", 2);
    memcpy(transaction.date, "\x24\x06\x07", 3);
    MUST(tapk_init(memory, sizeof memory, &env, terminal.image, terminal.len) == 0 &&
             tapk_begin(ctx, &transaction, &event, &step) == 0,
         "the terminal of known.h works");
    return ctx;
}

void terminal_known_tap(struct tapk_span *input)
{
    input->p = known_tap;
    input->n = sizeof known_tap;
}

int terminal_key(unsigned number, struct tapk_span *body)
{
    uint8_t kind;
    if (number >= KNOWN)
        return 0;
    *body = known(number, &kind);
    return kind == TAPK_ENTRY_CA_KEY;
}
