/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration: entries as an acquirer gives them (chunks of input.h, the kind is that of the
 * entry), and images of any bytes (chunk 0x30). An image that was sealed opens, digests, and is the
 * same when it is made again of its own entries; a tap with it begins. An image of any bytes opens
 * or does not.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config_internal.h"
#include "fuzz.h"
#include "input.h"
#include "terminal.h"

#define IMAGE 0x30
#define CAPACITY 8192u

static uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];

/* A payment begins; a card in the field is asked for its directory. */
static void tap_rules(const uint8_t *image, size_t n)
{
    struct tapk_env env = {.size = sizeof env, .crypto = fuzz_crypto()};
    struct tapk_transaction transaction = {.size = sizeof transaction, .amount = 1234};
    struct tapk_event event = {.size = sizeof event, .kind = TAPK_EVENT_DONE};
    struct tapk_step step = {.size = sizeof step};
    struct tapk_ctx *ctx = (struct tapk_ctx *)(void *)memory;
    memcpy(transaction.currency, "\x01\x56", 2);
    memcpy(transaction.date, "\x24\x06\x07", 3);
    MUST(tapk_init(memory, sizeof memory, &env, image, n) == TAPK_OK, "what opens can be used");
    MUST(tapk_begin(ctx, &transaction, &event, &step) == TAPK_OK, "a payment begins");
    for (int i = 0; i < 8 && step.kind != TAPK_STEP_OUTCOME; i++) {
        rules_of_step(&step);
        event.kind = step.kind == TAPK_STEP_DETECT     ? TAPK_EVENT_CARD
                     : step.kind == TAPK_STEP_TRANSMIT ? TAPK_EVENT_CANCEL
                                                       : TAPK_EVENT_DONE;
        MUST(tapk_resume(ctx, &event, &step) == TAPK_OK, "and goes on");
    }
}

static void fault_rules(int result, const struct tapk_fault *fault)
{
    MUST(result > 0 && result < TAPK_FAULT_LAST && fault->code == result, "a fault has a code");
    MUST(tapk_name(TAPK_SPACE_FAULT, fault->code)[0] != '\0', "and a name");
    MUST(fault->size == sizeof *fault && fault->detail < 0x100, "and says where");
}

static int sealed(struct tapk_config_builder *builder, size_t *len)
{
    struct tapk_fault fault = {.size = sizeof fault};
    const int result = tapk_config_seal(builder, len, &fault);
    if (result != 0) {
        fault_rules(result, &fault);
        return 0;
    }
    MUST(tapk_config_seal(builder, len, &fault) == TAPK_E_STATE, "an image is sealed once");
    return 1;
}

/* Made again of its own entries: the switches are written in full, so they are given in pairs. */
static void again_rules(const uint8_t *image, size_t n)
{
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    struct tapk_entry_view entry;
    const struct tapk_image view = {image, n};
    uint8_t *copy = exactly(NULL, n);
    size_t offset = 0, len = 0;
    MUST(tapk_config_begin(&builder, copy, n, fuzz_crypto()) == 0, "another image");
    while (tapk_image_next(view, &offset, &entry) == TAPK_TLV_OK) {
        const struct tapk_span values = tapk_image_value(entry.body, TAPK_TAG_SWITCHES);
        uint8_t body[2048];
        size_t used = entry.body.n;
        const int swapped = values.n > TAPK_SW_PARAM_SWAP_DF19_DF20 &&
                            values.p[TAPK_SW_PARAM_SWAP_DF19_DF20] != 0; /* that were twice */
        if (swapped || used > sizeof body - 256) {
            free(copy);
            return;
        }
        memcpy(body, entry.body.p, used);
        if (entry.kind == TAPK_ENTRY_COMBINATION && values.n > 0) {
            uint8_t pairs[2 * TAPK_SW_LAST];
            for (size_t i = 0; i < values.n; i++) {
                pairs[2 * i] = (uint8_t)i;
                pairs[2 * i + 1] = values.p[i];
            }
            used = (size_t)(values.p - entry.body.p) - 4; /* DF8F02 and one length byte */
            MUST(values.p + values.n == entry.body.p + entry.body.n, "switches stand last");
            MUST(tapk_tlv_put(body, sizeof body, &used, TAPK_TAG_SWITCHES, pairs, 2 * values.n) ==
                     0,
                 "pairs of switches");
        }
        MUST(tapk_config_add(&builder, entry.kind, body, used, &fault) == 0,
             "an entry of an image is one");
    }
    MUST(tapk_config_seal(&builder, &len, &fault) == 0 && len == n && memcmp(copy, image, n) == 0,
         "its image is the same");
    free(copy);
}

static void image_rules(const uint8_t *memory_of, size_t len)
{
    uint8_t digest[32];
    uint8_t *image = exactly(memory_of, len);
    MUST(tapk_config_open(image, len) == TAPK_OK, "what was sealed opens");
    MUST(tapk_config_open(image, len - 1) == TAPK_E_CONFIG, "a part of it does not");
    MUST(tapk_config_digest(fuzz_crypto(), image, len, digest) == TAPK_OK, "it has a digest");
    again_rules(image, len);
    tap_rules(image, len);
    free(image);
}

static void any_image(const struct chunk *chunk)
{
    uint8_t *image = exactly(chunk->data, chunk->len);
    const int result = tapk_config_open(image, chunk->len);
    MUST(result == TAPK_OK || result == TAPK_E_CONFIG, "an image opens or does not");
    if (result == TAPK_OK)
        tap_rules(image, chunk->len);
    free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    struct chunk chunk;
    size_t at = 0, len = 0;
    uint8_t *image = exactly(NULL, CAPACITY);
    MUST(tapk_config_begin(&builder, image, size % 16 == 0 ? 200 : CAPACITY, fuzz_crypto()) == 0,
         "an image begins");
    while (chunk_next(data, size, &at, &chunk)) {
        struct terminal_entry entry;
        size_t place = 0;
        if (chunk.kind == IMAGE) {
            any_image(&chunk);
            continue;
        }
        if (chunk.kind == CHUNK_TERMINAL) {
            if (!terminal_entry(chunk.data, chunk.len, &place, &entry))
                continue;
        } else {
            entry.kind = chunk.kind;
            entry.body.p = chunk.data;
            entry.body.n = chunk.len;
        }
        uint8_t *tlv = exactly(entry.body.p, entry.body.n);
        const uint32_t before = builder.length;
        const int result = tapk_config_add(&builder, entry.kind, tlv, entry.body.n, &fault);
        free(tlv);
        if (result > 0)
            fault_rules(result, &fault);
        const int kind_known =
            entry.kind >= TAPK_ENTRY_TERMINAL && entry.kind <= TAPK_ENTRY_EXCEPTION;
        MUST(result >= 0 || result == TAPK_E_SIZE || (!kind_known && result == TAPK_E_ARGUMENT),
             "an entry is taken, faulty or too large");
        MUST((result == 0) == (builder.length > before), "what is refused adds nothing");
    }
    if (sealed(&builder, &len))
        image_rules(image, len);
    free(image);
    return 0;
}
