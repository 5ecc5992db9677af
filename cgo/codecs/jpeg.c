//go:build linux

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

// The binary interface of libjpeg 6b, which libjpeg-turbo keeps (libjpeg.so.62), on machines with
// 64-bit pointers. jpeg_CreateDecompress compares the size of the state with its own and refuses
// another, so that a wrong layout is found out.
enum { INTERFACE = 62, STATE_BYTES = 632, LONGEST_MESSAGE = 200 };
enum { SPACE_GREY = 1, SPACE_RGB = 2, SPACE_CMYK = 4 };
enum { HEADER_FOUND = 1, TABLES_ONLY = 2 };
enum { MOST_SCANS = 500 }; // a few kilobytes can hold thousands, each as long as the picture

struct state;

struct errors {
    void (*leave)(struct state *);
    void (*emit)(struct state *, int level);
    void (*output)(struct state *);
    void (*format)(struct state *, char *text);
    void (*reset)(struct state *);
    int code;
    union {
        int numbers[8];
        char text[80];
    } parameters;
    int trace;
    long warnings;
    const char *const *messages;
    int last_message;
    const char *const *more_messages;
    int first_more, last_more;
};

struct progress {
    void (*monitor)(struct state *);
    long counter, limit;
    int passes, of_passes;
};

// The fields that are used have names; the rest are bytes.
struct state {
    struct errors *errors;
    void *memory;
    struct progress *progress;
    void *ours;
    int decompresses, stage;
    void *source;
    uint32_t width, height;
    int components, space, out_space;
    unsigned scale, of_scale;
    double gamma;
    int buffered, raw, dct, fancy, smooth, quantize, dither, two_pass, colours, passes[3];
    uint32_t out_width, out_height;
    int out_colours, out_components, row_height, actual_colours;
    void *colormap;
    uint32_t row;
    int input_scan;
    uint32_t input_row;
    int output_scan;
    uint32_t output_row;
    void *bits_of_coefficients;
    void *tables[12];
    int precision;
    void *component;
    int progressive, arithmetic;
    char rest[STATE_BYTES - 320];
};
_Static_assert(sizeof(struct state) == STATE_BYTES, "the layout of libjpeg's state");

struct musc_jpeg {
    struct errors *(*std_error)(struct errors *);
    void (*create)(struct state *, int version, size_t size);
    void (*memory_source)(struct state *, const unsigned char *, unsigned long);
    int (*read_header)(struct state *, int require_image);
    int (*start)(struct state *);
    uint32_t (*read8)(struct state *, uint8_t **rows, uint32_t count);
    uint32_t (*read12)(struct state *, uint16_t **rows, uint32_t count);
    uint32_t (*read16)(struct state *, uint16_t **rows, uint32_t count);
    int (*several_scans)(struct state *);
    void (*destroy)(struct state *);
};

// One decoding. errors comes first: libjpeg hands its address back.
struct decoding {
    struct errors errors;
    struct progress progress;
    struct state state;
    jmp_buf back;
    char text[LONGEST_MESSAGE]; // of the first warning that lost pixels, or of the error
    int failed, lost, ended;
};

struct musc_jpeg *musc_jpeg_open(const char *path, struct musc_answer *answer) {
    struct musc_jpeg *library = calloc(1, sizeof *library);
    if (!library) {
        musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
        return NULL;
    }
    const struct musc_symbol symbols[] = {
        {"jpeg_std_error", &library->std_error},
        {"jpeg_CreateDecompress", &library->create},
        {"jpeg_mem_src", &library->memory_source},
        {"jpeg_read_header", &library->read_header},
        {"jpeg_start_decompress", &library->start},
        {"jpeg_read_scanlines", &library->read8},
        {"jpeg12_read_scanlines", &library->read12},
        {"jpeg16_read_scanlines", &library->read16},
        {"jpeg_has_multiple_scans", &library->several_scans},
        {"jpeg_destroy_decompress", &library->destroy},
        {NULL, NULL},
    };
    if (!musc_library_open(path, symbols, answer)) {
        free(library);
        return NULL;
    }
    return library;
}

static void leave(struct state *state) {
    struct decoding *d = (struct decoding *)state->errors;
    d->failed = 1;
    d->errors.format(state, d->text);
    longjmp(d->back, 1);
}

