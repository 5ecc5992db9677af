"""Writes BMP files of the kinds that programs of 35 years have written, and their pixels.

    python make_bmp.py bmp.zip

NAME.bmp in the archive has NAME.bmp.rgb, the bytes [H,W,3] of Pillow's convert("RGB"). Where Pillow refuses the kind
(it says which) the pixels are those that the file was made of, by the format's definition: a sample of
n bits is v * 255 // (2**n - 1), as Pillow has it for 5 and 6 bits. Needs Pillow and numpy.
"""
import io
import struct
import sys
import zipfile

import numpy as np
from PIL import Image

archive = zipfile.ZipFile(sys.argv[1], "w")
rng = np.random.default_rng(7)
WIDTH, HEIGHT = 13, 7
y, x = np.mgrid[:HEIGHT, :WIDTH]
rgb = np.stack([x * 18 + 10, y * 33 + 20, (x + y) * 12], -1).astype(np.uint8)
rgb[2:4, 3:7] = (250, 20, 30)
colours = rng.integers(0, 256, (256, 3), dtype=np.uint8)  # a palette
greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
index = rng.integers(0, 200, (HEIGHT, WIDTH), dtype=np.uint8)
index[1, 2:11] = 77  # runs for RLE
index[4, :] = 5
alpha = rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)


def put(name, text):
    """The same bytes every time: no date."""
    archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


