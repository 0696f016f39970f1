/* SPDX-License-Identifier: Apache-2.0
 *
 * PPSE and the candidate list (20-entry-point.md sections 5.1 and 5.2).
 */
#include <string.h>

#include "context.h"

static const uint8_t ppse_name[14] = {'2', 'P', 'A', 'Y', '.', 'S', 'Y',
                                      'S', '.', 'D', 'D', 'F', '0', '1'};

/* EP-042, CMD-003. No AID is tried without a directory (EP-095). */
void tapk_select_ppse(struct tapk_ctx *ctx)
{
    tapk_transmit(ctx, TAPK_STATE_PPSE, 0x00, 0xA4, 0x04, 0x00, ppse_name, sizeof ppse_name);
}

/* The directory entries of a PPSE answer: 1 and the content of BF0C, 0 when there are none. */
static int directory_of(struct tapk_ctx *ctx, struct tapk_span answer, struct tapk_span *entries)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_span fci = {NULL, 0};
    struct tapk_span name = {NULL, 0};
    struct tapk_span a5 = {NULL, 0};
    const int skip_ff = ctx->tap.directory_ff;
    if (!RULE(EP_044, tapk_tlv_only(answer.p, answer.n, 0x6F, &fci) == TAPK_TLV_OK &&
                          tapk_tlv_check(tapk_cursor(fci.p, fci.n, skip_ff)) == TAPK_TLV_OK))
        return 0;
    (void)tapk_tlv_find(tapk_cursor(fci.p, fci.n, skip_ff), 0x84, &name);
    (void)tapk_tlv_find(tapk_cursor(fci.p, fci.n, skip_ff), 0xA5, &a5);
    if (a5.n > 0 && RULE(EP_044, tapk_tlv_check(tapk_cursor(a5.p, a5.n, skip_ff)) == TAPK_TLV_OK))
        (void)tapk_tlv_find(tapk_cursor(a5.p, a5.n, skip_ff), 0xBF0C, entries);
    return RULE(EP_045, name.n == sizeof ppse_name && memcmp(name.p, ppse_name, name.n) == 0 &&
                            entries->n > 0);
}

/* Kernel identifier that stands for a RID (00-index.md section 6), 0 when none does. */
static uint8_t default_kernel(const uint8_t *aid)
{
    static const uint8_t known[][6] = {
        {0xA0, 0x00, 0x00, 0x00, 0x03, 3}, {0xA0, 0x00, 0x00, 0x00, 0x04, 2},
        {0xA0, 0x00, 0x00, 0x00, 0x25, 4}, {0xA0, 0x00, 0x00, 0x00, 0x65, 5},
        {0xA0, 0x00, 0x00, 0x01, 0x52, 6}, {0xA0, 0x00, 0x00, 0x03, 0x33, 7},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (memcmp(known[i], aid, 5) == 0)
            return known[i][5];
    return 0;
}

/* EP-051...EP-053: the kernel an entry asks for; 0 when the entry cannot be used. */
static int requested_kernel(struct tapk_ctx *ctx, struct tapk_span id, const uint8_t *aid,
                            uint8_t kernel[3])
{
    struct tapk_trace *trace = &ctx->trace;
    memset(kernel, 0, 3);
    if (RULE(EP_051, id.n == 0)) {
        kernel[0] = default_kernel(aid);
        return 1;
    }
    if (RULE(EP_052, (id.p[0] & 0x80u) == 0)) {
        kernel[0] = id.p[0];
        return 1;
    }
    if (!RULE(EP_053, id.n >= 3 && (id.p[0] & 0x3Fu) != 0) || id.n < 3)
        return 0;
    memcpy(kernel, id.p, 3);
    return 1;
}

/* EP-054, EP-055: the combination can serve the requested kernel. */
static int kernel_fits(struct tapk_ctx *ctx, uint8_t combination, struct tapk_span aid,
                       uint8_t kernel[3])
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span mine = tapk_image_value(tapk_combination(ctx, combination), 0x96);
    uint8_t own[3] = {0, 0, 0};
    memcpy(own, mine.p, mine.n);
    ctx->tap.combination = combination; /* its switches */
    if (own[0] == 7 && (kernel[0] & 0x80u) == 0 && kernel[0] != 7 &&
        RULE(EP_054, SWITCH(ctx, EP_K7_IGNORE_OTHER_KID))) {
        memset(kernel, 0, 3);
        kernel[0] = default_kernel(aid.p);
    }
    const uint8_t any[3] = {0, 0, 0};
    return RULE(EP_055, memcmp(kernel, any, 3) == 0 || memcmp(kernel, own, 3) == 0);
}

/* A field of a directory entry as a piece of the arena; length 0 when it is absent or has a wrong
 * length (EP-048). */
static struct tapk_piece field(const struct tapk_ctx *ctx, struct tapk_span entry, uint32_t tag,
                               size_t min, size_t max)
{
    struct tapk_span value = {NULL, 0};
    struct tapk_piece piece = {0, 0};
    (void)tapk_tlv_find(tapk_cursor(entry.p, entry.n, ctx->tap.directory_ff), tag, &value);
    if (value.n == 0 || value.n < min || value.n > max)
        return piece;
    piece.offset = (uint16_t)(value.p - ctx->arena);
    piece.length = (uint16_t)value.n;
    return piece;
}

/* EP-057: of two terminal AIDs that match one entry for one kernel the longer one counts. */
static struct tapk_candidate *same_entry(struct tapk_ctx *ctx, uint8_t position,
                                         struct tapk_span kernel)
{
    for (uint8_t i = 0; i < ctx->candidates; i++) {
        struct tapk_candidate *other = &ctx->candidate[i];
        const struct tapk_span id =
            tapk_image_value(tapk_combination(ctx, other->combination), 0x96);
        if (other->position == position && id.n == kernel.n && memcmp(id.p, kernel.p, id.n) == 0)
            return other;
    }
    return NULL;
}

