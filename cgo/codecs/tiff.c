//go:build linux

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// Written in Go: reads bytes at an offset and returns how many it got.
extern int64_t muscCodecsRead(uintptr_t reader, void *into, int64_t size, int64_t offset);

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
                  int64_t (*read)(void *, void *, int64_t), int64_t (*write)(void *, void *, int64_t),
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

struct musc_tiff *musc_tiff_open(const char *path, struct musc_answer *answer) {
    struct musc_tiff *l = calloc(1, sizeof *l);
    if (!l) {
        musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
        return NULL;
    }
    const struct musc_symbol symbols[] = {
        {"TIFFGetVersion", &l->version},
        {"TIFFOpenOptionsAlloc", &l->options},
        {"TIFFOpenOptionsFree", &l->free_options},
        {"TIFFOpenOptionsSetMaxSingleMemAlloc", &l->set_single},
        {"TIFFOpenOptionsSetMaxCumulatedMemAlloc", &l->set_total},
        {"TIFFOpenOptionsSetErrorHandlerExtR", &l->set_errors},
        {"TIFFOpenOptionsSetWarningHandlerExtR", &l->set_warnings},
        {"TIFFClientOpenExt", &l->open},
        {"TIFFClose", &l->close},
        {"TIFFGetField", &l->get},
        {"TIFFGetFieldDefaulted", &l->get_or_default},
        {"TIFFSetField", &l->set},
        {"TIFFIsCODECConfigured", &l->configured},
        {"TIFFIsTiled", &l->tiled},
        {"TIFFComputeStrip", &l->strip_at},
        {"TIFFComputeTile", &l->tile_at},
        {"TIFFScanlineSize64", &l->row_bytes},
        {"TIFFTileRowSize64", &l->tile_row_bytes},
        {"TIFFTileSize64", &l->tile_bytes},
        {"TIFFReadEncodedStrip", &l->read_strip},
        {"TIFFReadEncodedTile", &l->read_tile},
        {"TIFFRGBAImageOK", &l->colours_known},
        {"TIFFReadRGBAImageOriented", &l->read_colours},
        {NULL, NULL},
    };
    if (!musc_library_open(path, symbols, answer)) {
        free(l);
        return NULL;
    }
    return l;
}

void musc_tiff_version(const struct musc_tiff *library, char text[MUSC_TEXT]) {
    snprintf(text, MUSC_TEXT, "%s", library->version());
    text[strcspn(text, "\n")] = 0;
}

// The file as libtiff sees it: read only, not in memory.

static int64_t read_source(void *ours, void *into, int64_t size) {
    struct source *s = ours;
    if (size <= 0 || s->at >= s->size) return 0;
    uint64_t left = s->size - s->at;
    int64_t count = muscCodecsRead(s->reader, into, (uint64_t)size < left ? size : (int64_t)left, s->at);
    s->at += count;
    return count;
}

static int64_t write_source(void *ours, void *from, int64_t size) {
    (void)ours, (void)from, (void)size;
    return -1;
}

static uint64_t seek_source(void *ours, uint64_t offset, int whence) {
    struct source *s = ours;
    if (whence == SEEK_CUR) offset += s->at;
    if (whence == SEEK_END) offset += s->size;
    return s->at = offset;
}

static int close_source(void *ours) {
    (void)ours;
    return 0;
}

static uint64_t size_of_source(void *ours) { return ((struct source *)ours)->size; }

static int map_source(void *ours, void **start, uint64_t *size) {
    (void)ours, (void)start, (void)size;
    return 0; // there is no memory to look at
}

static void unmap_source(void *ours, void *start, uint64_t size) {
    (void)ours, (void)start, (void)size;
}

// 1 says that nobody else needs to hear of it.
static int on_error(TIFF *tiff, void *ours, const char *where, const char *format, va_list args) {
    struct source *s = ours;
    (void)tiff, (void)where;
    if (!s->text[0]) vsnprintf(s->text, sizeof s->text, format, args);
    return 1;
}

static int on_warning(TIFF *tiff, void *ours, const char *where, const char *format, va_list args) {
    (void)tiff, (void)ours, (void)where, (void)format, (void)args;
    return 1;
}

