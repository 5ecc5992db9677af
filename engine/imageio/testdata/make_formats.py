"""Writes small images of the kinds that cameras, scanners and programs make, and what they show.

    python make_formats.py OUT_DIR

kinds.csv has a row a file: what it is, who says what it shows (Pillow, or numpy where Pillow does not
open it or reads it otherwise), and the file in expected/ with the answer: uint8 [H,W,3] as .rgb, or,
for more than 8 bits a sample, the stored values as float32 [H,W,C] as .f32. "refused" instead of an
answer: a whole file of a kind that is not read. Of JPEGs Pillow's own library is asked.

Needs Pillow 13.0.0, numpy, tifffile and imagecodecs, Debian's libjpeg-turbo-progs (cjpeg, jpegtran)
and libtiff-tools (tiffcp). inputs/ beside this script has the common kinds.
"""
import csv
import hashlib
import io
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

out = Path(sys.argv[1])
(out / "expected").mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(7)
WIDTH, HEIGHT = 37, 21  # odd, and no multiple of a JPEG block or a tile

y, x = np.mgrid[:HEIGHT, :WIDTH]
ground = np.stack([120 + 80 * np.sin(x / 5), 110 + 70 * np.cos(y / 4), 90 + 60 * np.sin((x + y) / 6)], -1)
ground[4:9, 6:14] = (240, 20, 30)  # coloured edges show how chroma is upsampled
ground[11:15, 15:24] = (10, 40, 230)
rgb = np.clip(ground + rng.normal(0, 4, ground.shape), 0, 255).astype(np.uint8)
grey = np.ascontiguousarray(rgb[:, :, 1])
alpha = rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
alpha[0, :4] = (0, 255, 1, 0)
picture = Image.fromarray(rgb)
bilevel = Image.fromarray(grey).convert("1")
palette = picture.quantize(16)
deep = (rgb.astype(np.uint16) << 8) | rng.integers(0, 256, rgb.shape, dtype=np.uint16)
rows = []


def spread(values):
    """Grey as three equal channels."""
    return np.repeat(np.asarray(values, np.uint8)[:, :, None], 3, -1)


def record(name, kind, pixels=None):
    """pixels: uint8 [H,W,3], float32 [H,W,C], "refused", or None for what Pillow shows."""
    who = "numpy"
    if pixels is None:
        who = "Pillow"
        with Image.open(out / name) as opened:  # La is no mode to convert from
            pixels = np.asarray(opened.convert("LA" if opened.mode == "La" else "RGB").convert("RGB"))
    if isinstance(pixels, str):
        rows.append([name, kind, "", pixels])
        return
    pixels = np.ascontiguousarray(pixels)
    data = pixels.tobytes()
    suffix = {"uint8": "rgb", "float32": "f32"}[pixels.dtype.name]
    answer = f"expected/{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
    (out / answer).write_bytes(data)
    rows.append([name, kind, who, answer])


def save(name, kind, image, pixels=None, **options):
    image.save(out / name, **options)
    record(name, kind, pixels)


def write(name, kind, data, pixels=None):
    (out / name).write_bytes(data)
    record(name, kind, pixels)


def deeper(values):
    """What a file of more than 8 bits holds, as [H,W,C]."""
    values = np.asarray(values, np.float32)
    return values[:, :, None] if values.ndim == 2 else values


# --- JPEG ---

def ppm(array):
    kind = b"P5" if array.ndim == 2 else b"P6"
    return kind + f"\n{array.shape[1]} {array.shape[0]}\n255\n".encode() + array.tobytes()


def tool(*command, data):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def cjpeg(*options, array=rgb):
    return tool("cjpeg", "-quality", "92", *options, data=ppm(array))


def segments(data):
    """The segments before the scan, and the rest."""
    at, found = 2, []
    while data[at + 1] != 0xDA:
        length = 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
        found.append(data[at:at + length])
        at += length
    return found, data[at:]


def without(data, *markers):
    found, rest = segments(data)
    return data[:2] + b"".join(s for s in found if s[1] not in markers) + rest


for sampling in ("1x1", "2x1", "1x2", "2x2", "4x1", "4x2", "1x4", "2x4", "3x1", "1x3"):
    write(f"sampling_{sampling}.jpg", f"JPEG, chroma of {sampling.replace('x', ' x ')} pixels",
          cjpeg("-sample", f"{sampling},1x1,1x1"))
write("sampling_mixed.jpg", "JPEG, other chroma for blue and red", cjpeg("-sample", "2x2,2x1,1x2"))
write("sampling_chroma_denser.jpg", "JPEG, chroma denser than luma", cjpeg("-sample", "1x1,2x1,2x1"))
write("progressive.jpg", "JPEG, progressive", cjpeg("-sample", "2x2", "-progressive"))
write("progressive_restart.jpg", "JPEG, progressive with restarts, 4:2:0",
      cjpeg("-sample", "2x2", "-progressive", "-restart", "1"))
