/* Direct convolution and its two gradients, for every stride, dilation, padding and number of groups.

   The output, and with strides each phase of the input gradient, is computed tile by tile from planes of padded rows
   (planes.h) by `taps_tile`, and the weight gradient by `dots_tile`, without a column matrix. Only the gradient of very
   many weights makes columns, a few images at a time, because each column then serves many outputs.

   Shapes: x (N, C, H, W), w (O, C/groups, KH, KW), y and g (N, O, OH, OW). The caller has checked them, and that no
   number of the geometry exceeds a padded plane. */
#include "matmul.h"
#include "planes.h"
#include <stdlib.h>

/* Limits for a first-level cache of 48 kB and a second-level cache of 1 MB; `python -m benchmarks.convolutions` measures
   their effect. */
enum {
    PLANE_FLOATS = 96 * 1024,  /* 384 kB: the planes of one task stay in the second-level cache */
    TOGETHER = 12 * 1024,      /* 48 kB: the planes of several small images stay in the first-level cache */
    NEAR_FLOATS = 8 * 1024,    /* 32 kB: so do the planes of one group, with room for weights and results */
    WEIGHT_FLOATS = 64 * 1024, /* 256 kB: more weights do not stay in the second-level cache with the planes */
    TILES_AT_ONCE = 16,        /* that use a block of so many weights before the next block is read */
    TASKS = 8,                 /* enough to share, on any number of threads */
    SQUEEZE = 20,              /* products that take as long as squeezing the gaps out of a vector of results */
    COPY = 10,                 /* products that take as long as copying a vector to a plane */
};

/* One stride-1 convolution of planes: the whole output of `conv2d`, or one phase of the input gradient. */
typedef struct {
    idx taps;             /* of each group */
    int32_t *at;          /* where each tap begins in the planes of its group */
    const float *weights; /* packed (blocks of m outputs, taps, m) */
    int as_given;         /* or not packed: (outputs, taps) */
    idx rows, columns;    /* of the outputs that this phase computes */
    float *y;             /* their first */
} phase;

typedef struct {
    planes source;
    const float *x, *relu_mask;
    idx images, image_in, image_out;      /* images, and their distances in x and in the output */
    idx together;                         /* images laid out before any is computed: loads need not wait for stores */
    idx groups, outputs;                  /* outputs: channels of one group */
    idx channel_out, row_out, column_out; /* distances in the output */
    const float *bias;                    /* or NULL */
    int relu;
    idx phase_count, chunk, chunks; /* output rows computed from one filling of the planes, and how many fillings */
    idx bands;                      /* parts of the output channels, each with planes of its own */
    phase *phases;
} convolution;

/* Copy `count` results from a tile, which has whole vectors, to an output row whose elements are `step` apart. */
INLINE void copy_row(float *to, idx step, const float *from, idx count, const int relu) {
    vec zero = {0};
    idx i = 0;
    if (step == 1) {
        for (; i + LANES <= count; i += LANES) store(to + i, relu ? larger(zero, load(from + i)) : load(from + i));
        if (i < count) store_first(to + i, relu ? larger(zero, load(from + i)) : load(from + i), count - i);
    } else if (step == 2 && !relu)
        for (; i < count; i += LANES) store_apart(to + 2 * i, load(from + i), min_idx(count - i, LANES));
    else
        for (; i < count; i++) to[i * step] = relu && from[i] <= 0 ? 0 : from[i];
}

/* Write outputs q…q+width−1 of `rows` channels, numbered along the rows of the planes, and leave out what lies between
   the rows: tile (rows, width) → y (rows, …, columns). */
INLINE void write_tile_of(const convolution *c, const phase *f, const float *tile, int rows, idx width, idx q,
                          idx last_row, idx pitch, float *y, const int relu) {
    idx row = q / pitch, column = q - row * pitch, wide = min_idx(pitch, f->columns);
    for (idx done = 0; done < width && row < last_row; done += pitch - column, column = 0, row++) {
        idx count = min_idx(wide - column, width - done);
        if (count <= 0) continue;
        float *to = y + row * c->row_out + column * c->column_out;
        if (count == LANES && c->column_out == 1)
            for (int m = 0; m < rows; m++) copy_row(to + m * c->channel_out, 1, tile + m * width + done, LANES, relu);
        else if (count < LANES && c->column_out == 1)
            for (int m = 0; m < rows; m++) {
                vec v = load(tile + m * width + done);
                store_first(to + m * c->channel_out, relu ? larger((vec){0}, v) : v, count);
            }
        else
            for (int m = 0; m < rows; m++)
                copy_row(to + m * c->channel_out, c->column_out, tile + m * width + done, count, relu);
    }
}

#if defined(__AVX512F__)
/* The same if the rows of the output follow one another without a gap: what lies between the rows is squeezed out of
   each vector. This is faster for rows of a dozen outputs, which would otherwise be copied one by one. */
