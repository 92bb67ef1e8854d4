/* Winograd's convolution F(4×4, 3×3): 3×3 windows, stride 1, with 4 times fewer multiplications than the sum itself.

   Each 4×4 tile of the output comes from a 6×6 tile d of the input:

       V = Bᵀ d B      U = G w Gᵀ      M[k] = Σ_c V[k][c] · U[k][c] for each of the 36 places k      y = Aᵀ M A

   The input gradient is the same convolution with the weights turned round. The weight gradient is the transpose of
   these formulas in w: gU[k] = Σ V[k] · Z[k] over all tiles, with Z = A g Aᵀ, and gw = Gᵀ gU G.

   Channels lie along vectors: images are turned round to channels-last a few rows at a time, so that transforms and
   products run over whole vectors whatever the size of the image.

   Source: Lavin, Gray, "Fast algorithms for convolutional neural networks", 2016, sections 4.1 and 4.3. */
#include "tile.h"

enum { TILE = 4, REACH = 6, PLACES = REACH * REACH, ROOM = 96 * 1024 /* floats of V and M: with U in second-level cache */,
       PARTS = 8, FEW_PARTS = 2 /* partial sums of the weight gradient, whatever the number of threads */,
       PART_FLOATS = 256 * 1024 /* above this size of one there are few */ };

/* --- turning channels round ---------------------------------------------------------------------------------------- */

#if LANES == 16
#define ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
enum { ROUNDS = 4 };
#elif LANES == 8
#define ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
enum { ROUNDS = 3 };
#else
#define ZIP_LOW 0, 4, 1, 5
#define ZIP_HIGH 2, 6, 3, 7
enum { ROUNDS = 2 };
#endif

/* Transpose a square of vectors: zipping the rows of one half with those of the other, log₂ times. */
INLINE void transpose(vec square[LANES]) {
    vec other[LANES];
#pragma GCC unroll 4
    for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES / 2; i++) {
            other[2 * i] = __builtin_shufflevector(square[i], square[i + LANES / 2], ZIP_LOW);
            other[2 * i + 1] = __builtin_shufflevector(square[i], square[i + LANES / 2], ZIP_HIGH);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) square[i] = other[i];
    }
}

/* Turn one row of an image (channels `step` apart) into `to`[column][channel], for `wide` channels, a whole number of
   vectors; those beyond `channels`, and the columns around the row, are 0. */
static void row_to_channels(const float *from, const float *gate, idx step, idx channels, idx width, float *to, idx wide) {
    for (idx c = 0; c < wide; c += LANES)
        for (idx j = 0; j < width; j += LANES) {
            vec square[LANES];
            idx count = min_idx(LANES, width - j);
            for (int i = 0; i < LANES; i++) {
                const float *p = from + (c + i) * step + j, *open = gate ? gate + (c + i) * step + j : 0;
                if (c + i >= channels) square[i] = (vec){0};
                else if (count == LANES) square[i] = open ? let_through(load(p), load(open)) : load(p);
                else square[i] = open ? let_through(load_first(p, count), load_first(open, count)) : load_first(p, count);
            }
            transpose(square);
            for (idx i = 0; i < count; i++) store(to + (j + i) * wide + c, square[i]);
        }
}

/* Turn `from`[column][channel] into one row of an image. */
static void channels_to_row(const float *from, idx wide, float *to, idx step, idx channels, idx width) {
    for (idx c = 0; c < channels; c += LANES)
        for (idx j = 0; j < width; j += LANES) {
            vec square[LANES];
            idx count = min_idx(LANES, width - j);
            for (idx i = 0; i < LANES; i++) square[i] = i < count ? load(from + (j + i) * wide + c) : (vec){0};
            transpose(square);
            for (idx i = 0; i < LANES && c + i < channels; i++)
                if (count == LANES) store(to + (c + i) * step + j, square[i]);
                else store_first(to + (c + i) * step + j, square[i], count);
        }
}

