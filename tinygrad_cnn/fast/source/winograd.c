/* Winograd's convolution F(4×4, 3×3): 3×3 windows, stride 1, with 4 times fewer multiplications than the sum itself.

   Each 4×4 tile of the output comes from a 6×6 tile d of the input:

       V = Bᵀ d B      U = G w Gᵀ      M[k] = Σ_c V[k][c] · U[k][c] for each of the 36 places k      y = Aᵀ M A

   The input gradient is the same convolution with the weights turned round. The weight gradient is the transpose of
   these formulas in w: gU[k] = Σ V[k] · Z[k] over all tiles, with Z = A g Aᵀ, and gw = Gᵀ gU G.

   With few tiles for the number of weights U outgrows the caches; then it is made piece by piece, for a band of output
   channels at a time, and the sums gU likewise.

   A tile's sums mix all 36 of its inputs, so one that is not finite, or very large, would spoil outputs whose windows
   do not touch it. Rows of tiles that hold such a one (`has_outlier`) are computed without the transforms.

   Channels lie along vectors: images are turned round to channels-last a few rows at a time, so that transforms and
   products run over whole vectors whatever the size of the image.

   Source: Lavin, Gray, "Fast algorithms for convolutional neural networks", 2016, sections 4.1 and 4.3. */
#include "tile.h"
#include "winograd.h"

enum { TILE = 4, REACH = 6, PLACES = REACH * REACH, ROOM = 96 * 1024 /* floats of V and M: with U in second-level cache */,
       PARTS = 8, FEW_PARTS = 2 /* partial sums of the weight gradient, whatever the number of threads */,
       PART_FLOATS = 256 * 1024 /* above this size of one there are few */,
       FEW_TILES = 64, PAIRS_PER_TILE = 200 /* with fewer tiles or more weights there are bands */,
       GROUP = 128 /* tiles */, BAND = 64 /* output channels */, BLOCK = 48, DEEP = 64 /* input channels */ };

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

/* Weights of a convolution to `outputs` channels; `turned` for the input gradient of one. */
typedef struct {
    const float *w;
    idx outputs, input_step, output_step;
    int turned;
} filters;

typedef struct {
    picture in;
    idx across, down; /* tiles of one image */
    idx lines, at_once; /* rows of tiles of all images, and of one task */
    idx outputs, wide; /* channels of the output */
    idx out_height, out_width;
    filters filters;
    const float *bias;
    float *y;
    int relu;
    picture upstream; /* of the weight gradient */
    idx parts;
    float *u, *v, *z, *sums; /* what all tasks share of U, V, Z, and the partial sums of gU */
    int32_t *at;
    uint8_t *odd; /* for each row of tiles, whether it has an outlier */
    idx first, count; /* rows of tiles that V and Z are of */
    idx places, z_places, bands, blocks;
} winograd;

/* The distance of the peaks of two rows, and all that `input_tiles` and `gradient_tiles` need to work in. */
INLINE idx peaks_apart(idx across) { return across * TILE + REACH + LANES; }
INLINE idx input_room(idx across, idx wide) {
    return 2 * REACH * (across * TILE + REACH - TILE) * wide + REACH * peaks_apart(across);
}
INLINE idx gradient_room(idx across, idx wide) { return TILE * (across * TILE * wide + peaks_apart(across)); }

/* Write V of the tiles in row `line` of tiles to v[k·places + t·wide + c]. Rows of the image that the row of tiles
   before has turned round already are found in `rows`: row r of the padded image is kept at slot r mod 6. Returns whether
   there is an outlier among its inputs. */
