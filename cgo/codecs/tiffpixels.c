//go:build linux

#include <stdlib.h>
#include <string.h>

#include "tiff.h"

// One plane, strip by strip.
static int read_strips(struct musc_tiff_file *file, uint16_t plane, size_t row, uint8_t *samples,
                       struct musc_answer *answer) {
    const struct musc_tiff *l = file->library;
    uint32_t height = file->head.height, rows = 0;
    if (!l->get_or_default(file->tiff, TAG_ROWS, &rows) || rows == 0 || rows > height)
        rows = height;
    for (uint64_t y = 0; y < height; y += rows) {
        uint64_t count = height - y < rows ? height - y : rows;
        int64_t bytes = (int64_t)count * row;
        int64_t got = l->read_strip(file->tiff, l->strip_at(file->tiff, y, plane),
                                    samples + (size_t)y * row, bytes);
        if (got != bytes)
            return musc_tiff_judge(&file->source, "Not enough data in a strip", answer);
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
                return musc_tiff_judge(&file->source, "Not enough data in a tile", answer);
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
        return musc_tiff_judge(&file->source, "libtiff gives no reason", answer);
    answer->outcome = MUSC_FINE;
    return MUSC_FINE;
}
