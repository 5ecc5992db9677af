//go:build linux

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "library.h"

int musc_fail(struct musc_answer *answer, int outcome, const char *text) {
    answer->outcome = outcome;
    snprintf(answer->text, sizeof answer->text, "%s", text);
    return outcome;
}

int musc_library_open(const char *path, const struct musc_symbol *symbols,
                      struct musc_answer *answer) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        musc_fail(answer, MUSC_UNSUPPORTED, dlerror());
        return 0;
    }
    for (; symbols->name; symbols++) {
        void *found = dlsym(library, symbols->name);
        if (!found) {
            snprintf(answer->text, sizeof answer->text, "%s has no %s", path, symbols->name);
            answer->outcome = MUSC_UNSUPPORTED;
            dlclose(library);
            return 0;
        }
        memcpy(symbols->address, &found, sizeof found);
    }
    return 1;
}

int musc_mentions(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strstr(text, *words)) return 1;
    return 0;
}
