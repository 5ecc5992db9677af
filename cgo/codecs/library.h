// Opening a library and finding its functions.
#ifndef MUSC_LIBRARY_H
#define MUSC_LIBRARY_H

#include "codecs.h"

// A function's name and where its address goes.
struct musc_symbol {
    const char *name;
    void *address; // of a pointer to a function
};

// Opens path and fills in all symbols, up to the one without a name. 0 if something is missing.
int musc_library_open(const char *path, const struct musc_symbol *symbols,
                      struct musc_answer *answer);

// Whether text holds one of the words, up to a NULL.
int musc_mentions(const char *text, const char *const *words);

#endif
