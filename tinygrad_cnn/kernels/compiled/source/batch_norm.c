/* Batch normalisation: with the statistics of the batch, with given ones, and its gradients.

   A task is one channel. All of a channel's places in a batch are a few hundred kilobytes: the first pass over them
   brings them into the second-level cache, and the later ones find them there. */
#include "elementwise.h"

enum { MOST_HELD = 32 };

/* Two sums, in float32 over up to MOST_HELD vectors at a time, which are added up in float64. */
typedef struct {
    vec held[2];
    idx count; /* of vectors added to `held` */
    double total[2];
} sums;

INLINE void settle(sums *s) {
    for (int k = 0; k < 2; k++) s->total[k] += total_of(s->held[k]), s->held[k] = (vec){0};
    s->count = 0;
}

/* How many of the `left` elements may be added before the sums are settled; settles them if none. */
INLINE idx room(sums *s, idx left) {
    if (s->count >= MOST_HELD) settle(s);
    return min_idx((MOST_HELD - s->count) * LANES, left);
}

typedef struct {
    idx images, channels, places;
    idx planes; /* of a task, where it is not a channel */
    const float *x, *g, *gate, *w, *b, *mean, *var;
    float *y, *new_mean, *new_var, *gw, *gb;
    double eps;
    int relu;
} normalization;

static normalization batch_of(const array *x, double eps) {
    return (normalization){
        .images = x->shape[0], .channels = x->shape[1], .places = places(x), .x = floats(x), .eps = eps,
    };
}

INLINE double work_of(const normalization *c) { return (double)c->images * c->channels * c->places; }

INLINE double scale_of(double var, double eps) { return 1 / __builtin_sqrt(var + eps); }

