"""Makes PyTorch's wheel load on a machine without CUDA: stand-ins for CUDA's libraries.

The wheel of the package registry is linked to two gigabytes of CUDA libraries, even for work that
never leaves the processor. This compiles a library of the same name for each one that is missing,
whose functions all answer with an error. PyTorch then finds no GPU, and its CPU code is untouched.

Run it once, with the Python whose site-packages holds torch. Needs cc and nm (binutils).
"""
import importlib.util
import pathlib
import re
import subprocess
import sys

FUNCTION = "int {name}(void) {{ return 100; }}\n"  # 100 is CUDA's "no device", 0 its success
CUDA = re.compile("lib(cu|nv|nccl)")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def references(library):
    """The CUDA libraries that a library is linked to, each with the versions it asks for."""
    text = output("objdump", "-p", str(library))
    found = {name: set() for name in re.findall(r"NEEDED\s+(\S+)", text) if CUDA.match(name)}
    asked = None
    for line in text.partition("Version References:")[2].splitlines():
        if match := re.match(r"\s+required from (\S+):", line):
            asked = found.get(match[1])
        elif asked is not None and len(fields := line.split()) == 4:
            asked.add(fields[3])
    return found


def undefined(library):
    """Functions that a library takes from CUDA's, [(name, version or empty)]."""
    found = []
    for line in output("nm", "-D", "--undefined-only", str(library)).splitlines():
        name, _, version = line.split()[-1].partition("@")
        if re.match(r"_*(cu|nccl|nv)", name):
            found.append((name, version.lstrip("@")))
    return found


def build(name, versions, functions, folder):
    """Compiles one stand-in with the versions that torch asks for; functions have the first."""
    source = "".join(FUNCTION.format(name=function) for function in sorted(functions))
    script = folder / (name + ".map")
    first, *others = sorted(versions) or [name]
    script.write_text("\n".join([f"{first} {{ global: *; }};", *(f"{v} {{ }};" for v in others)]))
    try:
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-w", "-fno-builtin", "-x", "c", "-", "-o",
             str(folder / name), f"-Wl,-soname,{name}", f"-Wl,--version-script,{script}"],
            input=source, text=True, check=True)
    finally:
        script.unlink()


def main():
    spec = importlib.util.find_spec("torch")  # finds it without loading it
    if spec is None:
        sys.exit("torch is not installed for " + sys.executable)
    folder = pathlib.Path(spec.origin).parent / "lib"
    libraries = [*folder.glob("libtorch*.so"), *folder.glob("libc10_cuda.so")]
    present = {path.name for place in (folder, *(folder.parent.parent / "nvidia").glob("*/lib"))
               for path in place.glob("*.so*")}
    missing = {}  # library: versions
    for library in libraries:
        for name, versions in references(library).items():
            if name not in present:
                missing.setdefault(name, set()).update(versions)
    # A version names its library. Functions without one go to the first: the loader looks in all.
    functions = {name: set() for name in missing}
    home = {version: name for name, versions in missing.items() for version in versions}
    for library in libraries:
        for function, version in undefined(library):
            if owner := home.get(version) or (not version and min(missing, default=None)):
                functions[owner].add(function)
    for name, versions in missing.items():
        build(name, versions, functions[name], folder)
    print(f"{len(missing)} stand-ins for CUDA's libraries: {' '.join(sorted(missing))}")


if __name__ == "__main__":
    main()
