/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold while a tap runs, judged from outside: from the transaction, from what went over
 * the wire, and from what the public functions answer.
 */
#ifndef FUZZ_RIDE_RULES_H
#define FUZZ_RIDE_RULES_H

#include "ride.h"

void ride_log(struct ride *ride, const void *data, size_t n);

/* tapk_begin has given ride->step. */
void rules_begun(struct ride *ride, const struct tapk_ctx *ctx);
/* An event was taken by the step that was `did`, and ride->step is the next one. */
void rules_went_on(struct ride *ride, const struct tapk_ctx *ctx, uint16_t did,
                   const struct tapk_event *event);

#endif
