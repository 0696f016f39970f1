/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

struct reader {
    struct json *json;
    const char *at, *end;
};

static int value(struct reader *r, int depth);

static void space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0')
        r->at++;
}

static int take(struct reader *r, char sign)
{
    space(r);
    if (r->at == r->end || *r->at != sign)
        return 0;
    r->at++;
    return 1;
}

/* A new node, or JSON_NONE. */
static size_t add(struct reader *r, enum json_kind kind, const char *text, size_t len)
{
    struct json *json = r->json;
    if (json->count == json->capacity) {
        const size_t more = json->capacity ? 2 * json->capacity : 256;
        struct json_node *node = realloc(json->node, more * sizeof *node);
        if (node == NULL)
            return JSON_NONE;
        json->node = node;
        json->capacity = more;
    }
    const struct json_node made = {kind, text, len, json->count + 1};
    json->node[json->count] = made;
    return json->count++;
}

static int string(struct reader *r)
{
    if (!take(r, '"'))
        return -1;
    const char *begin = r->at;
    while (r->at < r->end && *r->at != '"')
        r->at += *r->at == '\\' && r->end - r->at > 1 ? 2 : 1;
    if (r->at >= r->end)
        return -1;
    return add(r, JSON_STRING, begin, (size_t)(r->at++ - begin)) == JSON_NONE ? -1 : 0;
}

/* true, false, null or a number: whatever stands before the next sign of JSON. */
static int plain(struct reader *r)
{
    const char *begin = r->at;
    while (r->at < r->end && strchr(" \t\r\n,]}:", *r->at) == NULL)
        r->at++;
    const size_t len = (size_t)(r->at - begin);
    if (len == 0)
        return -1;
    const int numeral = *begin == '-' || (*begin >= '0' && *begin <= '9');
    return add(r, numeral ? JSON_NUMBER : JSON_WORD, begin, len) == JSON_NONE ? -1 : 0;
}

static int many(struct reader *r, enum json_kind kind, int depth)
{
    const char close = kind == JSON_OBJECT ? '}' : ']';
    const size_t node = add(r, kind, r->at, 0);
    if (node == JSON_NONE || depth == DEPTH_MAX)
        return -1;
    if (!take(r, close)) {
        do {
            if (kind == JSON_OBJECT && (string(r) != 0 || !take(r, ':')))
                return -1;
            if (value(r, depth + 1) != 0)
                return -1;
        } while (take(r, ','));
        if (!take(r, close))
            return -1;
    }
    r->json->node[node].next = r->json->count;
    return 0;
}

static int value(struct reader *r, int depth)
{
    if (take(r, '{'))
        return many(r, JSON_OBJECT, depth);
    if (take(r, '['))
        return many(r, JSON_ARRAY, depth);
    return r->at < r->end && *r->at == '"' ? string(r) : plain(r);
}

int json_read(struct json *json, const char *text, size_t len)
{
    struct reader r = {json, text, text + len};
    json->count = 0;
    if (value(&r, 0) != 0)
        return -1;
    space(&r);
    return r.at == r.end ? 0 : -1;
}

void json_free(struct json *json)
{
    free(json->node);
    memset(json, 0, sizeof *json);
}

int json_is(const struct json *json, size_t at, const char *text)
{
    if (at == JSON_NONE)
        return 0;
    const struct json_node *node = &json->node[at];
    return (node->kind == JSON_STRING || node->kind == JSON_WORD) && node->len == strlen(text) &&
           memcmp(node->text, text, node->len) == 0;
}

size_t json_first(const struct json *json, size_t at)
{
    return at == JSON_NONE || json->node[at].kind > JSON_ARRAY ? json_end(json, at) : at + 1;
}

size_t json_end(const struct json *json, size_t at)
{
    return at == JSON_NONE ? JSON_NONE : json->node[at].next;
}

size_t json_key(const struct json *json, size_t at, const char *key)
{
    if (at == JSON_NONE || json->node[at].kind != JSON_OBJECT)
        return JSON_NONE;
    for (size_t i = at + 1; i < json->node[at].next; i = json->node[i + 1].next)
        if (json_is(json, i, key))
            return i + 1;
    return JSON_NONE;
}

uint64_t json_number(const struct json *json, size_t at, uint64_t fallback)
{
    uint64_t number = 0;
    if (at == JSON_NONE || json->node[at].kind != JSON_NUMBER)
        return fallback;
    for (size_t i = 0; i < json->node[at].len; i++) {
        const char sign = json->node[at].text[i];
        if (sign < '0' || sign > '9' || number > UINT64_MAX / 10 - 1)
            return fallback;
        number = 10 * number + (uint64_t)(sign - '0');
    }
    return number;
}

static int digit(char sign)
{
    static const char digits[] = "0123456789ABCDEF0123456789abcdef";
    const char *found = sign ? strchr(digits, sign) : NULL;
    return found ? (int)((found - digits) & 15) : -1;
}

size_t json_hex(const struct json *json, size_t at, uint8_t *out, size_t capacity)
{
    if (at == JSON_NONE || json->node[at].kind != JSON_STRING)
        return JSON_NONE;
    const struct json_node *node = &json->node[at];
    if (node->len % 2 != 0 || node->len / 2 > capacity)
        return JSON_NONE;
    for (size_t i = 0; i < node->len / 2; i++) {
        const int high = digit(node->text[2 * i]), low = digit(node->text[2 * i + 1]);
        if (high < 0 || low < 0)
            return JSON_NONE;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return node->len / 2;
}

char *json_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long size = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size >= 0 && fseek(file, 0, SEEK_SET) == 0)
        text = malloc((size_t)size + 1);
    if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
        free(text);
        text = NULL;
    }
    if (text != NULL)
        text[size] = '\0';
    if (file != NULL)
        fclose(file);
    return text;
}
