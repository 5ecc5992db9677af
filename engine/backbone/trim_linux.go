package backbone

/*
#include <malloc.h>

// Only glibc keeps freed memory of this amount, and only glibc has the call.
static void trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

// trimMemory gives memory that C code freed back to the system. After closing a ViT-S it takes
// the process from 150 to 40 MB resident; glibc would keep it for other C code, of which the
// scoring has none.
func trimMemory() { C.trim() }
