/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel behind the entry point. Kernels do not know each other; a table of them is given at
 * init. A kernel leaves every call by tapk_enter, tapk_show or tapk_end.
 */
#ifndef TAPK_KERNEL_H
#define TAPK_KERNEL_H

#include "context.h"

struct tapk_kernel {
    uint8_t id[3]; /* kernel identifier; 07 00 00 for kernel 7 */
    const char *name;
    /* After SELECT: 1 when the FCI suits, else 0 and the candidate is removed (EP-067). */
    int (*application_usable)(struct tapk_ctx *ctx);
    /* After the final selection (EP-070). */
    void (*start)(struct tapk_ctx *ctx);
    /* An answer in state GPO, RECORD or KERNEL. */
    void (*answer)(struct tapk_ctx *ctx, struct tapk_answer answer);
    /* No answer: LOST, TIMEOUT, CANCEL or UNSUPPORTED in those states. */
    void (*no_answer)(struct tapk_ctx *ctx, uint16_t event);
    /* The caller did what KEEP, SHOW_READ_OK or LOOKUP asked. */
    void (*done)(struct tapk_ctx *ctx, uint16_t event);
    /* The host answered (code of 2 bytes) or was not reached (len 0) after an Online Request. */
    void (*host)(struct tapk_ctx *ctx, const uint8_t *code, size_t len);
};

extern const struct tapk_kernel tapk_kernel_qpboc;

#endif