INLINE void squeeze_tile(const convolution *c, const phase *f, const float *tile, int rows, idx width, idx q,
                         idx last_row, idx pitch, float *y, const int relu) {
    idx row = q / pitch, column = q - row * pitch;
    for (idx done = 0; done < width && row < last_row; done += LANES) {
        float *to = y + row * f->columns + min_idx(column, f->columns);
        __mmask16 kept = 0;
        idx count = 0;
        for (idx lane = 0; lane < LANES && row < last_row;) {
            idx run = min_idx(pitch - column, LANES - lane), valid = max_idx(min_idx(f->columns - column, run), 0);
            kept |= (__mmask16)(((1u << valid) - 1) << lane);
            count += valid, lane += run, column += run;
            if (column == pitch) column = 0, row++;
        }
        for (int m = 0; m < rows; m++) {
            vec v = (vec)_mm512_maskz_compress_ps(kept, (__m512)load(tile + m * width + done));
            store_first(to + m * c->channel_out, relu ? larger((vec){0}, v) : v, count);
        }
    }
}
#endif

/* Write a tile in the faster of these ways. */
static void write_tile(const convolution *c, const phase *f, const float *tile, int rows, idx width, idx q,
                       idx last_row, idx pitch, float *y) {
#if defined(__AVX512F__)
    if (c->column_out == 1 && c->row_out == f->columns && pitch < 2 * width && pitch >= f->columns) {
        if (c->relu) squeeze_tile(c, f, tile, rows, width, q, last_row, pitch, y, 1);
        else squeeze_tile(c, f, tile, rows, width, q, last_row, pitch, y, 0);
        return;
    }
#endif
    if (c->relu) write_tile_of(c, f, tile, rows, width, q, last_row, pitch, y, 1);
    else write_tile_of(c, f, tile, rows, width, q, last_row, pitch, y, 0);
}

/* The weights of outputs o…o+m−1 of group g. */
INLINE factors factors_of(const convolution *c, const phase *f, idx g, idx o, int m) {
    const float *w = f->weights + (g * c->outputs + o) * f->taps;
    return f->as_given ? (factors){w, 1, f->taps} : (factors){w, m, 1};
}

/* Return whether `rows` rows of outputs can be computed in whole vectors, with nothing thrown away: if the rows are
   whole vectors, or follow one another without a gap both in the planes and in the output. */
INLINE int in_whole_vectors(const convolution *c, const phase *f, idx rows) {
    if (c->column_out != 1) return 0;
    int gapless = c->source.pitch == f->columns && c->row_out == f->columns;
    return f->columns % LANES == 0 || (gapless && rows * f->columns >= LANES);
}

/* Compute such rows, of blocks first_block…last_block−1 of the outputs: planes (groups, group_size) and weights
   (groups, outputs, taps) → y (groups, outputs, rows, columns). */
static void convolve_rows(const convolution *c, const phase *f, const float *filled, idx group_size, idx rows, float *y,
                          idx first_block, idx last_block) {
    int whole = f->columns % LANES != 0; /* the rows follow one another as one */
    idx columns = whole ? rows * f->columns : f->columns;
    idx across = ceil_div(columns, LANES), total = whole ? across : rows * across, blocks = row_blocks(c->outputs);
    idx wide = tile_vectors((int)(c->outputs / blocks)), at_once = group_size <= NEAR_FLOATS ? total : wide;
    if (f->taps * c->outputs > WEIGHT_FLOATS) at_once = wide * TILES_AT_ONCE;
    for (idx g = 0; g < c->groups; g++)
        for (idx first = 0; first < total; first += at_once)
            for (idx block = first_block; block < last_block; block++) {
                idx o = block_begin(block, blocks, c->outputs), end = min_idx(total, first + at_once);
                int m = (int)(block_begin(block + 1, blocks, c->outputs) - o);
                float *to = y + (g * c->outputs + o) * c->channel_out;
                idx most = tile_vectors(m), row = first / across, column = first - row * across;
                for (idx v = first; v < end;) {
                    idx from_at[MOST_VECTORS], to_at[MOST_VECTORS];
                    int vectors = (int)(end - v >= most ? most : min_idx(end - v, 4)); /* widths of `apart_tile` */
                    if (most == 3 && end - v == 4) vectors = 2; /* twice: a single vector has too few sums */
                    for (int i = 0; i < vectors; i++) {
                        idx j = min_idx(column * LANES, columns - LANES); /* the last may overlap the one before */
                        from_at[i] = row * c->source.pitch + j;
                        to_at[i] = row * c->row_out + j;
                        if (++column == across) column = 0, row++;
                    }
                    apart_tile(m, vectors, factors_of(c, f, g, o, m), filled + g * group_size, from_at, f->at, f->taps,
                               moved(c->bias, g * c->outputs + o), to, to_at, c->channel_out, c->relu);
                    v += vectors;
                }
            }
}

/* Compute a band of the output channels of one image, from output row `first` on, from its planes: (groups, group_size)
   → (groups, outputs, chunk, columns) for each phase. */
