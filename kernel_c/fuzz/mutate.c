/* SPDX-License-Identifier: Apache-2.0
 *
 * How libFuzzer alters inputs made of chunks (input.h): a chunk is taken out, doubled, moved or
 * altered as a whole, and inside of an answer or an entry one TLV object is, with the lengths of
 * the templates around it put right. So most inputs still get past the outer structure.
 */
#include <string.h>

#include "data/tags.h"
#include "fuzz.h"
#include "input.h"
#include "terminal.h"

#define CHUNKS 512u
#define PAYLOAD 2048u
#define DEPTH 6u

static const uint32_t tags[] = {
#define TAPK_TAG(tag, source, format, min, max) (tag),
#include "../tags.def"
#undef TAPK_TAG
};

static uint32_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return below == 0 ? 0 : state % below;
}

/* ---- one TLV object of a payload ---- */

struct object {
    size_t start, value, end;
};

/* The object at a place, not beyond end: 1, or 0. */
static int object_at(const uint8_t *p, size_t at, size_t end, struct object *object)
{
    struct tapk_cursor cursor = tapk_cursor(p + at, end - at, 0);
    struct tapk_tlv tlv;
    if (tapk_tlv_next(&cursor, &tlv) != TAPK_TLV_OK)
        return 0;
    object->value = (size_t)(tlv.value - p);
    object->end = object->value + tlv.length;
    object->start = at;
    while (p[object->start] == 0 && object->start + 2 < object->value)
        object->start++;
    return 1;
}

/* A way from an outer object to one that is to be altered: its length, 0 when there is no object.
 */
static size_t choose(const uint8_t *p, size_t n, struct object way[DEPTH])
{
    size_t depth = 0, at = 0, end = n;
    while (depth < DEPTH) {
        struct object one;
        size_t seen = 0;
        for (size_t i = at; object_at(p, i, end, &one); i = one.end)
            if (draw((uint32_t)++seen) == 0)
                way[depth] = one;
        if (seen == 0)
            break;
        at = way[depth].value;
        end = way[depth].end;
        depth++;
        if ((p[way[depth - 1].start] & 0x20) == 0 || draw(5) == 0)
            break;
    }
    return depth;
}

static size_t put_length(uint8_t *out, size_t n)
{
    size_t used = 0;
    if (n > 0xFF)
        out[used++] = 0x82;
    else if (n > 0x7F)
        out[used++] = 0x81;
    if (n > 0xFF)
        out[used++] = (uint8_t)(n >> 8);
    out[used++] = (uint8_t)n;
    return used;
}

static size_t put_tag(uint8_t *out, uint32_t tag)
{
    size_t used = 0;
    for (unsigned shift = 24; shift > 0; shift -= 8)
        if (tag >> shift)
            out[used++] = (uint8_t)(tag >> shift);
    out[used++] = (uint8_t)tag;
    return used;
}

/* The bytes that take the place of an object, in out[PAYLOAD]. */
static size_t altered(const uint8_t *p, struct object o, uint8_t *out)
{
    const size_t n = o.end - o.start, length = o.end - o.value;
    const uint32_t tag = tags[draw(sizeof tags / sizeof tags[0])];
    size_t used = 0;
    memcpy(out, p + o.start, n);
    switch (draw(6)) {
    case 0: /* away */
        return 0;
    case 1: /* twice */
        memcpy(out + n, p + o.start, n);
        return 2 * n;
    case 2: /* another one behind it */
        used = n + put_tag(out + n, tag);
        out[used] = (uint8_t)draw(12);
        memset(out + used + 1, (int)draw(256), out[used]);
        return used + 1 + out[used];
    case 3: /* the same value under another tag */
        used = put_tag(out, tag);
        used += put_length(out + used, length);
        memcpy(out + used, p + o.value, length);
        return used + length;
    default: { /* another value */
        uint8_t value[PAYLOAD / 2];
        memcpy(value, p + o.value, length);
        const size_t most = length > 250 ? length : length > 218 ? 250 : length + 32;
        const size_t now = LLVMFuzzerMutate(value, length, most);
        used = 1;
        if ((p[o.start] & 0x1F) == 0x1F)
            do
                used++;
            while (p[o.start + used - 1] & 0x80);
        used += put_length(out + used, now);
        memcpy(out + used, value, now);
        return used + now;
    }
    }
}

/* Alters one object of p[n] and the lengths around it: the new length, 0 when nothing was done. */
static size_t alter_object(const uint8_t *p, size_t n, uint8_t out[PAYLOAD])
{
    struct object way[DEPTH];
    static uint8_t inner[PAYLOAD * 2], outer[PAYLOAD * 2];
    size_t depth = n > 600 ? 0 : choose(p, n, way);
    if (depth == 0)
        return 0;
    size_t used = altered(p, way[--depth], inner);
    while (depth > 0) {
        const struct object above = way[depth - 1], o = way[depth];
        const size_t before = o.start - above.value, behind = above.end - o.end;
        const size_t content = before + used + behind;
        size_t at = 1;
        if (content > 1000)
            return 0;
        outer[0] = p[above.start];
        if ((outer[0] & 0x1F) == 0x1F)
            do
                outer[at] = p[above.start + at];
            while (outer[at++] & 0x80);
        at += put_length(outer + at, content);
        memcpy(outer + at, p + above.value, before);
        memcpy(outer + at + before, inner, used);
        memcpy(outer + at + before + used, p + o.end, behind);
        used = at + content;
        memcpy(inner, outer, used);
        depth--;
    }
    if (way[0].start + used + n - way[0].end > PAYLOAD)
        return 0;
    memcpy(out, p, way[0].start);
    memcpy(out + way[0].start, inner, used);
    memcpy(out + way[0].start + used, p + way[0].end, n - way[0].end);
    return way[0].start + used + n - way[0].end;
}