/* --- the transforms of one line ------------------------------------------------------------------------------------ */

/* Bᵀ d */
INLINE void transform_input(const vec d[6], vec v[6]) {
    vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1], c = d[4] - d[2], e = 2 * (d[3] - d[1]);
    v[0] = 4 * d[0] - 5 * d[2] + d[4];
    v[1] = a + b;
    v[2] = a - b;
    v[3] = c + e;
    v[4] = c - e;
    v[5] = 4 * d[1] - 5 * d[3] + d[5];
}

/* Aᵀ m */
INLINE void transform_output(const vec m[6], vec y[4]) {
    vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], e = m[3] - m[4];
    y[0] = m[0] + a + c;
    y[1] = b + 2 * e;
    y[2] = a + 4 * c;
    y[3] = b + 8 * e + m[5];
}

/* A g */
INLINE void transform_gradient(const vec g[4], vec z[6]) {
    vec even = g[0] + g[2], odd = g[1] + g[3], far_even = g[0] + 4 * g[2], far_odd = 2 * g[1] + 8 * g[3];
    z[0] = g[0];
    z[1] = even + odd;
    z[2] = even - odd;
    z[3] = far_even + far_odd;
    z[4] = far_even - far_odd;
    z[5] = g[3];
}

/* G w */
INLINE void transform_weight(const vec w[3], vec u[6]) {
    vec even = w[0] + w[2], far = w[0] * (1.f / 24) + w[2] * (1.f / 6), middle = w[1] * (1.f / 12);
    u[0] = w[0] * (1.f / 4);
    u[1] = (even + w[1]) * (-1.f / 6);
    u[2] = (even - w[1]) * (-1.f / 6);
    u[3] = far + middle;
    u[4] = far - middle;
    u[5] = w[2];
}

/* Gᵀ u */
INLINE void transform_weight_back(const vec u[6], vec w[3]) {
    vec near = (u[1] + u[2]) * (-1.f / 6), far = u[3] + u[4];
    w[0] = u[0] * (1.f / 4) + near + far * (1.f / 24);
    w[1] = (u[2] - u[1]) * (1.f / 6) + (u[3] - u[4]) * (1.f / 12);
    w[2] = near + far * (1.f / 6) + u[5];
}

/* --- convolution --------------------------------------------------------------------------------------------------- */

INLINE idx round_up(idx count) { return ceil_div(count, LANES) * LANES; }

/* The distance between the 36 places of `tiles` tiles: an odd number of vectors, so that the same tile's places do not
   all compete for the same few lines of the first-level cache. */
INLINE idx places_apart(idx tiles, idx wide) { return (tiles * wide / LANES | 1) * LANES; }

/* An image and how its tiles lie in it. `wide` is the number of channels, rounded up to whole vectors. */
typedef struct {
    const float *x, *gate;
    idx channels, wide, height, width, top, left;
} picture;

typedef struct {
    picture in;
    idx across, down; /* tiles of one image */
    idx lines, at_once; /* rows of tiles of all images, and of one task */
    idx outputs, wide; /* channels of the output */
    idx out_height, out_width;
    const float *u, *bias; /* U; the bias, rounded up with zeros */
    idx parts;
    float *y;
    int relu;
    picture upstream; /* of the weight gradient */
    float *sums;
    const int32_t *at;
} winograd;

/* Write V of the tiles in row `line` of tiles to v[k·places + t·wide + c]. Rows of the image that the row of tiles
   before has turned round already are found in `rows`: row r of the padded image is kept at slot r mod 6. */