static int judge(const struct source *source, const char *otherwise, struct musc_answer *answer) {
    static const char *const early[] = {"Read error", "Not enough data", "not enough data",
                                        "Cannot read", "Can not read", "Failed to read", "short ",
                                        "Premature", "EOF", "IO error", NULL};
    static const char *const unsupported[] = {"not configured", "not supported", "not implemented",
                                              "nsupported", "an not handle", "annot handle",
                                              "beyond", NULL};
    const char *text = source->text[0] ? source->text : otherwise;
    if (musc_mentions(text, unsupported)) return musc_fail(answer, MUSC_UNSUPPORTED, text);
    if (musc_mentions(text, early)) return musc_fail(answer, MUSC_ENDS_EARLY, text);
    return musc_fail(answer, MUSC_DAMAGED, text);
}

static void read_head(const struct musc_tiff *l, TIFF *tiff, struct musc_tiff_head *head) {
    uint16_t *extras = NULL, *r = NULL, *g = NULL, *b = NULL;
    uint16_t planar = 1;
    memset(head, 0, sizeof *head);
    l->get(tiff, TAG_WIDTH, &head->width);
    l->get(tiff, TAG_HEIGHT, &head->height);
    l->get_or_default(tiff, TAG_BITS, &head->bits);
    l->get_or_default(tiff, TAG_SAMPLES, &head->samples);
    l->get_or_default(tiff, TAG_FORMAT, &head->format);
    l->get_or_default(tiff, TAG_COMPRESSION, &head->compression);
    l->get_or_default(tiff, TAG_PLANAR, &planar);
    l->get_or_default(tiff, TAG_INKS, &head->inks);
    l->get_or_default(tiff, TAG_CHROMA, &head->chroma[0], &head->chroma[1]);
    head->separate = planar == SEPARATE && head->samples > 1;
    head->photometric_known = l->get(tiff, TAG_PHOTOMETRIC, &head->photometric);
    if (l->get(tiff, TAG_EXTRAS, &head->extras, &extras) && head->extras)
        head->first_extra = extras[0];
    if (head->bits <= 16 && l->get(tiff, TAG_COLOURS, &r, &g, &b)) {
        head->colours[0] = r;
        head->colours[1] = g;
        head->colours[2] = b;
    }
}

struct musc_tiff_file *musc_tiff_begin(const struct musc_tiff *library, uintptr_t reader,
                                       uint64_t size, int64_t memory, struct musc_tiff_head *head,
                                       struct musc_answer *answer) {
    struct musc_tiff_file *file = calloc(1, sizeof *file);
    void *options = library->options();
    if (!file || !options) {
        if (options) library->free_options(options);
        free(file);
        musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
        return NULL;
    }
    file->library = library;
    file->memory = memory;
    file->source.reader = reader;
    file->source.size = size;
    library->set_single(options, memory);
    library->set_total(options, memory);
    library->set_errors(options, on_error, &file->source);
    library->set_warnings(options, on_warning, &file->source);
    file->tiff = library->open("", "r", &file->source, read_source, write_source, seek_source,
                               close_source, size_of_source, map_source, unmap_source, options);
    library->free_options(options);
    if (!file->tiff) {
        judge(&file->source, "no directory", answer);
        free(file);
        return NULL;
    }
    file->source.text[0] = 0;
    read_head(library, file->tiff, &file->head);
    if (!library->configured(file->head.compression)) {
        char text[64];
        snprintf(text, sizeof text, "compression %d", file->head.compression);
        musc_fail(answer, MUSC_UNSUPPORTED, text);
        musc_tiff_end(file);
        return NULL;
    }
    if (file->head.compression == COMPRESSION_JPEG && !file->head.separate &&
        file->head.photometric == PHOTOMETRIC_YCBCR)
        library->set(file->tiff, TAG_JPEG_COLOURS, JPEG_AS_RGB);
    *head = file->head;
    answer->outcome = MUSC_FINE;
    return file;
}

void musc_tiff_end(struct musc_tiff_file *file) {
    file->library->close(file->tiff);
    free(file);
}

