/* Batch normalisation: with the statistics of the batch, with given ones, and its gradients.

   A task is one channel. All of a channel's places in a batch are a few hundred kilobytes: the first pass over them
   brings them into the second-level cache, and the later ones find them there. Sums are taken in float32 over a few
   hundred elements at a time and added up in float64. */
#include "elementwise.h"

enum { SUMMED = 32 * LANES };

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

INLINE double sum_of_places(const float *x, idx count) {
    double total = 0;
    for (idx begin = 0; begin < count; begin += SUMMED) {
        vec sum = {0};
        EACH_VECTOR(begin, min_idx(begin + SUMMED, count), sum += load_up_to(x + i, n););
        total += sum_of(sum);
    }
    return total;
}

INLINE double squares_of_places(const float *x, idx count, vec mean) {
    double total = 0;
    for (idx begin = 0; begin < count; begin += SUMMED) {
        vec sum = {0};
        EACH_VECTOR(begin, min_idx(begin + SUMMED, count), {
            vec distance = existing(load_up_to(x + i, n) - mean, n, (vec){0});
            sum += distance * distance;
        });
        total += sum_of(sum);
    }
    return total;
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
    double sum = 0, squares = 0;
    for (idx n = 0; n < c->images; n++) sum += sum_of_places(x + n * step, c->places);
    float mean = (float)(sum / (double)count);
    for (idx n = 0; n < c->images; n++) squares += squares_of_places(x + n * step, c->places, splat(mean));
    float var = (float)(squares / (double)count), scale = (float)scale_of(var, c->eps) * (c->w ? c->w[channel] : 1);
    c->new_mean[channel] = mean, c->new_var[channel] = var;
    for (idx n = 0; n < c->images; n++)
        write_places(x + n * step, c->places, mean, scale, c->b ? c->b[channel] : 0, c->relu,
                     c->y + channel * c->places + n * step);
}

/* y = w·x̂ + b by the statistics of each channel of x (N, C, ...), which are written to `mean` and `var` (C,). */
EXPORT void batch_norm(const array *x, const array *w, const array *b, const array *mean, const array *var, const array *y,
                       double eps, int relu) {
    normalization c = batch_of(x, eps);
    c.w = floats(w), c.b = floats(b), c.new_mean = floats(mean), c.new_var = floats(var), c.y = floats(y), c.relu = relu;
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

/* --- gradients ----------------------------------------------------------------------------------------------------- */

INLINE vec gated(const float *g, const float *gate, idx n) {
    vec v = load_up_to(g, n);
    return gate ? choose(load_up_to(gate, n) <= 0, (vec){0}, v) : v;
}

/* Add Σ g and Σ g·(x − mean) to the sums. */
INLINE void dots_of_places(const float *g, const float *gate, const float *x, idx count, vec mean, double *sum, double *dot) {
    for (idx begin = 0; begin < count; begin += SUMMED) {
        vec sums = {0}, dots = {0};
        EACH_VECTOR(begin, min_idx(begin + SUMMED, count), {
            vec v = gated(g + i, gate ? gate + i : 0, n);
            sums += v;
            dots += existing(v * (load_up_to(x + i, n) - mean), n, (vec){0});
        });
        *sum += sum_of(sums), *dot += sum_of(dots);
    }
}

/* gx = scale · (g − mean_g − (x − mean) · slope) */
INLINE void write_gradient(const float *g, const float *gate, const float *x, idx count, float mean, float mean_g, float slope,
                           float scale, float *gx) {
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
    double count = (double)(c->images * c->places), scale = scale_of(c->var[channel], c->eps), sum = 0, dot = 0;
    for (idx at = first; at < last; at += step)
        dots_of_places(c->g + at, c->gate ? c->gate + at : 0, c->x + at, c->places, splat(mean), &sum, &dot);
    if (c->gb) c->gb[channel] = (float)sum;
    if (c->gw) c->gw[channel] = (float)(dot * scale);
    if (!c->y) return;
    for (idx at = first; at < last; at += step)
        write_gradient(c->g + at, c->gate ? c->gate + at : 0, c->x + at, c->places, mean, (float)(sum / count),
                       (float)(dot * scale * scale / count), (float)scale * (c->w ? c->w[channel] : 1), c->y + at);
}

/* The gradients of y = w·x̂ + b by the statistics `mean` and `var` (C,) of x. Where `gate` is given, g counts only where
   the one of `gate` at its place is not ≤ 0. Those of `gx`, `gw`, `gb` that are None are left out. */
EXPORT void batch_norm_gradients(const array *g, const array *gate, const array *x, const array *w, const array *mean,
                                 const array *var, const array *gx, const array *gw, const array *gb, double eps) {
    normalization c = batch_of(x, eps);
    c.g = floats(g), c.gate = floats(gate), c.w = floats(w), c.mean = floats(mean), c.var = floats(var);
    c.y = floats(gx), c.gw = floats(gw), c.gb = floats(gb);
    parallel(differentiate_channel, &c, c.channels, 2 * work_of(&c));
}
