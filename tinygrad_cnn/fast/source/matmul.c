/* Products of matrices of a few dozen to a few thousand rows, as the layers of a network need them.

   y = a·bᵀ reads both matrices along the summed axis and uses `dots_tile`. y = a·b and y = aᵀ·b read b along the
   columns of y and use `taps_tile_of`; they differ only in where the factors of a row lie. Only the last columns are
   packed. */
#include "matmul.h"

enum { TASKS = 8 /* at least, if there is as much to divide: enough to share among threads */ };

/* --- y = a·bᵀ ----------------------------------------------------------------------------------------------------- */

enum {
    SPAN = 1024,       /* of the summed axis at once: DOT_TAPS rows of b, 24 kB, then stay in the first-level cache */
    ROWS_AT_ONCE = 64, /* of y: their sums stay in the cache while the spans go by */
};

typedef struct {
    const float *a, *b, *bias;
    float *y;
    idx rows, columns, depth;
    idx widths, bands; /* tiles across the columns of y, and parts of its rows */
    int relu;
} dots;

/* Task: a band of the rows of y in one tile's columns: a (rows, depth), b (columns, depth) → y (rows, columns). */
static void dot_rows(void *context, idx i) {
    const dots *d = context;
    idx width = i / d->bands, band = i % d->bands;
    idx c0 = block_begin(width, d->widths, d->columns), c1 = block_begin(width + 1, d->widths, d->columns);
    idx first = block_begin(band, d->bands, d->rows), last = block_begin(band + 1, d->bands, d->rows);
    vec *sums = (vec *)scratch(SCRATCH_TILE, ROWS_AT_ONCE * DOT_TAPS * LANES);
    if (!sums) return;
    int32_t at[DOT_TAPS];
    for (int r = 0; r < DOT_TAPS; r++) at[r] = (int32_t)(r * d->depth);
    for (; first < last; first += ROWS_AT_ONCE) {
        idx rows = min_idx(ROWS_AT_ONCE, last - first), heights = ceil_div(rows, DOT_ROWS);
        for (idx p = 0; p < d->depth; p += SPAN)
            for (idx h = 0; h < heights; h++) {
                idx m = block_begin(h, heights, rows), next = block_begin(h + 1, heights, rows);
                dots_tile((int)(next - m), (int)(c1 - c0), d->a + (first + m) * d->depth + p, d->depth, 0,
                          d->b + c0 * d->depth + p, 0, at, 1, min_idx(SPAN, d->depth - p), sums + m * DOT_TAPS,
                          DOT_TAPS, p > 0);
            }
        for (idx m = 0; m < rows; m++)
            for (idx c = c0; c < c1; c++) {
                float y = sum_of(sums[m * DOT_TAPS + c - c0]) + (d->bias ? d->bias[c] : 0);
                d->y[(first + m) * d->columns + c] = d->relu && y <= 0 ? 0 : y;
            }
    }
}

/* y = a (rows, depth) · b (columns, depth)ᵀ + bias (columns,), at least 0 if `relu`; `bias` may be None. The caller has
   checked the shapes, and that b has less than 2³¹ elements. */
EXPORT int matmul_nt(const array *a, const array *b, const array *bias, const array *y, int relu) {
    if (!READY(a, b, bias, y) || !has_first(bias, b->shape[0])) return DECLINED;
    dots d = {floats(a), floats(b), floats(bias), floats(y), a->shape[0], b->shape[0], a->shape[1], 0, 1, relu};
    d.widths = ceil_div(d.columns, DOT_TAPS);
    d.bands = max_idx(min_idx(ceil_div(TASKS, d.widths), d.rows / DOT_ROWS), 1);
    return parallel(dot_rows, &d, d.widths * d.bands, (double)d.rows * d.columns * d.depth);
}

/* --- y = a·b and y = aᵀ·b ----------------------------------------------------------------------------------------- */

enum {
    DEPTH = 512,              /* of the summed axis at once */
    PANEL_FLOATS = 64 * 1024, /* 256 kB of b, which a task reads again and again, stay in the second-level cache */
    WIDE = 3,                 /* vectors of a tile of y, the most that `product_tile` computes */
};

typedef struct {
    factors f; /* of a: factor k of row m */
    const float *b;
    float *y;
    idx rows, columns, depth;
    idx chunk, chunks, bands; /* columns of a task, parts of the columns, and parts of the rows */
    int onto;
} taps;

/* y[m][p] = Σ_k f[k][m] · x[at[k] + p] for a tile of `rows` rows and `vectors` ≤ WIDE vectors, added to y if `from` is
   FROM_OUT. */
INLINE void product_tile(int rows, idx vectors, factors f, const float *x, const int32_t *at, idx K, const int from,
                         float *y, idx y_row) {
#define CASE(M, V)                                                                                                     \
    case M * 4 + V: taps_tile_of(M, V, f, x, at, K, from, 0, y, y_row); return;
    switch (rows * 4 + (int)vectors) {
        CASE(1, 1) CASE(2, 1) CASE(3, 1) CASE(4, 1) CASE(1, 2) CASE(2, 2) CASE(3, 2) CASE(4, 2)
        CASE(1, 3) CASE(2, 3) CASE(3, 3) CASE(4, 3)
#if MANY_REGISTERS
        CASE(5, 1) CASE(6, 1) CASE(7, 1) CASE(8, 1) CASE(5, 2) CASE(6, 2) CASE(7, 2) CASE(8, 2)
        CASE(5, 3) CASE(6, 3) CASE(7, 3) CASE(8, 3)
#endif
    }
#undef CASE
}

