/* SPDX-License-Identifier: Apache-2.0
 *
 * Offline data authentication with SM2 keys; the input is that of oda_input.h.
 */
#include "oda_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oda_run(data, size, TAPK_KEY_SM2);
    return 0;
}
