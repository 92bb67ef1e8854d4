/* Dropout with a given mask. A task is CHUNK elements. */
#include "elementwise.h"

typedef struct {
    const float *x;
    const uint8_t *keep;
    float *y;
    float scale;
    idx size;
} dropping;

/* Task: y = x · scale where `keep` is 1, x · 0 elsewhere, so that a NaN or an infinity that is left out gives NaN. */
static void drop(void *context, idx task) {
    const dropping c = *(const dropping *)context;
    for (idx i = task * CHUNK, end = min_idx(i + CHUNK, c.size); i < end; i++)
        c.y[i] = c.x[i] * (c.keep[i] ? c.scale : 0);
}

/* y = x · keep · scale. The caller has checked that the arrays are contiguous, x and y of float32, `keep` of booleans,
   and that their shapes are equal. */
EXPORT void dropout(const array *x, const array *keep, const array *y, double scale) {
    dropping c = {floats(x), (const uint8_t *)keep->data, floats(y), (float)scale, elements(x)};
    parallel(drop, &c, ceil_div(c.size, CHUNK), (double)c.size);
}
