/* SPDX-License-Identifier: Apache-2.0 */
#include "data/apdu.h"

#include <string.h>

size_t tapk_apdu_case2(uint8_t *out, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2)
{
    out[0] = cla;
    out[1] = ins;
    out[2] = p1;
    out[3] = p2;
    out[4] = 0x00;
    return 5;
}

size_t tapk_apdu_case4(uint8_t *out, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2,
                       const uint8_t *data, size_t n)
{
    (void)tapk_apdu_case2(out, cla, ins, p1, p2);
    out[4] = (uint8_t)n;
    memcpy(out + 5, data, n);
    out[5 + n] = 0x00;
    return n + 6;
}
