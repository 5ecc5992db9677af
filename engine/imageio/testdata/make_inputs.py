"""Writes small images of every kind and what Pillow decodes them to.

    python make_inputs.py OUT_DIR

NAME.EXT has NAME.EXT.rgb, the bytes [H,W,3] of Pillow's convert("RGB"); for 16 bits the high bytes.
turned_N.jpg and the like carry orientation N; upright.rgb is the picture that all of them show.
Needs Pillow and numpy.
"""
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(5)
WIDTH, HEIGHT = 29, 19  # odd, and no multiple of a JPEG block

y, x = np.mgrid[:HEIGHT, :WIDTH]
ground = np.stack([120 + 80 * np.sin(x / 5), 110 + 70 * np.cos(y / 4), 90 + 60 * np.sin((x + y) / 6)], -1)
ground[4:9, 6:14] = (240, 20, 30)  # a coloured edge shows how chroma is upsampled
ground[11:15, 15:24] = (10, 40, 230)
rgb = np.clip(ground + rng.normal(0, 4, ground.shape), 0, 255).astype(np.uint8)
alpha = rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
alpha[0, :3] = (0, 255, 1)
picture = Image.fromarray(rgb)
transparent = picture.copy()
transparent.putalpha(Image.fromarray(alpha))
deep = (rgb.astype(np.uint16) << 8) | rng.integers(0, 256, rgb.shape, dtype=np.uint16)


def expect(name, pixels=None):
    if pixels is None:
        with Image.open(out / name) as opened:
            pixels = np.asarray(opened.convert("RGB"))
    (out / f"{name}.rgb").write_bytes(np.ascontiguousarray(pixels, dtype=np.uint8).tobytes())


def add(name, image, **save):
    image.save(out / name, **save)
    expect(name)