enum match { MATCH_DONE = 0, MATCH_FULL = 1, MATCH_INVALID = 2 };

/* EP-046: the entry is skipped; in profile P12 one that has no name makes the PPSE invalid. */
static enum match without_name(struct tapk_ctx *ctx, struct tapk_span entry)
{
    struct tapk_span value = {NULL, 0};
    (void)tapk_tlv_find(tapk_cursor(entry.p, entry.n, ctx->tap.directory_ff), 0x4F, &value);
    return value.n == 0 && tapk_selects_p12(ctx) ? MATCH_INVALID : MATCH_DONE;
}

/* Matches one directory entry with one combination (EP-050...EP-057). */
static enum match match(struct tapk_ctx *ctx, struct tapk_span entry, uint8_t position,
                        uint8_t combination)
{
    struct tapk_trace *trace = &ctx->trace;
    const struct tapk_span body = tapk_combination(ctx, combination);
    const struct tapk_span aid = tapk_image_value(body, 0x9F06);
    const struct tapk_piece name = field(ctx, entry, 0x4F, 5, 16);
    uint8_t kernel[3];
    if (!RULE(EP_046, name.length > 0))
        return without_name(ctx, entry);
    const uint8_t *adf = ctx->arena + name.offset;
    const int exact = tapk_image_byte(body, 0xDF01, 0) == 1;
    if (!RULE(EP_050, name.length >= aid.n && memcmp(adf, aid.p, aid.n) == 0 &&
                          (!exact || name.length == aid.n)))
        return MATCH_DONE;
    const struct tapk_piece id = field(ctx, entry, 0x9F2A, 1, 8);
    if (!requested_kernel(ctx, tapk_piece_span(ctx, id), aid.p, kernel) ||
        !kernel_fits(ctx, combination, aid, kernel))
        return MATCH_DONE;
    struct tapk_candidate *place = same_entry(ctx, position, tapk_image_value(body, 0x96));
    if (place != NULL && RULE_GE(EP_057, place->aid_length, aid.n))
        return MATCH_DONE;
    if (place == NULL) {
        if (ctx->candidates == TAPK_MAX_CANDIDATES)
            return MATCH_FULL;
        place = &ctx->candidate[ctx->candidates++];
    }
    const struct tapk_piece priority = field(ctx, entry, 0x87, 1, 1);
    const uint8_t rank = priority.length ? ctx->arena[priority.offset] & 0x0Fu : 0;
    memset(place, 0, sizeof *place);
    place->name = name;
    place->extended = field(ctx, entry, 0x9F29, 1, 16);
    place->combination = combination;
    place->aid_length = (uint8_t)aid.n;
    place->priority = rank == 0 ? 16 : rank;
    place->position = position;
    memcpy(place->kernel, kernel, 3);
    return MATCH_DONE;
}

/* EP-047, EP-050...EP-058. An invalid directory has no candidates (EP-046 in profile P12). */
static enum match build_candidates(struct tapk_ctx *ctx, struct tapk_span entries)
{
    struct tapk_trace *trace = &ctx->trace;
    const int skip_ff = ctx->tap.directory_ff;
    for (uint8_t c = 0; c < ctx->combinations; c++) {
        struct tapk_cursor cursor = tapk_cursor(entries.p, entries.n, skip_ff);
        struct tapk_tlv object;
        uint8_t position = 0;
        if (ctx->indicators[c].not_allowed)
            continue;
        while (tapk_tlv_next(&cursor, &object) == TAPK_TLV_OK) {
            const struct tapk_span entry = {object.value, object.length};
            if (object.tag != 0x61)
                continue;
            position++;
            if (!RULE(EP_047,
                      tapk_tlv_check(tapk_cursor(entry.p, entry.n, skip_ff)) == TAPK_TLV_OK))
                continue;
            const enum match found = match(ctx, entry, position, c);
            if (found == MATCH_INVALID)
                ctx->candidates = 0;
            if (found != MATCH_DONE)
                return found;
        }
    }
    return MATCH_DONE;
}

void tapk_on_ppse(struct tapk_ctx *ctx, struct tapk_answer answer)
{
    struct tapk_trace *trace = &ctx->trace;
    struct tapk_span entries = {NULL, 0};
    int full = 0;
    enum match found = MATCH_DONE;
    if (!RULE(EP_043, answer.sw == 0x9000)) {
        if (!ctx->recovery.stage && RULE(EP_096, answer.sw == 0x6A81 && tapk_selects_p12(ctx)))
            tapk_end(ctx, TAPK_END_APPLICATION, REASON(CARD_BLOCKED), RULE_ID(EP_096));
        else
            tapk_select_next(ctx);
        return;
    }
    const struct tapk_piece kept = tapk_keep(ctx, answer.data.p, answer.data.n, &full);
    ctx->arena_ppse = ctx->arena_used;
    /* TLV-014: no combination is selected yet, so all that may be have to take FF for padding */
    ctx->tap.directory_ff = (uint8_t)tapk_all_usable(ctx, TAPK_SW_TLV_SKIP_FF, 1);
    if (!full && directory_of(ctx, tapk_piece_span(ctx, kept), &entries))
        found = build_candidates(ctx, entries);
    ctx->tap.combination = 0;
    if (full || found == MATCH_FULL)
        tapk_end(ctx, TAPK_END_APPLICATION, REASON(TOO_MUCH_DATA), 0);
    else
        tapk_select_next(ctx);
}