static void input_tiles(const picture *p, idx across, idx down, idx line, int fresh, float *rows, float *columns, float *v,
                        idx places) {
    idx image = line / down, first = line % down * TILE, padded = across * TILE + REACH - TILE;
    idx size = padded * p->wide, step = p->height * p->width;
    const float *x = p->x + image * p->channels * step, *gate = p->gate ? p->gate + (x - p->x) : 0;
    for (idx r = fresh ? first : first + REACH - TILE; r < first + REACH; r++) {
        float *to = rows + r % REACH * size;
        idx row = r - p->top, seen = min_idx(p->width, padded - p->left);
        if (row < 0 || row >= p->height) {
            memset(to, 0, (size_t)size * 4);
            continue;
        }
        memset(to, 0, (size_t)(p->left * p->wide) * 4);
        row_to_channels(x + row * p->width, gate ? gate + row * p->width : 0, step, p->channels, seen,
                        to + p->left * p->wide, p->wide);
        memset(to + (p->left + seen) * p->wide, 0, (size_t)((padded - p->left - seen) * p->wide) * 4);
    }
    const float *from[REACH];
    for (int i = 0; i < REACH; i++) from[i] = rows + (first + i) % REACH * size;
    for (idx at = 0; at < size; at += LANES) { /* down the columns, each of which two tiles share in part */
        vec d[REACH], t[REACH];
        for (int i = 0; i < REACH; i++) d[i] = load(from[i] + at);
        transform_input(d, t);
        for (int i = 0; i < REACH; i++) store(columns + i * size + at, t[i]);
    }
    for (idx t = 0; t < across; t++)
        for (idx c = 0; c < p->wide; c += LANES)
            for (int i = 0; i < REACH; i++) {
                const float *line_of = columns + i * size + t * TILE * p->wide + c;
                float *to = v + i * REACH * places + t * p->wide + c;
                vec d[REACH], out[REACH];
                for (int j = 0; j < REACH; j++) d[j] = load(line_of + j * p->wide);
                transform_input(d, out);
                for (int j = 0; j < REACH; j++) store(to + j * places, out[j]);
            }
}

/* Write y of the tiles in row `line` of tiles, from m[k·places + t·wide + o]. */
static void output_tiles(const winograd *w, idx line, const float *m, idx places, float *rows) {
    idx image = line / w->down, first = line % w->down * TILE, size = w->across * TILE * w->wide;
    for (idx t = 0; t < w->across; t++)
        for (idx o = 0; o < w->wide; o += LANES) {
            vec half[TILE][REACH], bias = w->bias ? load(w->bias + o) : (vec){0}, zero = {0};
            for (int j = 0; j < REACH; j++) {
                vec column[REACH], out[TILE];
                for (int i = 0; i < REACH; i++) column[i] = load(m + (i * REACH + j) * places + t * w->wide + o);
                transform_output(column, out);
                for (int i = 0; i < TILE; i++) half[i][j] = out[i];
            }
            for (int i = 0; i < TILE; i++) {
                vec out[TILE];
                transform_output(half[i], out);
                for (int j = 0; j < TILE; j++) {
                    vec y = out[j] + bias;
                    store(rows + i * size + (t * TILE + j) * w->wide + o, w->relu ? larger(zero, y) : y);
                }
            }
        }
    for (idx i = 0; i < min_idx(TILE, w->out_height - first); i++)
        channels_to_row(rows + i * size, w->wide,
                        w->y + (image * w->outputs * w->out_height + first + i) * w->out_width,
                        w->out_height * w->out_width, w->outputs, w->out_width);
}

