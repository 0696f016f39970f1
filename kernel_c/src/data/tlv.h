/* SPDX-License-Identifier: Apache-2.0
 *
 * BER-TLV. A cursor with two invariants: every getter checks first and refuses; every success
 * advances. Nothing recurses; nothing is copied.
 */
#ifndef TAPK_TLV_H
#define TAPK_TLV_H

#include "tapkern/types.h"

enum tapk_tlv_result { TAPK_TLV_OK = 0, TAPK_TLV_END = 1, TAPK_TLV_BAD = 2 };

#define TAPK_TLV_DEPTH 8 /* constructed objects inside each other that an index enters */

struct tapk_cursor {
    const uint8_t *at;
    size_t left;
    uint8_t skip_ff; /* TLV-014: FF at a tag position is padding too */
};

struct tapk_tlv {
    uint32_t tag;
    size_t length;
    const uint8_t *value;
};

struct tapk_tlv_node {
    uint32_t tag;
    uint16_t offset; /* of the value */
    uint16_t length;
    uint8_t depth;
    uint8_t header; /* bytes of tag and length */
};

static inline struct tapk_cursor tapk_cursor(const uint8_t *data, size_t len, int skip_ff)
{
    struct tapk_cursor cursor = {data, len, skip_ff ? 1 : 0};
    return cursor;
}

/* The next object, padding skipped: OK, END when nothing is left, BAD when the coding is wrong
 * (TLV-001...TLV-012). After BAD the cursor stands at the wrong object. */
int tapk_tlv_next(struct tapk_cursor *cursor, struct tapk_tlv *object);

/* OK when data[len] is exactly one object with this tag (TLV-016), else BAD. */
int tapk_tlv_only(const uint8_t *data, size_t len, uint32_t tag, struct tapk_span *value);

/* OK and the first object with this tag; END when it is not there; BAD as tapk_tlv_next. */
int tapk_tlv_find(struct tapk_cursor cursor, uint32_t tag, struct tapk_span *value);

/* OK when the whole of the cursor is well-formed, else BAD. Children are not looked at. */
int tapk_tlv_check(struct tapk_cursor cursor);

/* Index of a whole message, parents before children: 0, TAPK_E_SIZE when nodes are too few,
 * TAPK_TLV_BAD with *error_offset. Objects deeper than TAPK_TLV_DEPTH are not entered. */
int tapk_tlv_index(const uint8_t *data, size_t len, int skip_ff, struct tapk_tlv_node *nodes,
                   size_t capacity, size_t *count, size_t *error_offset);

/* Writes one object with a minimal length (TLV-008) and advances *used: 0 or TAPK_E_SIZE. */
int tapk_tlv_put(uint8_t *out, size_t capacity, size_t *used, uint32_t tag, const uint8_t *value,
                 size_t len);

static inline int tapk_tag_constructed(uint32_t tag)
{
    while (tag > 0xFFu)
        tag >>= 8;
    return (tag & 0x20u) != 0;
}

#endif
