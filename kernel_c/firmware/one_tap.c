/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole tap on a device without an operating system, driven by tapk_run over a table of device
 * functions. Here the card is a table of answers; a device puts its radio in transmit.
 */
#include "tapkern/run.h"

#include "config.h"

struct answer {
    const uint8_t *data;
    size_t len;
};

static const struct answer card[] = {
    {card_ppse, sizeof card_ppse},         {card_fci, sizeof card_fci},
    {card_gpo, sizeof card_gpo},           {card_record_1, sizeof card_record_1},
    {card_record_2, sizeof card_record_2}, {card_record_3, sizeof card_record_3},
    {card_record_4, sizeof card_record_4}};

static int detect(void *user, uint16_t wait_100ms)
{
    (void)user;
    (void)wait_100ms;
    return TAPK_EVENT_CARD;
}

static int transmit(void *user, const uint8_t *command, size_t command_len, uint8_t out[258],
                    size_t *len)
{
    size_t *next = user;
    (void)command;
    (void)command_len;
    if (*next == sizeof card / sizeof card[0])
        return TAPK_EVENT_LOST;
    memcpy(out, card[*next].data, card[*next].len);
    *len = card[*next].len + 2;
    memcpy(out + card[(*next)++].len, "\x90\x00", 2);
    return TAPK_EVENT_ANSWER;
}

static uint64_t now_ms(void *user)
{
    (void)user;
    return 0; /* a device reads its timer */
}

static int random8(void *user, uint8_t out[8])
{
    (void)user;
    memcpy(out, "\xA1\xB2\xC3\xD4\0\0\0\0", 8); /* the vector's; a device asks its generator */
    return 0;
}

/* A device writes to flash, and is sure of it, before it says DONE (TT-010). */
static int store(void *user, const uint8_t *record, size_t len)
{
    static uint8_t torn[TAPK_RECORD_SIZE];
    (void)user;
    memset(torn, 0, sizeof torn);
    memcpy(torn, record, len);
    return TAPK_EVENT_DONE;
}

int main(void)
{
    static uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];
    static uint8_t image[512];
    size_t next = 0;
    struct tapk_crypto crypto;
    struct tapk_outcome outcome;
    const struct tapk_hal hal = {sizeof hal, &next, now_ms, random8, detect,
                                 transmit,   0,     0,      0,       store};
    const struct tapk_env env = {.size = sizeof env, .crypto = &crypto};
    const struct tapk_transaction purchase = {.size = sizeof purchase,
                                              .start = TAPK_START_A,
                                              .exponent = 2,
                                              .amount = 1234,
                                              .currency = {0x01, 0x56},
                                              .date = {0x24, 0x06, 0x07}};
    struct tapk_ctx *ctx = (struct tapk_ctx *)memory;

    tapk_soft_crypto(&crypto);
    if (tapk_crypto_check(&crypto) != 0)
        return 2;
    if (tapk_init(memory, sizeof memory, &env, image, example_image(image, sizeof image, &crypto)))
        return 3;
    if (tapk_run(ctx, &hal, &purchase, &outcome) != 0)
        return 4;
    return outcome.status == TAPK_APPROVED && outcome.balance == 8766 ? 0 : 1;
}