static void convolve_filled(const convolution *c, idx image, idx first, idx band, const float *filled) {
    float tile[MOST_ROWS * MOST_VECTORS * LANES + LANES]; /* one vector more may be read */
    idx pitch = c->source.pitch, group_size = planes_size(&c->source) / c->groups;
    for (idx n = 0; n < c->phase_count; n++) {
        const phase *f = &c->phases[n];
        idx rows = min_idx(f->rows - first, c->chunk);
        if (rows <= 0 || f->columns <= 0) continue;
        idx length = (rows - 1) * pitch + f->columns;
        float *y = f->y + image * c->image_out + first * c->row_out;
        idx blocks = row_blocks(c->outputs);
        idx first_block = block_begin(band, c->bands, blocks), last_block = block_begin(band + 1, c->bands, blocks);
        if (in_whole_vectors(c, f, rows)) {
            convolve_rows(c, f, filled, group_size, rows, y, first_block, last_block);
            continue;
        }
        idx wide = tile_vectors((int)(c->outputs / blocks)) * LANES;
        if (f->taps * c->outputs > WEIGHT_FLOATS) wide *= TILES_AT_ONCE; /* a block's weights then stay in the cache */
        for (idx g = 0; g < c->groups; g++)
            for (idx q0 = 0; q0 < length; q0 += wide)
                for (idx block = first_block; block < last_block; block++) {
                    idx o = block_begin(block, blocks, c->outputs), end = min_idx(length, q0 + wide), width;
                    int m = (int)(block_begin(block + 1, blocks, c->outputs) - o);
                    const float *bias = moved(c->bias, g * c->outputs + o);
                    for (idx q = q0; q < end; q += width) {
                        idx vectors = min_idx(tile_vectors(m), ceil_div(end - q, LANES));
                        width = vectors * LANES;
                        taps_tile(m, vectors, factors_of(c, f, g, o, m), filled + g * group_size + q, f->at, f->taps,
                                  bias, tile, width);
                        write_tile(c, f, tile, m, width, q, rows, pitch, y + (g * c->outputs + o) * c->channel_out);
                    }
                }
    }
}

/* Task: one band of the output channels of one chunk of rows of `together` images: their planes, then their outputs. */
static void convolve(void *context, idx i) {
    const convolution *c = context;
    idx begin = i / (c->chunks * c->bands) * c->together, end = min_idx(begin + c->together, c->images);
    idx first = i / c->bands % c->chunks * c->chunk, size = planes_size(&c->source);
    float *filled = scratch(SCRATCH_PLANES, c->together * size + c->source.pitch + SLACK);
    if (!filled) return;
    for (idx n = begin; n < end; n++)
        fill_planes(&c->source, c->x + n * c->image_in, moved(c->relu_mask, n * c->image_in),
                    c->source.height * c->source.width, first, filled + (n - begin) * size);
    for (idx n = begin; n < end; n++) convolve_filled(c, n, first, i % c->bands, filled + (n - begin) * size);
}

/* Return whether planes are small enough, 8 GB, for the 32-bit offsets of taps. */
INLINE int taps_in_reach(const planes *p) { return planes_size(p) <= INT32_MAX; }

/* Lay out the columns of planes for windows of KH × KW taps at rows × columns positions. There is a plane for each kw
   if KW copies take less time than they save in the computation of `outputs` channels. */
static void plan_columns(planes *p, idx rows, idx reach, idx columns, idx KH, idx KW, idx dw, idx outputs) {
    idx need = columns + (KW - 1) * dw / p->stride_w;
    p->across = p->stride_w, p->apart = 1;
    p->pitch = p->stride_w == 1 ? pitch_of(need, columns, p->left, p->width) : need;
    if (p->pitch == columns) return; /* no result is thrown away anyway */
    /* Vectors of results with gaps and without, rows to copy, and products by which gapless results take less time. */
    idx vectors = ceil_div((rows - 1) * p->pitch + columns, LANES), least = ceil_div(rows * columns, LANES);
    idx lines = p->channels * p->stride_h * KW * (rows + reach), taps = p->channels * KH * KW;
    idx saved = outputs * (vectors * (taps + SQUEEZE) - least * taps);
    if (lines * columns <= NEAR_FLOATS && saved > lines * ceil_div(columns, LANES) * COPY)
        p->across = KW, p->apart = dw, p->pitch = columns;
}

/* Write the offsets at which taps begin in the planes of one group: at (channels, KH, KW). It takes few divisions, for
   a small convolution takes no longer than a hundred of them. */
static void find_taps(const planes *p, idx channels, idx KH, idx KW, idx dh, idx dw, int32_t *at) {
    for (idx kh = 0; kh < KH; kh++) at[kh * KW] = (int32_t)row_at(p, kh * dh);
    for (idx kw = 1; kw < KW; kw++)
        for (idx kh = 0, column = column_at(p, kw * dw); kh < KH; kh++)
            at[kh * KW + kw] = (int32_t)(at[kh * KW] + column);
    for (idx k = KH * KW, step = channel_at(p, 1); k < channels * KH * KW; k++)
        at[k] = (int32_t)(at[k - KH * KW] + step);
}