static int input_tiles(const picture *p, idx across, idx down, idx line, int fresh, float *rows, float *v, idx places) {
    idx image = line / down, first = line % down * TILE, padded = across * TILE + REACH - TILE;
    idx size = padded * p->wide, step = p->height * p->width, apart = peaks_apart(across);
    const float *x = p->x + image * p->channels * step, *gate = p->gate ? p->gate + (x - p->x) : 0;
    float *columns = rows + REACH * size;
    int32_t *peaks = (int32_t *)(columns + REACH * size);
    for (idx r = fresh ? first : first + REACH - TILE; r < first + REACH; r++) {
        float *to = rows + r % REACH * size;
        idx row = r - p->top, seen = min_idx(p->width, padded - p->left);
        if (row < 0 || row >= p->height) {
            memset(to, 0, (size_t)size * 4);
            memset(peaks + r % REACH * apart, 0, (size_t)apart * 4);
            continue;
        }
        memset(to, 0, (size_t)(p->left * p->wide) * 4);
        row_to_channels(x + row * p->width, gate ? gate + row * p->width : 0, step, p->channels, seen,
                        to + p->left * p->wide, p->wide, peaks + r % REACH * apart);
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
    return has_outlier(peaks, apart, REACH, min_idx(p->width, padded - p->left));
}

/* Write y of the tiles in row `line` of tiles, for `wide` channels from `first` on, from m[k·places + t·wide + …]. */
static void output_tiles(const winograd *w, idx line, idx first, idx wide, const float *m, idx places, float *rows) {
    idx image = line / w->down, row = line % w->down * TILE, size = w->across * TILE * wide;
    for (idx t = 0; t < w->across; t++)
        for (idx o = 0; o < wide; o += LANES) {
            vec half[TILE][REACH], bias = {0}, zero = {0};
            if (w->bias) bias = load_first(w->bias + first + o, min_idx(LANES, w->outputs - first - o));
            for (int j = 0; j < REACH; j++) {
                vec column[REACH], out[TILE];
                for (int i = 0; i < REACH; i++) column[i] = load(m + (i * REACH + j) * places + t * wide + o);
                transform_output(column, out);
                for (int i = 0; i < TILE; i++) half[i][j] = out[i];
            }
            for (int i = 0; i < TILE; i++) {
                vec out[TILE];
                transform_output(half[i], out);
                for (int j = 0; j < TILE; j++) {
                    vec y = out[j] + bias;
                    store(rows + i * size + (t * TILE + j) * wide + o, w->relu ? larger(zero, y) : y);
                }
            }
        }
    for (idx i = 0; i < min_idx(TILE, w->out_height - row); i++)
        channels_to_row(rows + i * size, wide,
                        w->y + ((image * w->outputs + first) * w->out_height + row + i) * w->out_width,
                        w->out_height * w->out_width, min_idx(wide, w->outputs - first), w->out_width);
}

/* Elements low…high−1 of the vector at p, 0 in place of the others, and where the gate is closed. */
INLINE vec passed(const float *p, const float *gate, idx low, idx high) {
    vec v = load_between(p, low, high);
    return gate ? let_through(v, load_between(gate, low, high)) : v;
}

/* Write y of the row `line` of tiles, for `count` channels from `first` on, by the sums as they are defined. */
static void direct_line(const winograd *w, idx line, idx first, idx count) {
    const picture *p = &w->in;
    idx image = line / w->down, row = line % w->down * TILE, step = p->height * p->width;
    const float *x = p->x + image * p->channels * step, *gate = p->gate ? p->gate + (x - p->x) : 0;
    for (idx o = first; o < min_idx(first + count, w->outputs); o++)
        for (idx i = row; i < min_idx(row + TILE, w->out_height); i++)
            for (idx j = 0; j < w->out_width; j += LANES) {
                const float *window = w->filters.w + o * w->filters.output_step;
                vec y = splat(w->bias ? w->bias[o] : 0);
                for (idx c = 0; c < p->channels; c++, window += w->filters.input_step)
                    for (idx k = 0; k < 9; k++) {
                        idx from = i + k / 3 - p->top, column = j + k % 3 - p->left, at = c * step + from * p->width + column;
                        int inside = from >= 0 && from < p->height;
                        vec seen = inside ? passed(x + at, gate ? gate + at : 0, -column, p->width - column) : (vec){0};
                        y += window[w->filters.turned ? 8 - k : k] * seen;
                    }
                store_first(w->y + ((image * w->outputs + o) * w->out_height + i) * w->out_width + j,
                            w->relu ? larger((vec){0}, y) : y, min_idx(LANES, w->out_width - j));
            }
}

static void convolve_tiles(void *context, idx task) {
    const winograd *w = context;
    idx begin = task * w->at_once, end = min_idx(begin + w->at_once, w->lines), tiles = (end - begin) * w->across;
    idx in_places = places_apart(tiles, w->in.wide), out_places = places_apart(tiles, w->wide);
    float *rows = scratch(SCRATCH_PLANES, input_room(w->across, w->in.wide));
    float *v = scratch(SCRATCH_TILE, PLACES * (in_places + out_places)), *m = v + PLACES * in_places;
    float *lines = scratch(SCRATCH_GRADIENT, TILE * w->across * TILE * w->wide);
    if (!rows || !v || !lines) return;
    for (idx line = begin; line < end; line++)
        w->odd[line] = input_tiles(&w->in, w->across, w->down, line, line == begin || line % w->down == 0, rows,
                                   v + (line - begin) * w->across * w->in.wide, in_places);
    for (idx k = 0; k < PLACES; k++) {
        factors f = {v + k * in_places, 1, w->in.wide};
        taps_matrix(tiles, w->wide / LANES, f, w->u + k * w->in.channels * w->wide, w->at, w->in.channels, FROM_ZERO,
                    m + k * out_places, w->wide);
    }
    for (idx line = begin; line < end; line++)
        if (w->odd[line]) direct_line(w, line, 0, w->outputs);
        else output_tiles(w, line, 0, w->wide, m + (line - begin) * w->across * w->wide, out_places, lines);
}

/* Write U of `depth` input channels from c on and `wide` output channels from o on to u[k·places + i·wide + j]. */
static void weight_tiles(const filters *f, idx c, idx depth, idx o, idx wide, float *u, idx places) {
    for (idx at = 0; at < wide; at += LANES)
        for (idx i = 0; i < depth; i++) {
            vec w[9], half[6][3];
            windows_to_lanes(f->w + (o + at) * f->output_step + (c + i) * f->input_step, f->output_step,
                             f->outputs - o - at, w);
            for (int j = 0; j < 3; j++) {
                vec column[3], out[6];
                for (int h = 0; h < 3; h++) column[h] = w[f->turned ? 8 - 3 * h - j : 3 * h + j];
                transform_weight(column, out);
                for (int h = 0; h < 6; h++) half[h][j] = out[h];
            }
            for (int h = 0; h < 6; h++) {
                vec out[6];
                transform_weight(half[h], out);
                for (int j = 0; j < 6; j++) store(u + (h * 6 + j) * places + i * wide + at, out[j]);
            }
        }
}

static void transform_weights(void *context, idx c) {
    const winograd *w = context;
    weight_tiles(&w->filters, c, 1, 0, w->wide, w->u + c * w->wide, w->in.channels * w->wide);
}

/* How many rows of tiles to take at once: more than fit the cache if these are fewer than `tiles` tiles, because then
   U, or the sums, are read more often than they are worth; but leave `tasks` tasks. */
static idx fill_up(const winograd *w, idx tiles, idx tasks) {
    return max_idx(w->at_once, min_idx(ceil_div(tiles, w->across), ceil_div(w->lines, tasks)));
}

/* --- convolution by bands of output channels ----------------------------------------------------------------------- */

/* Tell whether there are too few tiles to share them among tasks, or so many weights for them that U is not to be kept.
   A task is then a band of output channels, which makes its part of U as it goes, and all tasks share V. */
INLINE int by_bands(const winograd *w, idx inputs, idx outputs) {
    idx tiles = w->lines * w->across;
    return tiles < FEW_TILES || inputs * outputs > PAIRS_PER_TILE * tiles;
}

/* How many rows of tiles to take at once, nearly equally many each time: M of a band stays near. */
INLINE idx group_of(const winograd *w) {
    idx groups = min_idx(ceil_div(w->lines * w->across, GROUP), w->lines);
    return ceil_div(w->lines, groups);
}

/* V of one row of tiles. */
static void fill_v(void *context, idx i) {
    const winograd *w = context;
    float *rows = scratch(SCRATCH_PLANES, input_room(w->across, w->in.wide));
    if (!rows) return;
    w->odd[w->first + i] = input_tiles(&w->in, w->across, w->down, w->first + i, 1, rows,
                                       w->v + i * w->across * w->in.wide, w->places);
}

/* Channels rounded up to an odd number of vectors: rows a power of two apart would compete for a few lines of the cache. */
INLINE idx odd_wide(idx channels) { return (channels + LANES - 1) / LANES * LANES | LANES; }

/* The first of the channels of a band: whole vectors of them, nearly equally many in each. */
INLINE idx band_begin(idx band, idx bands, idx channels) {
    return min_idx(block_begin(band, bands, ceil_div(channels, LANES)) * LANES, channels);
}

static void convolve_band(void *context, idx band) {
    const winograd *w = context;
    idx o = band_begin(band, w->bands, w->outputs), wide = round_up(band_begin(band + 1, w->bands, w->outputs) - o);
    idx tiles = w->count * w->across, apart = places_apart(tiles, wide), u_apart = places_apart(DEEP, wide);
    float *m = scratch(SCRATCH_TILE, PLACES * apart), *u = scratch(SCRATCH_EXTRA, PLACES * u_apart);
    float *lines = scratch(SCRATCH_GRADIENT, TILE * w->across * TILE * wide);
    int32_t at[DEEP];
    if (!m || !u || !lines) return;
    for (int c = 0; c < DEEP; c++) at[c] = (int32_t)(c * wide);
    memset(m, 0, (size_t)(PLACES * apart) * 4);
    for (idx c = 0; c < w->in.channels; c += DEEP) {
        idx depth = min_idx(DEEP, w->in.channels - c);
        weight_tiles(&w->filters, c, depth, o, wide, u, u_apart);
        for (idx k = 0; k < PLACES; k++) {
            factors f = {w->v + k * w->places + c, 1, w->in.wide};
            taps_matrix(tiles, wide / LANES, f, u + k * u_apart, at, depth, FROM_OUT, m + k * apart, wide);
        }
    }
    for (idx line = 0; line < w->count; line++)
        if (w->odd[w->first + line]) direct_line(w, w->first + line, o, wide);
        else output_tiles(w, w->first + line, o, wide, m + line * w->across * wide, apart, lines);
}

static int convolve_bands(winograd *w) {
    idx C = w->in.channels, most = group_of(w), line = w->across * PLACES;
    w->in.wide = odd_wide(C);
    idx size = PLACES * places_apart(most * w->across, w->in.wide);
    int answer = DONE;
    w->v = shared(size + ceil_div(w->lines, 4));
    if (!w->v) return NO_MEMORY;
    w->odd = (uint8_t *)(w->v + size);
    w->bands = ceil_div(w->outputs, BAND);
    for (w->first = 0; answer == DONE && w->first < w->lines; w->first += w->count) {
        w->count = min_idx(most, w->lines - w->first), w->places = places_apart(w->count * w->across, w->in.wide);
        answer = parallel(fill_v, w, w->count, (double)w->count * line * C * 8);
        if (answer == DONE) answer = parallel(convolve_band, w, w->bands, (double)w->count * line * C * w->outputs);
    }
    release(w->v);
    return answer;
}

/* Convolve pictures with 3×3 windows. `turned` takes the weights for the input gradient: input and output channels
   exchanged, rows and columns from the end. */
static int convolve_all(winograd *w, idx images, const float *weights, int turned) {
    idx C = w->in.channels, O = w->outputs;
    w->in.wide = round_up(C), w->wide = round_up(O);
    w->across = ceil_div(w->out_width, TILE), w->down = ceil_div(w->out_height, TILE), w->lines = images * w->down;
    w->filters = (filters){weights, O, turned ? O * 9 : 9, turned ? 9 : C * 9, turned};
    if (by_bands(w, C, O)) return convolve_bands(w);
    idx line = PLACES * w->across * (w->in.wide + w->wide);
    w->at_once = max_idx(min_idx(ROOM / line, ceil_div(w->lines, 8)), 1);
    w->at_once = fill_up(w, 24, 2);
    w->u = shared(PLACES * C * w->wide + C + ceil_div(w->lines, 4));
    if (!w->u) return NO_MEMORY;
    w->at = (int32_t *)(w->u + PLACES * C * w->wide), w->odd = (uint8_t *)(w->at + C);
    for (idx c = 0; c < C; c++) w->at[c] = (int32_t)(c * w->wide);
    parallel(transform_weights, w, C, (double)C * O * PLACES);
    int answer = parallel(convolve_tiles, w, ceil_div(w->lines, w->at_once), (double)w->lines * line * 8);
    release(w->u);
    return answer;
}

/* As `conv2d` of conv.c, for 3×3 windows with stride 1. */
EXPORT int winograd_conv2d(const array *x, const array *w, const array *b, const array *y, int top, int left, int relu) {
    if (!READY(x, w, b, y) || !has_first(b, w->shape[0]) || w->shape[1] != x->shape[1]) return DECLINED;
    winograd c = {
        .in = {.x = floats(x), .channels = x->shape[1], .height = x->shape[2], .width = x->shape[3], .top = top, .left = left},
        .outputs = y->shape[1], .out_height = y->shape[2], .out_width = y->shape[3], .bias = floats(b), .y = floats(y),
        .relu = relu,
    };
    return convolve_all(&c, x->shape[0], floats(w), 0);
}

/* As `conv2d_input` of conv.c. */
EXPORT int winograd_conv2d_input(const array *g, const array *gate, const array *w, const array *gx, int top, int left) {
    winograd c = {
        .in = {.x = floats(g), .gate = floats(gate), .channels = g->shape[1], .height = g->shape[2], .width = g->shape[3],
               .top = 2 - top, .left = 2 - left},
        .outputs = gx->shape[1], .out_height = gx->shape[2], .out_width = gx->shape[3], .y = floats(gx),
    };
    return convolve_all(&c, g->shape[0], floats(w), 1);
}

/* --- the weight gradient ------------------------------------------------------------------------------------------- */

/* Write Z of the tiles in row `line` of tiles to z[k·places + t·wide + o]; returns whether there is an outlier in it. */
static int gradient_tiles(const picture *p, idx across, idx down, idx line, float *rows, float *z, idx places) {
    idx image = line / down, first = line % down * TILE, size = across * TILE * p->wide, step = p->height * p->width;
    idx apart = peaks_apart(across);
    int32_t *peaks = (int32_t *)(rows + TILE * size);
    const float *g = p->x + image * p->channels * step, *gate = p->gate ? p->gate + (g - p->x) : 0;
    for (idx i = 0; i < TILE; i++) {
        float *to = rows + i * size;
        if (first + i >= p->height) {
            memset(to, 0, (size_t)size * 4);
            memset(peaks + i * apart, 0, (size_t)apart * 4);
            continue;
        }
        row_to_channels(g + (first + i) * p->width, gate ? gate + (first + i) * p->width : 0, step, p->channels, p->width,
                        to, p->wide, peaks + i * apart);
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
    return has_outlier(peaks, apart, TILE, p->width);
}

/* Leave the row `line` of tiles, whose V and Z these are, out of the products, for `add_odd_lines`. */
static void leave_out(const winograd *w, idx line, float *v, idx places, float *z, idx z_places) {
    w->odd[line] = 1;
    for (idx k = 0; k < PLACES; k++) {
        memset(v + k * places, 0, (size_t)(w->across * w->in.wide) * 4);
        memset(z + k * z_places, 0, (size_t)(w->across * w->wide) * 4);
    }
}

/* Add to gw of output channel `o` the sums as they are defined over the rows of tiles that were left out. */
static void add_odd_lines(void *context, idx o) {
    const winograd *w = context;
    const picture *p = &w->in, *q = &w->upstream;
    idx step = p->height * p->width;
    for (idx line = 0; line < w->lines; line++) {
        if (!w->odd[line]) continue;
        idx image = line / w->down, row = line % w->down * TILE, last = min_idx(row + TILE, q->height);
        for (idx c = 0; c < p->channels; c++)
            for (idx k = 0; k < 9; k++) {
                vec sum = {0};
                for (idx i = row; i < last; i++)
                    for (idx j = 0; j < q->width; j += LANES) {
                        idx from = i + k / 3 - p->top, column = j + k % 3 - p->left, n = min_idx(LANES, q->width - j);
                        const float *g = q->x + ((image * q->channels + o) * q->height + i) * q->width + j;
                        const float *x = p->x + (image * p->channels + c) * step + from * p->width + column;
                        int inside = from >= 0 && from < p->height;
                        vec seen = inside ? load_between(x, -column, min_idx(p->width - column, n)) : (vec){0};
                        sum += passed(g, q->gate ? q->gate + (g - q->x) : 0, 0, n) * seen;
                    }
                w->y[(o * p->channels + c) * 9 + k] += sum_of(sum);
            }
    }
}

static int add_left_out(winograd *w) {
    idx odd = 0;
    for (idx line = 0; line < w->lines; line++) odd += w->odd[line];
    double work = (double)odd * TILE * w->out_width * w->outputs * w->in.channels * 9;
    return odd ? parallel(add_odd_lines, w, w->outputs, work) : DONE;
}

static void add_up_tiles(void *context, idx part) {
    const winograd *w = context;
    idx begin = block_begin(part, w->parts, w->lines), end = block_begin(part + 1, w->parts, w->lines);
    idx most = w->at_once * w->across;
    float *rows = scratch(SCRATCH_PLANES, input_room(w->across, w->in.wide));
    float *lines = scratch(SCRATCH_GRADIENT, gradient_room(w->across, w->wide));
    idx in_room = PLACES * places_apart(most, w->in.wide), out_room = PLACES * places_apart(most, w->wide);
    float *v = scratch(SCRATCH_TILE, in_room + out_room), *z = v + in_room;
    if (!rows || !lines || !v) return;
    float *sums = w->sums + part * PLACES * w->in.channels * w->wide;
    memset(sums, 0, (size_t)(PLACES * w->in.channels * w->wide) * 4);
    for (idx from = begin; from < end; from += w->at_once) {
        idx count = min_idx(w->at_once, end - from), tiles = count * w->across;
        idx in_places = places_apart(tiles, w->in.wide), out_places = places_apart(tiles, w->wide);
        for (idx i = 0; i < count; i++) {
            float *v_line = v + i * w->across * w->in.wide, *z_line = z + i * w->across * w->wide;
            int fresh = i == 0 || (from + i) % w->down == 0;
            int odd = input_tiles(&w->in, w->across, w->down, from + i, fresh, rows, v_line, in_places);
            odd |= gradient_tiles(&w->upstream, w->across, w->down, from + i, lines, z_line, out_places);
            if (odd) leave_out(w, from + i, v_line, in_places, z_line, out_places);
        }
        for (idx k = 0; k < PLACES; k++) {
            factors f = {v + k * in_places, w->in.wide, 1};
            taps_matrix(w->in.channels, w->wide / LANES, f, z + k * out_places, w->at, tiles, FROM_OUT,
                        sums + k * w->in.channels * w->wide, w->wide);
        }
    }
}

/* Turn the sums[k·places + …] of LANES output channels, of which `count` are wanted, into the windows `to`, `step`
   floats apart, added to what is there if `onto`; there are `parts` sums, `apart` floats apart. */
INLINE void weights_back(const float *sums, idx places, idx parts, idx apart, float *to, idx step, idx count, int onto) {
    vec half[3][6], w[9];
    for (int j = 0; j < 6; j++) {
        vec column[6], out[3];
        for (int i = 0; i < 6; i++) {
            const float *sum = sums + (i * 6 + j) * places;
            column[i] = load(sum);
            for (idx part = 1; part < parts; part++) column[i] += load(sum + part * apart);
        }
        transform_weight_back(column, out);
        for (int i = 0; i < 3; i++) half[i][j] = out[i];
    }
    for (int i = 0; i < 3; i++) transform_weight_back(half[i], w + 3 * i);
    lanes_to_windows(w, to, step, count, onto);
}

/* gw of the weights of one input channel, from the sums of all parts. */
static void gather_weights(void *context, idx c) {
    const winograd *w = context;
    idx C = w->in.channels, size = PLACES * C * w->wide;
    for (idx o = 0; o < w->wide; o += LANES)
        weights_back(w->sums + c * w->wide + o, C * w->wide, w->parts, size, w->y + (o * C + c) * 9, C * 9,
                     w->outputs - o, 0);
}

/* --- the weight gradient by blocks of input channels and bands of output channels ----------------------------------- */

/* V and Z of one row of tiles. */
static void fill_v_z(void *context, idx i) {
    const winograd *w = context;
    float *lines = scratch(SCRATCH_GRADIENT, gradient_room(w->across, w->wide));
    float *v = w->v + i * w->across * w->in.wide, *z = w->z + i * w->across * w->wide;
    if (!lines) return;
    fill_v(context, i);
    if (gradient_tiles(&w->upstream, w->across, w->down, w->first + i, lines, z, w->z_places) | w->odd[w->first + i])
        leave_out(w, w->first + i, v, w->places, z, w->z_places);
}

static void add_up_block(void *context, idx i) {
    const winograd *w = context;
    idx block = i / w->bands, band = i % w->bands, C = w->in.channels;
    idx c = block_begin(block, w->blocks, C), depth = block_begin(block + 1, w->blocks, C) - c;
    idx o = band_begin(band, w->bands, w->outputs), wide = round_up(band_begin(band + 1, w->bands, w->outputs) - o);
    idx apart = places_apart(depth, wide);
    float *sums = scratch(SCRATCH_TILE, PLACES * apart);
    if (!sums) return;
    for (idx k = 0; k < PLACES; k++) {
        factors f = {w->v + k * w->places + c, w->in.wide, 1};
        taps_matrix(depth, wide / LANES, f, w->z + k * w->z_places + o, w->at, w->count * w->across, FROM_ZERO,
                    sums + k * apart, wide);
    }
    for (idx at = 0; at < wide; at += LANES)
        for (idx j = 0; j < depth; j++)
            weights_back(sums + j * wide + at, apart, 1, 0, w->y + ((o + at) * C + c + j) * 9, C * 9, w->outputs - o - at,
                         w->first > 0);
}

static int add_up_blocks(winograd *w) {
    idx C = w->in.channels, O = w->outputs, most = group_of(w), tiles = most * w->across;
    w->in.wide = odd_wide(C), w->upstream.wide = w->wide = odd_wide(O);
    idx v_size = PLACES * places_apart(tiles, w->in.wide), z_size = PLACES * places_apart(tiles, w->wide);
    float *memory = shared(v_size + z_size + tiles + ceil_div(w->lines, 4));
    int answer = DONE;
    if (!memory) return NO_MEMORY;
    w->v = memory, w->z = memory + v_size, w->at = (int32_t *)(memory + v_size + z_size);
    w->odd = (uint8_t *)(w->at + tiles);
    for (idx t = 0; t < tiles; t++) w->at[t] = (int32_t)(t * w->wide);
    w->bands = ceil_div(O, BAND), w->blocks = ceil_div(C, BLOCK);
    for (w->first = 0; answer == DONE && w->first < w->lines; w->first += w->count) {
        w->count = min_idx(most, w->lines - w->first), tiles = w->count * w->across;
        w->places = places_apart(tiles, w->in.wide), w->z_places = places_apart(tiles, w->wide);
        answer = parallel(fill_v_z, w, w->count, (double)tiles * PLACES * (C + O) * 8);
        if (answer == DONE) answer = parallel(add_up_block, w, w->blocks * w->bands, (double)tiles * PLACES * C * O);
    }
    if (answer == DONE) answer = add_left_out(w);
    release(memory);
    return answer;
}

/* As `conv2d_weight` of conv.c. */
EXPORT int winograd_conv2d_weight(const array *x, const array *g, const array *gate, const array *gw, int top, int left) {
    idx N = x->shape[0], C = x->shape[1], O = g->shape[1], OH = g->shape[2], OW = g->shape[3];
    winograd w = {
        .in = {.x = floats(x), .channels = C, .wide = round_up(C), .height = x->shape[2], .width = x->shape[3], .top = top,
               .left = left},
        .upstream = {.x = floats(g), .gate = floats(gate), .channels = O, .wide = round_up(O), .height = OH, .width = OW},
        .across = ceil_div(OW, TILE), .down = ceil_div(OH, TILE), .outputs = O, .out_width = OW, .wide = round_up(O), .y = floats(gw),
    };
    w.lines = N * w.down;
    if (by_bands(&w, C, O)) return add_up_blocks(&w);
    idx line = PLACES * w.across * (w.in.wide + w.wide);
    w.parts = min_idx(PLACES * C * w.wide <= PART_FLOATS ? PARTS : FEW_PARTS, w.lines);
    w.at_once = max_idx(min_idx(ROOM / line, ceil_div(w.lines, w.parts)), 1);
    w.at_once = fill_up(&w, 48, w.parts);
    float *sums = shared(w.parts * PLACES * C * w.wide + w.at_once * w.across + ceil_div(w.lines, 4));
    if (!sums) return NO_MEMORY;
    int32_t *at = (int32_t *)(sums + w.parts * PLACES * C * w.wide);
    for (idx t = 0; t < w.at_once * w.across; t++) at[t] = (int32_t)(t * w.wide);
    w.sums = sums, w.at = at, w.odd = memset(at + w.at_once * w.across, 0, (size_t)w.lines);
    int answer = parallel(add_up_tiles, &w, w.parts, (double)w.lines * line * 8);
    if (answer == DONE) answer = parallel(gather_weights, &w, C, (double)C * w.wide * PLACES * PARTS);
    if (answer == DONE) answer = add_left_out(&w);
    release(sums);
    return answer;
}
