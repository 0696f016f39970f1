/* SPDX-License-Identifier: Apache-2.0
 *
 * A target without a fuzzer, for any compiler and platform:
 *
 *     TARGET FILE...            runs the inputs of packed files, and files with one input each
 *     TARGET --unpack DIR FILE  writes the inputs of a packed file into a folder
 *
 * A packed file is "TAPKFUZZ" and then inputs, each behind its length (2 bytes, big endian). The
 * last line counts; a finding ends the program before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char magic[] = "TAPKFUZZ";
#define MAGIC 8u

static size_t inputs;

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    const long length = ftell(file);
    uint8_t *data = length < 0 ? NULL : malloc((size_t)length + 1);
    rewind(file);
    *size = data == NULL ? 0 : fread(data, 1, (size_t)length, file);
    fclose(file);
    return data;
}

static int one(const uint8_t *data, size_t n, const char *folder)
{
    char path[512];
    if (folder == NULL) {
        uint8_t *copy = exactly(data, n);
        (void)LLVMFuzzerTestOneInput(copy, n);
        free(copy);
    } else {
        snprintf(path, sizeof path, "%s/%05zu", folder, inputs);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(data, 1, n, file) != n || fclose(file) != 0)
            return 1;
    }
    inputs++;
    return 0;
}

/* 0, or 1 when the file is not whole or cannot be written. */
static int take(const uint8_t *data, size_t size, const char *folder)
{
    size_t at = MAGIC;
    if (size < MAGIC || memcmp(data, magic, MAGIC) != 0)
        return one(data, size, folder);
    while (at + 2 <= size) {
        const size_t n = (size_t)data[at] << 8 | data[at + 1];
        if (n > size - at - 2 || one(data + at + 2, n, folder) != 0)
            return 1;
        at += 2 + n;
    }
    return at != size;
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--unpack") == 0) {
        folder = argv[2];
        first = 3;
    }
    for (int i = first; i < argc; i++) {
        size_t size = 0;
        uint8_t *data = read_file(argv[i], &size);
        if (data == NULL || take(data, size, folder) != 0) {
            fprintf(stderr, "%s: this file cannot be read as inputs\n", argv[i]);
            return 2;
        }
        free(data);
    }
    printf("%s: %zu inputs, 0 findings\n", argv[0], inputs);
    return inputs == 0;
}
