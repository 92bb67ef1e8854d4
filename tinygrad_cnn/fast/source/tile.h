/* The two inner loops that all heavy kernels share. Each keeps a tile of results in registers:

   taps_tile   y[m][p] = Σ_k w[k][m] · x[at[k] + p]        p along vectors: convolution, A·B, Winograd's products
   dots_tile   y[m][r] = Σ_p a[m][p] · b[at[r] + p]        p summed over:   weight gradients, A·Bᵀ

   `at[k]` is the offset at which the row of tap k begins, so that a convolution needs no column matrix: with the rows
   of a padded image one after another, each tap reads the same floats at another offset. */
#pragma once
#include "array.h"

/* The rows of a tile of `taps_tile`, those of a narrow one, and rows and columns of a tile of `dots_tile`. With 32
   registers, 8 × 3 results, 3 vectors of x and one of w leave a few to spare; with 16, about half as many fit. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define MANY_REGISTERS 1
enum { MOST_ROWS = 8, TALL_ROWS = 12, DOT_ROWS = 4, DOT_TAPS = 6 };
#else
#define MANY_REGISTERS 0
enum { MOST_ROWS = 4, TALL_ROWS = 8, DOT_ROWS = 2, DOT_TAPS = 5 };
#endif
enum { MOST_VECTORS = 8, SLACK = MOST_VECTORS * LANES }; /* of a tile, and the floats that it may read after the last */

/* How many vectors wide a tile of `rows` rows is: few rows need more vectors to keep both multipliers busy. */
INLINE int tile_vectors(int rows) { return rows == 1 ? 8 : rows == 2 ? 6 : rows == 3 ? 4 : 3; }

/* The factors of tap k: row m's is at w[k·step + m·row]. */
typedef struct {
    const float *w;
    idx step, row;
} factors;

/* What the sums of a tile start from: 0, a number for each row, or the values of `out`. */
enum { FROM_ZERO, FROM_BIAS, FROM_OUT };

/* out[m][to_at[v] …] = Σ_k f[k][m] · x[at[k] + from_at[v] …], for M rows and V vectors, plus what `from` says, and at
   least 0 if `relu`. M and V are constants, so that all sums are registers. */
INLINE void tile_of(const int M, const int V, factors f, const float *x, const idx *from_at, const int32_t *at, idx K,
                    const int from, const float *bias, float *out, const idx *to_at, idx out_step, const int relu) {
    vec sum[TALL_ROWS][MOST_VECTORS];
    const float *w = f.w;
#pragma GCC unroll 12
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++)
            sum[m][v] = from == FROM_OUT ? load(out + m * out_step + to_at[v])
                                         : splat(from == FROM_BIAS ? bias[m] : 0);
    for (idx k = 0; k < K; k++, w += f.step) {
        const float *row = x + at[k];
        vec in[MOST_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) in[v] = load(row + from_at[v]);
#pragma GCC unroll 12
        for (int m = 0; m < M; m++) {
            vec factor = splat(w[m * f.row]);
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) sum[m][v] += factor * in[v];
        }
    }
#pragma GCC unroll 12
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++)
            store(out + m * out_step + to_at[v], relu ? larger((vec){0}, sum[m][v]) : sum[m][v]);
}

/* The same with consecutive vectors. */
INLINE void taps_tile_of(const int M, const int V, factors f, const float *x, const int32_t *at, idx K, const int from,
                         const float *bias, float *out, idx out_step) {
    static const idx one_by_one[MOST_VECTORS] = {0, LANES, 2 * LANES, 3 * LANES, 4 * LANES, 5 * LANES, 6 * LANES,
                                                 7 * LANES};
    tile_of(M, V, f, x, one_by_one, at, K, from, bias, out, one_by_one, out_step, 0);
}

/* Compute a tile of `rows` rows whose vectors lie apart; `vectors` is `tile_vectors(rows)`, or less and at most 4.
   `bias` has what each row starts from, or is NULL for 0. */