/* Choose how many output rows to compute from one filling of the planes, so that there are at least `least` chunks.
   Windows reach `reach` rows of a plane beyond their first. */
static void plan_rows(planes *p, idx least, idx rows, idx reach, idx *chunk, idx *chunks) {
    idx row_floats = p->channels * p->stride_h * p->across * p->pitch;
    idx parts = max_idx(ceil_div(rows * row_floats, PLANE_FLOATS), least);
    *chunk = max_idx(ceil_div(rows, max_idx(min_idx(parts, rows), 1)), 1);
    *chunks = ceil_div(rows, *chunk);
    p->rows = *chunk + reach;
}

/* Divide a convolution into enough tasks to share. Few images are divided by output channels if the weights are more
   than an image, so that no weight is read twice, and else by rows. */
static void plan(convolution *c, idx rows, idx reach, idx weights, double work) {
    idx wanted = ceil_div(TASKS, c->images), blocks = row_blocks(c->outputs);
    int by_channels = blocks >= TASKS && weights > c->source.channels * c->source.height * c->source.width;
    plan_rows(&c->source, by_channels ? 1 : wanted, rows, reach, &c->chunk, &c->chunks);
    c->bands = by_channels ? min_idx(ceil_div(wanted, c->chunks), blocks) : 1;
    idx most = work < LEAST_WORK ? c->images : c->chunks * c->bands == 1 ? c->images / TASKS : 1;
    c->together = max_idx(min_idx(most, TOGETHER / planes_size(&c->source)), 1);
}

/* Weights to be packed in the order in which tiles read them. Output o of group g begins at w + g·group + o·output, and
   its factor k is tap[k] floats further, or k if `tap` is NULL. */
typedef struct {
    float *to;
    const float *w;
    idx groups, outputs, count; /* count: of each output's factors */
    idx group, output;          /* distances */
    const idx *tap;
} packing;

/* Task: pack one block of m outputs of one group, (m, count) → (count, m). */
static void pack_block(void *context, idx i) {
    const packing *p = context;
    idx blocks = row_blocks(p->outputs), g = i / blocks, block = i % blocks;
    idx o = block_begin(block, blocks, p->outputs), end = block_begin(block + 1, blocks, p->outputs);
    float *to = p->to + (g * p->outputs + o) * p->count;
    const float *w = p->w + g * p->group;
    for (idx k = 0; k < p->count; k++)
        for (idx row = o; row < end; row++) *to++ = w[row * p->output + (p->tap ? p->tap[k] : k)];
}

/* Pack all weights: (groups, outputs, count) → (groups, blocks, count, m). */
static void pack(packing p) {
    parallel(pack_block, &p, p.groups * row_blocks(p.outputs), (double)p.groups * p.outputs * p.count);
}

/* y[n][o][i][j] = b[o] + Σ w[o][c][kh][kw] · x[n][c][i·SH + kh·DH − top][j·SW + kw·DW − left], at least 0 if `relu`;
   the sum is over the channels of o's group, kh and kw. b (O,) may be None. */
EXPORT int conv2d(const array *x, const array *w, const array *b, const array *y, int sh, int sw, int top, int left,
                  int dh, int dw, int groups, int relu) {
    if (!READY(x, w, b, y) || !has_first(b, w->shape[0]) || w->shape[1] * groups != x->shape[1]) return DECLINED;
    idx N = x->shape[0], C = x->shape[1], H = x->shape[2], W = x->shape[3];
    idx O = w->shape[0], CG = w->shape[1], KH = w->shape[2], KW = w->shape[3], OH = y->shape[2], OW = y->shape[3];
    idx K = CG * KH * KW;
    double work = (double)N * O * OH * OW * K;
    int as_given = O * K > WEIGHT_FLOATS; /* packing so many weights takes longer than it saves */
    float *weights = shared(as_given ? 0 : O * K);
    int32_t *at = malloc((size_t)K * sizeof *at);
    int answer = NO_MEMORY;
    if (weights && at) {
        phase only = {K, at, as_given ? floats(w) : weights, as_given, OH, OW, floats(y)};
        convolution c = {
            .source = {C, H, W, sh, sw, top, left},
            .x = floats(x), .images = N, .image_in = C * H * W, .image_out = O * OH * OW,
            .groups = groups, .outputs = O / groups,
            .channel_out = OH * OW, .row_out = OW, .column_out = 1,
            .bias = floats(b), .relu = relu, .phase_count = 1, .phases = &only,
        };
        idx reach = (KH - 1) * dh / sh;
        plan_columns(&c.source, OH, reach, OW, KH, KW, dw, OW % LANES ? c.outputs : 0);
        plan(&c, OH, reach, O * K, work);
        find_taps(&c.source, CG, KH, KW, dh, dw, at);
        if (!as_given) pack((packing){weights, floats(w), groups, c.outputs, K, c.outputs * K, K, 0});
        answer = taps_in_reach(&c.source) ? parallel(convolve, &c, ceil_div(N, c.together) * c.chunks * c.bands, work)
                                          : DECLINED;
    }
    free(at), release(weights);
    return answer;
}

