/* SPDX-License-Identifier: Apache-2.0
 *
 * The least a C test needs: CHECK counts and names what failed, check_done is what main returns.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned check_count;
static unsigned check_failed;

#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)

static void check_that(int truth, const char *text, const char *file, int line)
{
    check_count++;
    if (truth)
        return;
    check_failed++;
    if (check_failed <= 20)
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

/* A test that checked nothing has failed. */
static int check_done(const char *name)
{
    printf("%s: %u checks, %u failed\n", name, check_count, check_failed);
    return check_failed != 0 || check_count == 0;
}

/* Bytes of hexadecimal text in out[capacity]; returns their number. */
static inline size_t check_hex(const char *text, uint8_t *out, size_t capacity)
{
    size_t n = 0;
    unsigned byte;
    while (n < capacity && sscanf(text, "%2x", &byte) == 1) {
        out[n++] = (uint8_t)byte;
        text += 2;
    }
    return n;
}

#endif
