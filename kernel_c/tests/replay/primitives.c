/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs suites of single operations: primitives FILE.json...
 *
 * tlv, dol (form and length; what fills a list is known in a tap alone), rsa_recover, sm2_verify
 * and sm3 as the kernel has them; authenticate, whole data sets, is counted as not here. The last
 * line counts; 0 when nothing failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dol.h"
#include "data/tlv.h"
#include "json.h"
#include "tapkern/tapkern.h"

#define BYTES_MAX 65536

static struct tapk_crypto crypto;
static size_t cases, failed, left_out;

/* Bytes of a value of `input` or `output`; JSON_NONE when it is absent. */
static size_t bytes(const struct json *json, size_t table, const char *name, uint8_t *out)
{
    return json_hex(json, json_key(json, table, name), out, BYTES_MAX);
}

/* 1 when the value of this name is these bytes. */
static int equal(const struct json *json, size_t table, const char *name, const uint8_t *p,
                 size_t n)
{
    static uint8_t wanted[BYTES_MAX];
    const size_t length = bytes(json, table, name, wanted);
    return length == n && memcmp(wanted, p, n) == 0;
}

/* The operations: 1 the result is as expected, 0 it is not, -1 not here. */

static int node_is(const struct json *json, size_t at, const uint8_t *data,
                   const struct tapk_tlv_node *node)
{
    static uint8_t value[BYTES_MAX];
    uint8_t tag[4];
    const size_t depth = json_first(json, at), name = json_end(json, depth);
    const size_t n = json_hex(json, name, tag, sizeof tag);
    const size_t length = json_hex(json, json_end(json, name), value, sizeof value);
    uint32_t number = 0;
    for (size_t i = 0; i < n && n != JSON_NONE; i++)
        number = number << 8 | tag[i];
    return json_number(json, depth, 99) == node->depth && number == node->tag &&
           length == node->length && memcmp(value, data + node->offset, length) == 0;
}

static int tlv(const struct json *json, size_t input, size_t output, int valid)
{
    static uint8_t data[BYTES_MAX];
    static struct tapk_tlv_node nodes[1024];
    const size_t n = bytes(json, input, "data", data);
    const size_t objects = json_key(json, output, "objects");
    size_t count = 0, offset = 0, i = 0;
    if (n == JSON_NONE)
        return 0;
    if (tapk_tlv_index(data, n, 0, nodes, sizeof nodes / sizeof nodes[0], &count, &offset) != 0)
        return !valid;
    if (!valid)
        return 0;
    for (size_t at = json_first(json, objects); at < json_end(json, objects);
         at = json_end(json, at), i++)
        if (i >= count || !node_is(json, at, data, &nodes[i]))
            return 0;
    return i == count;
}

static int dol(const struct json *json, size_t input, size_t output, int valid)
{
    static uint8_t data[BYTES_MAX];
    const size_t n = bytes(json, input, "dol", data);
    size_t total = 0;
    if (n == JSON_NONE)
        return 0;
    if (tapk_dol_check(tapk_cursor(data, n, 0), &total) != TAPK_TLV_OK)
        return !valid;
    return valid && bytes(json, output, "data", data) == total;
}

static int rsa(const struct json *json, size_t input, size_t output, int valid)
{
    static uint8_t modulus[BYTES_MAX], exponent[BYTES_MAX], signature[BYTES_MAX];
    uint8_t out[256];
    const size_t n = bytes(json, input, "modulus", modulus);
    const size_t e = bytes(json, input, "exponent", exponent);
    if (n < 64 || n > 256 || e < 1 || e > 3)
        return !valid;
    const int done = bytes(json, input, "signature", signature) == n && /* ODA-080 */
                     crypto.rsa(crypto.user, out, signature, modulus, n, exponent, e) == 0;
    return valid ? done && equal(json, output, "recovered", out, n) : !done;
}

static int sm2(const struct json *json, size_t input, size_t output, int valid)
{
    static uint8_t point[BYTES_MAX], message[BYTES_MAX], signature[BYTES_MAX];
    const struct tapk_span span = {message, bytes(json, input, "message", message)};
    (void)output;
    if (json_key(json, input, "identity") != JSON_NONE)
        return -1; /* cards sign with the default identity alone */
    const int done = span.n != JSON_NONE && bytes(json, input, "point", point) == 64 &&
                     bytes(json, input, "signature", signature) == 64 &&
                     tapk_sm2_verify(&crypto, point, span, signature) == 1;
    return done == valid;
}

static int sm3(const struct json *json, size_t input, size_t output, int valid)
{
    static uint8_t message[BYTES_MAX];
    uint8_t digest[32];
    const struct tapk_span span = {message, bytes(json, input, "message", message)};
    const int done = span.n != JSON_NONE && crypto.sm3(crypto.user, &span, 1, digest) == 0;
    return valid && done && equal(json, output, "digest", digest, sizeof digest);
}

static int elsewhere(const struct json *json, size_t input, size_t output, int valid)
{
    (void)json;
    (void)input;
    (void)output;
    (void)valid;
    return -1;
}

static const struct {
    const char *name;
    int (*run)(const struct json *json, size_t input, size_t output, int valid);
} operations[] = {{"tlv", tlv},        {"dol", dol}, {"rsa_recover", rsa},
                  {"sm2_verify", sm2}, {"sm3", sm3}, {"authenticate", elsewhere}};

static int suite(const struct json *json, const char *path)
{
    const size_t all = json_key(json, 0, "cases"), what = json_key(json, 0, "operation");
    size_t k = 0;
    while (k < sizeof operations / sizeof operations[0] && !json_is(json, what, operations[k].name))
        k++;
    if (!json_is(json, json_key(json, 0, "format"), "tapkern-primitives/1") || all == JSON_NONE ||
        k == sizeof operations / sizeof operations[0]) {
        fprintf(stderr, "%s: this is no suite of operations that are here\n", path);
        return -1;
    }
    for (size_t at = json_first(json, all); at < json_end(json, all); at = json_end(json, at)) {
        const struct json_node *id = &json->node[json_key(json, at, "id")];
        const int valid = json_is(json, json_key(json, at, "result"), "valid");
        const int result = operations[k].run(json, json_key(json, at, "input"),
                                             json_key(json, at, "output"), valid);
        cases++;
        left_out += result < 0;
        failed += result == 0;
        if (result == 0)
            printf("FAILED %.*s\n", (int)id->len, id->text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct json json = {NULL, 0, 0};
    tapk_soft_crypto(&crypto);
    if (tapk_crypto_check(&crypto) != 0)
        return 2;
    for (int i = 1; i < argc; i++) {
        char *text = json_file(argv[i]);
        if (text == NULL || json_read(&json, text, strlen(text)) != 0) {
            fprintf(stderr, "%s: this is no JSON file\n", argv[i]);
            return 2;
        }
        const int result = suite(&json, argv[i]);
        free(text);
        if (result != 0)
            return 2;
    }
    json_free(&json);
    printf("%zu cases, %zu passed, %zu failed, %zu not here\n", cases, cases - failed - left_out,
           failed, left_out);
    return cases == 0 || failed != 0;
}
