package imageio

import (
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

// describeEXIF is the orientation in an EXIF block of so many bytes: the directory of a TIFF, which may
// start with "Exif\0\0". What lies behind the block is no part of it.
func describeEXIF(file io.ReaderAt, offset, length int64) orientation {
	const prefix = "Exif\x00\x00"
	block := io.NewSectionReader(file, offset, max(length, 0))
	if string(bytesAt(block, 0, len(prefix))) == prefix {
		block = io.NewSectionReader(block, int64(len(prefix)), length-int64(len(prefix)))
	}
	return readDirectory(block).orientation()
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
		if head[1] == 0xe1 && string(head[4:8]) == "Exif" {
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

// describeGIF looks for a second frame. GIFs have no orientation.
func describeGIF(file *io.SectionReader) (orientation, string) {
	f, err := readGIF(io.NewSectionReader(file, 0, file.Size()))
	if err == nil {
		err = f.skipBlocks()
	}
	if err == nil {
		err = f.find()
	}
	if err != nil {
		return upright, ""
	}
	return upright, "frames"
}

func describeBMP(*io.SectionReader) (orientation, string) { return upright, "" }
