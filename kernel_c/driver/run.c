/* SPDX-License-Identifier: Apache-2.0 */
#include "tapkern/run.h"

#include <string.h>

/* A device that cannot give random bytes cannot tap: no event is made. */
static int fresh(const struct tapk_hal *hal, struct tapk_event *event)
{
    memset(event, 0, sizeof *event);
    event->size = (uint32_t)sizeof *event;
    if (hal->now_ms == NULL || hal->random8 == NULL || hal->random8(hal->user, event->random) != 0)
        return TAPK_E_ARGUMENT;
    event->now_ms = hal->now_ms(hal->user);
    return TAPK_OK;
}

static uint16_t transmit(const struct tapk_hal *hal, const struct tapk_step *step,
                         uint8_t answer[258], size_t *len)
{
    *len = 0;
    if (hal->transmit == NULL)
        return TAPK_EVENT_UNSUPPORTED;
    const int result = hal->transmit(hal->user, step->data, step->len, answer, len);
    if (result == TAPK_EVENT_ANSWER && *len > 258)
        return TAPK_EVENT_LOST;
    return (uint16_t)result;
}

static uint16_t perform(const struct tapk_hal *hal, const struct tapk_step *step,
                        uint8_t answer[258], size_t *len)
{
    *len = 0;
    switch (step->kind) {
    case TAPK_STEP_DETECT:
        return hal->detect ? (uint16_t)hal->detect(hal->user, step->hold_100ms)
                           : TAPK_EVENT_UNSUPPORTED;
    case TAPK_STEP_TRANSMIT:
        return transmit(hal, step, answer, len);
    case TAPK_STEP_SHOW:
        if (hal->show)
            hal->show(hal->user, &step->ui);
        return TAPK_EVENT_DONE;
    case TAPK_STEP_FIELD_OFF:
        if (!hal->field_off)
            return TAPK_EVENT_UNSUPPORTED;
        hal->field_off(hal->user, step->hold_100ms);
        return TAPK_EVENT_DONE;
    case TAPK_STEP_LOOKUP:
        return hal->lookup ? (uint16_t)hal->lookup(hal->user, step->data) : TAPK_EVENT_UNSUPPORTED;
    case TAPK_STEP_STORE:
        return hal->store ? (uint16_t)hal->store(hal->user, step->data, step->len)
                          : TAPK_EVENT_UNSUPPORTED;
    default:
        return TAPK_EVENT_UNSUPPORTED;
    }
}

static int to_outcome(struct tapk_ctx *ctx, const struct tapk_hal *hal, struct tapk_step *step,
                      struct tapk_outcome *outcome)
{
    uint8_t answer[258];
    struct tapk_event event;
    size_t len;
    int result = TAPK_OK;
    while (result == TAPK_OK && step->kind != TAPK_STEP_OUTCOME) {
        const uint16_t kind = perform(hal, step, answer, &len);
        /* Without random bytes the tap goes no further; the outcome still tells where it stood. */
        const int ready = fresh(hal, &event) == TAPK_OK;
        event.kind = ready ? kind : TAPK_EVENT_UNSUPPORTED;
        event.data = answer;
        event.len = ready ? (uint16_t)len : 0;
        result = tapk_resume(ctx, &event, step);
    }
    memset(answer, 0, sizeof answer);
    outcome->size = (uint32_t)sizeof *outcome;
    return result == TAPK_OK ? tapk_outcome(ctx, outcome) : result;
}

int tapk_run(struct tapk_ctx *ctx, const struct tapk_hal *hal,
             const struct tapk_transaction *transaction, struct tapk_outcome *outcome)
{
    struct tapk_step step;
    struct tapk_event event;
    if (hal == NULL || outcome == NULL)
        return TAPK_E_ARGUMENT;
    if (hal->size != sizeof *hal)
        return TAPK_E_SIZE;
    memset(&step, 0, sizeof step);
    step.size = (uint32_t)sizeof step;
    int result = fresh(hal, &event);
    if (result == TAPK_OK)
        result = tapk_begin(ctx, transaction, &event, &step);
    return result == TAPK_OK ? to_outcome(ctx, hal, &step, outcome) : result;
}

int tapk_run_host(struct tapk_ctx *ctx, const struct tapk_hal *hal, const uint8_t *response_code,
                  struct tapk_outcome *outcome)
{
    struct tapk_step step;
    struct tapk_event event;
    if (hal == NULL || outcome == NULL)
        return TAPK_E_ARGUMENT;
    memset(&step, 0, sizeof step);
    step.size = (uint32_t)sizeof step;
    int result = fresh(hal, &event);
    if (result != TAPK_OK)
        return result;
    event.kind = TAPK_EVENT_HOST;
    event.data = response_code;
    event.len = response_code ? 2 : 0;
    result = tapk_resume(ctx, &event, &step);
    return result == TAPK_OK ? to_outcome(ctx, hal, &step, outcome) : result;
}
