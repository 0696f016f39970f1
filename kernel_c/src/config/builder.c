/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config/config_internal.h"
#include "mark.h"

static void put_be(uint8_t *out, size_t n, size_t value)
{
    for (size_t i = n; i > 0; i--) {
        out[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

static void clear_fault(struct tapk_fault *fault, uint16_t entry)
{
    memset(fault, 0, sizeof *fault);
    fault->size = (uint32_t)sizeof *fault;
    fault->entry = entry;
}

int tapk_config_begin(struct tapk_config_builder *builder, uint8_t *memory, size_t capacity,
                      const struct tapk_crypto *crypto)
{
    if (builder == NULL || memory == NULL || crypto == NULL)
        return TAPK_E_ARGUMENT;
    if (capacity < TAPK_IMAGE_HEADER || crypto->size != sizeof *crypto)
        return TAPK_E_SIZE;
    memset(builder, 0, sizeof *builder);
    builder->size = (uint32_t)sizeof *builder;
    builder->memory = memory;
    builder->capacity = capacity > TAPK_CONFIG_MAX ? TAPK_CONFIG_MAX : (uint32_t)capacity;
    builder->length = TAPK_IMAGE_HEADER;
    builder->crypto = *crypto;
    memset(memory, 0, TAPK_IMAGE_HEADER);
    return TAPK_OK;
}

static int same(struct tapk_span a, struct tapk_span b)
{
    return a.n == b.n && a.n > 0 && memcmp(a.p, b.p, a.n) == 0;
}

/* A second key or combination of the same name, or too many combinations or terminals. */
static int clash(const struct tapk_config_builder *builder, uint8_t kind, struct tapk_span body,
                 struct tapk_fault *fault)
{
    const struct tapk_image image = {builder->memory, builder->length};
    struct tapk_entry_view entry;
    size_t offset = 0;
    size_t count = 0;
    const uint32_t second = kind == TAPK_ENTRY_CA_KEY ? 0x9F22u : 0x96u;
    while (tapk_image_next(image, &offset, &entry) == TAPK_TLV_OK) {
        if (entry.kind != kind)
            continue;
        count++;
        if ((kind == TAPK_ENTRY_CA_KEY || kind == TAPK_ENTRY_COMBINATION) &&
            same(tapk_image_value(entry.body, 0x9F06), tapk_image_value(body, 0x9F06)) &&
            same(tapk_image_value(entry.body, second), tapk_image_value(body, second))) {
            fault->rule = kind == TAPK_ENTRY_CA_KEY ? TAPK_RULE_CK_009 : 0;
            return kind == TAPK_ENTRY_CA_KEY ? TAPK_FAULT_SAME_KEY : TAPK_FAULT_SAME_COMBINATION;
        }
    }
    if (kind == TAPK_ENTRY_TERMINAL && count > 0)
        return TAPK_FAULT_TERMINAL_COUNT;
    if (kind == TAPK_ENTRY_COMBINATION && count >= TAPK_MAX_COMBINATIONS)
        return TAPK_FAULT_TOO_MANY;
    return 0;
}

int tapk_config_add(struct tapk_config_builder *builder, uint8_t kind, const uint8_t *tlv,
                    size_t len, struct tapk_fault *fault)
{
    if (builder == NULL || fault == NULL || (tlv == NULL && len > 0))
        return TAPK_E_ARGUMENT;
    if (builder->size != sizeof *builder || len > 0xFFFFu)
        return TAPK_E_SIZE;
    if (builder->sealed)
        return TAPK_E_STATE;
    if (builder->entries == 0xFFFFu || builder->capacity - builder->length < 4)
        return TAPK_E_SIZE;
    clear_fault(fault, builder->entries);
    uint8_t *entry = builder->memory + builder->length;
    const struct tapk_span in = {tlv, len};
    size_t used = 0;
    size_t room = builder->capacity - builder->length - 4;
    if (room > 0xFFFFu)
        room = 0xFFFFu;
    int code = tapk_schema_entry(kind, in, &builder->crypto, entry + 4, room, &used, fault);
    if (code == 0) {
        const struct tapk_span body = {entry + 4, used};
        code = clash(builder, kind, body, fault);
    }
    if (code > 0)
        fault->code = (uint16_t)code;
    if (code)
        return code;
    clear_fault(fault, builder->entries);
    entry[0] = kind;
    entry[1] = 0;
    put_be(entry + 2, 2, used);
    builder->length += (uint32_t)(4 + used);
    builder->entries++;
    return TAPK_OK;
}

int tapk_config_seal(struct tapk_config_builder *builder, size_t *len, struct tapk_fault *fault)
{
    if (builder == NULL || len == NULL || fault == NULL)
        return TAPK_E_ARGUMENT;
    if (builder->size != sizeof *builder)
        return TAPK_E_SIZE;
    if (builder->sealed)
        return TAPK_E_STATE;
    const struct tapk_image image = {builder->memory, builder->length};
    struct tapk_entry_view entry;
    size_t offset = 0;
    size_t terminals = 0;
    size_t combinations = 0;
    clear_fault(fault, builder->entries);
    while (tapk_image_next(image, &offset, &entry) == TAPK_TLV_OK) {
        terminals += entry.kind == TAPK_ENTRY_TERMINAL;
        combinations += entry.kind == TAPK_ENTRY_COMBINATION;
    }
    if (terminals != 1)
        return fault->code = TAPK_FAULT_TERMINAL_COUNT;
    if (combinations == 0)
        return fault->code = TAPK_FAULT_NO_COMBINATION;
    memcpy(builder->memory, "TAPK", 4);
    put_be(builder->memory + 4, 2, TAPK_IMAGE_VERSION);
    put_be(builder->memory + 6, 2, builder->entries);
    put_be(builder->memory + 8, 4, builder->length);
    builder->sealed = 1;
    *len = builder->length;
    return TAPK_OK;
}
