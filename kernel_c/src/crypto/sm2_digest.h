/* SPDX-License-Identifier: Apache-2.0
 *
 * What an SM2 signature signs (file 60 section 8): e = SM3(ZA || M), where ZA binds the key and the
 * default user id. Works through the SM3 slot of any provider.
 */
#ifndef TAPK_SM2_DIGEST_H
#define TAPK_SM2_DIGEST_H

#include "tapkern/crypto.h"

/* e of a message under the key point X || Y. The message is span[1] to span[count - 1]; span[0] is
 * the caller's too but is written here, count is at least 1. Returns 0, or 1 when the slot failed;
 * span[0] is empty afterwards. */
int tapk_sm2_digest(const struct tapk_crypto *crypto, const uint8_t point[64],
                    struct tapk_span *span, size_t count, uint8_t e[32]);

#endif
