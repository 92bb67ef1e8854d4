/* The optimizers' steps: all parameters of a group in one call.

   `table` is a Python tuple of arrays, `columns` of them for each parameter p: p itself, its gradient g, and its state.
   A task is CHUNK elements of one parameter. The equations are in the docstrings of the optimizers' classes. */
#include "elementwise.h"
#include <stdlib.h>

enum {
    MOST_ARRAYS = 6, /* columns of a table */
    FEW_TASKS = 64,  /* their pieces are kept on the stack */
};

/* The head of PyTupleObject, as long as tuple.__basicsize__, after which its items begin. */
typedef struct {
    char head[OBJECT_HEAD];
    idx size;
    char rest[TUPLE_HEAD - OBJECT_HEAD - sizeof(idx)];
    const array *items[];
} tuple;

/* The elements of one task: `count` of each array of a parameter. */
typedef struct {
    float *at[MOST_ARRAYS];
    idx count;
} piece;

/* A step: what to change, and the settings of the optimizer, of which each task says what a and b are. */
typedef struct {
    piece *pieces;
    double lr, decay, a, b, eps, correction;
    int maximize, first, nesterov, amsgrad, decoupled, centered;
} update;

/* Return whether two arrays of float32 share memory. */
INLINE int overlap(const array *a, const array *b) {
    const idx size = sizeof(float);
    return a->data < b->data + elements(b) * size && b->data < a->data + elements(a) * size;
}

/* Return whether the arrays of each parameter are contiguous float32 of one size, and parameters are writeable and
   share no memory. */
static int is_regular(const array *const *arrays, idx rows, idx columns) {
    for (idx i = 0; i < rows; i++) {
        const array *const *row = arrays + i * columns;
        for (idx k = 0; k < columns; k++)
            if (!is_array(row[k], float32) || elements(row[k]) != elements(row[0])) return 0;
        if (!is_writeable(row[0])) return 0;
        for (idx other = 0; other < i; other++)
            if (overlap(row[0], arrays[other * columns])) return 0;
    }
    return 1;
}

/* Cut the parameters of `table` into pieces and run `task` on each. Returns 1, or 0, having done nothing, if the arrays
   are not regular. */
static int run(void (*task)(void *, idx), update *u, const tuple *table, idx columns) {
    const array *const *arrays = table->items;
    idx rows = table->size / columns, count = 0, total = 0;
    if (!is_regular(arrays, rows, columns)) return 0;
    for (idx i = 0; i < rows; i++) {
        idx size = elements(arrays[i * columns]);
        count += ceil_div(size, CHUNK), total += size;
    }
    piece few[FEW_TASKS];
    u->pieces = count <= FEW_TASKS ? few : malloc((size_t)count * sizeof(piece));
    if (!u->pieces) return 0;
    piece *next = u->pieces;
    for (idx i = 0; i < rows; i++)
        for (idx begin = 0, size = elements(arrays[i * columns]); begin < size; begin += CHUNK, next++) {
            next->count = min_idx(CHUNK, size - begin);
            for (idx k = 0; k < columns; k++) next->at[k] = floats(arrays[i * columns + k]) + begin;
        }
    parallel(task, u, count, (double)total * (double)columns);
    if (u->pieces != few) free(u->pieces);
    return 1;
}

/* ±g + decay · p */
INLINE vec penalized(const update *u, vec g, vec p) {
    if (u->maximize) g = -g;
    return u->decay != 0 ? p * (float)u->decay + g : g;
}

/* max(0, v); NaN stays NaN. */
INLINE vec at_least_zero(vec v) { return larger((vec){0}, v); }

/* Task: SGD. Columns: p, g, and the velocity if momentum ≠ 0; a = momentum, b = 1 − dampening. */
static void sgd(void *context, idx task) {
    const update u = *(const update *)context;
    const piece t = u.pieces[task];
    float *p = t.at[0], *g = t.at[1], *velocity = t.at[2];
    float momentum = (float)u.a, kept = (float)u.b, lr = (float)u.lr;
    EACH_VECTOR(0, t.count, {
        vec now = load_up_to(p + i, n), d = penalized(&u, load_up_to(g + i, n), now);
        if (momentum != 0) {
            vec v = u.first ? d : load_up_to(velocity + i, n) * momentum + d * kept;
            store_up_to(velocity + i, v, n);
            d = u.nesterov ? v * momentum + d : v;
        }
        store_up_to(p + i, now - d * lr, n);
    });
}

/* A step of SGD; `first` if the velocities are to begin as the gradients. */
EXPORT int sgd_step(const tuple *table, idx columns, double lr, double momentum, double dampening, double decay,
                    int nesterov, int maximize, int first) {
    update u = {.lr = lr, .a = momentum, .b = 1 - dampening, .decay = decay, .nesterov = nesterov, .maximize = maximize,
                .first = first};
    return run(sgd, &u, table, columns);
}

