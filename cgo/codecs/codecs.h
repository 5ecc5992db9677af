// What the Go side asks of libjpeg, libtiff, libwebp and Little CMS. The libraries are opened at
// run time; no header of theirs is needed, each .c file declares the part of the binary interface
// it uses.
#ifndef MUSC_CODECS_H
#define MUSC_CODECS_H

#include <stddef.h>
#include <stdint.h>

#define MUSC_TEXT 200

enum musc_outcome {
    MUSC_FINE,
    MUSC_DAMAGED,
    MUSC_ENDS_EARLY,  // the data stop before the picture does
    MUSC_UNSUPPORTED, // whole, perhaps, but of a kind that the library does not decode
    MUSC_NO_MEMORY,
};

// What became of a call, and the reason if it was not MUSC_FINE.
struct musc_answer {
    int outcome;
    char text[MUSC_TEXT];
};

int musc_fail(struct musc_answer *answer, int outcome, const char *text);

// Opening: NULL if the file cannot be opened or lacks a function that is needed; the answer then
// says which. What was opened stays so for as long as the process lives.
struct musc_jpeg *musc_jpeg_open(const char *path, struct musc_answer *answer);
struct musc_tiff *musc_tiff_open(const char *path, struct musc_answer *answer);
struct musc_webp *musc_webp_open(const char *decoder, const char *demuxer,
                                 struct musc_answer *answer);
struct musc_lab *musc_lab_open(const char *path, struct musc_answer *answer);

// Fills text with the library's own name for its version. libjpeg's interface has none.
void musc_tiff_version(const struct musc_tiff *library, char text[MUSC_TEXT]);
void musc_webp_version(const struct musc_webp *library, char text[MUSC_TEXT]);

// Decodes to pixels[height][width][components]: 1 is grey, 3 RGB, 4 CMYK as the file has it. A
// sample is a byte, or a uint16_t if bits is above 8. A file of another size, number of components
// or depth is MUSC_DAMAGED; nothing is written beyond what was announced.
int musc_jpeg_decode(const struct musc_jpeg *library, const uint8_t *data, size_t size,
                     uint32_t width, uint32_t height, int components, int bits, void *pixels,
                     struct musc_answer *answer);

// The first directory of a TIFF file.
struct musc_tiff_head {
    uint32_t width, height;
    uint16_t bits, samples, photometric, separate, format, compression, inks;
    uint16_t photometric_known;
    uint16_t chroma[2];       // pixels that a sample of chroma spans, across and down
    uint16_t extras;          // extra samples, of which
    uint16_t first_extra;     // is the kind of the first
    const uint16_t *colours[3]; // of 1 << bits entries each, or NULL
};

struct musc_tiff_file;

// reader is what muscCodecsRead is called with to read the file's bytes, which are size in number:
// a file may have further pages that nobody needs. memory bounds what libtiff allocates.
struct musc_tiff_file *musc_tiff_begin(const struct musc_tiff *library, uintptr_t reader,
                                       uint64_t size, int64_t memory, struct musc_tiff_head *head,
                                       struct musc_answer *answer);
// Samples as stored, in the byte order of this machine: samples[planes][height][row], row bytes a
// row, planes being 1 unless the planes are separate; rows begin at a byte.
int musc_tiff_samples(struct musc_tiff_file *file, int planes, size_t row, uint8_t *samples,
                      struct musc_answer *answer);
// Red, green, blue, alpha as libtiff makes them of any photometric it knows:
// pixels[height][width][4].
int musc_tiff_colours(struct musc_tiff_file *file, uint8_t *pixels, struct musc_answer *answer);
void musc_tiff_end(struct musc_tiff_file *file);

// The first frame on its canvas: red, green, blue, alpha, pixels[height][width][4].
int musc_webp_decode(const struct musc_webp *library, const uint8_t *data, size_t size,
                     uint32_t width, uint32_t height, uint8_t *pixels, struct musc_answer *answer);

// Makes sRGB of CIE L*a*b* as TIFF has it: pixels[count][3], L of 0 to 255, a and b with a sign.
int musc_lab_to_rgb(const struct musc_lab *library, uint8_t *pixels, uint64_t count,
                    struct musc_answer *answer);

#endif
