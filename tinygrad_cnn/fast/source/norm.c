/* Batch normalisation with the statistics of the batch or with given ones, and its gradients.

   A task is one channel. A channel of a batch is a few hundred kilobytes: the first pass over it brings it into the
   second-level cache, where the later passes find it. If an image has only one position for each channel, a task is a
   block of neighbouring channels instead, which lie along vectors. */
#include "elementwise.h"

enum { MOST_HELD = 32 }; /* vectors summed in float32: so few additions lose little accuracy */

/* Two sums: up to MOST_HELD vectors at a time in float32, and these partial sums in float64. */
typedef struct {
    vec held[2];
    idx count; /* of vectors added to `held` */
    double total[2];
} sums;

/* Add what is held to the totals. */
INLINE void settle(sums *s) {
    for (int k = 0; k < 2; k++) s->total[k] += total_of(s->held[k]), s->held[k] = (vec){0};
    s->count = 0;
}

/* Return how many of the `left` elements may be added before the sums must be settled; settle them if none may. */
INLINE idx room(sums *s, idx left) {
    if (s->count >= MOST_HELD) settle(s);
    return min_idx((MOST_HELD - s->count) * LANES, left);
}

typedef struct {
    idx images, channels, positions;
    idx planes; /* of a task, if it is not one channel: planes, or rows where channels lie along vectors */
    const float *x, *g, *relu_mask, *w, *b, *mean, *var;
    float *y, *new_mean, *new_var, *gw, *gb;
    double eps;
    int relu;
} normalization;

static normalization batch_of(const array *x, double eps) {
    return (normalization){
        .images = x->shape[0], .channels = x->shape[1], .positions = positions(x), .x = floats(x), .eps = eps,
    };
}

/* Return whether each of a, b, c and d is None or has exactly one element for each channel of x. */
static int per_channel(const array *x, const array *a, const array *b, const array *c, const array *d) {
    const array *all[] = {a, b, c, d};
    if (x->ndim < 2) return 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] == none) continue;
        int ndim = all[i]->ndim;
        if (!ndim || all[i]->shape[ndim > 1] != x->shape[1] || elements(all[i]) != x->shape[1]) return 0;
    }
    return 1;
}

/* In floats moved: x, or x and g, are read up to three times, and the result is written once. */
INLINE double work_of(const normalization *c) { return 4.0 * c->images * c->channels * c->positions; }

/* 1 / √(var + eps) */
INLINE double scale_of(double var, double eps) { return 1 / __builtin_sqrt(var + eps); }

/* Load n elements of g, those that the ReLU with output `mask` lets through if it is not NULL. */
INLINE vec masked(const float *g, const float *mask, idx n) {
    vec v = load_up_to(g, n);
    return mask ? relu_masked(v, load_up_to(mask, n)) : v;
}

/* --- channels along vectors: one position for each in an image, x (N, C) ------------------------------------------ */

enum { MOST_VECTORS = 8, BLOCK = MOST_VECTORS * LANES }; /* vectors of a task, and its channels */
typedef double wide __attribute__((vector_size(LANES * 8)));
#define CONVERTED __builtin_convertvector

/* A pass over rows begin…end−1 of `vectors` vectors from channel `first` on; each has n ≤ LANES channels. */
typedef void columns(const normalization *c, idx begin, idx end, idx first, int vectors, idx n);

/* Task: run a pass over a block of BLOCK channels of `planes` rows. */
INLINE void each_column(columns *run, const normalization *c, idx task) {
    idx blocks = ceil_div(c->channels, BLOCK), first = task % blocks * BLOCK, left = c->channels - first;
    idx begin = task / blocks * c->planes, end = min_idx(begin + c->planes, c->images);
    if (left >= BLOCK) run(c, begin, end, first, MOST_VECTORS, LANES);
    else for (; left > 0; first += LANES, left -= LANES) run(c, begin, end, first, 1, min_idx(left, LANES));
}

/* Run `task` on all blocks of channels, each of `rows` rows. */
static void in_columns(void (*task)(void *, idx), normalization *c, idx rows) {
    c->planes = rows;
    parallel(task, c, ceil_div(c->images, rows) * ceil_div(c->channels, BLOCK), work_of(c));
}

/* Load n values of `a` (C,) from `channel` on, or `otherwise` where `a` is NULL. */
INLINE vec of_channels(const float *a, idx channel, idx n, float otherwise) {
    return a ? load_up_to(a + channel, n) : splat(otherwise);
}

