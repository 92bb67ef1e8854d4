/* Winograd's convolution F(4×4, 3×3): 3×3 windows, stride 1, with a quarter of the multiplications of the sum itself.

   Each 4×4 tile of the output comes from a 6×6 tile d of the input:

       V = Bᵀ d B      U = G w Gᵀ      M[k] = Σ_c V[k][c] · U[k][c] for each of the 36 positions k      y = Aᵀ M A

   The input gradient is the same convolution with the weights rotated by half a turn. The weight gradient is the
   transpose of these formulas in w: gU[k] = Σ V[k] · Z[k] over all tiles, with Z = A g Aᵀ, and gw = Gᵀ gU G.

   With many weights for few tiles, U outgrows the caches. It is then made piece by piece, for a band of output channels
   at a time, and so are the sums gU.

   The sums of a tile mix all 36 of its inputs, so that one which is not finite, or very large, would spoil outputs
   whose windows do not touch it. Rows of tiles with such an outlier (`has_outlier`) are computed without the
   transforms.

   Channels lie along vectors: a few rows of an image at a time are transposed to channels-last, so that transforms and
   products run over whole vectors for images of any size.

   Shapes: x (N, C, H, W), w (O, C, 3, 3), y and g (N, O, OH, OW). A *line* is a row of tiles of one image. The caller
   has checked the shapes, and that padding is 0, 1 or 2 on each side.

   Source: Lavin, Gray, "Fast algorithms for convolutional neural networks", 2016, sections 4.1 and 4.3. */
#include "tile.h"
#include "winograd.h"

enum { POSITIONS = REACH * REACH }; /* of a transformed tile */

/* Limits; `python -m benchmarks.convolutions` measures their effect. */
enum {
    ROOM = 96 * 1024,         /* floats of V and M in a task, 384 kB: they stay in the second-level cache with U */
    TASKS = 8,                /* enough to share, on any number of threads */
    LEAST_TILES = 24,         /* of a task, as far as there are: fewer do not repay reading U */
    LEAST_SUMMED = 48,        /* of a round of the weight gradient: fewer do not repay reading the sums */
    PARTS = 8, FEW_PARTS = 2, /* partial sums of the weight gradient, on any number of threads */
    PART_FLOATS = 256 * 1024, /* 1 MB: of larger partial sums there are FEW_PARTS */
    FEW_TILES = 64, PAIRS_PER_TILE = 200, /* with fewer tiles, or more weights for each, there are bands */
    GROUP = 128,              /* tiles whose V all bands share */
    BAND = 64,                /* output channels of a task */
    BLOCK = 48, DEEP = 64,    /* input channels of a task of the weight gradient, and of one piece of U */
    TRANSFORM_WORK = 8,       /* multiplications that take as long as transforming one element */
};

/* --- convolution -------------------------------------------------------------------------------------------------- */

INLINE void clear(float *p, idx count) { memset(p, 0, (size_t)count * sizeof *p); }

/* The least number of whole vectors' floats that hold `count`. */
INLINE idx round_up(idx count) { return ceil_div(count, LANES) * LANES; }

/* The distance between the 36 positions of `tiles` tiles: an odd number of vectors, so that the positions of one tile
   do not compete for the same few lines of the first-level cache. */
INLINE idx positions_apart(idx tiles, idx wide) { return (tiles * wide / LANES | 1) * LANES; }

/* Images (N, channels, height, width), and the padding before them. `wide` is the number of channels, rounded up to
   whole vectors. */
typedef struct {
    const float *x, *relu_mask;
    idx channels, wide, height, width, top, left;
} picture;

/* Weights of a convolution to `outputs` channels, and the distances of those of two input and two output channels;
   `rotated` by half a turn for an input gradient. */
typedef struct {
    const float *w;
    idx outputs, input_step, output_step;
    int rotated;
} filters;

typedef struct {
    picture in;
    idx across, down;            /* tiles of one image */
    idx lines, at_once;          /* of all images, and of one task */
    idx outputs, wide;           /* channels of the output, and these rounded up to whole vectors */
    idx out_height, out_width;
    filters filters;
    const float *bias;
    float *y;                    /* y, gx or gw */
    int relu;
    picture g;                   /* of the weight gradient */
    idx parts;                   /* of the lines, each with sums of its own */
    float *u, *v, *z, *sums;     /* what all tasks share of U, V, Z, and the partial sums of gU */
    int32_t *at;                 /* the offsets of rows of U or Z, for `taps_matrix` */
    uint8_t *odd;                /* for each line, whether it has an outlier */
    idx first, count;            /* the lines that V and Z are of */
    idx v_apart, z_apart;        /* the distances of two positions in V and Z */
    idx bands, blocks;           /* parts of the output channels, and of the input channels */
} winograd;