write("restart.jpg", "JPEG, a restart each row of blocks", cjpeg("-sample", "2x2", "-restart", "1"))
write("restart_blocks.jpg", "JPEG, a restart each block", cjpeg("-sample", "2x2", "-restart", "1B"))
write("arithmetic.jpg", "JPEG, arithmetic coding", cjpeg("-sample", "2x2", "-arithmetic"))
write("arithmetic_progressive.jpg", "JPEG, arithmetic coding, progressive, restarts",
      cjpeg("-sample", "2x2", "-arithmetic", "-progressive", "-restart", "1"))
write("rgb.jpg", "JPEG of RGB, not of luma and chroma", cjpeg("-rgb"))
write("rgb_sampled.jpg", "JPEG of RGB with green and blue at half the size",
      cjpeg("-rgb", "-sample", "2x2,1x1,1x1"))
write("grey_sampled.jpg", "JPEG, grey, with sampling factors of 2 x 2", cjpeg("-sample", "2x2", array=grey))
write("grey_progressive.jpg", "JPEG, grey, progressive", cjpeg("-progressive", array=grey))
write("optimized.jpg", "JPEG, its own Huffman tables", cjpeg("-sample", "2x1", "-optimize"))
with tempfile.TemporaryDirectory() as folder:
    scans = Path(folder) / "scans"
    scans.write_text("0;\n1;\n2;\n")
    write("scans.jpg", "JPEG, a scan for each component", cjpeg("-sample", "2x2", "-scans", str(scans)))
plain = cjpeg("-sample", "2x2")
write("no_jfif.jpg", "JPEG without JFIF's marker", without(plain, 0xE0))
write("comments.jpg", "JPEG with comments and unknown segments",
      plain[:2] + b"\xff\xfe\x00\x07hello" + b"\xff\xeb\x00\x06abcd" + plain[2:])
write("fill_bytes.jpg", "JPEG with fill bytes before its markers", plain.replace(b"\xff\xdb", b"\xff\xff\xff\xdb"))
write("after_end.jpg", "JPEG with data after its end", plain + b"tail" * 50)
write("no_end.jpg", "JPEG without its end marker", plain[:-2],
      np.asarray(Image.open(io.BytesIO(plain)).convert("RGB")))
write("extra_bytes.jpg", "JPEG with bytes too many before its end", plain[:-2] + b"\0\0\0" + plain[-2:])
write("two_pictures.jpg", "JPEG with a second picture behind it", plain + cjpeg("-grayscale"))
lookup, rest = segments(plain)
zero = [s[:9] + b"\1\2\3" + s[12:] if s[1] == 0xC0 else s for s in lookup]
write("ids.jpg", "JPEG, other names of its components",
      plain[:2] + b"".join(s[:10] + b"\x01" + s[11:13] + b"\x02" + s[14:16] + b"\x03" + s[17:]
                           if s[1] == 0xC0 else s for s in lookup) + rest)