// One plane, strip by strip.
static int read_strips(struct musc_tiff_file *file, uint16_t plane, size_t row, uint8_t *samples,
                       struct musc_answer *answer) {
    const struct musc_tiff *l = file->library;
    uint32_t height = file->head.height, rows = 0;
    if (!l->get_or_default(file->tiff, TAG_ROWS, &rows) || rows == 0 || rows > height) rows = height;
    for (uint64_t y = 0; y < height; y += rows) {
        uint64_t count = height - y < rows ? height - y : rows;
        int64_t bytes = (int64_t)count * row;
        int64_t got = l->read_strip(file->tiff, l->strip_at(file->tiff, y, plane),
                                    samples + (size_t)y * row, bytes);
        if (got != bytes) return judge(&file->source, "Not enough data in a strip", answer);
    }
    return MUSC_FINE;
}

// One plane, tile by tile; what of a tile lies beyond the picture is left out.
static int read_tiles(struct musc_tiff_file *file, uint16_t plane, size_t row, uint8_t *samples,
                      struct musc_answer *answer) {
    const struct musc_tiff *l = file->library;
    uint32_t across = 0, down = 0, width = file->head.width, height = file->head.height;
    l->get(file->tiff, TAG_TILE_WIDTH, &across);
    l->get(file->tiff, TAG_TILE_HEIGHT, &down);
    uint64_t tile_row = l->tile_row_bytes(file->tiff), bytes = l->tile_bytes(file->tiff);
    uint64_t pixel = (uint64_t)file->head.bits * (file->head.separate ? 1 : file->head.samples);
    if (across == 0 || down == 0 || (across < width && across * pixel % 8) ||
        tile_row != (across * pixel + 7) / 8 || bytes != tile_row * down)
        return musc_fail(answer, MUSC_UNSUPPORTED, "tiles of an odd width");
    if (bytes > (uint64_t)file->memory)
        return musc_fail(answer, MUSC_UNSUPPORTED, "tiles far larger than the picture");
    uint8_t *tile = malloc(bytes);
    if (!tile) return musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
    for (uint64_t y = 0; y < height; y += down) {
        for (uint64_t x = 0; x < width; x += across) {
            uint32_t index = l->tile_at(file->tiff, x, y, 0, plane);
            if (l->read_tile(file->tiff, index, tile, bytes) != (int64_t)bytes) {
                free(tile);
                return judge(&file->source, "Not enough data in a tile", answer);
            }
            size_t from = x * pixel / 8, count = row - from < tile_row ? row - from : tile_row;
            uint64_t rows = height - y < down ? height - y : down;
            for (uint64_t i = 0; i < rows; i++)
                memcpy(samples + (y + i) * row + from, tile + i * tile_row, count);
        }
    }
    free(tile);
    return MUSC_FINE;
}

int musc_tiff_samples(struct musc_tiff_file *file, int planes, size_t row, uint8_t *samples,
                      struct musc_answer *answer) {
    const struct musc_tiff *l = file->library;
    int tiled = l->tiled(file->tiff);
    if (!tiled && (uint64_t)l->row_bytes(file->tiff) != row)
        return musc_fail(answer, MUSC_UNSUPPORTED, "rows of an odd length");
    answer->outcome = MUSC_FINE;
    for (int plane = 0; plane < planes && answer->outcome == MUSC_FINE; plane++) {
        uint8_t *to = samples + (size_t)plane * file->head.height * row;
        if (tiled)
            read_tiles(file, plane, row, to, answer);
        else
            read_strips(file, plane, row, to, answer);
    }
    return answer->outcome;
}

int musc_tiff_colours(struct musc_tiff_file *file, uint8_t *pixels, struct musc_answer *answer) {
    const struct musc_tiff *l = file->library;
    char text[1024] = "";
    if (!l->colours_known(file->tiff, text)) return musc_fail(answer, MUSC_UNSUPPORTED, text);
    // Pixels come as they are stored: without this libtiff would turn them by the file's tag.
    l->set(file->tiff, TAG_ORIENTATION, UPRIGHT);
    if (!l->read_colours(file->tiff, file->head.width, file->head.height, (uint32_t *)pixels,
                         UPRIGHT, 1))
        return judge(&file->source, "libtiff gives no reason", answer);
    answer->outcome = MUSC_FINE;
    return MUSC_FINE;
}
