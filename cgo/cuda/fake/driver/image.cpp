// What the fake driver reads of a module's image. A cubin is an ELF file whose flags' lowest byte
// is the architecture; section .nv.info.NAME holds attributes of kernel NAME, of which 0x17
// describes a parameter: its ordinal and, in the upper 14 bits of the last word, its size.
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace fake {

static bool is_elf(const char *image) { return !memcmp(image, ELFMAG, SELFMAG); }

template <typename T> static T read(const char *at) {
    T value;
    memcpy(&value, at, sizeof value);
    return value;
}

size_t image_size(const char *image) {
    if (!is_elf(image)) return strstr(image, ".entry") ? strlen(image) : 0;
    auto header = read<Elf64_Ehdr>(image);
    size_t end = header.e_shoff + (size_t)header.e_shnum * header.e_shentsize;
    size_t segments = header.e_phoff + (size_t)header.e_phnum * header.e_phentsize;
    return std::max(end, segments);
}

bool fits(const std::string &image, int capability) {
    if (is_elf(image.data())) {
        int made_for = read<Elf64_Ehdr>(image.data()).e_flags & 0xff;
        return made_for / 10 == capability / 10 && made_for <= capability;
    }
    size_t target = image.find(".target sm_");
    return target != std::string::npos && atoi(image.c_str() + target + 11) <= capability;
}

// section returns the content of a section by name; NULL if there is none.
static const char *section(const std::string &image, const std::string &name, size_t &size) {
    auto header = read<Elf64_Ehdr>(image.data());
    auto at = [&](unsigned i) {
        return read<Elf64_Shdr>(image.data() + header.e_shoff + (size_t)i * header.e_shentsize);
    };
    const char *names = image.data() + at(header.e_shstrndx).sh_offset;
    for (unsigned i = 0; i < header.e_shnum; i++) {
        auto found = at(i);
        if (name == names + found.sh_name) {
            size = found.sh_size;
            return image.data() + found.sh_offset;
        }
    }
    return nullptr;
}

static bool from_cubin(const std::string &image, const std::string &kernel, Sizes &parameters) {
    size_t size, ignored;
    const char *info = section(image, ".nv.info." + kernel, size);
    if (!info || !section(image, ".text." + kernel, ignored)) return false;
    std::map<unsigned, unsigned> found; // size by ordinal
    for (size_t i = 0; i + 4 <= size;) {
        // One attribute: format, kind, and 2 bytes of value or of the value's length (format 4).
        unsigned char format = info[i], kind = info[i + 1];
        unsigned value = read<unsigned short>(info + i + 2);
        if (format == 4 && kind == 0x17) {
            unsigned ordinal = read<unsigned short>(info + i + 8);
            found[ordinal] = read<unsigned>(info + i + 12) >> 18;
        }
        i += 4 + (format == 4 ? value : 0);
    }
    for (auto &parameter : found) parameters.push_back(parameter.second);
    return true;
}

// In PTX a parameter reads ".param .u64 f_param_0" or ".param .align 64 .b8 f_param_1[128]".
static bool from_ptx(const std::string &image, const std::string &kernel, Sizes &parameters) {
    size_t entry = image.find(".entry " + kernel + "(");
    if (entry == std::string::npos) return false;
    size_t end = image.find(')', entry);
    for (size_t at = entry; (at = image.find(".param", at)) < end;) {
        size_t stop = std::min(image.find(',', at), end);
        std::string text = image.substr(at, stop - at);
        size_t bracket = text.find('['), type = text.rfind('.');
        parameters.push_back(bracket != std::string::npos ? atoi(text.c_str() + bracket + 1)
                                                          : atoi(text.c_str() + type + 2) / 8);
        at = stop;
    }
    return true;
}

bool parameters_of(const std::string &image, const std::string &kernel, Sizes &parameters) {
    return is_elf(image.data()) ? from_cubin(image, kernel, parameters)
                                : from_ptx(image, kernel, parameters);
}

} // namespace fake
