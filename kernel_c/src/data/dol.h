/* SPDX-License-Identifier: Apache-2.0
 *
 * DOL: a list of (tag, one plain length byte). It has no values, so it has a reader of its own.
 */
#ifndef TAPK_DOL_H
#define TAPK_DOL_H

#include "data/tlv.h"

struct tapk_dol_entry {
    uint32_t tag;
    uint8_t length;
};

/* The next tag of a list of tags alone: OK, END, BAD. */
int tapk_tag_next(struct tapk_cursor *cursor, uint32_t *tag);

/* The next entry: TAPK_TLV_OK, END, or BAD when the list ends inside an entry (DOL-014). */
int tapk_dol_next(struct tapk_cursor *cursor, struct tapk_dol_entry *entry);

/* OK when the list is well formed; *total is the sum of its lengths (DOL-002). */
int tapk_dol_check(struct tapk_cursor cursor, size_t *total);

/* 1 when the list asks for this tag, *length as in its first entry. */
int tapk_dol_asks(struct tapk_cursor cursor, uint32_t tag, uint8_t *length);

/* Puts value[n] of a format (enum tapk_format) into out[wanted]: DOL-006...DOL-011. */
void tapk_dol_fit(uint8_t *out, size_t wanted, const uint8_t *value, size_t n, uint8_t format);

#endif