/* The distance of the peaks of two rows, and the floats of working memory of `input_tiles` and `gradient_tiles`. */
INLINE idx peaks_apart(idx across) { return across * TILE + REACH + LANES; }
INLINE idx input_room(idx across, idx wide) {
    return 2 * REACH * (across * TILE + REACH - TILE) * wide + REACH * peaks_apart(across);
}
INLINE idx gradient_room(idx across, idx wide) { return TILE * (across * TILE * wide + peaks_apart(across)); }

/* Write V of one line to v[k·apart + t·wide + c]: (channels, REACH rows, width) → (REACH, padded, wide) → (POSITIONS,
   across, wide). `rows` keeps row r of the padded image, transposed, in slot r mod REACH; unless `fresh`, it has those
   that the line before shares. Returns whether there is an outlier among the inputs. */
static int input_tiles(const picture *p, idx across, idx down, idx line, int fresh, float *rows, float *v, idx apart) {
    idx image = line / down, first = line % down * TILE, padded = across * TILE + REACH - TILE;
    idx size = padded * p->wide, step = p->height * p->width, peaks_step = peaks_apart(across);
    const float *x = p->x + image * p->channels * step, *mask = moved(p->relu_mask, x - p->x);
    float *columns = rows + REACH * size;
    int32_t *peaks = (int32_t *)(columns + REACH * size);
    for (idx r = fresh ? first : first + REACH - TILE; r < first + REACH; r++) {
        float *to = rows + r % REACH * size;
        idx row = r - p->top, seen = min_idx(p->width, padded - p->left);
        if (row < 0 || row >= p->height) {
            clear(to, size);
            memset(peaks + r % REACH * peaks_step, 0, (size_t)peaks_step * sizeof *peaks);
            continue;
        }
        clear(to, p->left * p->wide);
        row_to_channels(x + row * p->width, moved(mask, row * p->width), step, p->channels, seen,
                        to + p->left * p->wide, p->wide, peaks + r % REACH * peaks_step);
        clear(to + (p->left + seen) * p->wide, (padded - p->left - seen) * p->wide);
    }
    const float *from[REACH];
    for (int i = 0; i < REACH; i++) from[i] = rows + (first + i) % REACH * size;
    for (idx at = 0; at < size; at += LANES) { /* down the columns, some of which two tiles share: Bᵀ d */
        vec d[REACH], t[REACH];
        for (int i = 0; i < REACH; i++) d[i] = load(from[i] + at);
        transform_input(d, t);
        for (int i = 0; i < REACH; i++) store(columns + i * size + at, t[i]);
    }
    for (idx t = 0; t < across; t++) /* along the rows of each tile: (Bᵀ d) B */
        for (idx c = 0; c < p->wide; c += LANES)
            for (int i = 0; i < REACH; i++) {
                const float *line_of = columns + i * size + t * TILE * p->wide + c;
                float *to = v + i * REACH * apart + t * p->wide + c;
                vec d[REACH], out[REACH];
                for (int j = 0; j < REACH; j++) d[j] = load(line_of + j * p->wide);
                transform_input(d, out);
                for (int j = 0; j < REACH; j++) store(to + j * apart, out[j]);
            }
    return has_outlier(peaks, peaks_step, REACH, min_idx(p->width, padded - p->left));
}

/* Write y of one line for `wide` channels from `first` on, from m[k·apart + t·wide + o]: (POSITIONS, across, wide) →
   rows (TILE, across·TILE, wide) → (channels, TILE rows, out_width). */
