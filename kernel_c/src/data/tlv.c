/* SPDX-License-Identifier: Apache-2.0 */
#include "data/tlv.h"

#include <string.h>

/* Reads tag and length at p[left]; returns the bytes they take, 0 when the coding is wrong
 * (TLV-001, TLV-002, TLV-005...TLV-007, TLV-009, TLV-033). */
static inline size_t read_header(const uint8_t *p, size_t left, uint32_t *tag, size_t *length)
{
    size_t n = 1;
    if (left < 2)
        return 0;
    uint32_t t = p[0];
    if ((t & 0x1Fu) == 0x1Fu) {
        uint8_t next;
        do {
            if (n >= left || n == 4)
                return 0;
            next = p[n++];
            t = (t << 8) | next;
        } while (next & 0x80u);
        if (n >= left)
            return 0;
    }
    size_t len = p[n++];
    if (len >= 0x80u) {
        if (len == 0x81u) {
            if (left - n < 1)
                return 0;
            len = p[n];
            n += 1;
        } else if (len == 0x82u) {
            if (left - n < 2)
                return 0;
            len = ((size_t)p[n] << 8) | p[n + 1];
            n += 2;
        } else {
            return 0;
        }
    }
    if (len > left - n)
        return 0;
    *tag = t;
    *length = len;
    return n;
}

/* TLV-011...TLV-014: only where a tag would start, in every template. */
static inline int is_padding(uint8_t byte, int skip_ff)
{
    return byte == 0x00u || (byte == 0xFFu && skip_ff);
}

int tapk_tlv_next(struct tapk_cursor *cursor, struct tapk_tlv *object)
{
    while (cursor->left > 0 && is_padding(*cursor->at, cursor->skip_ff)) {
        cursor->at++;
        cursor->left--;
    }
    if (cursor->left == 0)
        return TAPK_TLV_END;
    const size_t header = read_header(cursor->at, cursor->left, &object->tag, &object->length);
    if (header == 0)
        return TAPK_TLV_BAD;
    object->value = cursor->at + header;
    cursor->at += header + object->length;
    cursor->left -= header + object->length;
    return TAPK_TLV_OK;
}

int tapk_tlv_only(const uint8_t *data, size_t len, uint32_t tag, struct tapk_span *value)
{
    uint32_t seen = 0;
    size_t length = 0;
    const size_t header = read_header(data, len, &seen, &length);
    if (header == 0 || seen != tag || header + length != len)
        return TAPK_TLV_BAD;
    value->p = data + header;
    value->n = length;
    return TAPK_TLV_OK;
}

int tapk_tlv_find(struct tapk_cursor cursor, uint32_t tag, struct tapk_span *value)
{
    struct tapk_tlv object;
    int result;
    while ((result = tapk_tlv_next(&cursor, &object)) == TAPK_TLV_OK) {
        if (object.tag == tag) {
            value->p = object.value;
            value->n = object.length;
            return TAPK_TLV_OK;
        }
    }
    return result;
}

int tapk_tlv_check(struct tapk_cursor cursor)
{
    struct tapk_tlv object;
    int result;
    while ((result = tapk_tlv_next(&cursor, &object)) == TAPK_TLV_OK) {
    }
    return result == TAPK_TLV_END ? TAPK_TLV_OK : TAPK_TLV_BAD;
}

int tapk_tlv_index(const uint8_t *data, size_t len, int skip_ff, struct tapk_tlv_node *nodes,
                   size_t capacity, size_t *count, size_t *error_offset)
{
    size_t ends[TAPK_TLV_DEPTH];
    size_t depth = 0;
    size_t end = len;
    size_t at = 0;
    size_t used = 0;
    *count = 0;
    *error_offset = 0;
    if (len > 0xFFFFu)
        return TAPK_E_SIZE;
    for (;;) {
        while (at < end && is_padding(data[at], skip_ff))
            at++;
        if (at == end) {
            if (depth == 0)
                break;
            end = ends[--depth];
            continue;
        }
        uint32_t tag;
        size_t length;
        const size_t header = read_header(data + at, end - at, &tag, &length);
        if (header == 0) {
            *error_offset = at;
            return TAPK_TLV_BAD;
        }
        if (used == capacity)
            return TAPK_E_SIZE;
        struct tapk_tlv_node *node = &nodes[used++];
        const uint8_t first = data[at];
        at += header;
        node->tag = tag;
        node->offset = (uint16_t)at;
        node->length = (uint16_t)length;
        node->depth = (uint8_t)depth;
        node->header = (uint8_t)header;
        if ((first & 0x20u) && depth < TAPK_TLV_DEPTH) {
            ends[depth++] = end;
            end = at + length;
        } else {
            at += length;
        }
    }
    *count = used;
    return TAPK_TLV_OK;
}

int tapk_tlv_put(uint8_t *out, size_t capacity, size_t *used, uint32_t tag, const uint8_t *value,
                 size_t len)
{
    uint8_t header[7];
    size_t n = 0;
    for (unsigned shift = 24; shift > 0; shift -= 8)
        if (tag >> shift)
            header[n++] = (uint8_t)(tag >> shift);
    header[n++] = (uint8_t)tag;
    if (len > 0xFFFFu)
        return TAPK_E_SIZE;
    if (len > 0xFFu) {
        header[n++] = 0x82;
        header[n++] = (uint8_t)(len >> 8);
    } else if (len > 0x7Fu) {
        header[n++] = 0x81;
    }
    header[n++] = (uint8_t)len;
    if (*used > capacity || n > capacity - *used || len > capacity - *used - n)
        return TAPK_E_SIZE;
    memcpy(out + *used, header, n);
    if (len > 0)
        memcpy(out + *used + n, value, len);
    *used += n + len;
    return TAPK_OK;
}
