/* The cross-entropy of scores with class indices, and its gradient.

   Scores are x (N, C, positions): without positions beyond the first, the classes of a row lie along vectors, else
   positions do. A task is ROWS_AT_ONCE of the N rows. */
#include "softmax.h"

typedef struct {
    const float *x, *g;
    const int64_t *target;         /* (rows, positions) */
    float *y;                      /* the losses, or the gradient of x */
    idx rows, classes, positions;  /* x is (rows, classes, positions) */
    float share;                   /* of g for each position, where g is one number for all */
} scores;

/* As `exponentials`, for `count` ≤ LANES positions side by side, each with its classes `step` floats apart. `out` may
   be NULL. */
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

/* y[row] = ln Σ e^(x − m) − (x[target] − m), with m = max x. */
static void lose_row(const scores *c, idx row) {
    const float *x = c->x + row * c->classes;
    float most, *e = scratch(SCRATCH_EXTRA, c->classes);
    if (!e) return;
    double sum = exponentials(x, c->classes, &most, e);
    c->y[row] = (float)(logarithm(sum) - (double)(x[c->target[row]] - most));
}

/* The same at each of the row's positions: (classes, positions) → (positions,). */
static void lose_positions(const scores *c, idx row) {
    const float *x = c->x + row * c->classes * c->positions;
    const int64_t *target = c->target + row * c->positions;
    for (idx j = 0; j < c->positions; j += LANES) {
        idx n = min_idx(c->positions - j, LANES);
        vec most, sum = exponentials_across(x + j, c->classes, c->positions, n, &most, 0);
        for (int i = 0; i < n; i++) {
            float chosen = x[target[j + i] * c->positions + j + i] - most[i];
            c->y[row * c->positions + j + i] = (float)(logarithm(sum[i]) - chosen);
        }
    }
}

/* Task: the losses of ROWS_AT_ONCE rows. */
static void lose(void *context, idx task) {
    const scores *c = context;
    for (idx row = task * ROWS_AT_ONCE, end = min_idx(row + ROWS_AT_ONCE, c->rows); row < end; row++)
        if (c->positions == 1) lose_row(c, row);
        else lose_positions(c, row);
}

static scores classified(const array *x, const array *target) {
    return (scores){
        .x = floats(x), .target = (const int64_t *)target->data, .rows = x->shape[0], .classes = x->shape[1],
        .positions = positions(x),
    };
}

/* Return whether every target is a class. */
static int all_classes(const scores *c) {
    for (idx i = 0; i < c->rows * c->positions; i++)
        if (c->target[i] < 0 || c->target[i] >= c->classes) return 0;
    return 1;
}

/* loss = −log softmax(x)[target] at each position, for x (N, C, ...) and target (N, ...) of int64. Declines if a target
   is no class. total: None, or where the sum of all losses over `count` goes. The caller has checked the shapes. */
EXPORT int cross_entropy(const array *x, const array *target, const array *loss, const array *total, double count) {
    if (!READY(x) || !is_ready(target, int64)) return DECLINED;
    scores c = classified(x, target);
    c.y = floats(loss);
    if (!all_classes(&c)) return DECLINED;
    if (!parallel(lose, &c, ceil_div(c.rows, ROWS_AT_ONCE), SCORE_WORK * (double)elements(x))) return NO_MEMORY;
    if (total != none) {
        double sum = 0;
        for (idx i = 0; i < c.rows * c.positions; i++) sum += c.y[i];
        *floats(total) = (float)(sum / count);
    }
    return DONE;
}

/* gx = g · (softmax(x) − [class = target]) of one row. */
static void differentiate_row(const scores *c, idx row) {
    float most, *y = c->y + row * c->classes, share = c->g ? c->g[row] : c->share;
    vec scale = splat((float)(share / exponentials(c->x + row * c->classes, c->classes, &most, y)));
    EACH_VECTOR(0, c->classes, store_up_to(y + i, load_up_to(y + i, n) * scale, n););
    y[c->target[row]] -= share;
}

/* The same at each of the row's positions. */
static void differentiate_positions(const scores *c, idx row) {
    idx first = row * c->classes * c->positions;
    const int64_t *target = c->target + row * c->positions;
    for (idx j = 0; j < c->positions; j += LANES) {
        idx n = min_idx(c->positions - j, LANES);
        float *y = c->y + first + j;
        vec most, sum = exponentials_across(c->x + first + j, c->classes, c->positions, n, &most, y);
        vec share = c->g ? load_up_to(c->g + row * c->positions + j, n) : splat(c->share);
        ivec truth = {0};
        for (int i = 0; i < n; i++) truth[i] = (int32_t)target[j + i];
        for (idx k = 0; k < c->classes; k++) {
            vec hit = choose(truth == (int32_t)k, splat(1), (vec){0});
            float *to = y + k * c->positions;
            store_up_to(to, (load_up_to(to, n) / sum - hit) * share, n);
        }
    }
}

/* Task: the gradients of ROWS_AT_ONCE rows. */
static void differentiate(void *context, idx task) {
    const scores *c = context;
    for (idx row = task * ROWS_AT_ONCE, end = min_idx(row + ROWS_AT_ONCE, c->rows); row < end; row++)
        if (c->positions == 1) differentiate_row(c, row);
        else differentiate_positions(c, row);
}

/* gx = g · (softmax(x) − [class = target]), where g is (N, ...) as `target`, or a 0-d array: then g / count holds at
   every position. Declines if a target is no class. The caller has checked the shapes. */
EXPORT int cross_entropy_input(const array *g, const array *x, const array *target, const array *gx, double count) {
    if (!READY(g, x) || !is_ready(target, int64)) return DECLINED;
    scores c = classified(x, target);
    c.y = floats(gx);
    if (g->ndim) c.g = floats(g);
    else c.share = (float)(*floats(g) / count);
    if (!all_classes(&c)) return DECLINED;
    parallel(differentiate, &c, ceil_div(c.rows, ROWS_AT_ONCE), SCORE_WORK * (double)elements(x));
    return DONE;
}