// Level -1 is a warning. Some are about what the picture does not need; the others say that pixels
// were made up. What "ended" means is decided when it is known whether pixels were still to come.
static void emit(struct state *state, int level) {
    static const char *const lost[] = {"premature end of data", "bad Huffman", "bad arithmetic",
                                       "instead of RST", NULL};
    struct decoding *d = (struct decoding *)state->errors;
    char text[LONGEST_MESSAGE];
    if (level >= 0) return;
    d->errors.warnings++;
    d->errors.format(state, text);
    if (strstr(text, "Premature end of JPEG file")) {
        d->ended = 1;
    } else if (!d->lost && musc_mentions(text, lost)) {
        d->lost = 1;
        memcpy(d->text, text, sizeof text);
    }
}

static void output(struct state *state) { (void)state; }

static void give_up(struct state *state, const char *text) {
    struct decoding *d = (struct decoding *)state->errors;
    d->failed = 1;
    snprintf(d->text, sizeof d->text, "%s", text);
    longjmp(d->back, 1);
}

static void watch(struct state *state) {
    if (state->input_scan > MOST_SCANS) give_up(state, "more than 500 scans are not supported");
}

// Reads all rows, several at a time.
static void read_rows(const struct musc_jpeg *library, struct state *state, void *pixels,
                      size_t row_bytes) {
    enum { AT_ONCE = 16 };
    uint8_t *rows[AT_ONCE];
    while (state->row < state->out_height) {
        uint32_t count = state->out_height - state->row;
        if (count > AT_ONCE) count = AT_ONCE;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = (uint8_t *)pixels + (state->row + i) * row_bytes;
        if (state->precision <= 8)
            count = library->read8(state, rows, count);
        else if (state->precision <= 12)
            count = library->read12(state, (uint16_t **)rows, count);
        else
            count = library->read16(state, (uint16_t **)rows, count);
        if (count == 0) give_up(state, "no more rows");
    }
}

static int judge(const struct decoding *d, struct musc_answer *answer) {
    static const char *const unsupported[] = {"nsupported", "not supported", "not implemented",
                                              "Unsupported", "not compiled", NULL};
    if (d->failed && musc_mentions(d->text, unsupported))
        return musc_fail(answer, MUSC_UNSUPPORTED, d->text);
    if (d->failed && strstr(d->text, "Insufficient memory"))
        return musc_fail(answer, MUSC_NO_MEMORY, d->text);
    if (d->ended) return musc_fail(answer, MUSC_ENDS_EARLY, "premature end of file");
    return musc_fail(answer, MUSC_DAMAGED, d->text);
}

int musc_jpeg_decode(const struct musc_jpeg *library, const uint8_t *data, size_t size,
                     uint32_t width, uint32_t height, int components, int bits, void *pixels,
                     struct musc_answer *answer) {
    struct decoding *d = calloc(1, sizeof *d);
    if (!d) return musc_fail(answer, MUSC_NO_MEMORY, "out of memory");
    struct state *state = &d->state;
    state->errors = library->std_error(&d->errors);
    d->errors.leave = leave;
    d->errors.emit = emit;
    d->errors.output = output;
    d->progress.monitor = watch;
    if (setjmp(d->back) == 0) {
        library->create(state, INTERFACE, sizeof *state);
        state->progress = &d->progress;
        library->memory_source(state, data, size);
        int found = library->read_header(state, 0);
        if (found == TABLES_ONLY) found = library->read_header(state, 0);
        if (found != HEADER_FOUND || state->width != width || state->height != height ||
            state->components != components || state->precision != bits)
            give_up(state, "its head contradicts itself");
        state->out_space = components == 1 ? SPACE_GREY : components == 3 ? SPACE_RGB : SPACE_CMYK;
        library->start(state);
        if (state->out_width != width || state->out_height != height ||
            state->out_components != components)
            give_up(state, "its head contradicts itself");
        read_rows(library, state, pixels, (size_t)width * components * (bits > 8 ? 2 : 1));
    }
    // The end marker may be missing where the last row needed no byte of it. Arithmetic coding and
    // several scans give no sign of their own when data are short.
    int short_of_data = d->ended && !d->failed &&
                        (d->lost || state->arithmetic || library->several_scans(state));
    if (d->failed || d->lost || short_of_data)
        judge(d, answer);
    else
        answer->outcome = MUSC_FINE;
    library->destroy(state);
    free(d);
    return answer->outcome;
}
