/* Softmax and log-softmax along rows, and the cross-entropy of class indices with its gradient. */
#include "elementwise.h"

enum { ROWS_AT_ONCE = 16, SUMMED = 32 * LANES /* in float32; these sums are added up in float64 */ };

typedef struct {
    const float *x, *g;
    const int64_t *target;
    float *y;
    idx rows, classes, places; /* x is (rows, classes, places) */
    float part;                /* of the upstream gradient for each place, where g is one number for all */
    int logarithmic;
} scores;

/* Write e^(x − most) to `out` and return its sum; `most` is the largest element. */
INLINE double exponentials(const float *x, idx count, float *most, float *out) {
    vec top = splat(-__builtin_inff());
    EACH_VECTOR(0, count, top = larger(top, existing(load_up_to(x + i, n), n, top)););
    *most = largest_of(top);
    double total = 0;
    vec shift = splat(*most);
    for (idx begin = 0; begin < count; begin += SUMMED) {
        vec sum = {0};
        EACH_VECTOR(begin, min_idx(begin + SUMMED, count), {
            vec e = existing(exponential(load_up_to(x + i, n) - shift), n, (vec){0});
            store_up_to(out + i, e, n);
            sum += e;
        });
        total += total_of(sum);
    }
    return total;
}

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

/* y = softmax of each row of x, rows·classes elements, or its logarithm. */
EXPORT void softmax(const array *x, const array *y, idx classes, int logarithmic) {
    scores c = {.x = floats(x), .y = floats(y), .rows = elements(x) / classes, .classes = classes,
                .logarithmic = logarithmic};
    parallel(soften, &c, ceil_div(c.rows, ROWS_AT_ONCE), 8.0 * (double)elements(x));
}

/* As `exponentials`, for `count` places side by side, each with its classes `step` floats apart. */
INLINE vec exponentials_across(const float *x, idx classes, idx step, idx count, vec *most, float *out) {
    vec top = splat(-__builtin_inff()), sum = {0};
    for (idx k = 0; k < classes; k++) top = larger(top, load_up_to(x + k * step, count));
    for (idx k = 0; k < classes; k++) {
        vec e = exponential(load_up_to(x + k * step, count) - top);
        if (out) store_up_to(out + k * step, e, count);
        sum += e;
    }
    *most = top;
    return sum;
}

static void lose_row(const scores *c, idx row) {
    const float *x = c->x + row * c->classes;
    float most, *e = scratch(SCRATCH_EXTRA, c->classes);
    if (!e) return;
    double sum = exponentials(x, c->classes, &most, e);
    c->y[row] = (float)(logarithm(sum) - (double)(x[c->target[row]] - most));
}

static void lose_places(const scores *c, idx row) {
    const float *x = c->x + row * c->classes * c->places;
    const int64_t *target = c->target + row * c->places;
    for (idx j = 0; j < c->places; j += LANES) {
        idx n = min_idx(c->places - j, LANES);
        vec most, sum = exponentials_across(x + j, c->classes, c->places, n, &most, 0);
        for (int i = 0; i < n; i++) {
            float chosen = x[target[j + i] * c->places + j + i] - most[i];
            c->y[row * c->places + j + i] = (float)(logarithm(sum[i]) - chosen);
        }
    }
}

static void lose(void *context, idx task) {
    const scores *c = context;
    for (idx row = task * ROWS_AT_ONCE, end = min_idx(row + ROWS_AT_ONCE, c->rows); row < end; row++)
        if (c->places == 1) lose_row(c, row);
        else lose_places(c, row);
}

static scores classified(const array *x, const array *target) {
    return (scores){
        .x = floats(x), .target = (const int64_t *)target->data, .rows = x->shape[0], .classes = x->shape[1],
        .places = places(x),
    };
}

static int all_classes(const scores *c) {
    for (idx i = 0; i < c->rows * c->places; i++)
        if (c->target[i] < 0 || c->target[i] >= c->classes) return 0;
    return 1;
}

/* loss = −log softmax(x)[target] at each place, target of int64; 0, and nothing is done, if one is no class.
   total: None, or where the sum of all over `count` goes. */
EXPORT int cross_entropy(const array *x, const array *target, const array *loss, const array *total, double count) {
    if (!READY(x) || !is_ready(target, int64)) return DECLINED;
    scores c = classified(x, target);
    c.y = floats(loss);
    if (!all_classes(&c)) return DECLINED;
    if (!parallel(lose, &c, ceil_div(c.rows, ROWS_AT_ONCE), 8.0 * (double)elements(x))) return NO_MEMORY;
    if (total != none) {
        double sum = 0;
        for (idx i = 0; i < c.rows * c.places; i++) sum += c.y[i];
        *floats(total) = (float)(sum / count);
    }
    return 1;
}

static void blame_row(const scores *c, idx row) {
    float most, *y = c->y + row * c->classes, part = c->g ? c->g[row] : c->part;
    vec scale = splat((float)(part / exponentials(c->x + row * c->classes, c->classes, &most, y)));
    EACH_VECTOR(0, c->classes, store_up_to(y + i, load_up_to(y + i, n) * scale, n););
    y[c->target[row]] -= part;
}

static void blame_places(const scores *c, idx row) {
    idx first = row * c->classes * c->places;
    const int64_t *target = c->target + row * c->places;
    for (idx j = 0; j < c->places; j += LANES) {
        idx n = min_idx(c->places - j, LANES);
        float *y = c->y + first + j;
        vec most, sum = exponentials_across(c->x + first + j, c->classes, c->places, n, &most, y);
        vec part = c->g ? load_up_to(c->g + row * c->places + j, n) : splat(c->part);
        ivec truth = {0};
        for (int i = 0; i < n; i++) truth[i] = (int32_t)target[j + i];
        for (idx k = 0; k < c->classes; k++) {
            vec hit = choose(truth == (int32_t)k, splat(1), (vec){0});
            store_up_to(y + k * c->places, (load_up_to(y + k * c->places, n) / sum - hit) * part, n);
        }
    }
}

static void blame(void *context, idx task) {
    const scores *c = context;
    for (idx row = task * ROWS_AT_ONCE, end = min_idx(row + ROWS_AT_ONCE, c->rows); row < end; row++)
        if (c->places == 1) blame_row(c, row);
        else blame_places(c, row);
}

/* gx = g · (softmax(x) − [class = target]), g over `count` if it is one number, else one for each place; 0, and nothing
   is done, if a target is no class. */
EXPORT int cross_entropy_input(const array *g, const array *x, const array *target, const array *gx, double count) {
    if (!READY(g, x) || !is_ready(target, int64)) return DECLINED;
    scores c = classified(x, target);
    c.y = floats(gx);
    if (g->ndim) c.g = floats(g);
    else c.part = (float)(*floats(g) / count);
    if (!all_classes(&c)) return DECLINED;
    parallel(blame, &c, ceil_div(c.rows, ROWS_AT_ONCE), 8.0 * (double)elements(x));
    return 1;
}