/* Sum v and v · (x − mean) over all rows, (N, C) → (vectors, LANES) each; v is x − mean if `own`, else g. */
INLINE void sum_rows(const normalization *c, idx first, int vectors, idx n, int own, const vec *mean, wide *sums,
                     wide *products) {
    for (int k = 0; k < vectors; k++) sums[k] = products[k] = (wide){0};
    for (idx row = 0, end; row < c->images; row = end) {
        vec sum[MOST_VECTORS] = {{0}}, product[MOST_VECTORS] = {{0}};
        for (end = min_idx(row + MOST_HELD, c->images); row < end; row++)
            for (int k = 0; k < vectors; k++) {
                idx at = row * c->channels + first + k * LANES;
                vec d = load_up_to(c->x + at, n) - mean[k];
                vec v = own ? d : masked(c->g + at, moved(c->relu_mask, at), n);
                sum[k] += v, product[k] += v * d;
            }
        for (int k = 0; k < vectors; k++)
            sums[k] += CONVERTED(sum[k], wide), products[k] += CONVERTED(product[k], wide);
    }
}

/* Pass: y = (x − mean) / √(var + eps) · w + b, with the statistics of the batch unless they are given. */
INLINE void normalize_columns(const normalization *c, idx begin, idx end, idx first, int vectors, idx n) {
    vec mean[MOST_VECTORS] = {{0}}, scale[MOST_VECTORS], shift[MOST_VECTORS];
    wide sums[MOST_VECTORS], squares[MOST_VECTORS];
    double count = (double)c->images;
    if (!c->mean) {
        sum_rows(c, first, vectors, n, 1, mean, sums, squares);
        for (int k = 0; k < vectors; k++) mean[k] = CONVERTED(sums[k] / count, vec);
        sum_rows(c, first, vectors, n, 1, mean, sums, squares);
    }
    for (int k = 0; k < vectors; k++) {
        idx at = first + k * LANES;
        vec var = c->mean ? load_up_to(c->var + at, n) : CONVERTED(squares[k] / count, vec);
        if (c->mean) mean[k] = load_up_to(c->mean + at, n);
        else store_up_to(c->new_mean + at, mean[k], n), store_up_to(c->new_var + at, var, n);
        scale[k] = of_channels(c->w, at, n, 1) / root(var + (float)c->eps);
        shift[k] = of_channels(c->b, at, n, 0);
    }
    for (idx r = begin; r < end; r++)
        for (int k = 0; k < vectors; k++) {
            idx at = r * c->channels + first + k * LANES;
            vec v = (load_up_to(c->x + at, n) - mean[k]) * scale[k] + shift[k];
            store_up_to(c->y + at, c->relu ? larger((vec){0}, v) : v, n);
        }
}

static void normalize_block(void *context, idx task) { each_column(normalize_columns, context, task); }

/* Pass: gb = Σ g, gw = Σ g · x̂ and gx = (g − gb / N − x̂ · gw / N) · w / √(var + eps), for x̂ = (x − mean) / √(var +
   eps). */
INLINE void differentiate_columns(const normalization *c, idx begin, idx end, idx first, int vectors, idx n) {
    vec mean[MOST_VECTORS], mean_g[MOST_VECTORS], slope[MOST_VECTORS], scale[MOST_VECTORS];
    wide sums[MOST_VECTORS], products[MOST_VECTORS];
    for (int k = 0; k < vectors; k++) mean[k] = load_up_to(c->mean + first + k * LANES, n);
    sum_rows(c, first, vectors, n, 0, mean, sums, products);
    for (int k = 0; k < vectors; k++) {
        idx at = first + k * LANES;
        vec r = 1 / root(load_up_to(c->var + at, n) + (float)c->eps);
        if (c->gb) store_up_to(c->gb + at, CONVERTED(sums[k], vec), n);
        if (c->gw) store_up_to(c->gw + at, CONVERTED(products[k], vec) * r, n);
        mean_g[k] = CONVERTED(sums[k] / (double)c->images, vec);
        slope[k] = CONVERTED(products[k] / (double)c->images, vec) * r * r;
        scale[k] = of_channels(c->w, at, n, 1) * r;
    }
    for (idx r = begin; c->y && r < end; r++)
        for (int k = 0; k < vectors; k++) {
            idx at = r * c->channels + first + k * LANES;
            vec v = masked(c->g + at, moved(c->relu_mask, at), n);
            store_up_to(c->y + at, (v - mean_g[k] - (load_up_to(c->x + at, n) - mean[k]) * slope[k]) * scale[k], n);
        }
}