/* Task: Adam. Columns: p, g, m, v, and the largest v if `amsgrad`; a = β₁, b = β₂. */
static void adam(void *context, idx task) {
    const update u = *(const update *)context;
    const piece t = u.pieces[task];
    float *p = t.at[0], *g = t.at[1], *m = t.at[2], *v = t.at[3], *most = t.at[4];
    float taken = (float)(1 - u.a), kept = (float)u.b, new = (float)(1 - u.b);
    float lr = (float)u.lr, correction = (float)u.correction, eps = (float)u.eps;
    EACH_VECTOR(0, t.count, {
        vec now = load_up_to(p + i, n);
        if (u.decoupled) now *= (float)(1 - u.decay);
        vec d = load_up_to(g + i, n);
        if (u.decoupled) d = u.maximize ? -d : d;
        else d = penalized(&u, d, now);
        vec mean = load_up_to(m + i, n), square = load_up_to(v + i, n) * kept + d * d * new;
        mean += (d - mean) * taken;
        store_up_to(m + i, mean, n);
        store_up_to(v + i, square, n);
        if (u.amsgrad) {
            vec before = load_up_to(most + i, n);
            square = choose((before > square) | (before != before), before, square);
            store_up_to(most + i, square, n);
        }
        store_up_to(p + i, now - mean / (root(square) * correction + eps) * lr, n);
    });
}

/* A step of Adam, or of AdamW if `decoupled`. `lr` is already divided by 1 − β₁ᵗ, `correction` is 1 / √(1 − β₂ᵗ), and
   `decay` is already multiplied by the learning rate if `decoupled`. */
EXPORT int adam_step(const tuple *table, idx columns, double lr, double beta1, double beta2, double eps,
                     double correction, double decay, int amsgrad, int maximize, int decoupled) {
    update u = {.lr = lr, .a = beta1, .b = beta2, .eps = eps, .correction = correction, .decay = decay,
                .amsgrad = amsgrad, .maximize = maximize, .decoupled = decoupled};
    return run(adam, &u, table, columns);
}

/* Task: RMSprop. Columns: p, g, v, the mean if `centered`, and the velocity if momentum ≠ 0; a = α, b = momentum. */
static void rmsprop(void *context, idx task) {
    const update u = *(const update *)context;
    const piece t = u.pieces[task];
    float *p = t.at[0], *g = t.at[1], *v = t.at[2], *a = t.at[3], *b = t.at[u.centered ? 4 : 3];
    float kept = (float)u.a, new = (float)(1 - u.a), momentum = (float)u.b, lr = (float)u.lr, eps = (float)u.eps;
    EACH_VECTOR(0, t.count, {
        vec now = load_up_to(p + i, n), d = penalized(&u, load_up_to(g + i, n), now);
        vec square = load_up_to(v + i, n) * kept + d * d * new, spread = square;
        store_up_to(v + i, square, n);
        if (u.centered) {
            vec mean = load_up_to(a + i, n);
            mean += (d - mean) * new;
            store_up_to(a + i, mean, n);
            spread = at_least_zero(square - mean * mean); /* rounding may leave a variance below 0 */
        }
        vec step = d / (root(spread) + eps);
        if (momentum != 0) {
            step += load_up_to(b + i, n) * momentum;
            store_up_to(b + i, step, n);
        }
        store_up_to(p + i, now - step * lr, n);
    });
}

/* A step of RMSprop. */
EXPORT int rmsprop_step(const tuple *table, idx columns, double lr, double alpha, double eps, double momentum,
                        double decay, int centered, int maximize) {
    update u = {.lr = lr, .a = alpha, .b = momentum, .eps = eps, .decay = decay, .centered = centered,
                .maximize = maximize};
    return run(rmsprop, &u, table, columns);
}

/* Task: Adagrad. Columns: p, g, and the sum of squares. */
static void adagrad(void *context, idx task) {
    const update u = *(const update *)context;
    const piece t = u.pieces[task];
    float *p = t.at[0], *g = t.at[1], *s = t.at[2], lr = (float)u.lr, eps = (float)u.eps;
    EACH_VECTOR(0, t.count, {
        vec now = load_up_to(p + i, n), d = penalized(&u, load_up_to(g + i, n), now);
        vec sum = load_up_to(s + i, n) + d * d;
        store_up_to(s + i, sum, n);
        store_up_to(p + i, now - d / (root(sum) + eps) * lr, n);
    });
}

/* A step of Adagrad; `lr` is already decayed. */
EXPORT int adagrad_step(const tuple *table, idx columns, double lr, double eps, double decay, int maximize) {
    update u = {.lr = lr, .eps = eps, .decay = decay, .maximize = maximize};
    return run(adagrad, &u, table, columns);
}

/* Task: Adadelta. Columns: p, g, and the averages of squared gradients and of squared steps; a = ρ. */
static void adadelta(void *context, idx task) {
    const update u = *(const update *)context;
    const piece t = u.pieces[task];
    float *p = t.at[0], *g = t.at[1], *v = t.at[2], *w = t.at[3];
    float kept = (float)u.a, new = (float)(1 - u.a), lr = (float)u.lr, eps = (float)u.eps;
    EACH_VECTOR(0, t.count, {
        vec now = load_up_to(p + i, n), d = penalized(&u, load_up_to(g + i, n), now);
        vec square = load_up_to(v + i, n) * kept + d * d * new, steps = load_up_to(w + i, n);
        vec step = root(steps + eps) / root(square + eps) * d;
        store_up_to(v + i, square, n);
        store_up_to(w + i, steps * kept + step * step * new, n);
        store_up_to(p + i, now - step * lr, n);
    });
}

/* A step of Adadelta. */
EXPORT int adadelta_step(const tuple *table, idx columns, double lr, double rho, double eps, double decay,
                         int maximize) {
    update u = {.lr = lr, .a = rho, .eps = eps, .decay = decay, .maximize = maximize};
    return run(adadelta, &u, table, columns);
}
