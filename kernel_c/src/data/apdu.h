/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of APDUs: short, Le always there for commands that answer with data (APDU-001, APDU-002).
 */
#ifndef TAPK_APDU_H
#define TAPK_APDU_H

#include "tapkern/types.h"

/* Case 2 command in out[5]; returns its length. */
size_t tapk_apdu_case2(uint8_t *out, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2);

/* Case 4 command in out[n + 6], n 1 to 255; returns its length. */
size_t tapk_apdu_case4(uint8_t *out, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2,
                       const uint8_t *data, size_t n);

#endif