static void differentiate_block(void *context, idx task) { each_column(differentiate_columns, context, task); }

/* --- a channel's positions along vectors -------------------------------------------------------------------------- */

/* Add x to the first sum. */
INLINE void add_positions(sums *s, const float *x, idx count) {
    for (idx begin = 0, more; begin < count; begin += more) {
        more = room(s, count - begin);
        vec a = s->held[0], b = {0}; /* two sums, so that an addition need not wait for the one before it */
        idx i = begin, end = begin + more;
        for (; i + 2 * LANES <= end; i += 2 * LANES) a += load(x + i), b += load(x + i + LANES);
        for (; i < end; i += LANES) a += load_up_to(x + i, end - i);
        s->held[0] = a + b;
        s->count += ceil_div(more, LANES);
    }
}

/* Add the squared distances of x from the mean to the first sum. */
INLINE void add_squares(sums *s, const float *x, idx count, vec mean) {
    for (idx begin = 0, more; begin < count; begin += more) {
        more = room(s, count - begin);
        vec a = s->held[0], b = {0};
        idx i = begin, end = begin + more;
        for (; i + 2 * LANES <= end; i += 2 * LANES) {
            vec p = load(x + i) - mean, q = load(x + i + LANES) - mean;
            a += p * p, b += q * q;
        }
        for (; i < end; i += LANES) {
            vec p = existing(load_up_to(x + i, end - i) - mean, end - i, (vec){0});
            a += p * p;
        }
        s->held[0] = a + b;
        s->count += ceil_div(more, LANES);
    }
}

/* y = (x − mean) · scale + shift, at least 0 if `relu`. */
INLINE void write_positions(const float *x, idx count, float mean, float scale, float shift, int relu, float *y) {
    vec m = splat(mean), s = splat(scale), b = splat(shift);
    EACH_VECTOR(0, count, {
        vec v = (load_up_to(x + i, n) - m) * s + b;
        store_up_to(y + i, relu ? larger((vec){0}, v) : v, n);
    });
}

/* Task: y = x̂ · w + b of one channel, with the statistics of the batch. */
static void normalize_channel(void *context, idx channel) {
    const normalization *c = context;
    idx step = c->channels * c->positions, count = c->images * c->positions;
    const float *x = c->x + channel * c->positions;
    sums sum = {0}, squares = {0};
    for (idx n = 0; n < c->images; n++) add_positions(&sum, x + n * step, c->positions);
    settle(&sum);
    float mean = (float)(sum.total[0] / (double)count);
    for (idx n = 0; n < c->images; n++) add_squares(&squares, x + n * step, c->positions, splat(mean));
    settle(&squares);
    float var = (float)(squares.total[0] / (double)count);
    float scale = (float)scale_of(var, c->eps) * (c->w ? c->w[channel] : 1);
    c->new_mean[channel] = mean, c->new_var[channel] = var;
    for (idx n = 0; n < c->images; n++)
        write_positions(x + n * step, c->positions, mean, scale, c->b ? c->b[channel] : 0, c->relu,
                     c->y + channel * c->positions + n * step);
}

/* y = w·x̂ + b, at least 0 if `relu`, where x̂ = (x − mean) / √(var + eps) with the statistics of each channel of
   x (N, C, ...), which are written to `mean` and `var` (C,). */
EXPORT int batch_norm(const array *x, const array *w, const array *b, const array *mean, const array *var,
                      const array *y, double eps, int relu) {
    if (!READY(x, w, b, mean, var, y) || !per_channel(x, w, b, mean, var)) return DECLINED;
    normalization c = batch_of(x, eps);
    c.w = floats(w), c.b = floats(b), c.new_mean = floats(mean), c.new_var = floats(var);
    c.y = floats(y), c.relu = relu;
    if (c.positions == 1) in_columns(normalize_block, &c, c.images);
    else parallel(normalize_channel, &c, c.channels, work_of(&c));
    return DONE;
}

/* Task: y = x̂ · w + b of `planes` planes, each one channel of one image, with given statistics. */
static void scale_planes(void *context, idx task) {
    const normalization *c = context;
    for (idx i = task * c->planes, end = min_idx(i + c->planes, c->images * c->channels); i < end; i++) {
        idx channel = i % c->channels;
        float scale = (float)scale_of(c->var[channel], c->eps) * (c->w ? c->w[channel] : 1);
        write_positions(c->x + i * c->positions, c->positions, c->mean[channel], scale, c->b ? c->b[channel] : 0,
                        c->relu, c->y + i * c->positions);
    }
}

