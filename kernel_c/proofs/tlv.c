/* SPDX-License-Identifier: Apache-2.0
 *
 * The TLV cursor. Assumed: a message lies in one object and ends with it; skip_ff is any value.
 *
 * tapk_tlv_next is proved for messages of exactly N bytes. That is every shorter one too: behind
 * N - n bytes of padding the cursor is that of a message of n bytes, and it has no other state.
 * tapk_tlv_find and tapk_tlv_check touch the message only through tapk_tlv_next, which the proof
 * below replaces by what was proved about it (next_again).
 */
#include "proof.h"

#include "../src/data/tlv.c"

static uint8_t bytes[N];

static struct tapk_cursor any_cursor(void)
{
    const size_t n = up_to(N);
    any(bytes);
    return tapk_cursor(bytes + (N - n), n, nondet_int());
}

void proof_tlv_next(void)
{
    any(bytes);
    struct tapk_cursor c = tapk_cursor(bytes, N, nondet_int());
    struct tapk_tlv o;
    const int result = tapk_tlv_next(&c, &o);
    prove(c.left <= N && c.at == bytes + (N - c.left), "the cursor stays in the message");
    if (result == TAPK_TLV_OK) {
        prove(c.left + 2 <= N, "every success advances by at least two bytes");
        prove(o.length <= N - c.left - 2 && o.value + o.length == c.at, "the value lies inside");
        reach("an object");
    } else if (result == TAPK_TLV_END) {
        prove(c.left == 0, "the end is at the end");
        reach("the end");
    } else {
        prove(result == TAPK_TLV_BAD, "there is no other result");
        reach("a wrong coding");
    }
}

/* What proof_tlv_next shows, in place of it. Each call leaves two bytes less. */
int next_again(struct tapk_cursor *cursor, struct tapk_tlv *object)
{
    static unsigned calls;
    prove(__CPROVER_same_object(cursor->at, bytes) &&
              __CPROVER_POINTER_OFFSET(cursor->at) == N - cursor->left,
          "the cursor stays in the message");
    prove(cursor->left <= N - 2 * calls, "every turn comes closer to the end");
    assume(cursor->left <= N - 2 * calls);
    calls++;
    const uint16_t left = nondet_u16();
    const uint16_t length = nondet_u16();
    const int ok = nondet_int();
    assume(left <= cursor->left && (!ok || left + 2 + length <= cursor->left));
    cursor->left = left;
    cursor->at = bytes + (N - left);
    if (!ok)
        return left == 0 ? TAPK_TLV_END : TAPK_TLV_BAD;
    object->tag = nondet_u32();
    object->length = length;
    object->value = bytes + (N - left - length);
    return TAPK_TLV_OK;
}

void proof_tlv_check(void)
{
    const int result = tapk_tlv_check(any_cursor());
    prove(result == TAPK_TLV_OK || result == TAPK_TLV_BAD, "there is no other result");
    if (result == TAPK_TLV_OK)
        reach("a sound message");
    else
        reach("a wrong one");
}

void proof_tlv_find(void)
{
    const struct tapk_cursor c = any_cursor();
    struct tapk_span value;
    const int result = tapk_tlv_find(c, nondet_u32(), &value);
    if (result == TAPK_TLV_OK) {
        const size_t offset = __CPROVER_POINTER_OFFSET(value.p);
        prove(__CPROVER_same_object(value.p, bytes) && offset >= N - c.left + 2 &&
                  value.n <= N - offset,
              "the value lies inside");
        reach("found");
    } else if (result == TAPK_TLV_END) {
        reach("not there");
    }
}

/* The header, and tapk_tlv_only, which is a header and a comparison. */
void proof_tlv_only(void)
{
    const struct tapk_cursor c = any_cursor();
    struct tapk_span value;
    if (tapk_tlv_only(c.at, c.left, nondet_u32(), &value) == TAPK_TLV_OK) {
        prove(value.p >= c.at + 2 && value.p + value.n == bytes + N, "the value ends the message");
        reach("one object");
    } else {
        reach("anything else");
    }
}

#ifdef NODES
/* Of exactly N bytes, and so of fewer: padding in front only moves the offsets. */
void proof_tlv_index(void)
{
    struct tapk_tlv_node nodes[NODES];
    size_t count;
    size_t error;
    any(bytes);
    const size_t room = up_to(NODES);
    const int result =
        tapk_tlv_index(bytes, N, nondet_int(), nodes + (NODES - room), room, &count, &error);
    if (result == TAPK_TLV_OK) {
        prove(count <= room, "no more nodes than room");
        const size_t i = nondet_size();
        if (i < count) {
            const struct tapk_tlv_node *node = &nodes[NODES - room + i];
            prove(node->offset <= N && node->length <= N - node->offset, "a value lies inside");
            prove(node->depth <= TAPK_TLV_DEPTH, "no deeper than the limit");
            reach("an index with nodes");
        }
    } else if (result == TAPK_TLV_BAD) {
        prove(error < N && count == 0, "the error has a place");
        reach("a wrong coding");
    } else {
        prove(result == TAPK_E_SIZE && count == 0, "there is no other result");
        reach("too few nodes");
    }
}
#endif

/* Any place of an output of N bytes, any tag, any value: written inside or refused, and what was
 * written is read back. */
void proof_tlv_put(void)
{
    uint8_t value[N];
    const size_t capacity = up_to(N);
    const size_t before = up_to(N);
    const size_t len = nondet_size();
    const uint32_t tag = nondet_u32();
    size_t used = before;
    uint8_t *out = bytes + (N - capacity);
    assume(len <= N);
    any(bytes);
    any(value);
    const uint8_t last = len > 0 ? value[N - 1] : 0;
    const int result = tapk_tlv_put(out, capacity, &used, tag, value + (N - len), len);
    if (result != TAPK_OK) {
        prove(result == TAPK_E_SIZE && used == before, "refused: nothing changed");
        prove(before > capacity || len + 7 > capacity - before,
              "refused only when there is no room");
        reach("no room");
        return;
    }
    prove(used > before && used <= capacity, "inside of the capacity");
    prove(len == 0 || out[used - 1] == last, "the value stands at the end");
    struct tapk_cursor c = tapk_cursor(out + before, used - before, 0);
    struct tapk_tlv o;
    const uint32_t first = tag > 0xFFFFFF ? tag >> 24 : tag > 0xFFFF ? tag >> 16 : tag >> 8;
    const int two = tag > 0xFF && tag <= 0xFFFF && (first & 0x1F) == 0x1F && (tag & 0x80) == 0;
    const int one = tag > 0 && tag <= 0xFF && (tag & 0x1F) != 0x1F;
    if (one || two) {
        prove(tapk_tlv_next(&c, &o) == TAPK_TLV_OK && o.tag == tag && o.length == len &&
                  c.left == 0,
              "next reads what put wrote");
        reach("written and read");
    }
}
