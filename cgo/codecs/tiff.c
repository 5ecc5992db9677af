//go:build linux

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tiff.h"

// Written in Go: reads bytes at an offset and returns how many it got.
extern int64_t muscCodecsRead(uintptr_t reader, void *into, int64_t size, int64_t offset);

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
    if ((uint64_t)size > left) size = left;
    int64_t count = muscCodecsRead(s->reader, into, size, s->at);
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

int musc_tiff_judge(const struct source *source, const char *otherwise,
                    struct musc_answer *answer) {
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
        musc_tiff_judge(&file->source, "no directory", answer);
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