static void convolve_tiles(void *context, idx task) {
    const winograd *w = context;
    idx begin = task * w->at_once, end = min_idx(begin + w->at_once, w->lines), tiles = (end - begin) * w->across;
    idx padded = (w->across * TILE + REACH - TILE) * w->in.wide;
    idx in_places = places_apart(tiles, w->in.wide), out_places = places_apart(tiles, w->wide);
    float *rows = scratch(SCRATCH_PLANES, 2 * REACH * padded), *columns = rows + REACH * padded;
    float *v = scratch(SCRATCH_TILE, PLACES * (in_places + out_places)), *m = v + PLACES * in_places;
    for (idx line = begin; line < end; line++)
        input_tiles(&w->in, w->across, w->down, line, line == begin || line % w->down == 0, rows, columns,
                    v + (line - begin) * w->across * w->in.wide, in_places);
    for (idx k = 0; k < PLACES; k++) {
        factors f = {v + k * in_places, 1, w->in.wide};
        taps_matrix(tiles, w->wide / LANES, f, w->u + k * w->in.channels * w->wide, w->at, w->in.channels, FROM_ZERO,
                    m + k * out_places, w->wide);
    }
    float *lines = scratch(SCRATCH_GRADIENT, TILE * w->across * TILE * w->wide);
    for (idx line = begin; line < end; line++)
        output_tiles(w, line, m + (line - begin) * w->across * w->wide, out_places, lines);
}

typedef struct {
    const float *w;
    float *u;
    idx inputs, outputs, wide, input_step, output_step;
    int turned;
} weight_tiles;

/* U of the weights of one input channel. */
static void transform_weights(void *context, idx c) {
    const weight_tiles *t = context;
    for (idx o = 0; o < t->wide; o += LANES) {
        vec w[3][3], half[6][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                w[i][j] = (vec){0};
                for (idx l = 0; l < LANES && o + l < t->outputs; l++)
                    w[i][j][l] = t->w[(o + l) * t->output_step + c * t->input_step + (t->turned ? 8 - 3 * i - j : 3 * i + j)];
            }
        for (int j = 0; j < 3; j++) {
            vec column[3] = {w[0][j], w[1][j], w[2][j]}, out[6];
            transform_weight(column, out);
            for (int i = 0; i < 6; i++) half[i][j] = out[i];
        }
        for (int i = 0; i < 6; i++) {
            vec out[6];
            transform_weight(half[i], out);
            for (int j = 0; j < 6; j++) store(t->u + ((i * 6 + j) * t->inputs + c) * t->wide + o, out[j]);
        }
    }
}

/* How many rows of tiles to take at once: more than fit the cache if these are fewer than `tiles` tiles, because then
   U, or the sums, are read more often than they are worth; but leave `tasks` tasks. */
static idx fill_up(const winograd *w, idx tiles, idx tasks) {
    return max_idx(w->at_once, min_idx(ceil_div(tiles, w->across), ceil_div(w->lines, tasks)));
}

/* Convolve pictures with 3×3 windows. `turned` takes the weights for the input gradient: input and output channels
   exchanged, rows and columns from the end. */
static int convolve_all(winograd *w, idx images, const float *weights, int turned, const float *bias) {
    idx C = w->in.channels, O = w->outputs;
    w->in.wide = round_up(C), w->wide = round_up(O);
    w->across = ceil_div(w->out_width, TILE), w->down = ceil_div(w->out_height, TILE), w->lines = images * w->down;
    idx line = PLACES * w->across * (w->in.wide + w->wide);
    w->at_once = max_idx(min_idx(ROOM / line, ceil_div(w->lines, 8)), 1);
    w->at_once = fill_up(w, 24, 2);
    float *u = shared(PLACES * C * w->wide + w->wide + C);
    if (!u) return 0;
    float *rounded = u + PLACES * C * w->wide;
    int32_t *at = (int32_t *)(rounded + w->wide);
    for (idx o = 0; o < w->wide; o++) rounded[o] = bias && o < O ? bias[o] : 0;
    for (idx c = 0; c < C; c++) at[c] = (int32_t)(c * w->wide);
    weight_tiles t = {weights, u, C, O, w->wide, turned ? O * 9 : 9, turned ? 9 : C * 9, turned};
    parallel(transform_weights, &t, C, (double)C * O * PLACES);
    w->u = u, w->bias = bias ? rounded : 0, w->at = at;
    parallel(convolve_tiles, w, ceil_div(w->lines, w->at_once), (double)w->lines * line * 8);
    release(u);
    return 1;
}

