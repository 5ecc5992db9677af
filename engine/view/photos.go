package view

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"strconv"

	"musc/engine/imageio"
)

// servePicture sends a picture of a report that does not hold them.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	if s.pictures == nil {
		http.NotFound(w, r)
		return
	}
	file, err := s.pictures.Open(r.PathValue("name")) // never out of the folder, through links either
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	send(w, r, file, "image/jpeg")
}

// send sends a file that is one; folders are not listed.
func send(w http.ResponseWriter, r *http.Request, file *os.File, mediaType string) {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// servePhoto sends a photo that the report lists, or the part of it that was looked at, with the pixels
// that were scored: as it is where a browser shows them so, else decoded.
func (s *Server) servePhoto(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 0 || number >= len(s.data.Photos) {
		http.NotFound(w, r)
		return
	}
	photo := &s.data.Photos[number]
	mediaType, err := imageio.MediaType(photo.Path, s.decode)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if mediaType != "" && photo.Area == nil {
		file, err := os.Open(photo.Path)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		defer file.Close()
		send(w, r, file, mediaType)
		return
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-r.Context().Done():
		return
	}
	decoded, _, err := imageio.Decode(photo.Path, s.decode)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if decoded.Width != photo.Width || decoded.Height != photo.Height {
		http.Error(w, fmt.Sprintf("%s has changed since it was scored: it is %d x %d pixels, and was %d x %d",
			photo.Path, decoded.Width, decoded.Height, photo.Width, photo.Height), http.StatusConflict)
		return
	}
	if area := photo.Area; area != nil {
		whole := image.Rect(0, 0, photo.Width, photo.Height)
		part := image.Rect(area.X, area.Y, area.X+area.Width, area.Y+area.Height)
		if part.Empty() || !part.In(whole) {
			http.Error(w, "the report names a part of the photo that is not in it", http.StatusInternalServerError)
			return
		}
		decoded = decoded.Crop(area.X, area.Y, area.Width, area.Height)
	}
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, picture(decoded), &jpeg.Options{Quality: quality}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	io.Copy(w, &encoded) // who went away needs no answer
}

// quality is that of photos which are sent as JPEG: what the eye does not tell from the original.
const quality = 92

// picture is a decoded photo as the encoder takes it.
func picture(photo *imageio.RGB) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	draw.Draw(out, out.Bounds(), image.Opaque, image.Point{}, draw.Src)
	for i := range photo.Width * photo.Height {
		copy(out.Pix[4*i:4*i+3], photo.Pix[3*i:])
	}
	return out
}
