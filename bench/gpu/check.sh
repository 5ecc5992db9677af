#!/bin/sh
# Checks and measures musc on a machine with an NVIDIA GPU, from the archive that `make gpu-check`
# makes: neither Go nor a network is needed. Results go to $OUT, or the folder results; a step that
# fails is named at the end, and the others run all the same.
cd "$(dirname "$0")" || exit 1
out=${OUT:-$PWD/results}
mkdir -p "$out"
export MUSC_TEST_GPU=1
failed=

# step NAME SECONDS COMMAND... runs a command, and keeps what it prints.
step() {
    name=$1 limit=$2
    shift 2
    echo "== $name"
    if timeout "$limit" "$@" >"$out/$name.txt" 2>&1; then
        tail -n 3 "$out/$name.txt"
    else
        echo "FAILED: $name"
        tail -n 25 "$out/$name.txt"
        failed="$failed $name"
    fi
}

step device 30 nvidia-smi
step doctor 60 ./musc doctor
step driver 60 sh -c 'cd cgo/cuda && ./cuda.test -test.v'
step kernels 120 sh -c 'cd engine/mutual && ./mutual.test -test.v -test.run CUDA'
sanitizer=$(command -v compute-sanitizer ||
    ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | head -n 1)
if [ -n "$sanitizer" ]; then
    for tool in memcheck racecheck; do
        step "$tool" 150 sh -c "cd engine/mutual && '$sanitizer' --tool $tool --error-exitcode 9 \
            ./mutual.test -test.run 'CUDAAgrees.*/[23]_images'"
    done
else
    echo "== compute-sanitizer is not installed: memcheck and racecheck are left out"
fi
step measure 240 ./gpu -out "$out"
if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    step peers 180 python3 peers.py
else
    echo "== PyTorch with CUDA is not installed: nothing is measured beside musc"
fi
cat "$out/gpu.md" "$out/peers.txt" 2>/dev/null
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
