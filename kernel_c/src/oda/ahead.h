/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations of the chain done ahead of time, into the memo, and what is forgotten of it.
 */
#ifndef TAPK_AHEAD_H
#define TAPK_AHEAD_H

#include "tapkern/oda.h"

enum tapk_ahead { TAPK_AHEAD_ISSUER = 0, TAPK_AHEAD_ICC = 1, TAPK_AHEAD_DONE = 2 };

/* Overwrites what came from card certificates, which hold card numbers; issuers' stay. */
void tapk_memo_forget(struct tapk_memo *memo);

/* Does the operation of one certificate: 1 when it is done or cannot be, 0 when its data are not
 * there yet. whole: the static data are complete. Decides nothing and marks nothing. */
int tapk_oda_ahead(const struct tapk_crypto *crypto, const struct tapk_key_store *keys,
                   const struct tapk_oda_input *in, enum tapk_ahead stage, int whole);

#endif
