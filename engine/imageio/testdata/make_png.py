"""Writes PNG and GIF files of all kinds and with the faults that viewers overlook, and their pixels.

    python make_png.py png.zip

NAME.png in the archive has NAME.png.rgb, the bytes [H,W,3] of Pillow's convert("RGB"); of 16 bits, where
Pillow has no colours or clips, the high bytes of what was written. What Pillow refuses is said, and is
left without .rgb unless the file is one that libpng and the browsers show. Needs Pillow and numpy.
"""
import io
import struct
import sys
import zipfile
import zlib

import numpy as np
from PIL import Image

archive = zipfile.ZipFile(sys.argv[1], "w")
rng = np.random.default_rng(11)
WIDTH, HEIGHT = 13, 11
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
MAGIC = b"\x89PNG\r\n\x1a\n"


def put(name, text):
    archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


def chunk(kind, data=b"", crc=None):
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def packed(values, depth):
    """[H,W,samples] -> filtered rows, the filters by turns."""
    samples = values.shape[2]
    distance = max(1, samples * depth // 8)
    rows, above = [], None
    for k, row in enumerate(values.reshape(values.shape[0], -1)):
        text = "".join(format(int(v), f"0{depth}b") for v in row)
        text += "0" * (-len(text) % 8)
        row = int(text, 2).to_bytes(len(text) // 8, "big")
        above = bytes(len(row)) if above is None else above
        filtered, kind = bytearray(), k % 5
        for i, value in enumerate(row):
            a = row[i - distance] if i >= distance else 0
            b = above[i]
            c = above[i - distance] if i >= distance else 0
            nearest = min((a, b, c), key=lambda v: abs(a + b - c - v))
            guess = (0, a, b, (a + b) // 2, nearest)[kind]
            filtered.append((value - guess) & 255)
        rows.append(bytes((kind,)) + bytes(filtered))
        above = row
    return b"".join(rows)


def raw(values, depth, interlaced):
    if not interlaced:
        return packed(values, depth)
    passes = [values[y::down, x::across] for x, y, across, down in ADAM7]
    return b"".join(packed(part, depth) for part in passes if part.size)


def header(colour, depth, interlaced=False, height=HEIGHT):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, height, depth, colour, 0, 0, int(interlaced)))


def expect(name, text, pixels=None, shown_by_others=False):
    put(name, text)
    try:
        with Image.open(io.BytesIO(text)) as opened:
            found = np.asarray(opened.convert("RGB"))
        if pixels is not None and not np.array_equal(found, pixels):
            print(f"{name}: Pillow's pixels are not those that were written; the latter are taken")
            found = pixels
    except Exception as error:
        print(f"{name}: {error!r}")
        if not shown_by_others:
            return
        found = pixels
    put(f"{name}.rgb", np.ascontiguousarray(found, dtype=np.uint8).tobytes())


palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)