/* On one axis of the input gradient, return whether input positions a + S·i, for all i, are reached by tap k; it is
   then the tap of the window at output position i + `shift`. */
INLINE int shift_of(idx a, idx k, idx stride, idx before, idx dilation, idx *shift) {
    idx distance = a + before - k * dilation;
    *shift = distance >= 0 ? distance / stride : -(-distance / stride);
    return distance % stride == 0;
}

/* The least and the most of these shifts over positions a = 0…positions−1 and taps k = 0…K−1; 0 if there is none. */
static void shift_range(idx positions, idx K, idx stride, idx before, idx dilation, idx *least, idx *most) {
    *least = PTRDIFF_MAX, *most = PTRDIFF_MIN;
    for (idx a = 0; a < positions; a++)
        for (idx k = 0, shift; k < K; k++)
            if (shift_of(a, k, stride, before, dilation, &shift))
                *least = min_idx(*least, shift), *most = max_idx(*most, shift);
    if (*least > *most) *least = *most = 0;
}

/* gx[n][c] = Σ w[o][c][kh][kw] · g[n][o][…]: the transpose of `conv2d` with these arguments. With strides, every SH-th
   row and SW-th column of gx, a phase, is a stride-1 convolution of g with some of the taps. With `relu_mask`, the
   output of a ReLU after the convolution, g is the gradient of that output. */
EXPORT int conv2d_input(const array *g, const array *relu_mask, const array *w, const array *gx, int sh, int sw,
                        int top, int left, int dh, int dw, int groups) {
    idx N = g->shape[0], O = g->shape[1], OH = g->shape[2], OW = g->shape[3];
    idx CG = w->shape[1], KH = w->shape[2], KW = w->shape[3], C = gx->shape[1], H = gx->shape[2], W = gx->shape[3];
    idx OG = O / groups, K = OG * KH * KW, h0, h1, w0, w1;
    idx steps_h = min_idx(sh, H), steps_w = min_idx(sw, W);
    shift_range(steps_h, KH, sh, top, dh, &h0, &h1);
    shift_range(steps_w, KW, sw, left, dw, &w0, &w1);
    idx room = C * OG * KH * KW; /* at most: each tap belongs to at most one phase */
    double work = (double)N * O * OH * OW * CG * KH * KW;
    float *weights = shared(room);
    int32_t *at = malloc((size_t)K * sizeof *at);
    idx *tap = malloc((size_t)K * sizeof *tap);
    phase *phases = malloc((size_t)(steps_h * steps_w) * sizeof *phases);
    int answer = NO_MEMORY;
    if (weights && at && tap && phases) {
        convolution c = {
            .source = {O, OH, OW, 1, 1, -h0, -w0},
            .x = floats(g), .relu_mask = floats(relu_mask),
            .images = N, .image_in = O * OH * OW, .image_out = C * H * W,
            .groups = groups, .outputs = CG,
            .channel_out = H * W, .row_out = sh * W, .column_out = sw,
            .phase_count = steps_h * steps_w, .phases = phases,
        };
        if (sw == 1) plan_columns(&c.source, ceil_div(H, sh), h1 - h0, W, KH, KW, dw, sh == 1 && W % LANES ? CG : 0);
        else plan_columns(&c.source, ceil_div(H, sh), h1 - h0, ceil_div(W, sw), KH, w1 - w0 + 1, 1, 0);
        plan(&c, ceil_div(H, sh), h1 - h0, C * K, work);
        float *next_weights = weights;
        int32_t *next_at = at;
        for (idx a = 0; a < steps_h; a++)
            for (idx b = 0; b < steps_w; b++) {
                idx count = 0, dy, dx;
                for (idx o = 0; o < OG; o++)
                    for (idx kh = 0; kh < KH; kh++)
                        for (idx kw = 0; kw < KW; kw++)
                            if (shift_of(a, kh, sh, top, dh, &dy) && shift_of(b, kw, sw, left, dw, &dx)) {
                                next_at[count] = (int32_t)(channel_at(&c.source, o) + row_at(&c.source, dy - h0) +
                                                           column_at(&c.source, dx - w0));
                                tap[count++] = (o * CG * KH + kh) * KW + kw;
                            }
                phases[a * steps_w + b] = (phase){count, next_at, next_weights, 0, ceil_div(H - a, sh),
                                                  ceil_div(W - b, sw), floats(gx) + a * W + b};
                pack((packing){next_weights, floats(w), groups, CG, count, OG * CG * KH * KW, KH * KW, tap});
                next_weights += C * count;
                next_at += count;
            }
        answer = taps_in_reach(&c.source) ? parallel(convolve, &c, ceil_div(N, c.together) * c.chunks * c.bands, work)
                                          : DECLINED;
    }
    free(phases), free(tap), free(at), release(weights);
    return answer;
}

