/* ReLU, its gradient, and dropout: one element in, one out. */
#include "elementwise.h"

typedef struct {
    const float *x, *y;
    const uint8_t *keep;
    float *out;
    float scale;
    idx size;
} elementwise;

static void rectify(void *context, idx task) {
    const elementwise c = *(const elementwise *)context;
    idx begin = task * CHUNK;
    EACH_VECTOR(begin, min_idx(begin + CHUNK, c.size), {
        store_up_to(c.out + i, larger((vec){0}, load_up_to(c.x + i, n)), n);
    });
}

/* y = max(x, 0); NaN stays. */
EXPORT int relu(const array *x, const array *y) {
    if (!READY(x, y)) return DECLINED;
    elementwise c = {.x = floats(x), .out = floats(y), .size = elements(x)};
    parallel(rectify, &c, ceil_div(c.size, CHUNK), (double)c.size);
    return DONE;
}

static void open_gate(void *context, idx task) {
    const elementwise c = *(const elementwise *)context;
    idx begin = task * CHUNK;
    EACH_VECTOR(begin, min_idx(begin + CHUNK, c.size), {
        vec g = load_up_to(c.x + i, n), y = load_up_to(c.y + i, n);
        store_up_to(c.out + i, choose(y <= 0, (vec){0}, g), n);
    });
}

/* gx = 0 where y ≤ 0, g elsewhere. */
EXPORT int relu_input(const array *g, const array *y, const array *gx) {
    if (!READY(g, y, gx)) return DECLINED;
    elementwise c = {.x = floats(g), .y = floats(y), .out = floats(gx), .size = elements(g)};
    parallel(open_gate, &c, ceil_div(c.size, CHUNK), (double)c.size);
    return DONE;
}

static void drop(void *context, idx task) {
    const elementwise c = *(const elementwise *)context;
    for (idx i = task * CHUNK, end = min_idx(i + CHUNK, c.size); i < end; i++)
        c.out[i] = c.x[i] * (c.keep[i] ? c.scale : 0);
}

/* y = x · keep · scale, keep of booleans. */
EXPORT void dropout(const array *x, const array *keep, const array *y, double scale) {
    elementwise c = {floats(x), 0, (const uint8_t *)keep->data, floats(y), (float)scale, elements(x)};
    parallel(drop, &c, ceil_div(c.size, CHUNK), (double)c.size);
}