inks = np.concatenate([255 - rgb, alpha[:, :, None] // 2], -1)
buffer = io.BytesIO()
Image.fromarray(inks, "CMYK").save(buffer, "JPEG", quality=95)
write("cmyk.jpg", "JPEG, CMYK with Adobe's marker", buffer.getvalue())
write("cmyk_unmarked.jpg", "JPEG, CMYK without a marker", without(buffer.getvalue(), 0xEE, 0xE0))
found, rest = segments(buffer.getvalue())
ycck = b"".join(s[:-1] + b"\x02" if s[1] == 0xEE else s for s in found)
write("ycck.jpg", "JPEG, YCCK", b"\xff\xd8" + ycck + rest)
tones = (deep >> 4).astype(np.uint16)
try:
    data = imagecodecs.jpeg8_encode(tones[:, :, 1].copy(), level=98, bitspersample=12)
    write("twelve_bits.jpg", "JPEG, grey of 12 bits", data, deeper(imagecodecs.jpeg8_decode(data)))
    data = imagecodecs.jpeg8_encode(tones, level=98, bitspersample=12)
    write("twelve_bits_colour.jpg", "JPEG, colour of 12 bits", data, deeper(imagecodecs.jpeg8_decode(data)))
except Exception as error:
    print("12 bits:", error)
write("lossless.jpg", "JPEG, lossless", imagecodecs.jpeg8_encode(grey, lossless=True))
write("lossless_16.jpg", "JPEG, lossless, grey of 16 bits",
      imagecodecs.ljpeg_encode(deep[:, :, 0].copy(), bitspersample=16), deeper(deep[:, :, 0]))
for width, height in ((1, 1), (2, 1), (3, 2), (8, 8), (16, 17)):
    write(f"size_{width}x{height}.jpg", f"JPEG of {width} x {height} pixels, 4:2:0",
          cjpeg("-sample", "2x2", array=np.ascontiguousarray(rgb[:height, :width])))

# --- WebP ---

frames = [picture, picture.rotate(180)]
save("animated.webp", "WebP, animated, lossless", frames[0], save_all=True, append_images=frames[1:],
     lossless=True)
save("animated_lossy.webp", "WebP, animated, lossy", frames[0], save_all=True, append_images=frames[1:],
     quality=80)
veiled = picture.copy()
veiled.putalpha(Image.fromarray(alpha))
save("animated_alpha.webp", "WebP, animated, with alpha", veiled, save_all=True,
     append_images=[veiled.rotate(180)], lossless=True, exact=True)
save("profile.webp", "WebP with a colour profile and EXIF", picture, quality=80, icc_profile=b"x" * 40,
     exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")


def chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


buffer = io.BytesIO()
picture.crop((5, 3, 25, 15)).save(buffer, "WEBP", lossless=True)
part = buffer.getvalue()[12:]
place = lambda value: struct.pack("<I", value)[:3]
body = (chunk(b"VP8X", b"\2\0\0\0" + place(WIDTH - 1) + place(HEIGHT - 1)) + chunk(b"ANIM", b"\x10\x20\x30\xff\0\0")
        + chunk(b"ANMF", place(2) + place(1) + place(19) + place(11) + place(100) + b"\0" + part))
write("animated_part.webp", "WebP, animated, a first frame smaller than the canvas",
      b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body)


# --- TIFF ---

TYPES = {"B": 1, "H": 3, "I": 4, "Q": 16, "b": 6, "h": 8}


def tiff(data, fields, order="<", big=False, shuffled=False, omit=(), samples=3, bits=8, width=WIDTH,
         height=HEIGHT, tail=b""):
    """A TIFF of one strip, written by hand. data: bytes, or a list of a strip each; fields: tag ->
    (type, values)."""
    strips = data if isinstance(data, list) else [data]
    offset = 16 if big else 8
    offsets = []
    for strip in strips:
        offsets.append(offset)
        offset += len(strip) + len(strip) % 2
    where = "Q" if big else "I"
    entries = {256: ("I", [width]), 257: ("I", [height]), 258: ("H", [bits] * samples), 259: ("H", [1]),
               262: ("H", [2 if samples >= 3 else 1]), 273: (where, offsets), 277: ("H", [samples]),
               278: ("I", [height]), 279: (where, [len(s) for s in strips]), **fields}
    for tag in omit:
        del entries[tag]
    field, head = (8, "HHQ") if big else (4, "HHI")
    body, extra = b"", b""
    start = offset
    after = start + (8 if big else 2) + (4 + 2 * field) * len(entries) + field
    order_of_tags = sorted(entries, reverse=shuffled)
    for tag in order_of_tags:
        kind, values = entries[tag]
        packed = struct.pack(order + kind * len(values), *values)
        if len(packed) > field:
            extra += b"\0" * (len(extra) % 2)
            body += struct.pack(order + head, tag, TYPES[kind], len(values))
            body += struct.pack(order + where, after + len(extra))
            extra += packed
        else:
            body += struct.pack(order + head, tag, TYPES[kind], len(values)) + packed.ljust(field, b"\0")
    magic = b"II" if order == "<" else b"MM"
    if big:
        first = magic + struct.pack(order + "HHHQ", 43, 8, 0, start)
        count = struct.pack(order + "Q", len(entries))
    else:
        first = magic + struct.pack(order + "HI", 42, start)
        count = struct.pack(order + "H", len(entries))
    stored = b"".join(s + b"\0" * (len(s) % 2) for s in strips)
    return first + stored + count + body + b"\0" * field + extra + tail


def pack(values, bits):
    """Samples [H,...] of so many bits, from the highest bit of a byte on; rows begin at a byte."""
    lines = []
    for line in np.asarray(values).reshape(len(values), -1):
        text = "".join(format(int(v), f"0{bits}b") for v in line)
        text += "0" * (-len(text) % 8)
        lines.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(lines)


def by_tifffile(name, kind, array, pixels=None, **options):
    tifffile.imwrite(out / name, array, metadata=None, **options)
    record(name, kind, pixels)


def reverse(data):
    return bytes(int(format(b, "08b")[::-1], 2) for b in data)


def stretched(values, bits):
    return (np.asarray(values, int) * 255 // (2 ** bits - 1)).astype(np.uint8)


raw = rgb.tobytes()
strips = [rgb[r:r + 4].tobytes() for r in range(0, HEIGHT, 4)]
RGB = {258: ("H", [8, 8, 8])}
# how it is laid out
write("strips.tif", "TIFF, strips of 4 rows", tiff(strips, {278: ("I", [4])}))
write("big_endian.tif", "TIFF, big endian", tiff(raw, {}, order=">"))
write("bigtiff.tif", "BigTIFF", tiff(raw, {}, big=True))
write("bigtiff_big_endian.tif", "BigTIFF, big endian, strips", tiff(strips, {278: ("I", [4])}, big=True, order=">"), rgb)
write("unsorted.tif", "TIFF, tags not sorted", tiff(raw, {}, shuffled=True), rgb)
write("no_byte_counts.tif", "TIFF without byte counts", tiff(raw, {}, omit=[279]), rgb)
write("zero_byte_counts.tif", "TIFF with byte counts of 0", tiff(raw, {279: ("I", [0])}), rgb)
write("no_rows_per_strip.tif", "TIFF without rows a strip", tiff(raw, {}, omit=[278]))
write("rows_per_strip_max.tif", "TIFF, rows a strip 2^32-1", tiff(raw, {278: ("I", [2 ** 32 - 1])}))
write("one_bit_count.tif", "TIFF, bits told once for three samples", tiff(raw, {258: ("H", [8])}))
write("short_sizes.tif", "TIFF, sizes as SHORT", tiff(raw, {256: ("H", [WIDTH]), 257: ("H", [HEIGHT])}))
write("private_tags.tif", "TIFF with private tags",
      tiff(raw, {50000: ("I", list(range(30))), 65000: ("B", [1] * 99)}))
write("orientation_long.tif", "TIFF, orientation 1 as LONG", tiff(raw, {274: ("I", [1])}))
planes = [np.ascontiguousarray(rgb[:, :, c]).tobytes() for c in range(3)]
write("planar.tif", "TIFF, a plane a colour", tiff(planes, {284: ("H", [2])}))
write("planar_strips.tif", "TIFF, a plane a colour, in strips",
      tiff([np.ascontiguousarray(rgb[r:r + 5, :, c]).tobytes() for c in range(3) for r in range(0, HEIGHT, 5)],
           {284: ("H", [2]), 278: ("I", [5])}))
by_tifffile("planar_deflate.tif", "TIFF, a plane a colour, deflate", np.moveaxis(rgb, -1, 0).copy(), rgb,
            photometric="rgb", planarconfig="separate", compression="zlib")
by_tifffile("tiles.tif", "TIFF, tiles", rgb, photometric="rgb", tile=(16, 16))
by_tifffile("tiles_large.tif", "TIFF, a tile larger than the picture", rgb, rgb, photometric="rgb", tile=(64, 64))
by_tifffile("tiles_planar.tif", "TIFF, tiles, a plane a colour", np.moveaxis(rgb, -1, 0).copy(), rgb,
            photometric="rgb", planarconfig="separate", tile=(16, 32))
by_tifffile("tiles_deflate.tif", "TIFF, tiles, deflate, big endian", rgb, photometric="rgb", tile=(16, 16),
            compression="zlib", byteorder=">")
by_tifffile("tiles_grey16.tif", "TIFF, tiles, grey of 16 bits", deep[:, :, 0].copy(), deeper(deep[:, :, 0]),
            photometric="minisblack", tile=(16, 16))
by_tifffile("bigtiff_tiles.tif", "BigTIFF, tiles, deflate", rgb, photometric="rgb", tile=(16, 16),
            bigtiff=True, compression="zlib")

# how it is compressed
for method in ("lzw", "zlib", "zstd", "lzma", "packbits"):
    by_tifffile(f"{method}.tif", f"TIFF, {method}", rgb, photometric="rgb", compression=method)
for method in ("lzw", "zlib", "zstd", "lzma"):
    by_tifffile(f"{method}_predictor.tif", f"TIFF, {method}, differences of neighbours", rgb,
                photometric="rgb", compression=method, predictor=2)
    by_tifffile(f"{method}_predictor16.tif", f"TIFF, {method}, differences, 16 bits", deep, deeper(deep),
                photometric="rgb", compression=method, predictor=2)
unit = (deep[:, :, 0] / 65535).astype(np.float32)
by_tifffile("predictor3.tif", "TIFF, floats of 32 bits, differences of bytes", unit, deeper(unit),
            photometric="minisblack", compression="zlib", predictor=3)
by_tifffile("predictor3_half.tif", "TIFF, floats of 16 bits, differences of bytes", unit.astype(np.float16),
            deeper(unit.astype(np.float16)), photometric="minisblack", compression="zlib", predictor=3)
save("old_deflate.tif", "TIFF, deflate by its old number", picture, compression="tiff_deflate")
write("lzw_reversed.tif", "TIFF, LZW, bits in reverse order",
      tiff(reverse(imagecodecs.lzw_encode(raw)), {259: ("H", [5]), 266: ("H", [2])}), rgb)
for method, kind in (("tiff_ccitt", "fax, rows alone"), ("group3", "fax group 3"), ("group4", "fax group 4"),
                     ("packbits", "packbits"), ("tiff_lzw", "LZW"), ("raw", "uncompressed")):
    save(f"bilevel_{method}.tif", f"TIFF, black and white, {kind}", bilevel, compression=method)
with tempfile.TemporaryDirectory() as folder:
    for name, kind, options in (
            ("group3_2d.tif", "fax group 3 in two dimensions", ["-c", "g3:2d"]),
            ("group3_fill.tif", "fax group 3 with fill bits", ["-c", "g3:1d:fill"]),
            ("group4_reversed.tif", "fax group 4, bits in reverse order", ["-c", "g4", "-f", "lsb2msb"]),
            ("group4_strips.tif", "fax group 4, strips of 5 rows", ["-c", "g4", "-r", "5"]),
            ("bilevel_reversed.tif", "uncompressed, bits in reverse order", ["-c", "none", "-f", "lsb2msb"]),
            ("packbits_reversed.tif", "packbits, bits in reverse order", ["-c", "packbits", "-f", "lsb2msb"])):
        subprocess.run(["tiffcp", *options, str(out / "bilevel_raw.tif"), str(out / name)], check=True)
        record(name, "TIFF, black and white, " + kind, np.asarray(bilevel.convert("RGB")))
    for name, kind, options in (
            ("jpeg.tif", "TIFF, JPEG-compressed luma and chroma", ["-c", "jpeg:90"]),
            ("jpeg_rgb.tif", "TIFF, JPEG-compressed RGB", ["-c", "jpeg:r:90"]),
            ("jpeg_tiles.tif", "TIFF, JPEG-compressed tiles", ["-c", "jpeg:90", "-t", "-w", "16", "-l", "16"]),
            ("jpeg_strips.tif", "TIFF, JPEG-compressed strips", ["-c", "jpeg:90", "-r", "16"])):
        subprocess.run(["tiffcp", *options, str(out / "no_rows_per_strip.tif"), str(out / name)], check=True)
        record(name, kind)
by_tifffile("jpeg_subsampled.tif", "TIFF, JPEG-compressed, chroma of 2 x 2 pixels", rgb, photometric="rgb",
            compression="jpeg", compressionargs={"level": 90}, subsampling=(2, 2))
save("jpeg_grey.tif", "TIFF, JPEG-compressed grey", Image.fromarray(grey), compression="jpeg")
save("jpeg_cmyk.tif", "TIFF, JPEG-compressed CMYK", Image.fromarray(inks, "CMYK"), compression="jpeg")
old = cjpeg("-sample", "2x2")
write("old_jpeg.tif", "TIFF, JPEG of the old style",
      tiff(old, {259: ("H", [6]), 262: ("H", [6]), 513: ("I", [8]), 514: ("I", [len(old)]), 512: ("H", [1]),
                 530: ("H", [2, 2])}))
by_tifffile("webp.tif", "TIFF, WebP-compressed", rgb, "refused", photometric="rgb", compression="webp")
by_tifffile("jpeg2000.tif", "TIFF, JPEG 2000", rgb, "refused", photometric="rgb", compression="jpeg2000")
by_tifffile("lerc.tif", "TIFF, LERC", rgb, "refused", photometric="rgb", compression="lerc")
by_tifffile("jpegxl.tif", "TIFF, JPEG XL", rgb, "refused", photometric="rgb", compression="jpegxl")

# bits in reverse order
for samples, array, kind in ((1, grey, "grey"), (3, rgb, "RGB")):
    write(f"reversed_{kind}.tif", f"TIFF, {kind}, bits in reverse order",
          tiff(reverse(array.tobytes()), {266: ("H", [2])}, samples=samples))
for bits in (1, 2, 4):
    values = grey >> (8 - bits)
    for photometric, name in ((0, "white_is_zero"), (1, "black_is_zero")):
        write(f"grey{bits}_{name}.tif", f"TIFF, grey of {bits} bits, {name.replace('_', ' ')}",
              tiff(pack(values, bits), {262: ("H", [photometric])}, samples=1, bits=bits))
        write(f"grey{bits}_{name}_reversed.tif", f"TIFF, grey of {bits} bits, {name.replace('_', ' ')}, reversed",
              tiff(reverse(pack(values, bits)), {262: ("H", [photometric]), 266: ("H", [2])}, samples=1, bits=bits))
indices = np.asarray(palette)
colours = np.zeros((3, 16), int)
table = np.array(palette.getpalette()[:48]).reshape(-1, 3).T
colours[:, :table.shape[1]] = table * 257
for bits in (1, 2, 4, 8):
    chosen = np.zeros((3, 2 ** bits), int)
    fitting = indices.astype(int) % 2 ** bits
    used = min(16, 2 ** bits)
    chosen[:, :used] = colours[:, :used]
    fields = {262: ("H", [3]), 320: ("H", chosen.ravel().tolist())}
    write(f"palette{bits}.tif", f"TIFF, palette of {bits} bits",
          tiff(pack(fitting, bits), fields, samples=1, bits=bits))
    write(f"palette{bits}_reversed.tif", f"TIFF, palette of {bits} bits, reversed",
          tiff(reverse(pack(fitting, bits)), {**fields, 266: ("H", [2])}, samples=1, bits=bits),
          (chosen.T // 257).astype(np.uint8)[fitting])
write("palette_low_bytes.tif", "TIFF, palette in the low bytes only",
      tiff(indices.tobytes(), {262: ("H", [3]), 320: ("H", np.pad(colours // 257, ((0, 0), (0, 240))).ravel().tolist())},
           samples=1), np.asarray(palette.convert("RGB")))
write("palette_alpha.tif", "TIFF, palette with alpha",
      tiff(np.dstack([indices, alpha]).tobytes(),
           {262: ("H", [3]), 338: ("H", [2]), 320: ("H", np.pad(colours, ((0, 0), (0, 240))).ravel().tolist())},
           samples=2))

# samples of other depths
for bits in (3, 5, 6, 7):
    values = grey >> (8 - bits)
    write(f"grey{bits}.tif", f"TIFF, grey of {bits} bits",
          tiff(pack(values, bits), {}, samples=1, bits=bits), spread(stretched(values, bits)))
for bits in (2, 4, 5, 6):
    values = rgb >> (8 - bits)
    write(f"rgb{bits}.tif", f"TIFF, RGB of {bits} bits",
          tiff(pack(values, bits), {}, bits=bits), stretched(values, bits))
for bits in (9, 10, 11, 12, 13, 14, 15, 16):
    values = deep[:, :, 0] >> (16 - bits)
    data = pack(values, bits) if bits < 16 else values.astype("<u2").tobytes()
    write(f"grey{bits}.tif", f"TIFF, grey of {bits} bits", tiff(data, {}, samples=1, bits=bits), deeper(values))
for bits in (10, 12, 14):
    values = deep >> (16 - bits)
    write(f"rgb{bits}.tif", f"TIFF, RGB of {bits} bits", tiff(pack(values, bits), {}, bits=bits), deeper(values))
values = deep >> 4
write("planar12.tif", "TIFF, RGB of 12 bits, a plane a colour",
      tiff([pack(values[:, :, c], 12) for c in range(3)], {284: ("H", [2])}, bits=12), deeper(values))
write("grey12_big_endian.tif", "TIFF, grey of 12 bits, big endian",
      tiff(pack(values[:, :, 0], 12), {}, samples=1, bits=12, order=">"), deeper(values[:, :, 0]))
write("grey12_reversed.tif", "TIFF, grey of 12 bits, reversed",
      tiff(reverse(pack(values[:, :, 0], 12)), {266: ("H", [2])}, samples=1, bits=12), deeper(values[:, :, 0]))
write("grey12_lzw.tif", "TIFF, grey of 12 bits, LZW",
      tiff(imagecodecs.lzw_encode(pack(values[:, :, 0], 12)), {259: ("H", [5])}, samples=1, bits=12),
      deeper(values[:, :, 0]))
write("grey16_big_endian.tif", "TIFF, grey of 16 bits, big endian",
      tiff(deep[:, :, 0].astype(">u2").tobytes(), {}, samples=1, bits=16, order=">"), deeper(deep[:, :, 0]))
write("grey16_white_is_zero.tif", "TIFF, grey of 16 bits, white is zero",
      tiff(deep[:, :, 0].tobytes(), {262: ("H", [0])}, samples=1, bits=16), deeper(65535 - deep[:, :, 0]))
write("rgb16.tif", "TIFF, RGB of 16 bits", tiff(deep.tobytes(), {}, bits=16), deeper(deep))
deep_alpha = np.dstack([deep, alpha.astype(np.uint16) * 257])
write("rgba16.tif", "TIFF, RGB and alpha of 16 bits",
      tiff(deep_alpha.tobytes(), {338: ("H", [2])}, bits=16, samples=4), deeper(deep))
write("associated16.tif", "TIFF, RGB times alpha of 16 bits",
      tiff((deep_alpha * np.dstack([alpha / 255] * 3 + [np.ones_like(alpha)])).astype(np.uint16).tobytes(),
           {338: ("H", [1])}, bits=16, samples=4),
      deeper(np.where(alpha[:, :, None] > 0, np.minimum(
          (deep * (alpha / 255)[:, :, None]).astype(np.uint16).astype(int) * 65535
          // np.maximum(alpha[:, :, None].astype(int) * 257, 1), 65535), 0)))
numbers = {"int8": (grey.astype(int) - 128).astype(np.int8), "int16": (deep[:, :, 0].astype(int) - 32768).astype(np.int16),
           "uint32": deep[:, :, 0].astype(np.uint32) * 4096, "int32": (deep[:, :, 0].astype(np.int64) * 4096 - 2 ** 27).astype(np.int32),
           "uint64": deep[:, :, 0].astype(np.uint64) << np.uint64(40), "int64": deep[:, :, 0].astype(np.int64) * -(2 ** 40),
           "float16": (deep[:, :, 0] / 1000).astype(np.float16), "float32": (deep[:, :, 0] / 7).astype(np.float32),
           "float64": deep[:, :, 0] / 3}
for kind, values in numbers.items():
    form = {"i": 2, "u": 1, "f": 3}[values.dtype.kind]
    size = values.dtype.itemsize
    for order, suffix in (("<", ""), (">", "_big_endian")):
        write(f"{kind}{suffix}.tif", f"TIFF, {kind}{suffix.replace('_', ' ')}",
              tiff(values.astype(values.dtype.newbyteorder(order)).tobytes(), {339: ("H", [form])}, samples=1,
                   bits=8 * size, order=order), deeper(values))
write("float24.tif", "TIFF, floats of 24 bits",
      tiff(b"".join(int((0 if v < 0 else 0) << 23 | (int(np.floor(np.log2(v))) + 63) << 16
                        | int((v / 2 ** np.floor(np.log2(v)) - 1) * 65536)).to_bytes(3, "little")
                    for v in (grey.ravel() + 1.5)), {339: ("H", [3])}, samples=1, bits=24), deeper(grey + 1.5))
write("uint24.tif", "TIFF, grey of 24 bits",
      tiff(b"".join((int(v) * 256 + 7).to_bytes(3, "little") for v in deep[:, :, 0].ravel()), {}, samples=1, bits=24),
      deeper(deep[:, :, 0].astype(np.int64) * 256 + 7))
by_tifffile("rgb_float32.tif", "TIFF, RGB of floats", (deep / 65535).astype(np.float32),
            deeper((deep / 65535).astype(np.float32)), photometric="rgb")
write("complex.tif", "TIFF, complex numbers",
      tiff(np.zeros((HEIGHT, WIDTH), np.complex64).tobytes(), {339: ("H", [6])}, samples=1, bits=64), "refused")
write("undefined.tif", "TIFF, samples of undefined kind", tiff(grey.tobytes(), {339: ("H", [4])}, samples=1), spread(grey))

# further samples
def with_extra(name, kind, extras, pixels=None, colour=rgb, photometric=2, planar=False, **fields):
    further = [alpha if i == 0 else np.full_like(alpha, 7 * i) for i in range(max(len(extras), 1))]
    array = np.dstack([colour, *further])
    samples = array.shape[2]
    given = {262: ("H", [photometric])}
    if extras:
        given[338] = ("H", extras)
    data = array.tobytes()
    if planar:
        given[284] = ("H", [2])
        data = [np.ascontiguousarray(array[:, :, c]).tobytes() for c in range(samples)]
    write(name, kind, tiff(data, given, samples=samples), pixels)


with_extra("rgba.tif", "TIFF, RGB and alpha", [2])
with_extra("rgba_planar.tif", "TIFF, RGB and alpha, planes", [2], planar=True, pixels=rgb)
with_extra("rgbx.tif", "TIFF, RGB and an unspecified sample", [0])
with_extra("rgbx_planar.tif", "TIFF, RGB and an unspecified plane", [0], rgb, planar=True)
with_extra("rgb_undeclared.tif", "TIFF, RGB and an undeclared sample", [])
with_extra("rgbxx.tif", "TIFF, RGB and two samples more", [0, 0])
with_extra("rgbxxx.tif", "TIFF, RGB and three samples more", [0, 0, 0])
with_extra("rgb_many.tif", "TIFF, RGB and nine samples more", [0] * 9, rgb)
with_extra("rgba_x.tif", "TIFF, RGB, alpha and a sample more", [2, 0])
with_extra("associated.tif", "TIFF, RGB times alpha", [1])
with_extra("associated_x.tif", "TIFF, RGB times alpha, and a sample more", [1, 0])
with_extra("corel.tif", "TIFF, RGB and Corel's alpha", [999])
with_extra("grey_alpha.tif", "TIFF, grey and alpha", [2], colour=grey, photometric=1)
with_extra("grey_x.tif", "TIFF, grey and an unspecified sample", [0], colour=grey, photometric=1)
with_extra("grey_undeclared.tif", "TIFF, grey and an undeclared sample", [], spread(grey), colour=grey, photometric=1)
with_extra("grey_associated.tif", "TIFF, grey times alpha", [1], colour=grey, photometric=1)
with_extra("grey_alpha_planar.tif", "TIFF, grey and alpha, planes", [2], spread(grey), colour=grey, photometric=1,
           planar=True)
with_extra("cmykx.tif", "TIFF, CMYK and a sample more", [0], colour=inks, photometric=5)

# colours
write("cmyk.tif", "TIFF, CMYK", tiff(inks.tobytes(), {262: ("H", [5])}, samples=4))
write("cmyk_planar.tif", "TIFF, CMYK, planes",
      tiff([np.ascontiguousarray(inks[:, :, c]).tobytes() for c in range(4)], {262: ("H", [5]), 284: ("H", [2])},
           samples=4))
write("cmyk16.tif", "TIFF, CMYK of 16 bits",
      tiff((inks.astype(np.uint16) << 8 | 99).tobytes(), {262: ("H", [5])}, samples=4, bits=16))
write("cmyk_lzw.tif", "TIFF, CMYK, LZW", tiff(imagecodecs.lzw_encode(inks.tobytes()), {262: ("H", [5]), 259: ("H", [5])},
                                              samples=4))
write("inks.tif", "TIFF, inks that are not CMYK", tiff(inks.tobytes(), {262: ("H", [5]), 332: ("H", [2])}, samples=4),
      "refused")
ycc = np.asarray(picture.convert("YCbCr"))
write("ycbcr.tif", "TIFF, luma and chroma", tiff(ycc.tobytes(), {262: ("H", [6]), 530: ("H", [1, 1])}))
blocks = b""
for top in range(0, HEIGHT, 2):
    for left in range(0, WIDTH, 2):
        for dy in (0, 1):
            for dx in (0, 1):
                blocks += bytes([ycc[min(top + dy, HEIGHT - 1), min(left + dx, WIDTH - 1), 0]])
        blocks += bytes([ycc[top, left, 1], ycc[top, left, 2]])
ycc_half = tiff(blocks, {262: ("H", [6]), 530: ("H", [2, 2])})
packed_half = tiff(imagecodecs.lzw_encode(blocks), {262: ("H", [6]), 530: ("H", [2, 2]), 259: ("H", [5])})
write("ycbcr_subsampled_lzw.tif", "TIFF, luma and chroma of 2 x 2 pixels, LZW", packed_half)
write("ycbcr_subsampled.tif", "TIFF, luma and chroma of 2 x 2 pixels", ycc_half,
      np.asarray(Image.open(out / "ycbcr_subsampled_lzw.tif").convert("RGB")))
write("no_photometric.tif", "TIFF that does not tell its colours: RGB", tiff(raw, {}, omit=[262]), rgb)
write("no_photometric_grey.tif", "TIFF that does not tell its colours: grey",
      tiff(grey.tobytes(), {}, samples=1, omit=[262]))
write("lab.tif", "TIFF, CIE L*a*b*", tiff(raw, {262: ("H", [8])}))
write("lab_planar.tif", "TIFF, CIE L*a*b*, planes", tiff(planes, {262: ("H", [8]), 284: ("H", [2])}),
      np.asarray(Image.open(out / "lab.tif").convert("RGB")))
write("lab16.tif", "TIFF, CIE L*a*b* of 16 bits", tiff(deep.tobytes(), {262: ("H", [8])}, bits=16), "refused")
write("raw_sensor.tif", "TIFF of a camera's raw data", tiff(grey.tobytes(), {262: ("H", [32803])}, samples=1), "refused")
write("logluv.tif", "TIFF, LogLuv", tiff(raw, {262: ("H", [32845])}), "refused")
save("pages.tif", "TIFF of two pages", picture, save_all=True, append_images=[Image.fromarray(grey)])

with open(out / "kinds.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["file", "kind", "told by", "expected"])
    writer.writerows(rows)
print(len(rows), "files")
