package imageio

import (
	"bufio"
	"encoding/binary"
	"io"
)

// maxChunks bounds the walk through a file's segments: real files have a few dozen.
const maxChunks = 4096

// bytesAt reads n bytes; nil stands for fewer.
func bytesAt(file io.ReaderAt, offset int64, n int) []byte {
	block := make([]byte, n)
	if got, _ := file.ReadAt(block, offset); got < n {
		return nil
	}
	return block
}

// describeEXIF is the orientation in an EXIF block: the directory of a TIFF, which may start with "Exif\0\0".
func describeEXIF(file io.ReaderAt, offset, length int64) orientation {
	const prefix = "Exif\x00\x00"
	if string(bytesAt(file, offset, min(len(prefix), int(length)))) == prefix {
		offset, length = offset+int64(len(prefix)), length-int64(len(prefix))
	}
	return readDirectory(io.NewSectionReader(file, offset, length)).orientation()
}

// describeJPEG looks for the EXIF segment (APP1) before the scan.
func describeJPEG(file *io.SectionReader) (orientation, string) {
	offset := int64(2)
	for range maxChunks {
		head := bytesAt(file, offset, 10)
		if head == nil || head[0] != 0xff || head[1] == 0xda {
			break
		}
		if head[1] == 0xff { // a fill byte
			offset++
			continue
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		if head[1] == 0xe1 && string(head[4:8]) == "Exif" && length > 8 {
			return describeEXIF(file, offset+4, length-2), ""
		}
		offset += 2 + length
	}
	return upright, ""
}

// describePNG looks for the chunks eXIf and acTL (an animation).
func describePNG(file *io.SectionReader) (orientation, string) {
	found, several := upright, ""
	offset := int64(8)
	for range maxChunks {
		head := bytesAt(file, offset, 8)
		if head == nil {
			break
		}
		length := int64(binary.BigEndian.Uint32(head))
		switch string(head[4:]) {
		case "eXIf":
			found = describeEXIF(file, offset+8, length)
		case "acTL":
			if frames := bytesAt(file, offset+8, 4); frames != nil && binary.BigEndian.Uint32(frames) > 1 {
				several = "frames"
			}
		}
		offset += 8 + length + 4
	}
	return found, several
}

// describeWebP looks for the EXIF chunk and counts frames (ANMF) up to two.
func describeWebP(file *io.SectionReader) (orientation, string) {
	found, frames, several := upright, 0, ""
	offset := int64(12)
	for range maxChunks {
		head := bytesAt(file, offset, 8)
		if head == nil {
			break
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "EXIF":
			found = describeEXIF(file, offset+8, length)
		case "ANMF":
			if frames++; frames > 1 {
				several = "frames"
			}
		}
		offset += 8 + length + length&1
	}
	return found, several
}

// describeGIF counts frames up to two. GIFs have no orientation.
func describeGIF(file *io.SectionReader) (orientation, string) {
	start := bytesAt(file, 0, 13)
	if start == nil {
		return upright, ""
	}
	offset, frames := 13+colourTable(start[10]), 0
	for range maxChunks {
		head := bytesAt(file, offset, 2)
		if head == nil {
			break
		}
		switch head[0] {
		case '!': // an extension: its kind, then blocks
			offset = endOfBlocks(file, offset+2)
		case ',': // a frame: place and flags, colours, code size, then blocks
			frame := bytesAt(file, offset, 10)
			if frame == nil {
				return upright, ""
			}
			if frames++; frames > 1 {
				return upright, "frames"
			}
			offset = endOfBlocks(file, offset+10+colourTable(frame[9])+1)
		case ';':
			return upright, ""
		default: // lost bytes
			offset++
		}
	}
	return upright, ""
}

// colourTable is the length in bytes of the table that the flags announce.
func colourTable(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// endOfBlocks skips blocks, each behind its length in one byte, up to the empty one.
func endOfBlocks(file *io.SectionReader, offset int64) int64 {
	blocks := bufio.NewReader(io.NewSectionReader(file, offset, file.Size()-offset))
	for {
		length, err := blocks.ReadByte()
		offset += 1 + int64(length)
		if err != nil || length == 0 {
			return offset
		}
		if _, err := blocks.Discard(int(length)); err != nil {
			return offset
		}
	}
}

func describeBMP(*io.SectionReader) (orientation, string) { return upright, "" }
