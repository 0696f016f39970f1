/* SPDX-License-Identifier: Apache-2.0
 *
 * BER-TLV: the cursor, the index and the writer beside a reader of another kind. Input: a byte
 * (bit 0: FF is padding, bits 1 to 7: nodes of the index), then the message.
 */
#include <stdlib.h>
#include <string.h>

#include "data/tlv.h"
#include "fuzz.h"

#define OBJECTS 4096u

struct object {
    uint32_t tag;
    size_t header, length, at; /* at: of the value */
};

/* Objects of a template as TLV-001...TLV-015 say it: their number, or -1 for a coding error, which
 * is *wrong bytes behind the start. */
static int objects_of(const uint8_t *p, size_t n, int skip_ff, struct object *found, size_t *wrong)
{
    size_t at = 0;
    int count = 0;
    for (;;) {
        while (at < n && (p[at] == 0x00 || (skip_ff && p[at] == 0xFF)))
            at++;
        *wrong = at;
        if (at == n)
            return count;
        size_t tag_end = at + 1;
        if (p[at] % 32 == 31) {
            while (tag_end < n && p[tag_end] >= 128)
                tag_end++;
            tag_end++;
        }
        if (tag_end - at > 4 || tag_end >= n)
            return -1;
        const size_t octets = p[tag_end] < 0x80 ? 0 : p[tag_end] - 0x80u;
        if (octets > 2 || p[tag_end] == 0x80 || octets > n - tag_end - 1)
            return -1;
        struct object o = {0, tag_end + 1 + octets - at, p[tag_end], tag_end + 1 + octets};
        for (size_t i = at; i < tag_end; i++)
            o.tag = o.tag * 256 + p[i];
        if (octets > 0)
            for (size_t i = o.length = 0; i < octets; i++)
                o.length = o.length * 256 + p[tag_end + 1 + i];
        if (o.length > n - o.at)
            return -1;
        if (count < (int)OBJECTS)
            found[count] = o;
        count++;
        at = o.at + o.length;
    }
}

static struct object expected[OBJECTS];

static void cursor_rules(const uint8_t *p, size_t n, int skip_ff)
{
    struct tapk_cursor cursor = tapk_cursor(p, n, skip_ff);
    struct tapk_tlv object;
    size_t wrong;
    const int count = objects_of(p, n, skip_ff, expected, &wrong);
    int seen = 0, result;
    while ((result = tapk_tlv_next(&cursor, &object)) == TAPK_TLV_OK) {
        const size_t at = (size_t)(object.value - p);
        struct tapk_span first = {NULL, 0};
        MUST(count < 0 || seen < count, "not more objects than there are");
        MUST(object.length <= n && at <= n - object.length, "a value lies within the message");
        MUST(cursor.at == object.value + object.length && cursor.left == n - at - object.length,
             "a success advances behind the object");
        if (seen < (int)OBJECTS)
            MUST(expected[seen].tag == object.tag && expected[seen].length == object.length &&
                     expected[seen].at == at,
                 "an object is the one that is there");
        MUST(seen > 32 || (tapk_tlv_find(tapk_cursor(p, n, skip_ff), object.tag, &first) == 0 &&
                           first.p <= object.value),
             "what the cursor sees can be found");
        seen++;
    }
    MUST((result == TAPK_TLV_BAD) == (count < 0), "a coding error is seen, and nothing else");
    MUST(count < 0 || seen == count, "all objects are seen");
    MUST((size_t)(cursor.at - p) == wrong, "the cursor stands at the end, or at what is wrong");
    MUST(tapk_tlv_check(tapk_cursor(p, n, skip_ff)) == (count < 0 ? TAPK_TLV_BAD : TAPK_TLV_OK),
         "the check agrees");
    if (n > 0 && p[0] != 0x00 && p[0] != 0xFF) {
        struct tapk_span value = {NULL, 0};
        const int only = count == 1 && expected[0].at + expected[0].length == n;
        const uint32_t tag = seen > 0 ? expected[0].tag : p[0];
        MUST((tapk_tlv_only(p, n, tag, &value) == TAPK_TLV_OK) == (only != 0),
             "one object alone is one object alone");
        MUST(!only || (value.p == p + expected[0].at && value.n == expected[0].length),
             "and its value is the value");
    }
}

/* Writes what was read: the writer keeps to its buffer, and its bytes read the same. */
static void writer_rules(const struct tapk_tlv_node *node, const uint8_t *p)
{
    uint8_t *out = exactly(NULL, (size_t)node->length + 7);
    struct tapk_cursor cursor;
    struct tapk_tlv back = {0, 0, NULL};
    size_t used = 0;
    MUST(tapk_tlv_put(out, (size_t)node->length + 7, &used, node->tag, p + node->offset,
                      node->length) == TAPK_OK,
         "an object can be written");
    uint8_t *exact = exactly(NULL, used);
    size_t again = 0;
    MUST(tapk_tlv_put(exact, used, &again, node->tag, p + node->offset, node->length) == TAPK_OK &&
             again == used,
         "into memory of its size");
    again = 0;
    MUST(tapk_tlv_put(exact, used - 1, &again, node->tag, p + node->offset, node->length) ==
                 TAPK_E_SIZE &&
             again == 0,
         "and not into less");
    cursor = tapk_cursor(exact, used, 0);
    if (exact[0] != 0) /* tag 00 is padding where it is read */
        MUST(tapk_tlv_next(&cursor, &back) == TAPK_TLV_OK && back.tag == node->tag &&
                 back.length == node->length && cursor.left == 0 &&
                 used - back.length <= node->header,
             "what was written reads the same, in no more bytes");
    free(exact);
    free(out);
}

static void index_rules(const uint8_t *p, size_t n, int skip_ff, size_t capacity)
{
    struct tapk_tlv_node *nodes = (void *)exactly(NULL, capacity * sizeof *nodes);
    size_t count = 0, error = 0;
    const int result = tapk_tlv_index(p, n, skip_ff, nodes, capacity, &count, &error);
    MUST(result == TAPK_TLV_OK || result == TAPK_TLV_BAD || result == TAPK_E_SIZE, "a result");
    MUST(count <= capacity && error <= n, "within what was given");
    if (result == TAPK_TLV_OK) {
        size_t wrong;
        MUST(objects_of(p, n, skip_ff, expected, &wrong) >= 0, "a message of objects");
        for (size_t i = 0; i < count; i++) {
            MUST((size_t)nodes[i].offset + nodes[i].length <= n && nodes[i].depth <= TAPK_TLV_DEPTH,
                 "a node lies within the message");
            MUST(i == 0 || nodes[i].offset > nodes[i - 1].offset ||
                     (nodes[i].offset == nodes[i - 1].offset && nodes[i - 1].length == 0),
                 "nodes stand in their order");
            writer_rules(&nodes[i], p);
        }
    }
    free(nodes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    uint8_t *message = exactly(data + 1, size - 1);
    cursor_rules(message, size - 1, data[0] & 1);
    index_rules(message, size - 1, data[0] & 1, data[0] >> 1);
    free(message);
    return 0;
}