/* As `conv2d` of conv.c, for 3×3 windows with stride 1. */
EXPORT int winograd_conv2d(const array *x, const array *w, const array *b, const array *y, int top, int left, int relu) {
    if (!READY(x, w, b, y)) return DECLINED;
    winograd c = {
        .in = {.x = floats(x), .channels = x->shape[1], .height = x->shape[2], .width = x->shape[3], .top = top, .left = left},
        .outputs = y->shape[1], .out_height = y->shape[2], .out_width = y->shape[3], .y = floats(y), .relu = relu,
    };
    return convolve_all(&c, x->shape[0], floats(w), 0, floats(b));
}

/* As `conv2d_input` of conv.c. */
EXPORT int winograd_conv2d_input(const array *g, const array *gate, const array *w, const array *gx, int top, int left) {
    winograd c = {
        .in = {.x = floats(g), .gate = floats(gate), .channels = g->shape[1], .height = g->shape[2], .width = g->shape[3],
               .top = 2 - top, .left = 2 - left},
        .outputs = gx->shape[1], .out_height = gx->shape[2], .out_width = gx->shape[3], .y = floats(gx),
    };
    return convolve_all(&c, g->shape[0], floats(w), 1, 0);
}

/* --- the weight gradient ------------------------------------------------------------------------------------------- */

/* Write Z of the tiles in row `line` of tiles to z[k·places + t·wide + o]. */
static void gradient_tiles(const picture *p, idx across, idx down, idx line, float *rows, float *z, idx places) {
    idx image = line / down, first = line % down * TILE, size = across * TILE * p->wide, step = p->height * p->width;
    const float *g = p->x + image * p->channels * step, *gate = p->gate ? p->gate + (g - p->x) : 0;
    for (idx i = 0; i < TILE; i++) {
        float *to = rows + i * size;
        if (first + i >= p->height) {
            memset(to, 0, (size_t)size * 4);
            continue;
        }
        row_to_channels(g + (first + i) * p->width, gate ? gate + (first + i) * p->width : 0, step, p->channels, p->width,
                        to, p->wide);
        memset(to + p->width * p->wide, 0, (size_t)(size - p->width * p->wide) * 4);
    }
    for (idx t = 0; t < across; t++)
        for (idx o = 0; o < p->wide; o += LANES) {
            vec half[REACH][TILE];
            for (int j = 0; j < TILE; j++) {
                vec column[TILE], out[REACH];
                for (int i = 0; i < TILE; i++) column[i] = load(rows + i * size + (t * TILE + j) * p->wide + o);
                transform_gradient(column, out);
                for (int i = 0; i < REACH; i++) half[i][j] = out[i];
            }
            for (int i = 0; i < REACH; i++) {
                vec out[REACH];
                transform_gradient(half[i], out);
                for (int j = 0; j < REACH; j++) store(z + (i * REACH + j) * places + t * p->wide + o, out[j]);
            }
        }
}

