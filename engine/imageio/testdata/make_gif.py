"""Writes GIF files with what viewers overlook, and their pixels.

    python make_gif.py gif.zip

NAME.gif in the archive has NAME.gif.rgb, the bytes [H,W,3] of Pillow's convert("RGB"), and damaged files
none. Needs Pillow and numpy.
"""
import io
import struct
import sys
import zipfile

import numpy as np
from PIL import Image

archive = zipfile.ZipFile(sys.argv[1], "w")
rng = np.random.default_rng(13)
WIDTH, HEIGHT = 17, 13
palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)
greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)


def put(name, text):
    archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


def lzw(values, size, clear_often=False, clear_first=True):
    """Codes of variable length, lowest bits first. size is the bits of a pixel."""
    clear, bits = 1 << size, []

    def emit(code, width):
        bits.extend((code >> i) & 1 for i in range(width))

    table, width, next_code, string = {}, size + 1, clear + 2, ()
    if clear_first:
        emit(clear, width)
    for count, value in enumerate(values):
        if string + (value,) in table or not string:
            string += (value,)
            continue
        emit(table[string] if len(string) > 1 else string[0], width)
        if next_code < 4096:
            table[string + (value,)] = next_code
            if next_code == 1 << width and width < 12:
                width += 1
            next_code += 1
        string = (value,)
        if clear_often and count % 50 == 0:
            emit(table[string] if len(string) > 1 else string[0], width)
            emit(clear, width)
            table, width, next_code, string = {}, size + 1, clear + 2, ()
    if string:
        emit(table[string] if len(string) > 1 else string[0], width)
    emit(clear + 1, width)
    bits += [0] * (-len(bits) % 8)
    return bytes(sum(bit << i for i, bit in enumerate(bits[k:k + 8])) for k in range(0, len(bits), 8))


def blocks(data, length=255):
    return b"".join(bytes((len(data[i:i + length]),)) + data[i:i + length] for i in range(0, len(data), length))


def screen(width=WIDTH, height=HEIGHT, colours=palette, bits=8):
    flags = 0 if colours is None else 0x80 | (bits - 1)
    table = b"" if colours is None else colours[:1 << bits].tobytes()
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 2, 0) + table


def frame(values, size=8, left=0, top=0, flags=0, table=b"", data=None):
    height, width = values.shape
    stored = values
    if flags & 0x40:
        stored = np.concatenate([values[0::8], values[4::8], values[2::4], values[1::2]])
    data = blocks(lzw([int(v) for v in stored.ravel()], size)) + b"\0" if data is None else data
    return b"," + struct.pack("<HHHHB", left, top, width, height, flags) + table + bytes((size,)) + data


def control(index):
    return b"!\xf9\4" + bytes((1, 0, 0, index)) + b"\0"


def expect(name, text):
    put(name, text)
    with Image.open(io.BytesIO(text)) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    put(f"{name}.rgb", np.ascontiguousarray(pixels, dtype=np.uint8).tobytes())


index = rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
index[3:9, 2:15] = 7
codes = lzw([int(v) for v in index.ravel()], 8)
for size in range(2, 9):
    few = index & ((1 << size) - 1)
    expect(f"bits{size}.gif", screen(bits=size) + frame(few, size) + b";")
