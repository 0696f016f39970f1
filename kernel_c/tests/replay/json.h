/* SPDX-License-Identifier: Apache-2.0
 *
 * A small JSON reader for the programs that replay vector files: text in, a flat list of nodes out.
 * The text stays where it is; strings keep their escapes, which no value that is looked at has.
 */
#ifndef REPLAY_JSON_H
#define REPLAY_JSON_H

#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_WORD };

/* A value. In an object each key is a JSON_STRING before its value. */
struct json_node {
    enum json_kind kind;
    const char *text; /* of a string without its quotes */
    size_t len;
    size_t next; /* the node behind this one and all it holds */
};

struct json {
    struct json_node *node;
    size_t count, capacity;
};

/* Reads one value that fills text[len] but for white space: 0, or -1 when it is not JSON, is deeper
 * than 32 levels, or there is no memory. The list is used again by the next call. */
int json_read(struct json *json, const char *text, size_t len);
void json_free(struct json *json);

/* The text of a file with a 0 behind it, to be freed; null when it cannot be read. */
char *json_file(const char *path);

#define JSON_NONE ((size_t)-1)

/* The value of a key in the object at a node, JSON_NONE when it is absent or this is no object. */
size_t json_key(const struct json *json, size_t at, const char *key);
/* The first value in the array or object at a node, and the end behind its last. */
size_t json_first(const struct json *json, size_t at);
size_t json_end(const struct json *json, size_t at);
/* 1 when the string or word at a node is this text. */
int json_is(const struct json *json, size_t at, const char *text);
/* The number at a node, fallback when it is none. */
uint64_t json_number(const struct json *json, size_t at, uint64_t fallback);
/* Bytes of the hexadecimal string at a node in out[capacity]; their number, JSON_NONE when it is no
 * hexadecimal string or does not fit. */
size_t json_hex(const struct json *json, size_t at, uint8_t *out, size_t capacity);

#endif
