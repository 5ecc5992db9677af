//go:build linux

#include <stdlib.h>

#include "library.h"

// What Little CMS calls pixels of 3 channels of a byte and a byte more: L*a*b* as in ICC's version
// 2 (a and b with 128 added), and RGB.
enum { KIND = 16, SPARE = 7, CHANNELS = 3, ONE_MORE = 1 << SPARE | 3 << CHANNELS | 1 };
enum { LAB = 30 << KIND | ONE_MORE, RGB = 4 << KIND | ONE_MORE, PERCEPTUAL = 0 };

struct musc_lab {
    void *(*lab_profile)(const void *white);
    void *(*rgb_profile)(void);
    void *(*begin)(void *from, uint32_t from_kind, void *to, uint32_t to_kind, uint32_t intent,
                   uint32_t flags);
    void (*convert)(void *, const void *from, void *to, uint32_t pixels);
    void (*end)(void *);
    int (*close)(void *);
};

struct musc_lab *musc_lab_open(const char *path, struct musc_answer *answer) {
    struct musc_lab *library = calloc(1, sizeof *library);
    if (!library) {
        musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
        return NULL;
    }
    const struct musc_symbol symbols[] = {
        {"cmsCreateLab2Profile", &library->lab_profile},
        {"cmsCreate_sRGBProfile", &library->rgb_profile},
        {"cmsCreateTransform", &library->begin},
        {"cmsDoTransform", &library->convert},
        {"cmsDeleteTransform", &library->end},
        {"cmsCloseProfile", &library->close},
        {NULL, NULL},
    };
    if (!musc_library_open(path, symbols, answer)) {
        free(library);
        return NULL;
    }
    return library;
}

int musc_lab_to_rgb(const struct musc_lab *library, uint8_t *pixels, uint64_t count,
                    struct musc_answer *answer) {
    enum { AT_ONCE = 1024 };
    uint8_t from[4 * AT_ONCE] = {0}, to[4 * AT_ONCE];
    void *lab = library->lab_profile(NULL), *rgb = library->rgb_profile();
    void *transform = lab && rgb ? library->begin(lab, LAB, rgb, RGB, PERCEPTUAL, 0) : NULL;
    if (lab) library->close(lab);
    if (rgb) library->close(rgb);
    if (!transform) return musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
    while (count > 0) {
        uint32_t some = count < AT_ONCE ? count : AT_ONCE;
        for (uint32_t i = 0; i < some; i++) {
            from[4 * i] = pixels[3 * i];
            from[4 * i + 1] = pixels[3 * i + 1] ^ 128; // TIFF's have a sign
            from[4 * i + 2] = pixels[3 * i + 2] ^ 128;
        }
        library->convert(transform, from, to, some);
        for (uint32_t i = 0; i < some; i++)
            for (int channel = 0; channel < 3; channel++)
                pixels[3 * i + channel] = to[4 * i + channel];
        pixels += 3 * some;
        count -= some;
    }
    library->end(transform);
    answer->outcome = MUSC_FINE;
    return MUSC_FINE;
}