/* --- the gradient with respect to the weights --------------------------------------------------------------------- */

enum {
    SUMS = 8,                 /* partial sums at most, on any number of threads, so that results are the same on all */
    SUM_FLOATS = 32 * 1024,   /* 128 kB: of more weights there are no partial sums */
    PART_WORK = 400000,       /* products that are worth a partial sum of their own */
    LONG_ROW = 1024,          /* output positions that are worth the set-up of a tile's sums */
    COLUMN_FLOATS = 4 << 20,  /* 16 MB: of columns made at once */
    VECTOR_SUMS = 8 * 1024,   /* so many weights at most keep a vector of sums each until all images are added */
};

typedef struct {
    planes source, g_planes; /* of x and of g */
    const float *x, *g, *relu_mask;
    float *sums; /* (parts, groups, outputs, taps) */
    int32_t *at;
    idx images, groups, outputs, taps;
    idx chunk, chunks, items; /* output rows in one filling of the planes, how many fillings, and images at once */
    int gapless;              /* whether the rows of g are consecutive in the planes, as in g itself */
    idx parts, bands;         /* of the images, each with sums of its own, and of the outputs */
} weight_gradient;

/* out = g where the ReLU with output `mask` lets it through, else 0. */
static void mask_all(const float *g, const float *mask, idx count, float *out) {
    idx i = 0;
    for (; i + LANES <= count; i += LANES) store(out + i, relu_masked(load(g + i), load(mask + i)));
    idx rest = count - i;
    if (i < count) store_first(out + i, relu_masked(load_first(g + i, rest), load_first(mask + i, rest)), rest);
}

/* Task: the sums of one part of the images for one band of the outputs: x (images, C, H, W) and g (images, O, OH, OW) →
   sums (groups, outputs, taps). */
static void add_up(void *context, idx i) {
    const weight_gradient *c = context;
    idx part = i / c->bands, band = i % c->bands;
    idx o0 = block_begin(band, c->bands, c->outputs), o1 = block_begin(band + 1, c->bands, c->outputs);
    idx units = c->images * c->chunks;
    idx begin = block_begin(part, c->parts, units), end = block_begin(part + 1, c->parts, units);
    idx in_size = planes_size(&c->source), out_size = planes_size(&c->g_planes), row = plane_size(&c->g_planes);
    idx behind = c->source.pitch + max_idx(c->source.left, 0);
    float *filled_x = scratch(SCRATCH_PLANES, c->items * in_size + behind + SLACK);
    float *filled_g = scratch(SCRATCH_GRADIENT, c->items * out_size + SLACK);
    if (!filled_x || !filled_g) return;
    idx size = c->groups * c->outputs * c->taps;
    float *sums = c->sums + part * size;
    int keeps = size <= VECTOR_SUMS && end - begin > c->items;
    vec *kept = keeps ? (vec *)scratch(SCRATCH_EXTRA, size * LANES) : 0;
    if (keeps && !kept) return;
    idx in_step = c->source.height * c->source.width, in_image = c->source.channels * in_step;
    idx out_step = c->g_planes.height * c->g_planes.width, out_image = c->g_planes.channels * out_step;
    for (idx unit = begin; unit < end;) {
        idx items = 0, onto = unit > begin;
        const float *g_read = c->gapless && !c->relu_mask ? c->g + unit * out_image : filled_g;
        for (; items < c->items && unit < end; items++, unit++) {
            idx image = unit / c->chunks, first = unit % c->chunks * c->chunk;
            fill_planes(&c->source, c->x + image * in_image, 0, in_step, first, filled_x + items * in_size);
            if (c->gapless && !c->relu_mask) continue; /* g is read where it is */
            const float *g = c->g + image * out_image, *mask = moved(c->relu_mask, image * out_image);
            float *to = filled_g + items * out_size;
            if (c->gapless) mask_all(g, mask, out_image, to);
            else fill_planes(&c->g_planes, g, mask, out_step, first, to);
        }
        /* Taps read beyond the last plane where g is 0 between its rows; 0 · NaN left from an earlier call would be
           NaN. */
        memset(filled_x + items * in_size, 0, (size_t)behind * sizeof(float));
        idx heights = ceil_div(o1 - o0, DOT_ROWS), widths = ceil_div(c->taps, DOT_TAPS);
        for (idx g = 0; g < c->groups; g++)
            for (idx h = 0; h < heights; h++) {
                idx o = o0 + block_begin(h, heights, o1 - o0), next = o0 + block_begin(h + 1, heights, o1 - o0);
                for (idx w = 0; w < widths; w++) {
                    idx k = block_begin(w, widths, c->taps), after = block_begin(w + 1, widths, c->taps);
                    idx first = (g * c->outputs + o) * c->taps + k;
                    vec here[DOT_ROWS * DOT_TAPS];
                    dots_tile((int)(next - o), (int)(after - k), g_read + (g * c->outputs + o) * row, row, out_size,
                              filled_x + g * (in_size / c->groups), in_size, c->at + k, items, row,
                              kept ? kept + first : here, kept ? c->taps : DOT_TAPS, kept && onto);
                    for (idx i = 0; !kept && i < next - o; i++) {
                        float *to = sums + first + i * c->taps, now[DOT_TAPS];
                        sums_of(here + i * DOT_TAPS, after - k, onto ? now : to);
                        for (idx j = 0; onto && j < after - k; j++) to[j] += now[j];
                    }
                }
            }
    }
    if (kept) sums_of(kept, size, sums);
}