/* ---- one chunk ---- */

/* An entry of a configuration: one that is named by its number stands there with its bytes. */
static size_t alter_terminal(const uint8_t *p, size_t n, uint8_t out[PAYLOAD])
{
    struct terminal_entry entry, chosen = {0, {NULL, 0}, 0, 0};
    size_t at = 0, seen = 0;
    while (terminal_entry(p, n, &at, &entry))
        if (entry.kind != TAPK_ENTRY_CA_KEY && draw((uint32_t)++seen) == 0)
            chosen = entry;
    if (seen == 0 || n > PAYLOAD / 2)
        return 0;
    const size_t used = alter_object(chosen.body.p, chosen.body.n, out + chosen.start + 3);
    if (used == 0 || used > PAYLOAD / 4)
        return 0;
    memcpy(out, p, chosen.start);
    out[chosen.start] = chosen.kind;
    out[chosen.start + 1] = (uint8_t)(used >> 8);
    out[chosen.start + 2] = (uint8_t)used;
    memcpy(out + chosen.start + 3 + used, p + chosen.end, n - chosen.end);
    return chosen.start + 3 + used + n - chosen.end;
}

/* The new data of a chunk: their length. */
static size_t alter_data(const struct chunk *chunk, uint8_t out[PAYLOAD])
{
    const int answer = chunk->kind == TAPK_EVENT_ANSWER;
    size_t n = chunk->len < PAYLOAD / 2 ? chunk->len : PAYLOAD / 2, used = 0;
    if (chunk->kind == CHUNK_TERMINAL && draw(4) != 0)
        used = alter_terminal(chunk->data, n, out);
    else if (answer && n > 4 && draw(4) != 0)
        used = alter_object(chunk->data, n - 2, out);
    else if (!answer && chunk->kind != CHUNK_TAP && draw(2) != 0)
        used = alter_object(chunk->data, n, out);
    if (used > 0 && answer) {
        memcpy(out + used, chunk->data + n - 2, 2);
        used += 2;
    }
    if (used > 0)
        return used;
    memcpy(out, chunk->data, n);
    return LLVMFuzzerMutate(out, n, answer && n <= 258 ? 258 : PAYLOAD / 2);
}

static size_t put_chunk(uint8_t *out, size_t at, size_t max, uint8_t kind, uint8_t time,
                        const uint8_t *data, size_t n)
{
    if (at + CHUNK_HEADER + n > max)
        return at;
    out[at] = kind;
    out[at + 1] = time;
    out[at + 2] = (uint8_t)(n >> 8);
    out[at + 3] = (uint8_t)n;
    if (n > 0)
        memmove(out + at + CHUNK_HEADER, data, n);
    return at + CHUNK_HEADER + n;
}

static size_t chunks_of(const uint8_t *data, size_t size, struct chunk list[CHUNKS])
{
    size_t at = 0, count = 0;
    while (count < CHUNKS && chunk_next(data, size, &at, &list[count]))
        count++;
    return count;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static struct chunk list[CHUNKS];
    static uint8_t copy[1u << 16], payload[PAYLOAD];
    state = seed * 2654435761u | 1u;
    const size_t count = size > sizeof copy ? 0 : chunks_of(data, size, list);
    if (count == 0 || draw(24) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    const size_t chosen = draw((uint32_t)count), act = draw(12);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct chunk c = list[i];
        if (i != chosen) {
            used = put_chunk(copy, used, sizeof copy, c.kind, c.time, c.data, c.len);
            continue;
        }
        const uint8_t other = (uint8_t)(1 + draw(12));
        switch (act) {
        case 0: /* away */
            continue;
        case 1: /* twice */
            used = put_chunk(copy, used, sizeof copy, c.kind, c.time, c.data, c.len);
            break;
        case 2: /* another event before it */
            used = put_chunk(copy, used, sizeof copy, other, 0, NULL, 0);
            break;
        case 3: /* another event in its place */
            if (c.kind < 16)
                c.kind = other;
            break;
        case 4:
            c.time = (uint8_t)(draw(3) == 0 ? 0xFF : draw(200));
            break;
        default:
            used = put_chunk(copy, used, sizeof copy, c.kind, c.time, payload,
                             alter_data(&c, payload));
            continue;
        }
        used = put_chunk(copy, used, sizeof copy, c.kind, c.time, c.data, c.len);
    }
    if (used > max_size)
        used = max_size;
    memcpy(data, copy, used);
    return used;
}

/* The head of one input and the tail of another, or one with some chunks of the other inside. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t max_size, unsigned seed)
{
    static struct chunk first[CHUNKS], second[CHUNKS];
    state = seed * 2654435761u | 1u;
    const size_t n = chunks_of(one, one_size, first), m = chunks_of(two, two_size, second);
    const size_t cut = draw((uint32_t)n + 1), from = draw((uint32_t)m + 1);
    const int tail = draw(2) != 0;
    const size_t to = tail ? m : from + draw(4);
    size_t used = 0;
    for (size_t i = 0; i < cut; i++)
        used = put_chunk(out, used, max_size, first[i].kind, first[i].time, first[i].data,
                         first[i].len);
    for (size_t i = from; i < to && i < m; i++)
        used = put_chunk(out, used, max_size, second[i].kind, second[i].time, second[i].data,
                         second[i].len);
    for (size_t i = cut + (tail ? 0 : draw(2)); !tail && i < n; i++)
        used = put_chunk(out, used, max_size, first[i].kind, first[i].time, first[i].data,
                         first[i].len);
    return used;
}