/* Add x to the first sum. */
INLINE void add_places(sums *s, const float *x, idx count) {
    for (idx begin = 0, more; begin < count; begin += more) {
        more = room(s, count - begin);
        vec a = s->held[0], b = {0}; /* two, so that an addition need not wait for the one before it */
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
INLINE void write_places(const float *x, idx count, float mean, float scale, float shift, int relu, float *y) {
    vec m = splat(mean), s = splat(scale), b = splat(shift);
    EACH_VECTOR(0, count, {
        vec v = (load_up_to(x + i, n) - m) * s + b;
        store_up_to(y + i, relu ? larger((vec){0}, v) : v, n);
    });
}

static void normalize_channel(void *context, idx channel) {
    const normalization *c = context;
    idx step = c->channels * c->places, count = c->images * c->places;
    const float *x = c->x + channel * c->places;
    sums sum = {0}, squares = {0};
    for (idx n = 0; n < c->images; n++) add_places(&sum, x + n * step, c->places);
    settle(&sum);
    float mean = (float)(sum.total[0] / (double)count);
    for (idx n = 0; n < c->images; n++) add_squares(&squares, x + n * step, c->places, splat(mean));
    settle(&squares);
    float var = (float)(squares.total[0] / (double)count);
    float scale = (float)scale_of(var, c->eps) * (c->w ? c->w[channel] : 1);
    c->new_mean[channel] = mean, c->new_var[channel] = var;
    for (idx n = 0; n < c->images; n++)
        write_places(x + n * step, c->places, mean, scale, c->b ? c->b[channel] : 0, c->relu,
                     c->y + channel * c->places + n * step);
}

/* y = w·x̂ + b by the statistics of each channel of x (N, C, ...), which are written to `mean` and `var` (C,). */
EXPORT void batch_norm(const array *x, const array *w, const array *b, const array *mean, const array *var,
                       const array *y, double eps, int relu) {
    normalization c = batch_of(x, eps);
    c.w = floats(w), c.b = floats(b), c.new_mean = floats(mean), c.new_var = floats(var);
    c.y = floats(y), c.relu = relu;
    parallel(normalize_channel, &c, c.channels, work_of(&c));
}

static void scale_planes(void *context, idx task) {
    const normalization *c = context;
    for (idx i = task * c->planes, end = min_idx(i + c->planes, c->images * c->channels); i < end; i++) {
        idx channel = i % c->channels;
        float scale = (float)scale_of(c->var[channel], c->eps) * (c->w ? c->w[channel] : 1);
        write_places(c->x + i * c->places, c->places, c->mean[channel], scale, c->b ? c->b[channel] : 0, c->relu,
                     c->y + i * c->places);
    }
}

/* y = w·x̂ + b by given statistics (C,). */
EXPORT void batch_norm_given(const array *x, const array *w, const array *b, const array *mean, const array *var,
                             const array *y, double eps, int relu) {
    normalization c = batch_of(x, eps);
    c.w = floats(w), c.b = floats(b), c.mean = floats(mean), c.var = floats(var), c.y = floats(y), c.relu = relu;
    c.planes = max_idx(CHUNK / c.places, 1);
    parallel(scale_planes, &c, ceil_div(c.images * c.channels, c.planes), work_of(&c));
}

/* --- gradients ---------------------------------------------------------------------------------------------------- */

INLINE vec gated(const float *g, const float *gate, idx n) {
    vec v = load_up_to(g, n);
    return gate ? choose(load_up_to(gate, n) <= 0, (vec){0}, v) : v;
}

/* Add g to the first sum and g·(x − mean) to the second. */
INLINE void add_products(sums *s, const float *g, const float *gate, const float *x, idx count, vec mean) {
    for (idx begin = 0, more; begin < count; begin += more) {
        more = room(s, count - begin);
        vec sum = s->held[0], dot = s->held[1];
        EACH_VECTOR(begin, begin + more, {
            vec v = gated(g + i, gate ? gate + i : 0, n);
            sum += v;
            dot += existing(v * (load_up_to(x + i, n) - mean), n, (vec){0});
        });
        s->held[0] = sum, s->held[1] = dot;
        s->count += ceil_div(more, LANES);
    }
}

/* gx = scale · (g − mean_g − (x − mean) · slope) */
INLINE void write_gradient(const float *g, const float *gate, const float *x, idx count, float mean, float mean_g,
                           float slope, float scale, float *gx) {
    vec m = splat(mean), a = splat(mean_g), b = splat(slope), s = splat(scale);
    EACH_VECTOR(0, count, {
        vec v = gated(g + i, gate ? gate + i : 0, n);
        store_up_to(gx + i, (v - a - (load_up_to(x + i, n) - m) * b) * s, n);
    });
}

static void differentiate_channel(void *context, idx channel) {
    const normalization *c = context;
    idx step = c->channels * c->places, first = channel * c->places, last = first + c->images * step;
    float mean = c->mean[channel];
    double count = (double)(c->images * c->places), scale = scale_of(c->var[channel], c->eps);
    sums s = {0};
    for (idx at = first; at < last; at += step)
        add_products(&s, c->g + at, c->gate ? c->gate + at : 0, c->x + at, c->places, splat(mean));
    settle(&s);
    double sum = s.total[0], dot = s.total[1];
    if (c->gb) c->gb[channel] = (float)sum;
    if (c->gw) c->gw[channel] = (float)(dot * scale);
    if (!c->y) return;
    for (idx at = first; at < last; at += step)
        write_gradient(c->g + at, c->gate ? c->gate + at : 0, c->x + at, c->places, mean, (float)(sum / count),
                       (float)(dot * scale * scale / count), (float)scale * (c->w ? c->w[channel] : 1), c->y + at);
}

/* The gradients of y = w·x̂ + b by the statistics `mean` and `var` (C,) of x. Where `gate` is given, g counts only
   where the one of `gate` at its place is not ≤ 0. Those of `gx`, `gw`, `gb` that are None are left out. */
EXPORT void batch_norm_gradients(const array *g, const array *gate, const array *x, const array *w, const array *mean,
                                 const array *var, const array *gx, const array *gw, const array *gb, double eps) {
    normalization c = batch_of(x, eps);
    c.g = floats(g), c.gate = floats(gate), c.w = floats(w), c.mean = floats(mean), c.var = floats(var);
    c.y = floats(gx), c.gw = floats(gw), c.gb = floats(gb);
    parallel(differentiate_channel, &c, c.channels, 2 * work_of(&c));
}
