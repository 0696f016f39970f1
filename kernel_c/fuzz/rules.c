/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void must_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "FINDING %s:%d: %s\n", file, line, what);
    abort();
}

uint8_t *exactly(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);
    if (copy == NULL)
        exit(2);
    if (n > 0 && data != NULL)
        memcpy(copy, data, n);
    else
        memset(copy, 0, n == 0 ? 1 : n);
    return copy;
}

void rules_of_span(struct tapk_span value)
{
    volatile uint8_t seen = 0;
    for (size_t i = 0; i < value.n; i++)
        seen ^= value.p[i];
    (void)seen;
}

/* SELECT, GET PROCESSING OPTIONS, READ RECORD, GET DATA, GET RESPONSE: nothing else is ever sent to
 * a card, and lengths agree. */
static int command_is_sound(const uint8_t *c, size_t n)
{
    if (n < 5 || n > 261)
        return 0;
    const unsigned head = (unsigned)c[0] << 8 | c[1];
    if (head == 0x00A4)
        return c[2] == 0x04 && (c[3] == 0x00 || c[3] == 0x02) && c[4] >= 5 && c[4] <= 16 &&
               n == (size_t)c[4] + 6;
    if (head == 0x80A8)
        return c[2] == 0 && c[3] == 0 && c[4] >= 2 && c[5] == 0x83 && n == (size_t)c[4] + 6;
    if (head == 0x00B2)
        return c[2] >= 1 && (c[3] & 0x07) == 4 && c[3] >> 3 >= 1 && c[3] >> 3 <= 30 && n == 5;
    return (head == 0x80CA || head == 0x00C0) && n == 5;
}

void rules_of_step(const struct tapk_step *step)
{
    const struct tapk_span data = {step->data, step->len};
    MUST(step->size == sizeof *step, "a step keeps its size");
    MUST(step->kind >= TAPK_STEP_DETECT && step->kind <= TAPK_STEP_OUTCOME, "a step has a kind");
    MUST(step->len == 0 || step->data != NULL, "data of a step have a place");
    rules_of_span(data);
    if (step->kind == TAPK_STEP_TRANSMIT)
        MUST(command_is_sound(step->data, step->len), "a command is one of the five");
    else if (step->kind == TAPK_STEP_LOOKUP)
        MUST(step->len == 11, "LOOKUP has PAN and PSN");
    else if (step->kind == TAPK_STEP_STORE)
        MUST(step->len == 0 || step->len == TAPK_RECORD_SIZE, "STORE has a record or none");
    else
        MUST(step->len == 0, "other steps have no data");
    if (step->kind == TAPK_STEP_SHOW)
        MUST(step->ui.message != 0 && step->ui.status <= TAPK_UI_ERROR &&
                 step->ui.language_len <= 8,
             "SHOW has a message");
}

static int known_status(uint8_t status)
{
    return status >= TAPK_APPROVED && status <= TAPK_TRY_AGAIN && (status & 0x0F) == 0;
}

void rules_of_outcome(const struct tapk_outcome *o)
{
    MUST(o->size == sizeof *o && known_status(o->status), "an outcome has a status");
    MUST(o->reason > TAPK_REASON_NONE && o->reason < TAPK_REASON_LAST, "an outcome has a reason");
    MUST(o->rule == 0 || tapk_name(TAPK_SPACE_RULE, o->rule)[0] != '\0', "its rule has a name");
    MUST(o->oda <= TAPK_ODA_SUCCESSFUL, "authentication has three results");
    MUST(o->commands <= TAPK_MAX_APDUS, "commands of a presentment are limited");
    MUST(o->oda != TAPK_ODA_FAILED || o->oda_rule != 0, "what failed has a rule");
    MUST(o->status != TAPK_APPROVED || !o->card_may_have_paid, "an approval is not doubtful");
    MUST(!o->may_defer || o->oda == TAPK_ODA_SUCCESSFUL, "only a card that was proved may wait");
    MUST(!o->balance_known || o->balance <= 999999999999u, "a balance is n12");
}

size_t rules_of_list(const struct tapk_ctx *ctx, uint8_t list, uint8_t *out, size_t capacity)
{
    size_t len = 0, again = 0;
    const int result = tapk_fetch(ctx, list, out, capacity, &len);
    MUST(result == 0 || result == 1, "a list is there or does not apply");
    if (result != 0 || len == 0)
        return 0;
    uint8_t *exact = exactly(NULL, len);
    MUST(tapk_fetch(ctx, list, exact, len, &again) == 0 && again == len &&
             memcmp(exact, out, len) == 0,
         "a list fits a buffer of its length");
    free(exact);
    exact = exactly(NULL, len - 1);
    MUST(tapk_fetch(ctx, list, exact, len - 1, &again) == TAPK_E_SIZE, "a short buffer is refused");
    free(exact);
    return len;
}