static void apart_tile(int rows, int vectors, factors f, const float *x, const idx *from_at, const int32_t *at, idx K,
                       const float *bias, float *out, const idx *to_at, idx out_step, int relu) {
    static const float zeros[MOST_ROWS];
    if (!bias) bias = zeros;
#define CASE(M, V)                                                                                                     \
    case M * 16 + V:                                                                                                   \
        if (relu) tile_of(M, V, f, x, from_at, at, K, FROM_BIAS, bias, out, to_at, out_step, 1);                       \
        else tile_of(M, V, f, x, from_at, at, K, FROM_BIAS, bias, out, to_at, out_step, 0);                            \
        return;
    switch (rows * 16 + vectors) {
        CASE(1, 1) CASE(2, 1) CASE(3, 1) CASE(4, 1) CASE(1, 2) CASE(2, 2) CASE(3, 2) CASE(4, 2)
        CASE(1, 3) CASE(2, 3) CASE(3, 3) CASE(4, 3) CASE(1, 4) CASE(2, 4) CASE(3, 4) CASE(1, 8) CASE(2, 6)
#if MANY_REGISTERS
        CASE(5, 1) CASE(6, 1) CASE(7, 1) CASE(8, 1) CASE(5, 2) CASE(6, 2) CASE(7, 2) CASE(8, 2)
        CASE(5, 3) CASE(6, 3) CASE(7, 3) CASE(8, 3)
#endif
    }
#undef CASE
}

/* Compute a tile of `rows` rows and `vectors` ≤ `tile_vectors(rows)` consecutive vectors into `out`, which is written
   in whole vectors. `bias` as for `apart_tile`. */
static void taps_tile(int rows, idx vectors, factors f, const float *x, const int32_t *at, idx K,
                      const float *bias, float *out, idx out_step) {
    static const float zeros[MOST_ROWS];
    if (!bias) bias = zeros;
#define CASE(M, V)                                                                                                     \
    case M * 16 + V: taps_tile_of(M, V, f, x, at, K, FROM_BIAS, bias, out, out_step); return;
    switch (rows * 16 + (int)vectors) {
        CASE(1, 8) CASE(2, 6) CASE(3, 4)
        CASE(4, 1) CASE(4, 2) CASE(4, 3)
#if MANY_REGISTERS
        CASE(5, 1) CASE(5, 2) CASE(5, 3)
        CASE(6, 1) CASE(6, 2) CASE(6, 3)
        CASE(7, 1) CASE(7, 2) CASE(7, 3)
        CASE(8, 1) CASE(8, 2) CASE(8, 3)
#endif
    }
#undef CASE
    for (idx v = 0; v < vectors; v++, x += LANES, out += LANES) switch (rows) {
            case 1: taps_tile_of(1, 1, f, x, at, K, FROM_BIAS, bias, out, out_step); break;
            case 2: taps_tile_of(2, 1, f, x, at, K, FROM_BIAS, bias, out, out_step); break;
            case 3: taps_tile_of(3, 1, f, x, at, K, FROM_BIAS, bias, out, out_step); break;
        }
}

/* y[m][p] = Σ_k f[k][m] · x[at[k] + p], added to y if `from` is FROM_OUT, for any number of rows and whole vectors. */
INLINE void taps_matrix(idx rows, idx vectors, factors f, const float *x, const int32_t *at, idx K, const int from,
                        float *y, idx y_row) {
#define CASE(M, V)                                                                                                     \
    case M * 4 + V: taps_tile_of(M, V, g, x + v * LANES, at, K, from, 0, to, y_row); break;
    for (idx v = 0, wide; v < vectors; v += wide) {
        wide = min_idx(vectors - v, vectors - v == 3 && MANY_REGISTERS ? 3 : 2);
        idx tall = wide == 3 ? MOST_ROWS : wide == 2 && !MANY_REGISTERS ? 4 : TALL_ROWS, blocks = ceil_div(rows, tall);
        for (idx block = 0; block < blocks; block++) {
            idx m = block * rows / blocks;
            int height = (int)((block + 1) * rows / blocks - m);
            factors g = {f.w + m * f.row, f.step, f.row};
            float *to = y + m * y_row + v * LANES;
            switch (height * 4 + (int)wide) {
                CASE(1, 1) CASE(2, 1) CASE(3, 1) CASE(4, 1) CASE(5, 1) CASE(6, 1) CASE(7, 1) CASE(8, 1)
                CASE(1, 2) CASE(2, 2) CASE(3, 2) CASE(4, 2)
#if MANY_REGISTERS
                CASE(9, 1) CASE(10, 1) CASE(11, 1) CASE(12, 1)
                CASE(5, 2) CASE(6, 2) CASE(7, 2) CASE(8, 2) CASE(9, 2) CASE(10, 2) CASE(11, 2) CASE(12, 2)
                CASE(1, 3) CASE(2, 3) CASE(3, 3) CASE(4, 3) CASE(5, 3) CASE(6, 3) CASE(7, 3) CASE(8, 3)
#endif
            }
        }
    }
#undef CASE
}

