package assets

// Codecs are the decoders of JPEG, TIFF and WebP that Pillow ships: libjpeg-turbo, libtiff and
// libwebp with what they need, and Little CMS. So photos decode to Pillow's pixels. Pillow's own
// licence file holds those of all libraries.
var Codecs = Artifact{
	Title:   "JPEG, TIFF and WebP decoders",
	Project: "pillow",
	Version: "13.0.0",
	Wheel: "pillow-13.0.0-cp312-cp312-" +
		"manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
	Size:     7144542,
	SHA256:   "42d63be3af4f9b951b199b0a9d23365d37ab14687e6d77b74940432c8515c4ca",
	Licence:  "libjpeg-turbo, libtiff, libwebp, liblzma, libzstd, Little CMS: BSD-like, MIT",
	Folder:   "pillow-13.0.0",
	Platform: "linux/amd64",
	Command:  "musc setup codecs",
	Variable: "MUSC_CODECS",
	Members: []Member{
		{"pillow-13.0.0.dist-info/licenses/LICENSE", "LICENSE", 70307,
			"dda12a98c1979cf3d94df1cff45d27a4cb3f04a60c76f76902ac54cac03ec0ce"},
		library("libjpeg-6dc8d115.so.62.4.0", 859489,
			"cc04bc42fd6296e81d24d13955fb95bd829624f6c74105eaf4a7fcf2ce42e048"),
		library("libtiff-20b7e810.so.6.3.0", 617449,
			"729883f61144533eb3215d405e4daad528a68f89e9a1fccf51e9862819f30020"),
		library("liblzma-de26b416.so.5.8.4", 202625,
			"ab4d2f260d6777088cc4bd96ce4997a5199d20b94e146a764b02c37d42477ce9"),
		library("libzstd-40ad5e7e.so.1.5.7", 815025,
			"95a5af7845018639470635243c36b428f90af32b728804af6d951e7fcb08bbea"),
		library("libwebp-51b0b3f7.so.7.2.0", 745233,
			"6a97159a7c36acacb112618eb74720c97bbab4ecc499a8bfeb495dd726285259"),
		library("libwebpdemux-9fe2abcc.so.2.0.17", 35985,
			"5d728787db553c48c74dccd93d2763ec88234850a5f2f821df11483c8d28d2a7"),
		library("liblcms2-88eaba2f.so.2.0.19", 422689,
			"4cf9f69016c7804bcb4fa56f5bbc55640cb1b7196ac7b93ba29ed9df9bd9ff4d"),
		library("libsharpyuv-0066295b.so.0.1.2", 47841,
			"8abd5c39ee3b26330288b2e833d4d9b5d4b5ed4c881649057354df17326b6996"),
	},
}

// library is a file of the wheel's folder of libraries, which find each other by these names.
func library(name string, size int64, sum string) Member {
	return Member{Name: "pillow.libs/" + name, Path: "lib/" + name, Size: size, SHA256: sum}
}

// CodecsFolder is the folder of the decoders' libraries, or an error as of LibraryPath.
func CodecsFolder() (string, error) { return Path(&Codecs, "lib") }