def shades(values, colour, depth):
    """What the samples show."""
    if colour == PALETTE:
        return palette[values[..., 0]]
    colours = values[..., :3] if SAMPLES[colour] >= 3 else np.repeat(values[..., :1], 3, -1)
    return (colours >> 8 if depth == 16 else colours * 255 // (2 ** depth - 1)).astype(np.uint8)


def values_of(colour, depth):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ground = ((x * 5 + y * 9) % 97 / 97 * 2 ** depth).astype(np.uint32)[..., None]
    noise = rng.integers(0, 2 ** depth, (HEIGHT, WIDTH, SAMPLES[colour]), dtype=np.uint32)
    return (ground + noise // 4) % 2 ** depth


# Every colour type and depth, plain and interlaced.
for colour, depths in ((GREY, (1, 2, 4, 8, 16)), (RGB, (8, 16)), (PALETTE, (1, 2, 4, 8)), (GREY_ALPHA, (8, 16)),
                       (RGBA, (8, 16))):
    for depth in depths:
        for interlaced in (False, True):
            values = values_of(colour, depth)
            text = MAGIC + header(colour, depth, interlaced)
            if colour == PALETTE:
                text += chunk(b"PLTE", palette[:2 ** depth].tobytes())
            text += chunk(b"IDAT", zlib.compress(raw(values, depth, interlaced), 9)) + chunk(b"IEND")
            name = f"type{colour}_{depth}{'_interlaced' if interlaced else ''}.png"
            expect(name, text, shades(values, colour, depth))
            if colour == GREY and depth == 16:
                put(f"{name}.u16", values.astype("<u2").tobytes())

# Faults at the end, and in what need not be read.
values = values_of(RGB, 8)
pixels = values.astype(np.uint8)
data = raw(values, 8, False)
idat = zlib.compress(data, 9)
start = MAGIC + header(RGB, 8)
good = chunk(b"IDAT", idat)
end = chunk(b"IEND")
whole = start + good + end
rest = {
    "no_iend": start + good,
    "no_iend_crc": start + good + end[:-4],
    "bad_iend_crc": start + good + chunk(b"IEND", crc=1),
    "iend_with_data": start + good + chunk(b"IEND", b"data"),
    "no_idat_crc": start + good[:-4],
    "garbage_behind_iend": whole + b"garbage" * 9,
    "garbage_instead_of_iend": start + good + b"\xff" * 20,
    "zeros_behind_iend": whole + bytes(5000),
    "bad_idat_crc": start + chunk(b"IDAT", idat, crc=1) + end,
    "no_adler": start + chunk(b"IDAT", idat[:-4]) + end,
    "bad_adler": start + chunk(b"IDAT", idat[:-4] + b"abcd") + end,
    "cut_adler": start + good[:-6],
    "too_many_pixels": start + chunk(b"IDAT", zlib.compress(data + data[:80], 9)) + end,
    "too_much_data": start + chunk(b"IDAT", idat + b"more" * 5) + end,
    "empty_idat": start + chunk(b"IDAT") + good + chunk(b"IDAT") + end,
    "single_bytes": start + b"".join(chunk(b"IDAT", idat[i:i + 1]) for i in range(len(idat))) + end,
    "idat_interrupted": start + chunk(b"IDAT", idat[:50]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", idat[50:]) + end,
    "broken_profile": start + chunk(b"iCCP", b"name\0\0not deflated") + good + end,
    "bad_text_crc": start + chunk(b"tEXt", b"a\0b", crc=1) + good + end,
    "bad_text_crc_behind": start + good + chunk(b"tEXt", b"a\0b", crc=1) + end,
    "short_gamma": start + chunk(b"gAMA", b"\0") + good + end,
    "unknown_chunks": start + chunk(b"abCd", b"x" * 9) + chunk(b"prIv") + good + chunk(b"zzZz") + end,
    "suggested_palette": start + chunk(b"PLTE", palette.tobytes()) + good + end,
    "odd_suggested_palette": start + chunk(b"PLTE", b"four") + good + end,
    "transparent": start + chunk(b"tRNS", struct.pack(">3H", *pixels[0, 0])) + good + end,
    "short_transparent": start + chunk(b"tRNS", b"\0\1\0") + good + end,
    "small_window": start + chunk(b"IDAT", b"\x08\x1d" + idat[2:]) + end,
    "animated": start + chunk(b"acTL", struct.pack(">II", 1, 0))
    + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)) + good + end,
}
for name, text in rest.items():
    expect(f"{name}.png", text, pixels, shown_by_others=True)

control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
put("two_frames.png", start + chunk(b"acTL", struct.pack(">II", 2, 0)) + control + good + end)
put("no_count_of_frames.png", start + good + chunk(b"acTL", b"\0\0")[:-4])
put("turned.png", start + chunk(b"eXIf", b"MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0") + good + end)
index = rng.integers(0, 9, (HEIGHT, WIDTH, 1), dtype=np.uint32)
coded = zlib.compress(raw(index, 8, False), 9)
nine = palette[:9]
start = MAGIC + header(PALETTE, 8)
for name, between in {
        "palette_alpha_long": chunk(b"PLTE", nine.tobytes()) + chunk(b"tRNS", bytes(range(20))),
        "palette_alpha_first": chunk(b"tRNS", bytes(9)) + chunk(b"PLTE", nine.tobytes()),
        "palette_of_770": chunk(b"PLTE", palette.tobytes() + b"xx"),
        "palette_alpha_empty": chunk(b"PLTE", nine.tobytes()) + chunk(b"tRNS")}.items():
    expect(f"{name}.png", start + between + chunk(b"IDAT", coded) + end, palette[index[..., 0]], True)
beyond = nine.copy()
beyond[5:] = 0
expect("palette_short.png", start + chunk(b"PLTE", nine[:5].tobytes()) + chunk(b"IDAT", coded) + end,
       beyond[index[..., 0]], True)
long = raw(index % 4, 2, False)
expect("palette_long.png", MAGIC + header(PALETTE, 2) + chunk(b"PLTE", palette[:16].tobytes())
       + chunk(b"IDAT", zlib.compress(long, 9)) + end, palette[index[..., 0] % 4], True)
grey = values_of(GREY, 8)
coded = zlib.compress(raw(grey, 8, False), 9)
for name, between in {"grey_palette": chunk(b"PLTE", palette.tobytes()),
                      "grey_transparent_long": chunk(b"tRNS", b"\0\7\0\7"),
                      "grey_transparent_deep": chunk(b"tRNS", b"\7\7")}.items():
    expect(f"{name}.png", MAGIC + header(GREY, 8) + between + chunk(b"IDAT", coded) + end,
           np.repeat(grey, 3, -1).astype(np.uint8), True)
both = values_of(RGBA, 8)
expect("transparent_with_alpha.png", MAGIC + header(RGBA, 8) + chunk(b"tRNS", b"\0\1\0\1\0\1")
       + chunk(b"IDAT", zlib.compress(raw(both, 8, False), 9)) + end, both[..., :3].astype(np.uint8), True)

# What is repaired keeps its alpha.
both = values_of(GREY_ALPHA, 8)
expect("grey_transparent_with_alpha.png", MAGIC + header(GREY_ALPHA, 8) + chunk(b"tRNS", b"\0\1\0\1")
       + chunk(b"IDAT", zlib.compress(raw(both, 8, False), 9)), np.repeat(both[..., :1], 3, -1).astype(np.uint8), True)
nine_alpha = bytes(range(0, 180, 20))
expect("repaired_palette.png", start + chunk(b"PLTE", nine.tobytes()) + chunk(b"tRNS", nine_alpha)
       + chunk(b"IDAT", zlib.compress(raw(index, 8, False), 9)), palette[index[..., 0]])
put("repaired_palette.png.alpha", np.frombuffer(nine_alpha, np.uint8)[index[..., 0]].tobytes())
expect("repaired_rgb.png", MAGIC + header(RGB, 8) + chunk(b"tRNS", struct.pack(">3H", *pixels[0, 0])) + good, pixels)
put("repaired_rgb.png.alpha", (np.any(pixels != pixels[0, 0], -1) * np.uint8(255)).tobytes())
for interlaced in (False, True):
    both = values_of(RGBA, 16)
    expect(f"repaired_rgba{int(interlaced)}.png", MAGIC + header(RGBA, 16, interlaced)
           + chunk(b"IDAT", zlib.compress(raw(both, 16, interlaced), 9)), (both[..., :3] >> 8).astype(np.uint8))
    put(f"repaired_rgba{int(interlaced)}.png.alpha", (both[..., 3] >> 8).astype(np.uint8).tobytes())

# Damage: no .rgb.
start = MAGIC + header(RGB, 8)
spoiled = bytearray(data)
spoiled[200] ^= 1
put("damaged_pixels_cut.png", (start + good)[:-60])
put("damaged_pixels_few.png", start + chunk(b"IDAT", zlib.compress(data[:-1], 9)) + end)
put("damaged_both_sums.png",
    start + chunk(b"IDAT", zlib.compress(bytes(spoiled), 9)[:-4] + idat[-4:], crc=zlib.crc32(b"IDAT" + idat)) + end)
put("damaged_deflate.png", start + chunk(b"IDAT", idat[:2] + b"\xff" * 40) + end)
put("damaged_header.png", MAGIC + header(RGB, 8)[:-4] + b"\0\0\0\0" + good + end)
put("damaged_no_palette.png", MAGIC + header(PALETTE, 8) + chunk(b"IDAT", coded) + end)
put("damaged_filter.png", start + chunk(b"IDAT", zlib.compress(b"\7" + data[1:], 9)) + end)
put("damaged_no_pixels.png", start + end)
put("unsupported_iphone.png", MAGIC + chunk(b"CgBI", b"\x50\0\x20\2") + header(RGB, 8) + good + end)
archive.close()