def pack(values, bits):
    """Rows of indices, the first pixel in the highest bits, padded to 4 bytes; bottom row first."""
    rows = []
    for row in values[::-1]:
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text = text.ljust(-(-len(text) // 32) * 32, "0")
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(rows)


def whole(values, size):
    """Rows of little-endian pixels of size bytes."""
    rows = []
    for row in values[::-1]:
        text = b"".join(int(v).to_bytes(size, "little") for v in row)
        rows.append(text + bytes(-len(text) % 4))
    return b"".join(rows)


def bgr(pixels):
    p = pixels.astype(np.uint32)
    return whole(p[..., 2] | p[..., 1] << 8 | p[..., 0] << 16, 3)


def fields(masks, planes):
    """Pixels whose samples lie under masks, and the colours that they stand for."""
    word = np.zeros((HEIGHT, WIDTH), np.uint64)
    shown = []
    for mask, plane in zip(masks, planes):
        if not mask:
            shown.append(np.zeros_like(plane))
            continue
        shift = (mask & -mask).bit_length() - 1
        bits = bin(mask).count("1")
        value = (plane.astype(np.uint64) * ((1 << bits) - 1) + 127) // 255
        word |= value << np.uint64(shift)
        shown.append((value * 255 // ((1 << bits) - 1)).astype(np.uint8))
    return word, np.stack(shown[:3], -1)


def header(size, bits, compression=0, used=0, down=False, data=0, masks=()):
    height = -HEIGHT if down else HEIGHT
    if size == 12:
        return struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    text = struct.pack("<IiiHHIIiiII", size, WIDTH, height, 1, bits, compression, data, 2835, 2835, used, 0)
    if size > 40:
        text += b"".join(struct.pack("<I", m) for m in masks)
    text = text[:size].ljust(size, b"\0")
    if size <= 40 and masks:
        text += b"".join(struct.pack("<I", m) for m in masks)
    return text


def write(name, head, palette, data, pixels=None, reserved=0, gap=b"", offset=None):
    body = head + palette + gap
    at = 14 + len(body) if offset is None else offset
    text = b"BM" + struct.pack("<IHHI", 14 + len(body) + len(data), reserved, reserved, at) + body + data
    if name.endswith(".dib"):
        text = text[14:]
    put(name, text)
    try:
        with Image.open(io.BytesIO(text)) as opened:
            shown = np.asarray(opened.convert("RGB"))
        if pixels is not None and not np.array_equal(shown, pixels):
            print(f"{name}: Pillow's pixels are not those that were written; its own are taken" )
    except (OSError, ValueError) as error:
        print(f"{name}: {error}")
        shown = pixels
    put(f"{name}.rgb", np.ascontiguousarray(shown, dtype=np.uint8).tobytes())


def quads(table):
    return b"".join(bytes((b, g, r, 0)) for r, g, b in table)


def triples(table):
    return b"".join(bytes((b, g, r)) for r, g, b in table)


# Palettes and grey of every depth, all headers.
for bits in (1, 2, 4, 8):
    few = index & ((1 << bits) - 1)
    table = colours[:1 << bits]
    write(f"palette{bits}.bmp", header(40, bits), quads(table), pack(few, bits), table[few])
    write(f"core{bits}.bmp", header(12, bits), triples(table), pack(few, bits), table[few])
few = index % 5
write("palette_used.bmp", header(40, 8, used=5), quads(colours[:5]), pack(few, 8), colours[few])
write("palette_used_no_offset.bmp", header(40, 8, used=5), quads(colours[:5]), pack(few, 8), colours[few], offset=0)
write("offset_at_palette.bmp", header(40, 8), quads(colours), pack(index, 8), colours[index], offset=54)
more = np.concatenate([colours, colours[:44]])
write("oversized_palette.bmp", header(40, 8, used=300), quads(more), pack(index, 8), colours[index])
write("oversized_palette.dib", header(40, 8, used=300), quads(more), pack(index, 8), colours[index])
write("grey8.bmp", header(40, 8), quads(greys), pack(index, 8), greys[index])
write("grey8_gap.bmp", header(40, 8), quads(greys), pack(index, 8), greys[index], gap=bytes(10))
write("black_white.bmp", header(40, 1), quads([(0, 0, 0), (255, 255, 255)]), pack(index % 2, 1))
write("white_black.bmp", header(40, 1), quads([(255, 255, 255), (0, 0, 0)]), pack(index % 2, 1))
for size in (16, 52, 56, 64, 108, 124):
    write(f"header{size}_palette.bmp", header(size, 8), quads(colours), pack(index, 8), colours[index])
    write(f"header{size}_24.bmp", header(size, 24), b"", bgr(rgb), rgb)
write("core24.bmp", header(12, 24), b"", bgr(rgb), rgb)
core = index % 200  # OS/2 files with fewer colours than the depth allows say so by the offset only
write("core8_short.bmp", header(12, 8), triples(colours[:200]), pack(core, 8), colours[core])

# True colour.
write("rgb24.bmp", header(40, 24), b"", bgr(rgb), rgb)
write("gap.bmp", header(40, 24), b"", bgr(rgb), rgb, gap=b"gap" * 7)
write("palette_in_24.bmp", header(40, 24, used=16), quads(colours[:16]), bgr(rgb), rgb)
write("colours_named_24.bmp", header(40, 24, used=16), b"", bgr(rgb), rgb)
write("reserved.bmp", header(40, 24), b"", bgr(rgb), rgb, reserved=0x1234)
write("top_down.bmp", header(40, 24, down=True), b"", bgr(rgb[::-1]), rgb)
write("no_offset.bmp", header(40, 24), b"", bgr(rgb), rgb, offset=0)
write("rgb24.dib", header(40, 24), b"", bgr(rgb), rgb)
write("palette8.dib", header(40, 8), quads(colours), pack(index, 8), colours[index])
write("core24.dib", header(12, 24), b"", bgr(rgb), rgb)
masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
with_alpha = (rgb[..., 0], rgb[..., 1], rgb[..., 2], alpha)
word, _ = fields(masks, with_alpha)
write("rgb32.bmp", header(40, 32), b"", whole(word, 4), rgb)
for size in (56, 108, 124):
    write(f"alpha{size}.bmp", header(size, 32, 3, masks=masks), b"", whole(word, 4), rgb)
write("raw_v4_32.bmp", header(108, 32, masks=masks), b"", whole(word, 4), rgb)
write("zero_masks.bmp", header(40, 32, 3, masks=(0, 0, 0)), b"", whole(word, 4), rgb)
put("alpha", alpha.tobytes())

# 16 and 32 bits under masks.
masks555, masks565 = (0x7C00, 0x3E0, 0x1F), (0xF800, 0x7E0, 0x1F)
three = [rgb[..., k] for k in range(3)]
for name, size, bits, compression, masks in (
        ("rgb555", 40, 16, 0, masks555), ("fields555", 40, 16, 3, masks555), ("fields565", 40, 16, 3, masks565),
        ("fields444", 40, 16, 3, (0xF00, 0xF0, 0xF)), ("v2_565", 52, 16, 3, masks565),
        ("v3_4444", 56, 16, 3, (0xF00, 0xF0, 0xF, 0xF000)), ("v4_565", 108, 16, 3, masks565 + (0,)),
        ("fields332", 40, 16, 3, (0xE0, 0x1C, 0x3)), ("fields_bgr555", 40, 16, 3, masks555[::-1]),
        ("fields888", 40, 32, 3, (0xFF0000, 0xFF00, 0xFF)), ("fields_rgbx", 40, 32, 3, (0xFF000000, 0xFF0000, 0xFF00)),
        ("fields_bgrx", 40, 32, 3, (0xFF, 0xFF00, 0xFF0000)), ("fields101010", 40, 32, 3, (0x3FF00000, 0xFFC00, 0x3FF)),
        ("fields_red", 40, 32, 3, (0xFF0000, 0, 0)), ("v3_8888", 56, 32, 3, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
        ("alpha_fields", 40, 32, 6, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
        ("fields24", 40, 24, 3, (0xFF0000, 0xFF00, 0xFF))):
    planes = three + [alpha] if len(masks) == 4 else three
    word, shown = fields(masks, planes)
    stored = () if compression == 0 else masks
    if name == "fields565":
        write("fields565_no_offset.bmp", header(size, bits, compression, masks=stored), b"", whole(word, 2), shown, offset=0)
        write("fields565.dib", header(size, bits, compression, masks=stored), b"", whole(word, 2), shown)
    if name == "alpha_fields":
        write("alpha_fields.dib", header(size, bits, compression, masks=stored), b"", whole(word, 4), shown)
    write(f"{name}.bmp", header(size, bits, compression, masks=stored), b"", whole(word, bits // 8), shown)


# Run lengths. Each function encodes rows from the bottom.
def runs(values, four):
    """Runs only."""
    text = bytearray()
    for row in values[::-1]:
        at = 0
        while at < WIDTH:
            end = at
            while end < WIDTH and row[end] == row[at]:
                end += 1
            text += bytes((end - at, row[at] * 17 if four else row[at]))
            at = end
        text += b"\0\0"
    return bytes(text[:-2] + b"\0\1")


def literal(values, four):
    """Every row as one absolute run of an odd number of pixels."""
    text = bytearray()
    for row in values[::-1]:
        text += bytes((0, WIDTH))
        data = bytes(row) if not four else bytes(
            int(row[i]) << 4 | (int(row[i + 1]) if i + 1 < WIDTH else 0) for i in range(0, WIDTH, 2))
        text += data + bytes(len(data) % 2) + b"\0\0"
    return bytes(text + b"\0\1")


few4 = index % 16
write("rle8.bmp", header(40, 8, 1), quads(colours), runs(index, False), colours[index])
write("rle8_literal.bmp", header(40, 8, 1), quads(colours), literal(index, False), colours[index])
write("rle4.bmp", header(40, 4, 2), quads(colours[:16]), runs(few4, True), colours[few4])
write("rle4_literal.bmp", header(40, 4, 2), quads(colours[:16]), literal(few4, True), colours[few4])
write("rle8_gap.bmp", header(40, 8, 1), quads(colours), runs(index, False), colours[index], gap=bytes(6))
alternating = np.zeros((HEIGHT, WIDTH), np.uint8)
alternating[:, ::2] = 3
alternating[:, 1::2] = 9
write("rle4_pairs.bmp", header(40, 4, 2), quads(colours[:16]), bytes((WIDTH, 0x39, 0, 0)) * HEIGHT + b"\0\1",
      colours[alternating])
# A delta to column 5 of the row above the next, then the end: all else is index 0.
sparse = np.zeros((HEIGHT, WIDTH), np.uint8)
sparse[HEIGHT - 1, :2], sparse[HEIGHT - 3, 5:8] = 4, 6
write("rle8_delta.bmp", header(40, 8, 1), quads(colours), bytes((2, 4, 0, 2, 3, 2, 3, 6, 0, 1)), colours[sparse])
write("rle4_delta.bmp", header(40, 4, 2), quads(colours[:16]), bytes((2, 0x44, 0, 2, 3, 2, 3, 0x66, 0, 1)),
      colours[sparse])
short = index.copy()
short[:, 10:] = 0
write("rle8_short_rows.bmp", header(40, 8, 1), quads(colours),
      b"".join(bytes((0, 10)) + bytes(row[:10]) + b"\0\0" for row in short[::-1]) + b"\0\1", colours[short])
write("rle8_no_end.bmp", header(40, 8, 1), quads(colours), runs(index, False)[:-2], colours[index])
write("rle8_end_of_row.bmp", header(40, 8, 1), quads(colours), runs(index, False)[:-2] + b"\0\0", colours[index])
# Masks beyond the pixel: no red, the rest from what there is.
write("masks_beyond_16.bmp", header(40, 16, 3, masks=(0xFF0000, 0xFF00, 0xFF)), b"",
      whole(index.astype(np.uint32) << 8 | index // 2, 2), np.stack([index * 0, index, index // 2], -1))
long_rows = b"".join(b"".join(bytes((1, v)) for v in row) + b"\5\1\0\0" for row in index[::-1]) + b"\0\1"
write("rle8_long_rows.bmp", header(40, 8, 1), quads(colours), long_rows, colours[index])
archive.close()