/* Task: a band of the rows of y in a chunk of its columns: f (depth, rows), b (depth, columns) → y (rows, columns). */
static void multiply(void *context, idx i) {
    const taps *t = context;
    idx chunk = i / t->bands, band = i % t->bands, blocks = row_blocks(t->rows);
    idx p0 = chunk * t->chunk, p1 = min_idx(p0 + t->chunk, t->columns);
    idx first = block_begin(band, t->bands, blocks), last = block_begin(band + 1, t->bands, blocks);
    int32_t at[DEPTH], tail_at[DEPTH];
    float tile[MOST_ROWS * LANES];
    idx whole = p0 + (p1 - p0) / LANES * LANES, rest = p1 - whole;
    float *tail = scratch(SCRATCH_EXTRA, DEPTH * LANES);
    if (!tail) return;
    for (idx k0 = 0; k0 < t->depth; k0 += DEPTH) {
        idx K = min_idx(DEPTH, t->depth - k0);
        const float *b = t->b + k0 * t->columns;
        for (idx k = 0; k < K; k++) at[k] = (int32_t)(k * t->columns), tail_at[k] = (int32_t)(k * LANES);
        for (idx k = 0; rest && k < K; k++) store(tail + k * LANES, load_first(b + k * t->columns + whole, rest));
        for (idx block = first; block < last; block++) {
            idx m = block_begin(block, blocks, t->rows);
            int rows = (int)(block_begin(block + 1, blocks, t->rows) - m);
            factors f = {t->f.w + m * t->f.row + k0 * t->f.step, t->f.step, t->f.row};
            float *y = t->y + m * t->columns;
            for (idx p = p0, vectors; p < whole; p += vectors * LANES) {
                vectors = min_idx(WIDE, (whole - p) / LANES);
                if (k0 || t->onto) product_tile(rows, vectors, f, b + p, at, K, FROM_OUT, y + p, t->columns);
                else product_tile(rows, vectors, f, b + p, at, K, FROM_ZERO, y + p, t->columns);
            }
            if (!rest) continue;
            product_tile(rows, 1, f, tail, tail_at, K, FROM_ZERO, tile, LANES);
            for (int r = 0; r < rows; r++) {
                float *to = y + r * t->columns + whole;
                vec sum = load(tile + r * LANES);
                store_first(to, k0 || t->onto ? load_first(to, rest) + sum : sum, rest);
            }
        }
    }
}

/* See matmul.h. */
int multiply_matrices(factors f, const float *b, float *y, idx rows, idx columns, idx depth, int onto) {
    taps t = {f, b, y, rows, columns, depth, 0, 0, 0, onto};
    idx wide = max_idx(PANEL_FLOATS / min_idx(t.depth, DEPTH) / (WIDE * LANES), 1) * WIDE * LANES;
    idx blocks = row_blocks(t.rows);
    t.chunk = min_idx(wide, ceil_div(t.columns, LANES) * LANES);
    if (ceil_div(t.columns, t.chunk) * blocks < TASKS)
        t.chunk = max_idx(ceil_div(ceil_div(t.columns * blocks, TASKS), WIDE * LANES), 1) * WIDE * LANES;
    t.chunks = ceil_div(t.columns, t.chunk);
    t.bands = min_idx(max_idx(ceil_div(2 * TASKS, t.chunks), 1), blocks);
    return parallel(multiply, &t, t.chunks * t.bands, (double)t.rows * t.columns * t.depth);
}

/* y = f (depth, rows)ᵀ · b (depth, columns). */
static int product(factors f, const array *b, const array *y) {
    return multiply_matrices(f, floats(b), floats(y), y->shape[0], y->shape[1], b->shape[0], 0);
}

/* y = a (rows, depth) · b (depth, columns). The caller has checked that the arrays are contiguous arrays of float32
   with an element, their shapes, and that b has less than 2³¹ elements. */
EXPORT int matmul_nn(const array *a, const array *b, const array *y) {
    return product((factors){floats(a), 1, a->shape[1]}, b, y);
}

/* y = a (depth, rows)ᵀ · b (depth, columns), checked likewise. */
EXPORT int matmul_tn(const array *a, const array *b, const array *y) {
    return product((factors){floats(a), a->shape[1], 1}, b, y);
}

enum { MOST_SUMMED = 64 }; /* rows summed in float32, before their sums are added up in float64 */

/* y = the sum of the rows of a: (rows, columns) → (columns,). */
int column_sums(const array *a, const array *y) {
    idx rows = a->shape[0], columns = a->shape[1];
    for (idx c = 0; c < columns; c += LANES) {
        idx count = min_idx(LANES, columns - c);
        double totals[LANES] = {0};
        for (idx first = 0; first < rows; first += MOST_SUMMED) {
            vec sum = {0};
            for (idx r = first; r < min_idx(rows, first + MOST_SUMMED); r++) {
                const float *p = floats(a) + r * columns + c;
                sum += count == LANES ? load(p) : load_first(p, count);
            }
            for (int i = 0; i < LANES; i++) totals[i] += sum[i];
        }
        for (idx i = 0; i < count; i++) floats(y)[c + i] = (float)totals[i];
    }
    return DONE;
}