/* How to split `count` rows into blocks of nearly equal height, none above MOST_ROWS. */
INLINE idx row_blocks(idx count) { return ceil_div(count, MOST_ROWS); }
INLINE idx block_begin(idx block, idx blocks, idx count) { return block * count / blocks; }

/* See `dots_tile`; M rows and R taps are constants. */
INLINE void dots_tile_of(const int M, const int R, const float *a, idx a_row, idx a_item, const float *b, idx b_item,
                         const int32_t *at, idx items, idx length, vec *out, idx out_row, int onto) {
    vec sum[DOT_ROWS][DOT_TAPS];
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) sum[m][r] = onto ? out[m * out_row + r] : (vec){0};
    for (idx item = 0; item < items; item++, a += a_item, b += b_item) {
        idx p = 0;
        for (; p + LANES <= length; p += LANES) {
            vec left[DOT_ROWS];
#pragma GCC unroll 8
            for (int m = 0; m < M; m++) left[m] = load(a + m * a_row + p);
#pragma GCC unroll 8
            for (int r = 0; r < R; r++) {
                vec right = load(b + at[r] + p);
#pragma GCC unroll 8
                for (int m = 0; m < M; m++) sum[m][r] += left[m] * right;
            }
        }
        if (p < length) {
            vec left[DOT_ROWS];
#pragma GCC unroll 8
            for (int m = 0; m < M; m++) left[m] = load_first(a + m * a_row + p, length - p);
#pragma GCC unroll 8
            for (int r = 0; r < R; r++) {
                vec right = load_first(b + at[r] + p, length - p);
#pragma GCC unroll 8
                for (int m = 0; m < M; m++) sum[m][r] += left[m] * right;
            }
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) out[m * out_row + r] = sum[m][r];
}

/* out[m][r] = a vector whose lanes add up to Σ a[item][m][p] · b[item][at[r] + p] over all items and p < length, for
   m < rows ≤ DOT_ROWS and r < taps ≤ DOT_TAPS; added to `out` if `onto`. */
static void dots_tile(int rows, int taps, const float *a, idx a_row, idx a_item, const float *b, idx b_item,
                      const int32_t *at, idx items, idx length, vec *out, idx out_row, int onto) {
#define CASE(M, R)                                                                                                     \
    case M * 8 + R: dots_tile_of(M, R, a, a_row, a_item, b, b_item, at, items, length, out, out_row, onto); return;
    switch (rows * 8 + taps) {
        CASE(1, 1) CASE(1, 2) CASE(1, 3) CASE(1, 4) CASE(1, 5)
        CASE(2, 1) CASE(2, 2) CASE(2, 3) CASE(2, 4) CASE(2, 5)
#if MANY_REGISTERS
        CASE(1, 6) CASE(2, 6)
        CASE(3, 1) CASE(3, 2) CASE(3, 3) CASE(3, 4) CASE(3, 5) CASE(3, 6)
        CASE(4, 1) CASE(4, 2) CASE(4, 3) CASE(4, 4) CASE(4, 5) CASE(4, 6)
#endif
    }
#undef CASE
}
