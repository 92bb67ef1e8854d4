/* Softmax and its logarithm along rows. A task is ROWS_AT_ONCE rows. */
#include "softmax.h"

typedef struct {
    const float *x;
    float *y;
    idx rows, classes; /* x, y (rows, classes) */
    int logarithmic;
} scores;

/* Task: with m = max x and s = Σ e^(x − m) of each row, y = e^(x − m) / s, or x − m − ln s if `logarithmic`. */
static void soften(void *context, idx task) {
    const scores *c = context;
    for (idx row = task * ROWS_AT_ONCE, end = min_idx(row + ROWS_AT_ONCE, c->rows); row < end; row++) {
        const float *x = c->x + row * c->classes;
        float *y = c->y + row * c->classes, most;
        double sum = exponentials(x, c->classes, &most, y);
        vec log_sum = splat((float)logarithm(sum)), share = splat((float)(1 / sum)), shift = splat(most);
        int logarithmic = c->logarithmic;
        EACH_VECTOR(0, c->classes, {
            store_up_to(y + i, logarithmic ? load_up_to(x + i, n) - shift - log_sum : load_up_to(y + i, n) * share, n);
        });
    }
}

/* y = softmax(x), or its logarithm, along the last axis, which has `classes` elements. The caller has checked that x
   and y are contiguous arrays of float32 of one shape, with an element. */
EXPORT void softmax(const array *x, const array *y, idx classes, int logarithmic) {
    scores c = {.x = floats(x), .y = floats(y), .rows = elements(x) / classes, .classes = classes,
                .logarithmic = logarithmic};
    parallel(soften, &c, ceil_div(c.rows, ROWS_AT_ONCE), SCORE_WORK * (double)elements(x));
}
