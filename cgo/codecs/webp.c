//go:build linux

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

enum { DEMUXER_INTERFACE = 0x0107 }; // major and minor; the library refuses another major

struct bytes {
    const uint8_t *data;
    size_t size;
};

struct animation {
    uint32_t width, height, loops, background, frames, reserved[4];
};

struct musc_webp {
    int (*decoder_version)(void);
    int (*size)(const uint8_t *, size_t, int *width, int *height);
    void *(*begin)(const struct bytes *, const void *options, int interface);
    int (*describe)(const void *, struct animation *);
    int (*next)(void *, uint8_t **frame, int *milliseconds);
    void (*end)(void *);
};

struct musc_webp *musc_webp_open(const char *decoder, const char *demuxer,
                                 struct musc_answer *answer) {
    struct musc_webp *library = calloc(1, sizeof *library);
    if (!library) {
        musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
        return NULL;
    }
    const struct musc_symbol still[] = {
        {"WebPGetDecoderVersion", &library->decoder_version},
        {"WebPGetInfo", &library->size},
        {NULL, NULL},
    };
    const struct musc_symbol animated[] = {
        {"WebPAnimDecoderNewInternal", &library->begin},
        {"WebPAnimDecoderGetInfo", &library->describe},
        {"WebPAnimDecoderGetNext", &library->next},
        {"WebPAnimDecoderDelete", &library->end},
        {NULL, NULL},
    };
    if (!musc_library_open(decoder, still, answer) ||
        !musc_library_open(demuxer, animated, answer)) {
        free(library);
        return NULL;
    }
    return library;
}

void musc_webp_version(const struct musc_webp *library, char text[MUSC_TEXT]) {
    int version = library->decoder_version();
    snprintf(text, MUSC_TEXT, "libwebp %d.%d.%d", version >> 16, version >> 8 & 255, version & 255);
}

int musc_webp_decode(const struct musc_webp *library, const uint8_t *data, size_t size,
                     uint32_t width, uint32_t height, uint8_t *pixels,
                     struct musc_answer *answer) {
    struct bytes file = {data, size};
    struct animation animation = {0};
    uint8_t *frame = NULL;
    int milliseconds, across = 0, down = 0;
    if (!library->size(data, size, &across, &down))
        return musc_fail(answer, MUSC_DAMAGED, "its head cannot be read");
    if ((uint32_t)across != width || (uint32_t)down != height)
        return musc_fail(answer, MUSC_DAMAGED, "its head contradicts itself");
    void *decoder = library->begin(&file, NULL, DEMUXER_INTERFACE);
    if (!decoder) return musc_fail(answer, MUSC_DAMAGED, "libwebp finds no frame");
    if (!library->describe(decoder, &animation) || animation.width != width ||
        animation.height != height) {
        library->end(decoder);
        return musc_fail(answer, MUSC_DAMAGED, "its head contradicts itself");
    }
    if (!library->next(decoder, &frame, &milliseconds) || !frame) {
        library->end(decoder);
        return musc_fail(answer, MUSC_DAMAGED, "libwebp cannot decode the first frame");
    }
    memcpy(pixels, frame, (size_t)width * height * 4);
    library->end(decoder);
    answer->outcome = MUSC_FINE;
    return MUSC_FINE;
}
