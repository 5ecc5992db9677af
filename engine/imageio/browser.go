package imageio

// mediaTypes are those of the formats that every browser shows.
var mediaTypes = map[string]string{"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif",
	"WebP": "image/webp"}

// MediaType is the media type under which a browser shows the pixels that Decode gives of the image at
// path. It is "" where a browser shows others or none: of another format, of more than 8 bits a sample, of
// several frames, and where a tag turns the picture and opts does not say so, since browsers obey it.
// Errors are those of ReadHead.
func MediaType(path string, opts Options) (string, error) {
	file, err := open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	f, head, err := readHead(path, file.section())
	if err != nil {
		return "", err
	}
	lies, several := f.describe(file.section())
	turned := lies != upright && !(opts.ApplyOrientation && f.name == "JPEG")
	if head.Deep || turned || several != "" {
		return "", nil
	}
	return mediaTypes[f.name], nil
}
