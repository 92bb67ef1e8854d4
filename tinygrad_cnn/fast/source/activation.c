/* ReLU and its gradient, element by element. A task is CHUNK elements. */
#include "elementwise.h"

typedef struct {
    const float *x, *y;
    float *out;
    idx size;
} elementwise;

/* Task: out = max(0, x). */
static void rectify(void *context, idx task) {
    const elementwise c = *(const elementwise *)context;
    idx begin = task * CHUNK;
    EACH_VECTOR(begin, min_idx(begin + CHUNK, c.size), {
        store_up_to(c.out + i, larger((vec){0}, load_up_to(c.x + i, n)), n);
    });
}

/* y = max(0, x) for arrays of one shape; NaN stays NaN. */
EXPORT int relu(const array *x, const array *y) {
    if (!READY(x, y)) return DECLINED;
    elementwise c = {.x = floats(x), .out = floats(y), .size = elements(x)};
    parallel(rectify, &c, ceil_div(c.size, CHUNK), (double)c.size);
    return DONE;
}

/* Task: out = the gradient x where the ReLU's output y lets it through. */
static void mask_gradient(void *context, idx task) {
    const elementwise c = *(const elementwise *)context;
    idx begin = task * CHUNK;
    EACH_VECTOR(begin, min_idx(begin + CHUNK, c.size), {
        vec g = load_up_to(c.x + i, n), y = load_up_to(c.y + i, n);
        store_up_to(c.out + i, relu_masked(g, y), n);
    });
}

/* gx = 0 where y ≤ 0, else g: the gradient of a ReLU with output y. The caller has checked the shapes. */
EXPORT int relu_input(const array *g, const array *y, const array *gx) {
    if (!READY(g, y, gx)) return DECLINED;
    elementwise c = {.x = floats(g), .y = floats(y), .out = floats(gx), .size = elements(g)};
    parallel(mask_gradient, &c, ceil_div(c.size, CHUNK), (double)c.size);
    return DONE;
}
