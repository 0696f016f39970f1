/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocking driver: what a device leaves out is refused, and the outcome is never lost.
 */
#include "check.h"
#include "tapkern/run.h"

#include "../firmware/config.h"

struct device {
    size_t next;        /* answer that comes next */
    size_t random_left; /* events for which there is random */
    size_t drops;       /* records that were dropped */
};

static const struct tapk_span card[] = {
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
    struct device *device = user;
    (void)command;
    (void)command_len;
    if (device->next == sizeof card / sizeof card[0])
        return TAPK_EVENT_LOST;
    memcpy(out, card[device->next].p, card[device->next].n);
    memcpy(out + card[device->next].n, "\x90\x00", 2);
    *len = card[device->next++].n + 2;
    return TAPK_EVENT_ANSWER;
}

static int too_long(void *user, const uint8_t *command, size_t command_len, uint8_t out[258],
                    size_t *len)
{
    (void)user;
    (void)command;
    (void)command_len;
    (void)out;
    *len = 259;
    return TAPK_EVENT_ANSWER;
}

static uint64_t now_ms(void *user)
{
    (void)user;
    return 0;
}

static int random8(void *user, uint8_t out[8])
{
    struct device *device = user;
    memcpy(out, "\xA1\xB2\xC3\xD4\0\0\0\0", 8);
    if (device->random_left == 0)
        return 1;
    device->random_left--;
    return 0;
}

static int store(void *user, const uint8_t *record, size_t len)
{
    struct device *device = user;
    (void)record;
    if (len == 0)
        device->drops++;
    return len == 0 || len == TAPK_RECORD_SIZE ? TAPK_EVENT_DONE : TAPK_EVENT_FAILED;
}

static struct tapk_hal hal_of(struct device *device)
{
    memset(device, 0, sizeof *device);
    device->random_left = 100;
    const struct tapk_hal hal = {.size = sizeof hal,
                                 .user = device,
                                 .now_ms = now_ms,
                                 .random8 = random8,
                                 .detect = detect,
                                 .transmit = transmit,
                                 .store = store};
    return hal;
}

static uint64_t memory[(TAPK_CTX_SIZE + 7) / 8];
static uint8_t image[512];
static struct tapk_crypto crypto;

/* One purchase of 12.34 on this device: the status, or the negative result. */
static int tap(const struct tapk_hal *hal, struct tapk_outcome *outcome)
{
    const struct tapk_env env = {.size = sizeof env, .crypto = &crypto};
    const struct tapk_transaction purchase = {.size = sizeof purchase,
                                              .exponent = 2,
                                              .amount = 1234,
                                              .currency = {0x01, 0x56},
                                              .date = {0x24, 0x06, 0x07}};
    tapk_soft_crypto(&crypto);
    if (tapk_crypto_check(&crypto) != 0 ||
        tapk_init(memory, sizeof memory, &env, image,
                  example_image(image, sizeof image, &crypto)) != 0)
        return -100;
    const int result = tapk_run((struct tapk_ctx *)(void *)memory, hal, &purchase, outcome);
    return result == 0 ? outcome->status : result;
}

int main(void)
{
    struct device device;
    struct tapk_outcome outcome;
    struct tapk_hal hal = hal_of(&device);
    CHECK(tap(&hal, &outcome) == TAPK_APPROVED && device.next == 7 && device.drops == 1);

    hal = hal_of(&device);
    hal.detect = NULL;
    CHECK(tap(&hal, &outcome) == TAPK_END_APPLICATION && outcome.reason == TAPK_REASON_UNSUPPORTED);
    hal = hal_of(&device);
    hal.transmit = NULL;
    CHECK(tap(&hal, &outcome) == TAPK_END_APPLICATION && outcome.reason == TAPK_REASON_UNSUPPORTED);
    hal = hal_of(&device);
    hal.store = NULL; /* TT-017: the last READ RECORD is not sent */
    CHECK(tap(&hal, &outcome) == TAPK_END_APPLICATION && device.next == 6);
    hal = hal_of(&device);
    hal.transmit = too_long;
    CHECK(tap(&hal, &outcome) == TAPK_TRY_AGAIN && outcome.reason == TAPK_REASON_CARD_LOST);
    hal = hal_of(&device);
    hal.random8 = NULL;
    CHECK(tap(&hal, &outcome) == TAPK_E_ARGUMENT);
    hal = hal_of(&device);
    hal.size = 1;
    CHECK(tap(&hal, &outcome) == TAPK_E_SIZE);

    /* Random that fails at any event: an outcome, never an approval before the money has moved. */
    for (size_t events = 1; events < 11; events++) {
        hal = hal_of(&device);
        device.random_left = events;
        const int status = tap(&hal, &outcome);
        CHECK(status > 0 && status != TAPK_APPROVED);
        CHECK(outcome.card_may_have_paid == (device.next == 7));
    }
    hal = hal_of(&device);
    device.random_left = 0;
    CHECK(tap(&hal, &outcome) == TAPK_E_ARGUMENT);
    return check_done("test_run");
}