static void add_up_tiles(void *context, idx part) {
    const winograd *w = context;
    idx begin = block_begin(part, w->parts, w->lines), end = block_begin(part + 1, w->parts, w->lines);
    idx padded = (w->across * TILE + REACH - TILE) * w->in.wide, most = w->at_once * w->across;
    float *rows = scratch(SCRATCH_PLANES, 2 * REACH * padded), *columns = rows + REACH * padded;
    float *lines = scratch(SCRATCH_GRADIENT, TILE * w->across * TILE * w->wide);
    idx in_room = PLACES * places_apart(most, w->in.wide), out_room = PLACES * places_apart(most, w->wide);
    float *v = scratch(SCRATCH_TILE, in_room + out_room), *z = v + in_room;
    float *sums = w->sums + part * PLACES * w->in.channels * w->wide;
    memset(sums, 0, (size_t)(PLACES * w->in.channels * w->wide) * 4);
    for (idx from = begin; from < end; from += w->at_once) {
        idx count = min_idx(w->at_once, end - from), tiles = count * w->across;
        idx in_places = places_apart(tiles, w->in.wide), out_places = places_apart(tiles, w->wide);
        for (idx i = 0; i < count; i++) {
            input_tiles(&w->in, w->across, w->down, from + i, i == 0 || (from + i) % w->down == 0, rows, columns,
                        v + i * w->across * w->in.wide, in_places);
            gradient_tiles(&w->upstream, w->across, w->down, from + i, lines, z + i * w->across * w->wide, out_places);
        }
        for (idx k = 0; k < PLACES; k++) {
            factors f = {v + k * in_places, w->in.wide, 1};
            taps_matrix(w->in.channels, w->wide / LANES, f, z + k * out_places, w->at, tiles, FROM_OUT,
                        sums + k * w->in.channels * w->wide, w->wide);
        }
    }
}

/* gw of the weights of one input channel, from the sums of all parts. */
static void gather_weights(void *context, idx c) {
    const winograd *w = context;
    idx C = w->in.channels, size = PLACES * C * w->wide;
    for (idx o = 0; o < w->wide; o += LANES) {
        vec half[3][6];
        for (int j = 0; j < 6; j++) {
            vec column[6], out[3];
            for (int i = 0; i < 6; i++) {
                const float *sum = w->sums + ((i * 6 + j) * C + c) * w->wide + o;
                column[i] = load(sum);
                for (idx part = 1; part < w->parts; part++) column[i] += load(sum + part * size);
            }
            transform_weight_back(column, out);
            for (int i = 0; i < 3; i++) half[i][j] = out[i];
        }
        for (int i = 0; i < 3; i++) {
            vec out[3];
            transform_weight_back(half[i], out);
            for (int j = 0; j < 3; j++)
                for (idx l = 0; l < LANES && o + l < w->outputs; l++)
                    w->y[(o + l) * C * 9 + c * 9 + i * 3 + j] = out[j][l];
        }
    }
}

/* As `conv2d_weight` of conv.c. */
EXPORT int winograd_conv2d_weight(const array *x, const array *g, const array *gate, const array *gw, int top, int left) {
    idx N = x->shape[0], C = x->shape[1], O = g->shape[1], OH = g->shape[2], OW = g->shape[3];
    winograd w = {
        .in = {.x = floats(x), .channels = C, .wide = round_up(C), .height = x->shape[2], .width = x->shape[3], .top = top,
               .left = left},
        .upstream = {.x = floats(g), .gate = floats(gate), .channels = O, .wide = round_up(O), .height = OH, .width = OW},
        .across = ceil_div(OW, TILE), .down = ceil_div(OH, TILE), .outputs = O, .wide = round_up(O), .y = floats(gw),
    };
    w.lines = N * w.down;
    idx line = PLACES * w.across * (w.in.wide + w.wide);
    w.parts = min_idx(PLACES * C * w.wide <= PART_FLOATS ? PARTS : FEW_PARTS, w.lines);
    w.at_once = max_idx(min_idx(ROOM / line, ceil_div(w.lines, w.parts)), 1);
    w.at_once = fill_up(&w, 48, w.parts);
    float *sums = shared(w.parts * PLACES * C * w.wide + w.at_once * w.across);
    if (!sums) return 0;
    int32_t *at = (int32_t *)(sums + w.parts * PLACES * C * w.wide);
    for (idx t = 0; t < w.at_once * w.across; t++) at[t] = (int32_t)(t * w.wide);
    w.sums = sums, w.at = at;
    parallel(add_up_tiles, &w, w.parts, (double)w.lines * line * 8);
    parallel(gather_weights, &w, C, (double)C * w.wide * PLACES * PARTS);
    release(sums);
    return 1;
}
