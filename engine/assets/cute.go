package assets

import (
	_ "embed" // for the list of headers
	"encoding/csv"
	"path"
	"strconv"
	"strings"
)

// CuTe are those headers of NVIDIA's CUTLASS that tell where its instructions keep what. They are
// for a host's compiler, in the check of the kernels' layouts alone; the CUDA headers that they
// include have nothing in them here, for kernels/layouts/cute/host.h stands for those.
var CuTe = cute()

//go:embed cute_headers.csv
var cuteHeaders string // columns path, size, sha256: those that kernels/layouts/cute/cute.cpp includes

func cute() Artifact {
	artifact := Artifact{
		Title:   "CuTe headers (CUTLASS)",
		Project: "nvidia-cutlass",
		Version: "4.2.0.0",
		Wheel:   "nvidia_cutlass-4.2.0.0-py3-none-any.whl",
		Size:    6440597,
		SHA256:  "f9599ada45c7bcb6bf53f7d3f0a7d154183e53451c01bfa59eecd37dd4a693f6",
		Licence: "BSD-3-Clause, NVIDIA CORPORATION & AFFILIATES",
		Folder:  "cute-4.2.0.0",
		Command: "make check-layouts",
		Members: []Member{{"nvidia_cutlass-4.2.0.0.dist-info/licenses/LICENSE.txt", "LICENSE", 1854,
			"80a7a18b73d41f64dd9ca881af35938f8de88b18c728703251f4c94d1299884d"}},
	}
	rows, err := csv.NewReader(strings.NewReader(cuteHeaders)).ReadAll()
	if err != nil {
		panic("assets: the embedded list of headers: " + err.Error()) // a test reads it
	}
	for _, row := range rows[1:] {
		size, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			panic("assets: the embedded list of headers: " + err.Error())
		}
		artifact.Members = append(artifact.Members,
			Member{"cutlass_library/source/include/" + row[0], path.Join("include", row[0]), size,
				row[2]})
	}
	for _, name := range []string{"cuComplex.h", "cuda/std/utility", "cuda_bf16.h", "cuda_fp16.h",
		"cuda_runtime.h", "cuda_runtime_api.h", "vector_types.h"} {
		artifact.Written = append(artifact.Written, Written{path.Join("include", name),
			"// See host.h of musc's kernels/layouts/cute.\n"})
	}
	return artifact
}