/* The same by columns: gw = Gᵀ·X, where X[p][k] is the element of x that tap k meets at position p of a few images, and
   G[p][o] is the gradient there. */
typedef struct {
    planes source, g_planes;
    const float *x, *g, *relu_mask;
    float *columns, *g_columns; /* X (images, OH, OW, taps), G (images, OH, OW, outputs) */
    const int32_t *at;
    idx first, taps, outputs;
} by_columns;

/* Task: X and G of one image: (C, H, W) → (OH, OW, taps), and (O, OH, OW) → (OH, OW, outputs). */
static void make_columns(void *context, idx i) {
    const by_columns *c = context;
    idx in_size = planes_size(&c->source), out_size = planes_size(&c->g_planes), count = plane_size(&c->g_planes);
    float *filled_x = scratch(SCRATCH_PLANES, in_size + c->source.pitch + SLACK);
    float *filled_g = scratch(SCRATCH_GRADIENT, out_size + SLACK);
    if (!filled_x || !filled_g) return;
    idx in_step = c->source.height * c->source.width, out_step = c->g_planes.height * c->g_planes.width;
    idx image = c->first + i, width = c->g_planes.width, rows = c->g_planes.height, pitch = c->g_planes.pitch;
    const float *g = c->g + image * c->outputs * out_step;
    fill_planes(&c->source, c->x + image * c->source.channels * in_step, 0, in_step, 0, filled_x);
    fill_planes(&c->g_planes, g, moved(c->relu_mask, g - c->g), out_step, 0, filled_g);
    float *column = c->columns + i * out_step * c->taps, *g_column = c->g_columns + i * out_step * c->outputs;
    for (idx row = 0; row < rows; row++)
        for (idx j = 0; j < width; j++) {
            const float *window = filled_x + row * pitch + j, *here = filled_g + row * pitch + j;
            for (idx k = 0; k < c->taps; k++) *column++ = window[c->at[k]];
            for (idx o = 0; o < c->outputs; o++) *g_column++ = here[o * count];
        }
}

/* gw (outputs, taps) from columns of `most` images at a time, which are made in `memory`. */
static int add_up_columns(weight_gradient *w, float *gw, float *memory, idx most) {
    idx positions = w->g_planes.height * w->g_planes.width;
    by_columns c = {
        .source = w->source, .g_planes = w->g_planes, .x = w->x, .g = w->g, .relu_mask = w->relu_mask, .at = w->at,
        .columns = memory, .g_columns = memory + most * positions * w->taps, .taps = w->taps, .outputs = w->outputs,
    };
    for (idx n = 0; n < w->images; n += most) {
        idx count = min_idx(most, w->images - n);
        c.first = n;
        if (!parallel(make_columns, &c, count, (double)count * positions * (w->taps + w->outputs))) return NO_MEMORY;
        factors f = {c.g_columns, w->outputs, 1};
        if (!multiply_matrices(f, c.columns, gw, w->outputs, w->taps, count * positions, n > 0)) return NO_MEMORY;
    }
    return DONE;
}

/* Return whether all values are finite. */
static int all_finite(const float *values, idx count) {
    enum { INFINITE = 0x7F800000, SIZE_BITS = 0x7FFFFFFF }; /* the bits of infinity; all bits but the sign */
    ivec most = {0};
    for (idx i = 0; i < count; i += LANES) {
        ivec bits = (ivec)load_first(values + i, min_idx(LANES, count - i)) & SIZE_BITS;
        most = (ivec)choose(bits > most, (vec)bits, (vec)most);
    }
    for (int i = 0; i < LANES; i++)
        if (most[i] >= INFINITE) return 0;
    return 1;
}

/* gw[o][c][kh][kw] = Σ g[n][o][i][j] · x[n][c][i·SH + kh·DH − top][j·SW + kw·DW − left]; `relu_mask` as for
   `conv2d_input`. Declines if a sum is not finite: taps also read x between the rows of g, where g is 0, and 0 · ∞
   would add a NaN. */
