// libtiff's binary interface as tiff.c and tiffpixels.c use it.
#ifndef MUSC_TIFF_H
#define MUSC_TIFF_H

#include <stdarg.h>

#include "library.h"

// Tags and values of TIFF 6.0 and its supplements.
enum {
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_ORIENTATION = 274,
    TAG_SAMPLES = 277,
    TAG_ROWS = 278, // of a strip
    TAG_PLANAR = 284,
    TAG_COLOURS = 320,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_INKS = 332,
    TAG_EXTRAS = 338,
    TAG_FORMAT = 339,
    TAG_CHROMA = 530,
    TAG_JPEG_COLOURS = 65538, // no tag of the file: what libtiff is to make of YCbCr in JPEG
};
enum { COMPRESSION_JPEG = 7, PHOTOMETRIC_YCBCR = 6, SEPARATE = 2, JPEG_AS_RGB = 1, UPRIGHT = 1 };

// A file and how far libtiff has read.
struct source {
    uintptr_t reader;
    uint64_t size, at;
    char text[MUSC_TEXT]; // of the first error
};

typedef struct tiff TIFF; // libtiff's own
typedef int handler(TIFF *, void *ours, const char *where, const char *format, va_list);

struct musc_tiff {
    const char *(*version)(void);
    void *(*options)(void);
    void (*free_options)(void *);
    void (*set_single)(void *, int64_t);
    void (*set_total)(void *, int64_t);
    void (*set_errors)(void *, handler *, void *);
    void (*set_warnings)(void *, handler *, void *);
    TIFF *(*open)(const char *name, const char *mode, void *ours,
                  int64_t (*read)(void *, void *, int64_t),
                  int64_t (*write)(void *, void *, int64_t),
                  uint64_t (*seek)(void *, uint64_t, int), int (*close)(void *),
                  uint64_t (*size)(void *), int (*map)(void *, void **, uint64_t *),
                  void (*unmap)(void *, void *, uint64_t), void *options);
    void (*close)(TIFF *);
    int (*get)(TIFF *, uint32_t tag, ...);
    int (*get_or_default)(TIFF *, uint32_t tag, ...);
    int (*set)(TIFF *, uint32_t tag, ...);
    int (*configured)(uint16_t compression);
    int (*tiled)(TIFF *);
    uint32_t (*strip_at)(TIFF *, uint32_t row, uint16_t plane);
    uint32_t (*tile_at)(TIFF *, uint32_t x, uint32_t y, uint32_t z, uint16_t plane);
    int64_t (*row_bytes)(TIFF *);
    int64_t (*tile_row_bytes)(TIFF *);
    int64_t (*tile_bytes)(TIFF *);
    int64_t (*read_strip)(TIFF *, uint32_t strip, void *, int64_t);
    int64_t (*read_tile)(TIFF *, uint32_t tile, void *, int64_t);
    int (*colours_known)(TIFF *, char text[1024]);
    int (*read_colours)(TIFF *, uint32_t width, uint32_t height, uint32_t *, int orientation,
                        int stop_on_error);
};

struct musc_tiff_file {
    const struct musc_tiff *library;
    TIFF *tiff;
    struct source source;
    struct musc_tiff_head head;
    int64_t memory;
};

// Why libtiff failed: by its first message, or else by the text given.
int musc_tiff_judge(const struct source *source, const char *otherwise,
                    struct musc_answer *answer);

#endif
