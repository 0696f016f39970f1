/* SPDX-License-Identifier: Apache-2.0
 *
 * Chapters that kernels share.
 */
#ifndef TAPK_FLOW_H
#define TAPK_FLOW_H

#include "context.h"

/* ---- gpo.c ---- */

/* 1 when the PDOL is there, well formed, short enough and asks for TTQ (QP-040, DOL-014, DOL-017).
 */
int tapk_pdol_usable(struct tapk_ctx *ctx);
/* Sends GET PROCESSING OPTIONS (QP-042...QP-045), or ends when the amount cannot be coded. */
void tapk_gpo_send(struct tapk_ctx *ctx);

/* ---- afl.c ---- */

/* 1 when every entry of the AFL is possible (QP-065). */
int tapk_afl_valid(struct tapk_ctx *ctx, struct tapk_span afl);
/* Starts the walk at the first record. */
void tapk_afl_start(struct tapk_ctx *ctx, struct tapk_span afl);
/* The record the walk stands at. */
struct tapk_afl_at {
    uint8_t sfi;
    uint8_t record;
    uint8_t authenticate; /* belongs to the static data (ODA-020) */
    uint8_t last;
};
struct tapk_afl_at tapk_afl_at(const struct tapk_ctx *ctx);
/* One record on. */
void tapk_afl_advance(struct tapk_ctx *ctx);
/* 1 when no record of the static data is to come, the one the walk stands at included. */
int tapk_afl_static_done(const struct tapk_ctx *ctx);

/* ---- records.c ---- */

/* Sends READ RECORD for the record the walk stands at (QP-072). */
void tapk_record_send(struct tapk_ctx *ctx);
/* Takes a record (QP-074...QP-076): 1 taken, 0 the tap has ended. */
int tapk_record_take(struct tapk_ctx *ctx, struct tapk_answer answer);

/* ---- restrictions.c ---- */

/* Fills ctx->tap.pan from 5A, else 57 (QP-084): 1 fine, 0 they disagree (QP-085). */
int tapk_pan_take(struct tapk_ctx *ctx);
/* 1 when 5F24 lies before the transaction date (QP-090). */
int tapk_expired(struct tapk_ctx *ctx);
/* 1 when 5F25 lies after it. */
int tapk_not_yet_effective(struct tapk_ctx *ctx);

enum tapk_exception { TAPK_NOT_LISTED = 0, TAPK_LISTED = 1, TAPK_ASK = 2 };
/* QP-095: in the exception file of the image, or to be asked by LOOKUP. */
enum tapk_exception tapk_exception(struct tapk_ctx *ctx);

/* ---- authenticate.c ---- */

/* fDDA over everything that was read; sets ctx->tap.oda, ctx->tap.oda_rule and 9F4C. */
void tapk_authenticate(struct tapk_ctx *ctx);

/* ---- balance.c ---- */

/* Balance in a GPO response: 9F5D, else 9F10 (QP-150, QP-008): 1 and *value, or 0. */
int tapk_balance_of(struct tapk_ctx *ctx, uint64_t *value);
/* Sends GET DATA in a state (CMD-007). */
void tapk_get_data(struct tapk_ctx *ctx, uint8_t state, uint16_t tag);
/* The object that the last GET DATA has answered, n = 0 when the card does not give it (APDU-010,
 * CMD-030). */
struct tapk_span tapk_data_object(struct tapk_ctx *ctx, struct tapk_answer answer);
/* Takes 9F79 or 9F5D as the balance of the outcome (QP-151): 1, or 0 when it is no amount. */
int tapk_balance_take(struct tapk_ctx *ctx, struct tapk_span value);

/* ---- card_info.c ---- */

/* Writes TAPK_LIST_CARD_INFO: 0 or TAPK_E_SIZE. */
int tapk_card_info_list(const struct tapk_ctx *ctx, uint8_t *out, size_t capacity, size_t *len);

/* ---- torn.c ---- */

/* Writes the record for STORE: what proves a tap whose last answer was lost (TT-010, TT-017). */
void tapk_torn_write(struct tapk_ctx *ctx);

/* ---- recovery.c ---- */

/* 5F34, FF when the card gave none. */
uint8_t tapk_psn(const struct tapk_ctx *ctx);
/* TT-005: 1 and the same card is asked for, or 0 when this tap is not to be recovered. */
int tapk_recovery_begin(struct tapk_ctx *ctx);
/* How long DETECT may wait for the same card (TT-016), 0 when none is asked for again. */
uint16_t tapk_recovery_left(const struct tapk_ctx *ctx);
/* Before the last record: asks whether it is the same card and has paid (TT-012, TT-013). */
void tapk_recovery_check(struct tapk_ctx *ctx);

#endif
