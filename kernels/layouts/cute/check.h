// How layouts.cpp counts what differs.
#pragma once
#include <cstdarg>
#include <cstdio>

namespace check {

inline int differences, compared;

// equal compares one value with CuTe's; the first few differences of all are told.
inline void equal(long long ours, long long theirs, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
inline void equal(long long ours, long long theirs, const char *format, ...) {
    compared++;
    if (ours == theirs || differences++ >= 8) return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " is %#llx, by CuTe %#llx\n", ours, theirs);
}

template <class Ours, class Theirs>
void same_cell(const char *what, int thread, int k, Ours ours, Theirs theirs) {
    equal(ours.row, theirs.row, "%s: the row of value %d of thread %d", what, k, thread);
    equal(ours.column, theirs.column, "%s: the column of value %d of thread %d", what, k, thread);
}

} // namespace check
