/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocking driver over a table of device functions, for firmware without an event loop of its
 * own. It stands outside the approved part: it decides nothing.
 */
#ifndef TAPKERN_RUN_H
#define TAPKERN_RUN_H

#include "tapkern/tapkern.h"

/* The device. An empty slot answers UNSUPPORTED and the kernel refuses; show may be empty. */
struct tapk_hal {
    uint32_t size; /* sizeof(struct tapk_hal) */
    void *user;
    uint64_t (*now_ms)(void *user);
    int (*random8)(void *user, uint8_t out[8]); /* 0, or no random: the tap is refused */
    /* Field on, wait for a card, no longer than wait x 100 ms unless it is 0:
     * TAPK_EVENT_CARD, COLLISION, TIMEOUT or CANCEL. */
    int (*detect)(void *user, uint16_t wait_100ms);
    /* Sends a C-APDU; TAPK_EVENT_ANSWER with *len bytes in answer[258], LOST, TIMEOUT or CANCEL. */
    int (*transmit)(void *user, const uint8_t *command, size_t command_len, uint8_t answer[258],
                    size_t *len);
    void (*show)(void *user, const struct tapk_ui *ui);
    void (*field_off)(void *user, uint16_t hold_100ms);
    int (*lookup)(void *user, const uint8_t pan_psn[11]);        /* FOUND or NOT_FOUND */
    int (*store)(void *user, const uint8_t *record, size_t len); /* DONE or FAILED */
};

/* Runs one transaction to its outcome. Needs an initialised context. 0, or a misuse. */
int tapk_run(struct tapk_ctx *ctx, const struct tapk_hal *hal,
             const struct tapk_transaction *transaction, struct tapk_outcome *outcome);

/* Hands the answer of the host to an Online Request: response code (2, ASCII), or null when the
 * host was not reached. */
int tapk_run_host(struct tapk_ctx *ctx, const struct tapk_hal *hal, const uint8_t *response_code,
                  struct tapk_outcome *outcome);

#endif