EXPORT int conv2d_weight(const array *x, const array *g, const array *relu_mask, const array *gw, int sh, int sw,
                         int top, int left, int dh, int dw, int groups) {
    idx N = x->shape[0], C = x->shape[1], H = x->shape[2], W = x->shape[3];
    idx O = g->shape[1], OH = g->shape[2], OW = g->shape[3];
    idx CG = gw->shape[1], KH = gw->shape[2], KW = gw->shape[3], K = CG * KH * KW, size = O * K;
    idx reach = (KH - 1) * dh / sh;
    weight_gradient c = {
        .source = {C, H, W, sh, sw, top, left}, .g_planes = {O, OH, OW, 1, 1, 0, 0, .across = 1, .apart = 1},
        .x = floats(x), .g = floats(g), .relu_mask = floats(relu_mask),
        .images = N, .groups = groups, .outputs = O / groups, .taps = K,
    };
    plan_columns(&c.source, OH, reach, OW, KH, KW, dw, size > SUM_FLOATS ? 0 : c.outputs);
    plan_rows(&c.source, ceil_div(SUMS, N), OH, reach, &c.chunk, &c.chunks);
    int columns = size > SUM_FLOATS && groups == 1 && COLUMN_FLOATS / (OH * OW * (K + O)) > 0;
    if (columns) c.chunk = OH, c.chunks = 1, c.source.rows = OH + reach;
    c.g_planes.rows = c.chunk, c.g_planes.pitch = c.source.pitch;
    c.gapless = c.source.pitch == OW && c.chunks == 1;
    c.items = max_idx(TOGETHER / (planes_size(&c.source) + planes_size(&c.g_planes)), 1);
    c.items = max_idx(c.items, min_idx(LONG_ROW / plane_size(&c.g_planes), N));
    double work = (double)N * O * OH * OW * K;
    c.parts = size <= SUM_FLOATS ? min_idx(min_idx(SUMS, N * c.chunks), 1 + (idx)(work / PART_WORK)) : 1;
    c.bands = c.parts > 1 || work < PART_WORK ? 1 : min_idx(SUMS, ceil_div(c.outputs, DOT_ROWS));
    idx positions = OH * OW, at_once = min_idx(COLUMN_FLOATS / (positions * (K + O)), N);
    c.sums = columns ? shared(at_once * positions * (K + O)) : c.parts == 1 ? floats(gw) : shared(c.parts * size);
    c.at = malloc((size_t)K * sizeof *c.at);
    int answer = NO_MEMORY;
    if (c.sums && c.at) {
        find_taps(&c.source, CG, KH, KW, dh, dw, c.at);
        if (!taps_in_reach(&c.source)) answer = DECLINED;
        else if (columns) answer = add_up_columns(&c, floats(gw), c.sums, at_once);
        else answer = parallel(add_up, &c, c.parts * c.bands, work);
        if (answer == DONE && c.parts > 1)
            for (idx i = 0; i < size; i++) {
                float total = 0;
                for (idx part = 0; part < c.parts; part++) total += c.sums[part * size + i];
                floats(gw)[i] = total;
            }
    }
    free(c.at);
    if (c.sums != floats(gw)) release(c.sums);
    return answer == DONE && !all_finite(floats(gw), size) ? DECLINED : answer;
}

/* --- the gradient with respect to the bias ------------------------------------------------------------------------ */

typedef struct {
    const float *g, *relu_mask;
    float *sums;
    idx images, channels, size; /* g (images, channels, size) */
} channel_sums;

enum { MOST_ADDED = 32 }; /* vectors summed in float32 before their sum is added up in float64 */

/* Task: the sum of one channel of g. */
static void sum_channel(void *context, idx channel) {
    const channel_sums *c = context;
    double total = 0;
    vec sum = {0};
    idx added = 0; /* vectors */
    for (idx n = 0; n < c->images; n++, added += ceil_div(c->size, LANES)) {
        const float *g = c->g + (n * c->channels + channel) * c->size, *mask = moved(c->relu_mask, g - c->g);
        if (added > MOST_ADDED) total += sum_of(sum), sum = (vec){0}, added = 0;
        idx i = 0;
        for (; i + LANES <= c->size; i += LANES)
            sum += mask ? relu_masked(load(g + i), load(mask + i)) : load(g + i);
        if (i < c->size) {
            vec last = load_first(g + i, c->size - i);
            sum += mask ? relu_masked(last, load_first(mask + i, c->size - i)) : last;
        }
    }
    total += sum_of(sum);
    c->sums[channel] = (float)total;
}

/* gb (O,): gb[o] = Σ g[n][o][…]; `relu_mask` as for `conv2d_input`. */
int conv2d_bias(const array *g, const array *relu_mask, const array *gb) {
    idx size = 1;
    for (int d = 2; d < g->ndim; d++) size *= g->shape[d];
    channel_sums c = {floats(g), floats(relu_mask), floats(gb), g->shape[0], g->shape[1], size};
    parallel(sum_channel, &c, c.channels, (double)c.images * c.channels * size);
    return DONE;
}