def png(name, depth, colour, rows, extra=b""):
    """A PNG that Pillow cannot write. rows is [H,bytes]."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    data = b"".join(b"\0" + bytes(row) for row in rows)
    (out / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, 0))
        + extra + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def tiff(name, fields, data):
    """An uncompressed big-endian TIFF of one strip. fields: tag -> (type, values)."""
    fields = {256: (3, [WIDTH]), 257: (3, [HEIGHT]), 259: (3, [1]), 273: (4, [8]), 278: (3, [HEIGHT]),
              279: (4, [len(data)]), **fields}
    start = 8 + len(data)
    entries, extra = b"", b""
    for tag, (kind, values) in sorted(fields.items()):
        packed = struct.pack(">" + {3: "H", 4: "I"}[kind] * len(values), *values)
        if len(packed) > 4:
            extra_at = start + 2 + 12 * len(fields) + 4 + len(extra)
            extra += packed
            packed = struct.pack(">I", extra_at)
        entries += struct.pack(">HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    (out / name).write_bytes(b"MM\0*" + struct.pack(">I", start) + data
                             + struct.pack(">H", len(fields)) + entries + b"\0\0\0\0" + extra)


add("rgb.png", picture)
add("grey_alpha.png", transparent.convert("LA"))
add("alpha.png", transparent)
palette = picture.quantize(16)
add("palette_alpha.png", palette, transparency=bytes(range(0, 256, 16)), bits=4)
add("grey_transparent.png", picture.convert("L"), transparency=120)
png("grey16.png", 16, 0, deep[:, :, 1].astype(">u2").view(np.uint8))
expect("grey16.png", np.repeat((deep[:, :, 1:2] >> 8), 3, -1))
png("rgb16.png", 16, 2, deep.astype(">u2").reshape(HEIGHT, -1).view(np.uint8))
expect("rgb16.png", deep >> 8)
deep_alpha = np.concatenate([deep, alpha[:, :, None].astype(np.uint16) * 257], -1)
png("alpha16.png", 16, 6, deep_alpha.astype(">u2").reshape(HEIGHT, -1).view(np.uint8))
expect("alpha16.png", deep >> 8)

add("palette.gif", palette)
add("transparent.gif", palette, transparency=3)
add("frames.gif", palette, save_all=True, append_images=[palette.rotate(180)])
for name in ("palette.gif", "transparent.gif"):  # the frame moved on a larger canvas
    data = bytearray((out / name).read_bytes())
    struct.pack_into("<HH", data, 6, WIDTH + 6, HEIGHT + 6)
    block = 13 + 3 * (2 << (data[10] & 7))
    while data[block] == ord("!"):
        block += 2
        while data[block]:
            block += data[block] + 1
        block += 1
    struct.pack_into("<HH", data, block + 1, 3, 2)
    (out / f"offset_{name}").write_bytes(data)
    expect(f"offset_{name}")

add("rgb.bmp", picture)
add("palette.bmp", palette)
add("binary.bmp", picture.convert("1"))
add("alpha.bmp", transparent)

add("raw.tif", picture)
add("lzw.tif", picture, compression="tiff_lzw")
add("deflate.tif", picture, compression="tiff_adobe_deflate")
add("fax.tif", picture.convert("1"), compression="group4")
add("grey.tif", picture.convert("L"))
add("palette.tif", palette)
add("alpha.tif", transparent)
add("pages.tif", picture, save_all=True, append_images=[picture])
associated = np.concatenate([rgb.astype(np.uint16) * alpha[:, :, None] // 255, alpha[:, :, None]], -1)
tiff("associated.tif", {258: (3, [8] * 4), 262: (3, [2]), 277: (3, [4]), 338: (3, [1])},
     associated.astype(np.uint8).tobytes())
expect("associated.tif")
tiff("grey16.tif", {258: (3, [16]), 262: (3, [1])}, deep[:, :, 0].astype(">u2").tobytes())
expect("grey16.tif", np.repeat((deep[:, :, :1] >> 8), 3, -1))
tiff("rgb16.tif", {258: (3, [16] * 3), 262: (3, [2]), 277: (3, [3])}, deep.astype(">u2").tobytes())
expect("rgb16.tif", deep >> 8)
tiff("white_is_zero.tif", {258: (3, [8]), 262: (3, [0])}, rgb[:, :, 0].tobytes())
expect("white_is_zero.tif")

add("lossless.webp", picture, lossless=True)
add("lossless_alpha.webp", transparent, lossless=True, exact=True)
add("lossy.webp", picture, quality=90)
add("lossy_alpha.webp", transparent, quality=90)
add("narrow.webp", picture.crop((5, 0, 6, 2)), quality=90)

for kind, name in enumerate(("444", "422", "420")):
    add(f"chroma_{name}.jpg", picture, quality=92, subsampling=kind)
add("narrow.jpg", picture.crop((5, 3, 8, 12)), quality=92, subsampling=2)
add("progressive.jpg", picture, quality=92, progressive=True)
add("grey.jpg", picture.convert("L"), quality=92)
inks = np.concatenate([255 - rgb, alpha[:, :, None] // 2], -1)
add("cmyk.jpg", Image.fromarray(inks, "CMYK"), quality=95)

# Stored so that turning by the tag gives the picture back.
(out / "upright.rgb").write_bytes(rgb.tobytes())
undo = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
        6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}
for value, method in undo.items():
    stored = picture if method is None else picture.transpose(method)
    exif = Image.Exif()
    exif[0x0112] = value
    stored.save(out / f"turned_{value}.png", exif=exif)
picture.transpose(undo[8]).save(out / "turned_8.tif", tiffinfo={0x0112: 8})
exif = Image.Exif()
exif[0x0112] = 6
exif[0x010F] = "maker"
picture.transpose(undo[6]).save(out / "turned_6.jpg", quality=92, subsampling=0, exif=exif)
picture.transpose(undo[6]).save(out / "turned_6.webp", lossless=True, exif=exif)