expect("two_colours.gif", screen(bits=1) + frame(index & 1, 2) + b";")
expect("size11.gif", screen() + frame(index, 11) + b";")
large = rng.integers(0, 256, (70, 90), dtype=np.uint8)
expect("full_table.gif", screen(90, 70) + frame(large) + b";")
flat = np.zeros((90, 90), np.uint8)
expect("long_strings.gif", screen(90, 90) + frame(flat, 2) + b";")
expect("clears.gif", screen() + frame(index, data=blocks(lzw([int(v) for v in index.ravel()], 8, True)) + b"\0") + b";")
expect("small_blocks.gif", screen() + frame(index, data=blocks(codes, 3) + b"\0") + b";")
expect("interlaced.gif", screen() + frame(index, flags=0x40) + b";")
expect("local_palette.gif", screen() + frame(index, flags=0x87, table=palette[::-1].tobytes()) + b";")
expect("only_local_palette.gif", screen(colours=None) + frame(index, flags=0x87, table=palette.tobytes()) + b";")
expect("no_palette.gif", screen(colours=None) + frame(index) + b";")
expect("grey_palette.gif", screen(colours=greys) + frame(index) + b";")
expect("short_palette.gif", screen(bits=3) + frame(index) + b";")
expect("no_trailer.gif", screen() + frame(index))
expect("no_last_block.gif", (screen() + frame(index))[:-1])
expect("garbage_behind.gif", screen() + frame(index) + b";" + b"garbage" * 40)
expect("garbage_between.gif", screen() + b"\0\0\1" + control(9) + b"\0" + frame(index) + b"\0\0;")
expect("more_codes.gif", screen() + frame(index, data=blocks(lzw([int(v) for v in index.ravel()] + [5] * 90, 8)) + b"\0") + b";")
expect("more_blocks.gif", screen() + frame(index, data=blocks(codes) + blocks(bytes(range(99))) + b"\0") + b";")
expect("no_end_code.gif", screen() + frame(index, data=blocks(codes[:-1]) + b"\0") + b";")
unmarked = lzw([int(v) for v in index.ravel()], 8, clear_first=False)
expect("no_first_clear.gif", screen() + frame(index, data=blocks(unmarked) + b"\0") + b";")
seven = np.arange(7, dtype=np.uint8)[None]  # with the clear code 8 codes of 9 bits: 9 bytes and no end code
expect("exact_bits.gif", screen(7, 1) + frame(seven, data=blocks(lzw(range(7), 8)[:9]) + b"\0") + b";")
expect("unknown_extension.gif", screen() + b"!\x77\3abc\2de\0" + frame(index) + b";")
expect("comment.gif", screen() + b"!\xfe\5hello\0" + b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0" + frame(index) + b";")
expect("long_control.gif", screen() + b"!\xf9\6\1\0\0\x07\0\0\0" + frame(index) + b";")
expect("beyond_canvas.gif", screen(9, 9) + frame(index, left=2, top=3) + b";")
expect("no_canvas.gif", screen(0, 0) + frame(index) + b";")
expect("on_canvas.gif", screen(30, 20) + frame(index, left=2, top=3) + b";")
expect("on_transparent_canvas.gif", screen(30, 20) + control(7) + frame(index, left=2, top=3) + b";")
expect("transparent_unused.gif", screen() + control(7) + frame(index & 3) + b";")
expect("version.gif", b"GIF87a" + (screen() + frame(index) + b";")[6:])
second = b"\0" + control(3) + frame(index) + b";"
put("two_frames.gif", screen() + b"!\xfe\3abc\0" + frame(index, flags=0x87, table=palette.tobytes()) + second)
put("two_frames_cut.gif", screen() + frame(index) + b"," + bytes(5))
put("damaged_cut.gif", (screen() + frame(index))[:-60])
put("damaged_early_end.gif", screen() + frame(index, data=blocks(lzw([1] * 50, 8)) + b"\0") + b";")
put("damaged_codes.gif", screen() + frame(index, data=b"\2\xff\xff\0") + b";")
put("damaged_size.gif", screen() + frame(index, 12, data=b"\2\xff\xff\0") + b";")
put("damaged_small_size.gif", screen() + frame(index & 1, 1, data=b"\2\0\0\0") + b";")
put("damaged_no_frame.gif", screen() + b";")
put("damaged_only_screen.gif", screen())
put("damaged_palette.gif", screen()[:100])
put("damaged_descriptor.gif", (screen() + frame(index))[:790])
put("damaged_local_palette.gif", screen() + frame(index, flags=0x87, table=b"")[:400])
put("damaged_extension.gif", screen() + b"!\xfe\x10short")
put("damaged_extension_kind.gif", screen() + b"!")
put("damaged_no_size.gif", screen() + frame(index)[:10])
archive.close()
