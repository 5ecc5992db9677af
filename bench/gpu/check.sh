#!/bin/sh
# Checks and measures musc on a machine with an NVIDIA GPU, from the archives that `make gpu-check`
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
# By its words: doctor fails as well for what else is not set up.
step self-test 150 sh -c 'told=$(./musc doctor --self-test 2>&1); echo "$told"
    case $told in *"it failed"*) false ;; *"it passed"*) ;; *) false ;; esac'
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
# The backbone needs CUDA's libraries: where they are is for the machine to say, or those that PyTorch
# brought.
libraries=$(python3 -c 'import glob, site
for folder in site.getsitepackages() + [site.getusersitepackages()]:
    for lib in glob.glob(folder + "/nvidia/*/lib"): print(lib, end=":")' 2>/dev/null)
for folder in /usr/local/cuda*/lib64 /usr/local/cuda*/targets/*/lib; do
    [ -d "$folder" ] && libraries="$libraries$folder:"
done
export LD_LIBRARY_PATH="$libraries$LD_LIBRARY_PATH" MUSC_CACHE="$PWD/cache"
photos=
if [ -d lib ]; then
    export MUSC_ONNXRUNTIME="$PWD/lib/libonnxruntime.so.1.31.1"
    photos=testdata/washer/images
fi
step measure 900 ./gpu -out "$out" -photos "$photos"

# The whole of musc, photos to maps, on weights drawn at random: a bound on the device's memory changes
# no byte of the scores.
end_to_end() {
    model=$(./musc models build vit_large_patch14_clip_336.openai --random --image-size 518 \
        --precision float16) || return
    mkdir -p photos
    for copy in 0 1 2 3 4 5 6; do
        for photo in testdata/washer/images/*; do
            cp "$photo" "photos/$copy-$(basename "$photo")"
        done
    done
    ls photos | tail -n +201 | sed 's|^|photos/|' | xargs -r rm # 200 are left, or all
    ./musc score photos --model "$model" --preset paper --shared off --device cuda:0 -o end --overwrite || return
    cp end/run.json "$out"
    ./musc score photos --model "$model" --preset paper --shared off --device cuda:0 --vram 1500M -o end-bound \
        --overwrite &&
        cmp end/scores.csv end-bound/scores.csv && echo "the bound changes no byte of scores.csv"
}
if [ -d lib ]; then
    echo "== end to end"
    if end_to_end >"$out/end-to-end.txt" 2>&1; then
        grep 'images scored\|^backbone:\|the bound' "$out/end-to-end.txt"
    else
        echo "FAILED: end to end"
        tail -n 25 "$out/end-to-end.txt"
        failed="$failed end-to-end"
    fi
fi
cat "$out"/*.md 2>/dev/null
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
