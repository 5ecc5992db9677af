// Package codecs decodes JPEG, TIFF and WebP with the libraries that most other programs use:
// libjpeg-turbo, libtiff and libwebp, and Little CMS for the colours of L*a*b*. Nothing is linked
// and no header is needed: the libraries are opened at run time, from a folder that holds all of
// them (assets.Codecs), so one binary serves machines with and without them.
//
// What the shim declares of their binary interfaces is libjpeg 6b's with 8-, 12- and 16-bit rows
// (libjpeg-turbo 3), libtiff 4.6.1's and libwebp 1's, on 64-bit Linux.
//
// Every file is untrusted. Sizes are given by the caller, who checked them, and a file that says
// otherwise within is an error; the libraries' messages are collected, never printed; their errors
// leave no memory behind. Safe for use by several goroutines.
package codecs