/* The same with the given statistics `mean` and `var` (C,). */
EXPORT int batch_norm_given(const array *x, const array *w, const array *b, const array *mean, const array *var,
                            const array *y, double eps, int relu) {
    if (!READY(x, w, b, mean, var, y) || !per_channel(x, w, b, mean, var)) return DECLINED;
    normalization c = batch_of(x, eps);
    c.w = floats(w), c.b = floats(b), c.mean = floats(mean), c.var = floats(var), c.y = floats(y), c.relu = relu;
    c.planes = max_idx(CHUNK / c.positions, 1);
    if (c.positions == 1) in_columns(normalize_block, &c, CHUNK / BLOCK);
    else parallel(scale_planes, &c, ceil_div(c.images * c.channels, c.planes), work_of(&c));
    return DONE;
}

/* --- gradients ---------------------------------------------------------------------------------------------------- */

/* Add g to the first sum and g·(x − mean) to the second. */
INLINE void add_products(sums *s, const float *g, const float *mask, const float *x, idx count, vec mean) {
    for (idx begin = 0, more; begin < count; begin += more) {
        more = room(s, count - begin);
        vec sum = s->held[0], dot = s->held[1];
        EACH_VECTOR(begin, begin + more, {
            vec v = masked(g + i, moved(mask, i), n);
            sum += v;
            dot += existing(v * (load_up_to(x + i, n) - mean), n, (vec){0});
        });
        s->held[0] = sum, s->held[1] = dot;
        s->count += ceil_div(more, LANES);
    }
}

/* gx = scale · (g − mean_g − (x − mean) · slope) */
INLINE void write_gradient(const float *g, const float *mask, const float *x, idx count, float mean, float mean_g,
                           float slope, float scale, float *gx) {
    vec m = splat(mean), a = splat(mean_g), b = splat(slope), s = splat(scale);
    EACH_VECTOR(0, count, {
        vec v = masked(g + i, moved(mask, i), n);
        store_up_to(gx + i, (v - a - (load_up_to(x + i, n) - m) * b) * s, n);
    });
}

/* Task: gx, gw and gb of one channel, as `differentiate_columns`. */
static void differentiate_channel(void *context, idx channel) {
    const normalization *c = context;
    idx step = c->channels * c->positions, first = channel * c->positions, last = first + c->images * step;
    float mean = c->mean[channel];
    double count = (double)(c->images * c->positions), scale = scale_of(c->var[channel], c->eps);
    sums s = {0};
    for (idx at = first; at < last; at += step)
        add_products(&s, c->g + at, moved(c->relu_mask, at), c->x + at, c->positions, splat(mean));
    settle(&s);
    double sum = s.total[0], dot = s.total[1];
    if (c->gb) c->gb[channel] = (float)sum;
    if (c->gw) c->gw[channel] = (float)(dot * scale);
    if (!c->y) return;
    for (idx at = first; at < last; at += step)
        write_gradient(c->g + at, moved(c->relu_mask, at), c->x + at, c->positions, mean, (float)(sum / count),
                       (float)(dot * scale * scale / count), (float)scale * (c->w ? c->w[channel] : 1), c->y + at);
}

/* The gradients of y = w·x̂ + b, for the statistics `mean` and `var` (C,) of x. With `relu_mask`, the output of a ReLU
   after y, g is the gradient of that output. Those of `gx`, `gw`, `gb` that are None are left out. */
EXPORT int batch_norm_gradients(const array *g, const array *relu_mask, const array *x, const array *w,
                                const array *mean, const array *var, const array *gx, const array *gw,
                                const array *gb, double eps) {
    if (!READY(g, relu_mask, x, w, mean, var, gx, gw, gb) || !per_channel(x, w, none, mean, var)) return DECLINED;
    normalization c = batch_of(x, eps);
    c.g = floats(g), c.relu_mask = floats(relu_mask), c.w = floats(w), c.mean = floats(mean), c.var = floats(var);
    c.y = floats(gx), c.gw = floats(gw), c.gb = floats(gb);
    if (c.positions == 1) in_columns(differentiate_block, &c, c.images);
    else parallel(differentiate_channel, &c, c.channels, work_of(&c));
    return DONE;
}
