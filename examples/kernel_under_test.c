/* A kernel under test in C, for `tapkern replay vectors/ --kernel ./kernel_under_test`; make it by
 * `cc -o kernel_under_test examples/kernel_under_test.c`. It speaks the protocol of docs/lab.md and
 * is no kernel: it waits for a card, selects the PPSE and ends there. Put your kernel where tap()
 * is. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

static char line[1 << 20]; /* what the runner said last */

static int hear(void) { return fgets(line, sizeof line, stdin) != NULL; }

/* A line to the runner; its answer is in `line`. False when it has gone. */
static int ask(const char *text) { return puts(text) >= 0 && fflush(stdout) == 0 && hear(); }

/* Whether the line has "key": "value"; a real kernel brings a JSON reader for terminal and data. */
static int has(const char *key, const char *value)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"%s\": \"%s", key, value);
    return strstr(line, wanted) != NULL;
}

static void ended(const char *outcome, const char *reason)
{
    printf("{\"outcome\": {\"outcome\": \"%s\", \"reason\": \"%s\"}}\n", outcome, reason);
    fflush(stdout);
}

static void tap(void)
{
    do {
        if (!ask("{\"detect\": {}}"))
            return;
    } while (has("event", "collision"));
    if (!has("event", "card")) {
        ended("end_application", "no_card");
    } else if (!ask("{\"transmit\": \"00A404000E325041592E5359532E444446303100\"}")) {
        return;
    } else if (!has("event", "answer")) {
        ended("try_again", "card_lost");
    } else {
        ended(has("data", "6F") ? "declined" : "end_application", "unsupported");
    }
}

int main(void)
{
    while (hear()) {
        if (strstr(line, "\"hello\"") == line + 1)
            puts(
                "{\"hello\": {\"protocol\": 1, \"kernel\": \"example in C\", \"version\": \"1.0\", "
                "\"identity\": \"none\", \"tells\": [\"outcome\", \"reason\"]}}");
        else
            tap(); /* {"begin": ...}; there is no {"host": ...}: it never asks for one */
        fflush(stdout);
    }
    return 0;
}