static void output_tiles(const winograd *w, idx line, idx first, idx wide, const float *m, idx apart, float *rows) {
    idx image = line / w->down, row = line % w->down * TILE, size = w->across * TILE * wide;
    for (idx t = 0; t < w->across; t++)
        for (idx o = 0; o < wide; o += LANES) {
            vec half[TILE][REACH], bias = {0}, zero = {0};
            if (w->bias) bias = load_first(w->bias + first + o, min_idx(LANES, w->outputs - first - o));
            for (int j = 0; j < REACH; j++) {
                vec column[REACH], out[TILE];
                for (int i = 0; i < REACH; i++) column[i] = load(m + (i * REACH + j) * apart + t * wide + o);
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

/* Load elements low…high−1 of the vector at p that the ReLU with output `mask` lets through if it is not NULL; the
   other lanes are 0. */
INLINE vec masked_between(const float *p, const float *mask, idx low, idx high) {
    vec v = load_between(p, low, high);
    return mask ? relu_masked(v, load_between(mask, low, high)) : v;
}

/* Write y of one line for `count` channels from `first` on without the transforms, as the sum that defines it. */
static void direct_line(const winograd *w, idx line, idx first, idx count) {
    const picture *p = &w->in;
    idx image = line / w->down, row = line % w->down * TILE, step = p->height * p->width;
    const float *x = p->x + image * p->channels * step, *mask = moved(p->relu_mask, x - p->x);
    for (idx o = first; o < min_idx(first + count, w->outputs); o++)
        for (idx i = row; i < min_idx(row + TILE, w->out_height); i++)
            for (idx j = 0; j < w->out_width; j += LANES) {
                const float *window = w->filters.w + o * w->filters.output_step;
                vec y = splat(w->bias ? w->bias[o] : 0);
                for (idx c = 0; c < p->channels; c++, window += w->filters.input_step)
                    for (idx k = 0; k < TAPS; k++) {
                        idx from = i + k / WINDOW - p->top, column = j + k % WINDOW - p->left;
                        idx at = c * step + from * p->width + column;
                        int inside = from >= 0 && from < p->height;
                        vec seen = {0};
                        if (inside) seen = masked_between(x + at, moved(mask, at), -column, p->width - column);
                        y += window[w->filters.rotated ? TAPS - 1 - k : k] * seen;
                    }
                store_first(w->y + ((image * w->outputs + o) * w->out_height + i) * w->out_width + j,
                            w->relu ? larger((vec){0}, y) : y, min_idx(LANES, w->out_width - j));
            }
}

/* Task: all output channels of `at_once` lines. */
static void convolve_tiles(void *context, idx task) {
    const winograd *w = context;
    idx begin = task * w->at_once, end = min_idx(begin + w->at_once, w->lines), tiles = (end - begin) * w->across;
    idx v_apart = positions_apart(tiles, w->in.wide), m_apart = positions_apart(tiles, w->wide);
    float *rows = scratch(SCRATCH_PLANES, input_room(w->across, w->in.wide));
    float *v = scratch(SCRATCH_TILE, POSITIONS * (v_apart + m_apart)), *m = v + POSITIONS * v_apart;
    float *lines = scratch(SCRATCH_GRADIENT, TILE * w->across * TILE * w->wide);
    if (!rows || !v || !lines) return;
    for (idx line = begin; line < end; line++)
        w->odd[line] = input_tiles(&w->in, w->across, w->down, line, line == begin || line % w->down == 0, rows,
                                   v + (line - begin) * w->across * w->in.wide, v_apart);
    for (idx k = 0; k < POSITIONS; k++) { /* M[k] (tiles, wide) = V[k] (tiles, C) · U[k] (C, wide) */
        factors f = {v + k * v_apart, 1, w->in.wide};
        taps_matrix(tiles, w->wide / LANES, f, w->u + k * w->in.channels * w->wide, w->at, w->in.channels, FROM_ZERO,
                    m + k * m_apart, w->wide);
    }
    for (idx line = begin; line < end; line++)
        if (w->odd[line]) direct_line(w, line, 0, w->outputs);
        else output_tiles(w, line, 0, w->wide, m + (line - begin) * w->across * w->wide, m_apart, lines);
}

/* Write U of `depth` input channels from c on and `wide` output channels from o on to u[k·apart + i·wide + j]:
   (O, C, 3, 3) → (POSITIONS, depth, wide). */
static void weight_tiles(const filters *f, idx c, idx depth, idx o, idx wide, float *u, idx apart) {
    for (idx at = 0; at < wide; at += LANES)
        for (idx i = 0; i < depth; i++) {
            vec w[TAPS], half[REACH][WINDOW];
            windows_to_lanes(f->w + (o + at) * f->output_step + (c + i) * f->input_step, f->output_step,
                             f->outputs - o - at, w);
            for (int j = 0; j < WINDOW; j++) {
                vec column[WINDOW], out[REACH];
                for (int h = 0; h < WINDOW; h++)
                    column[h] = w[f->rotated ? TAPS - 1 - WINDOW * h - j : WINDOW * h + j];
                transform_weight(column, out);
                for (int h = 0; h < REACH; h++) half[h][j] = out[h];
            }
            for (int h = 0; h < REACH; h++) {
                vec out[REACH];
                transform_weight(half[h], out);
                for (int j = 0; j < REACH; j++) store(u + (h * REACH + j) * apart + i * wide + at, out[j]);
            }
        }
}

/* Task: U of one input channel. */
static void transform_weights(void *context, idx c) {
    const winograd *w = context;
    weight_tiles(&w->filters, c, 1, 0, w->wide, w->u + c * w->wide, w->in.channels * w->wide);
}

/* How many lines to compute at once: more than fit the cache if these have fewer than `tiles` tiles, for which it does
   not pay to read U, or the sums; but few enough to leave `tasks` tasks. */
static idx fill_up(const winograd *w, idx tiles, idx tasks) {
    return max_idx(w->at_once, min_idx(ceil_div(tiles, w->across), ceil_div(w->lines, tasks)));
}

/* --- convolution by bands of output channels ---------------------------------------------------------------------- */

/* Return whether there are too few tiles to divide among tasks, or too many weights to keep U. A task is then a band of
   output channels, which makes its part of U as it goes, and all tasks share V. */
INLINE int by_bands(const winograd *w, idx inputs, idx outputs) {
    idx tiles = w->lines * w->across;
    return tiles < FEW_TILES || inputs * outputs > PAIRS_PER_TILE * tiles;
}

/* How many lines to compute at once, nearly equally many each time, so that M of a band stays in the cache. */
INLINE idx group_of(const winograd *w) {
    idx groups = min_idx(ceil_div(w->lines * w->across, GROUP), w->lines);
    return ceil_div(w->lines, groups);
}

/* Task: V of one line. */
static void fill_v(void *context, idx i) {
    const winograd *w = context;
    float *rows = scratch(SCRATCH_PLANES, input_room(w->across, w->in.wide));
    if (!rows) return;
    w->odd[w->first + i] = input_tiles(&w->in, w->across, w->down, w->first + i, 1, rows,
                                       w->v + i * w->across * w->in.wide, w->v_apart);
}

/* Channels rounded up to an odd number of vectors: rows a power of two apart would compete for a few lines of the
   cache. */
INLINE idx odd_wide(idx channels) { return round_up(channels) | LANES; }

/* The first channel of a band; bands have whole vectors of channels, nearly equally many each. */
INLINE idx band_begin(idx band, idx bands, idx channels) {
    return min_idx(block_begin(band, bands, ceil_div(channels, LANES)) * LANES, channels);
}

/* Task: y of `count` lines for one band of output channels. */
static void convolve_band(void *context, idx band) {
    const winograd *w = context;
    idx o = band_begin(band, w->bands, w->outputs), wide = round_up(band_begin(band + 1, w->bands, w->outputs) - o);
    idx tiles = w->count * w->across, apart = positions_apart(tiles, wide), u_apart = positions_apart(DEEP, wide);
    float *m = scratch(SCRATCH_TILE, POSITIONS * apart), *u = scratch(SCRATCH_EXTRA, POSITIONS * u_apart);
    float *lines = scratch(SCRATCH_GRADIENT, TILE * w->across * TILE * wide);
    int32_t at[DEEP];
    if (!m || !u || !lines) return;
    for (int c = 0; c < DEEP; c++) at[c] = (int32_t)(c * wide);
    clear(m, POSITIONS * apart);
    for (idx c = 0; c < w->in.channels; c += DEEP) {
        idx depth = min_idx(DEEP, w->in.channels - c);
        weight_tiles(&w->filters, c, depth, o, wide, u, u_apart);
        for (idx k = 0; k < POSITIONS; k++) { /* M[k] (tiles, wide) += V[k] (tiles, depth) · U[k] (depth, wide) */
            factors f = {w->v + k * w->v_apart + c, 1, w->in.wide};
            taps_matrix(tiles, wide / LANES, f, u + k * u_apart, at, depth, FROM_OUT, m + k * apart, wide);
        }
    }
    for (idx line = 0; line < w->count; line++)
        if (w->odd[w->first + line]) direct_line(w, w->first + line, o, wide);
        else output_tiles(w, w->first + line, o, wide, m + line * w->across * wide, apart, lines);
}

/* Compute a convolution by bands, for a group of lines at a time. */
static int convolve_bands(winograd *w) {
    idx C = w->in.channels, most = group_of(w), line = w->across * POSITIONS;
    w->in.wide = odd_wide(C);
    idx size = POSITIONS * positions_apart(most * w->across, w->in.wide);
    int answer = DONE;
    w->v = shared(size + ceil_div(w->lines, 4));
    if (!w->v) return NO_MEMORY;
    w->odd = (uint8_t *)(w->v + size);
    w->bands = ceil_div(w->outputs, BAND);
    for (w->first = 0; answer == DONE && w->first < w->lines; w->first += w->count) {
        w->count = min_idx(most, w->lines - w->first), w->v_apart = positions_apart(w->count * w->across, w->in.wide);
        answer = parallel(fill_v, w, w->count, (double)w->count * line * C * TRANSFORM_WORK);
        if (answer == DONE) answer = parallel(convolve_band, w, w->bands, (double)w->count * line * C * w->outputs);
    }
    release(w->v);
    return answer;
}

/* Convolve pictures with 3×3 windows, `rotated` for an input gradient: by half a turn, and with input and output
   channels exchanged. */
static int convolve_all(winograd *w, idx images, const float *weights, int rotated) {
    idx C = w->in.channels, O = w->outputs;
    w->in.wide = round_up(C), w->wide = round_up(O);
    w->across = ceil_div(w->out_width, TILE), w->down = ceil_div(w->out_height, TILE), w->lines = images * w->down;
    w->filters = (filters){weights, O, rotated ? O * TAPS : TAPS, rotated ? TAPS : C * TAPS, rotated};
    if (by_bands(w, C, O)) return convolve_bands(w);
    idx line = POSITIONS * w->across * (w->in.wide + w->wide);
    w->at_once = max_idx(min_idx(ROOM / line, ceil_div(w->lines, TASKS)), 1);
    w->at_once = fill_up(w, LEAST_TILES, 2);
    w->u = shared(POSITIONS * C * w->wide + C + ceil_div(w->lines, 4));
    if (!w->u) return NO_MEMORY;
    w->at = (int32_t *)(w->u + POSITIONS * C * w->wide), w->odd = (uint8_t *)(w->at + C);
    for (idx c = 0; c < C; c++) w->at[c] = (int32_t)(c * w->wide);
    parallel(transform_weights, w, C, (double)C * O * POSITIONS);
    int answer = parallel(convolve_tiles, w, ceil_div(w->lines, w->at_once), (double)w->lines * line * TRANSFORM_WORK);
    release(w->u);
    return answer;
}

/* As `conv2d` of conv.c, for 3×3 windows with stride 1. */
EXPORT int winograd_conv2d(const array *x, const array *w, const array *b, const array *y, int top, int left,
                           int relu) {
    if (!READY(x, w, b, y) || !has_first(b, w->shape[0]) || w->shape[1] != x->shape[1]) return DECLINED;
    winograd c = {
        .in = {.x = floats(x), .channels = x->shape[1], .height = x->shape[2], .width = x->shape[3],
               .top = top, .left = left},
        .outputs = y->shape[1], .out_height = y->shape[2], .out_width = y->shape[3],
        .bias = floats(b), .y = floats(y), .relu = relu,
    };
    return convolve_all(&c, x->shape[0], floats(w), 0);
}

/* As `conv2d_input` of conv.c. */
EXPORT int winograd_conv2d_input(const array *g, const array *relu_mask, const array *w, const array *gx, int top,
                                 int left) {
    winograd c = {
        .in = {.x = floats(g), .relu_mask = floats(relu_mask), .channels = g->shape[1], .height = g->shape[2],
               .width = g->shape[3], .top = WINDOW - 1 - top, .left = WINDOW - 1 - left},
        .outputs = gx->shape[1], .out_height = gx->shape[2], .out_width = gx->shape[3], .y = floats(gx),
    };
    return convolve_all(&c, g->shape[0], floats(w), 1);
}

/* --- the weight gradient ------------------------------------------------------------------------------------------ */

/* Write Z of one line to z[k·apart + t·wide + o]: (channels, TILE rows, width) → rows (TILE, across·TILE, wide) →
   (POSITIONS, across, wide). Returns whether there is an outlier in the line. */
static int gradient_tiles(const picture *p, idx across, idx down, idx line, float *rows, float *z, idx apart) {
    idx image = line / down, first = line % down * TILE, size = across * TILE * p->wide, step = p->height * p->width;
    idx peaks_step = peaks_apart(across);
    int32_t *peaks = (int32_t *)(rows + TILE * size);
    const float *g = p->x + image * p->channels * step, *mask = moved(p->relu_mask, g - p->x);
    for (idx i = 0; i < TILE; i++) {
        float *to = rows + i * size;
        if (first + i >= p->height) {
            clear(to, size);
            memset(peaks + i * peaks_step, 0, (size_t)peaks_step * sizeof *peaks);
            continue;
        }
        row_to_channels(g + (first + i) * p->width, moved(mask, (first + i) * p->width), step, p->channels, p->width,
                        to, p->wide, peaks + i * peaks_step);
        clear(to + p->width * p->wide, size - p->width * p->wide);
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
                for (int j = 0; j < REACH; j++) store(z + (i * REACH + j) * apart + t * p->wide + o, out[j]);
            }
        }
    return has_outlier(peaks, peaks_step, TILE, p->width);
}

/* Leave one line, whose V and Z these are, out of the products: `add_odd_lines` adds it later. */
static void leave_out(const winograd *w, idx line, float *v, idx v_apart, float *z, idx z_apart) {
    w->odd[line] = 1;
    for (idx k = 0; k < POSITIONS; k++) {
        clear(v + k * v_apart, w->across * w->in.wide);
        clear(z + k * z_apart, w->across * w->wide);
    }
}

/* Task: add to gw of output channel `o` the sum that defines it over the lines that were left out. */
static void add_odd_lines(void *context, idx o) {
    const winograd *w = context;
    const picture *p = &w->in, *q = &w->g;
    idx step = p->height * p->width;
    for (idx line = 0; line < w->lines; line++) {
        if (!w->odd[line]) continue;
        idx image = line / w->down, row = line % w->down * TILE, last = min_idx(row + TILE, q->height);
        for (idx c = 0; c < p->channels; c++)
            for (idx k = 0; k < TAPS; k++) {
                vec sum = {0};
                for (idx i = row; i < last; i++)
                    for (idx j = 0; j < q->width; j += LANES) {
                        idx from = i + k / WINDOW - p->top, column = j + k % WINDOW - p->left;
                        idx n = min_idx(LANES, q->width - j);
                        int inside = from >= 0 && from < p->height;
                        const float *g = q->x + ((image * q->channels + o) * q->height + i) * q->width + j;
                        const float *x = p->x + (image * p->channels + c) * step + from * p->width + column;
                        vec seen = inside ? load_between(x, -column, min_idx(p->width - column, n)) : (vec){0};
                        sum += masked_between(g, moved(q->relu_mask, g - q->x), 0, n) * seen;
                    }
                w->y[(o * p->channels + c) * TAPS + k] += sum_of(sum);
            }
    }
}

/* Add all lines that were left out. */
static int add_left_out(winograd *w) {
    idx odd = 0;
    for (idx line = 0; line < w->lines; line++) odd += w->odd[line];
    double work = (double)odd * TILE * w->out_width * w->outputs * w->in.channels * TAPS;
    return odd ? parallel(add_odd_lines, w, w->outputs, work) : DONE;
}

/* Task: the sums gU (POSITIONS, C, wide) over one part of the lines, `at_once` of them in a round. */
static void add_up_tiles(void *context, idx part) {
    const winograd *w = context;
    idx begin = block_begin(part, w->parts, w->lines), end = block_begin(part + 1, w->parts, w->lines);
    idx most = w->at_once * w->across;
    float *rows = scratch(SCRATCH_PLANES, input_room(w->across, w->in.wide));
    float *lines = scratch(SCRATCH_GRADIENT, gradient_room(w->across, w->wide));
    idx in_room = POSITIONS * positions_apart(most, w->in.wide), out_room = POSITIONS * positions_apart(most, w->wide);
    float *v = scratch(SCRATCH_TILE, in_room + out_room), *z = v + in_room;
    if (!rows || !lines || !v) return;
    float *sums = w->sums + part * POSITIONS * w->in.channels * w->wide;
    clear(sums, POSITIONS * w->in.channels * w->wide);
    for (idx from = begin; from < end; from += w->at_once) {
        idx count = min_idx(w->at_once, end - from), tiles = count * w->across;
        idx v_apart = positions_apart(tiles, w->in.wide), z_apart = positions_apart(tiles, w->wide);
        for (idx i = 0; i < count; i++) {
            float *v_line = v + i * w->across * w->in.wide, *z_line = z + i * w->across * w->wide;
            int fresh = i == 0 || (from + i) % w->down == 0;
            int odd = input_tiles(&w->in, w->across, w->down, from + i, fresh, rows, v_line, v_apart);
            odd |= gradient_tiles(&w->g, w->across, w->down, from + i, lines, z_line, z_apart);
            if (odd) leave_out(w, from + i, v_line, v_apart, z_line, z_apart);
        }
        for (idx k = 0; k < POSITIONS; k++) { /* gU[k] (C, wide) += V[k] (tiles, C)ᵀ · Z[k] (tiles, wide) */
            factors f = {v + k * v_apart, w->in.wide, 1};
            taps_matrix(w->in.channels, w->wide / LANES, f, z + k * z_apart, w->at, tiles, FROM_OUT,
                        sums + k * w->in.channels * w->wide, w->wide);
        }
    }
}

/* gw = Gᵀ gU G of one input channel and LANES output channels, of which `count` exist: (parts, POSITIONS, LANES), the
   parts `part_step` and the positions `apart` floats apart, → (count, TAPS), the windows `step` floats apart; added to
   `to` if `onto`. */
INLINE void weights_back(const float *sums, idx apart, idx parts, idx part_step, float *to, idx step, idx count,
                         int onto) {
    vec half[WINDOW][REACH], w[TAPS];
    for (int j = 0; j < REACH; j++) {
        vec column[REACH], out[WINDOW];
        for (int i = 0; i < REACH; i++) {
            const float *sum = sums + (i * REACH + j) * apart;
            column[i] = load(sum);
            for (idx part = 1; part < parts; part++) column[i] += load(sum + part * part_step);
        }
        transform_weight_back(column, out);
        for (int i = 0; i < WINDOW; i++) half[i][j] = out[i];
    }
    for (int i = 0; i < WINDOW; i++) transform_weight_back(half[i], w + WINDOW * i);
    lanes_to_windows(w, to, step, count, onto);
}

/* Task: gw of one input channel, from the sums of all parts. */
static void gather_weights(void *context, idx c) {
    const winograd *w = context;
    idx C = w->in.channels, size = POSITIONS * C * w->wide;
    for (idx o = 0; o < w->wide; o += LANES)
        weights_back(w->sums + c * w->wide + o, C * w->wide, w->parts, size, w->y + (o * C + c) * TAPS, C * TAPS,
                     w->outputs - o, 0);
}

/* --- the weight gradient by blocks of input channels and bands of output channels --------------------------------- */

/* Task: V and Z of one line. */
static void fill_v_z(void *context, idx i) {
    const winograd *w = context;
    float *lines = scratch(SCRATCH_GRADIENT, gradient_room(w->across, w->wide));
    float *v = w->v + i * w->across * w->in.wide, *z = w->z + i * w->across * w->wide;
    if (!lines) return;
    fill_v(context, i);
    if (gradient_tiles(&w->g, w->across, w->down, w->first + i, lines, z, w->z_apart) | w->odd[w->first + i])
        leave_out(w, w->first + i, v, w->v_apart, z, w->z_apart);
}

/* Task: gw of one block of input channels and one band of output channels, from `count` lines. */
static void add_up_block(void *context, idx i) {
    const winograd *w = context;
    idx block = i / w->bands, band = i % w->bands, C = w->in.channels;
    idx c = block_begin(block, w->blocks, C), depth = block_begin(block + 1, w->blocks, C) - c;
    idx o = band_begin(band, w->bands, w->outputs), wide = round_up(band_begin(band + 1, w->bands, w->outputs) - o);
    idx apart = positions_apart(depth, wide);
    float *sums = scratch(SCRATCH_TILE, POSITIONS * apart);
    if (!sums) return;
    for (idx k = 0; k < POSITIONS; k++) { /* gU[k] (depth, wide) = V[k] (tiles, depth)ᵀ · Z[k] (tiles, wide) */
        factors f = {w->v + k * w->v_apart + c, w->in.wide, 1};
        taps_matrix(depth, wide / LANES, f, w->z + k * w->z_apart + o, w->at, w->count * w->across, FROM_ZERO,
                    sums + k * apart, wide);
    }
    for (idx at = 0; at < wide; at += LANES)
        for (idx j = 0; j < depth; j++)
            weights_back(sums + j * wide + at, apart, 1, 0, w->y + ((o + at) * C + c + j) * TAPS, C * TAPS,
                         w->outputs - o - at, w->first > 0);
}

/* Compute a weight gradient by blocks and bands, from a group of lines at a time. */
static int add_up_blocks(winograd *w) {
    idx C = w->in.channels, O = w->outputs, most = group_of(w), tiles = most * w->across;
    w->in.wide = odd_wide(C), w->g.wide = w->wide = odd_wide(O);
    idx v_size = POSITIONS * positions_apart(tiles, w->in.wide), z_size = POSITIONS * positions_apart(tiles, w->wide);
    float *memory = shared(v_size + z_size + tiles + ceil_div(w->lines, 4));
    int answer = DONE;
    if (!memory) return NO_MEMORY;
    w->v = memory, w->z = memory + v_size, w->at = (int32_t *)(memory + v_size + z_size);
    w->odd = (uint8_t *)(w->at + tiles);
    for (idx t = 0; t < tiles; t++) w->at[t] = (int32_t)(t * w->wide);
    w->bands = ceil_div(O, BAND), w->blocks = ceil_div(C, BLOCK);
    for (w->first = 0; answer == DONE && w->first < w->lines; w->first += w->count) {
        w->count = min_idx(most, w->lines - w->first), tiles = w->count * w->across;
        w->v_apart = positions_apart(tiles, w->in.wide), w->z_apart = positions_apart(tiles, w->wide);
        double work = (double)tiles * POSITIONS;
        answer = parallel(fill_v_z, w, w->count, work * (C + O) * TRANSFORM_WORK);
        if (answer == DONE) answer = parallel(add_up_block, w, w->blocks * w->bands, work * C * O);
    }
    if (answer == DONE) answer = add_left_out(w);
    release(memory);
    return answer;
}

/* As `conv2d_weight` of conv.c. */
EXPORT int winograd_conv2d_weight(const array *x, const array *g, const array *relu_mask, const array *gw, int top,
                                  int left) {
    idx N = x->shape[0], C = x->shape[1], O = g->shape[1], OH = g->shape[2], OW = g->shape[3];
    winograd w = {
        .in = {.x = floats(x), .channels = C, .wide = round_up(C), .height = x->shape[2], .width = x->shape[3],
               .top = top, .left = left},
        .g = {.x = floats(g), .relu_mask = floats(relu_mask), .channels = O, .wide = round_up(O),
              .height = OH, .width = OW},
        .across = ceil_div(OW, TILE), .down = ceil_div(OH, TILE),
        .outputs = O, .wide = round_up(O), .out_width = OW, .y = floats(gw),
    };
    w.lines = N * w.down;
    if (by_bands(&w, C, O)) return add_up_blocks(&w);
    idx line = POSITIONS * w.across * (w.in.wide + w.wide);
    w.parts = min_idx(POSITIONS * C * w.wide <= PART_FLOATS ? PARTS : FEW_PARTS, w.lines);
    w.at_once = max_idx(min_idx(ROOM / line, ceil_div(w.lines, w.parts)), 1);
    w.at_once = fill_up(&w, LEAST_SUMMED, w.parts);
    float *sums = shared(w.parts * POSITIONS * C * w.wide + w.at_once * w.across + ceil_div(w.lines, 4));
    if (!sums) return NO_MEMORY;
    int32_t *at = (int32_t *)(sums + w.parts * POSITIONS * C * w.wide);
    for (idx t = 0; t < w.at_once * w.across; t++) at[t] = (int32_t)(t * w.wide);
    w.sums = sums, w.at = at, w.odd = memset(at + w.at_once * w.across, 0, (size_t)w.lines);
    int answer = parallel(add_up_tiles, &w, w.parts, (double)w.lines * line * TRANSFORM_WORK);
    if (answer == DONE) answer = parallel(gather_weights, &w, C, (double)C * w.wide * POSITIONS * PARTS);
    if (answer == DONE) answer = add_left_out(&w);
    release(sums);
    return answer;
}
