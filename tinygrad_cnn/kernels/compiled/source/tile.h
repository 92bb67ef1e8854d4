/* The two inner loops that all heavy kernels share. Each keeps a tile of results in registers.

   taps_tile   y[m][p] = Σ_k w[k][m] · x[at[k] + p]        p along vectors: convolution, A·B, Winograd's products
   dots_tile   y[m][r] = Σ_p a[m][p] · b[at[r] + p]        p summed over:   weight gradients, A·Bᵀ

   `at[k]` says where the row of tap k begins, so that a convolution needs no column matrix: with the rows of a padded
   image one after another, each tap reads the same floats at another offset. */
#pragma once
#include "array.h"

/* With 32 registers, 8 × 3 results, 3 vectors of x and one of w leave a few to spare; with 16, half of that. */
#if defined(__AVX512F__) || defined(__aarch64__)
enum { MOST_ROWS = 8, DOT_ROWS = 4, DOT_TAPS = 6 };
#else
enum { MOST_ROWS = 4, DOT_ROWS = 2, DOT_TAPS = 5 };
#endif
enum { MOST_VECTORS = 8, SLACK = MOST_VECTORS * LANES };

/* How many vectors wide a tile of `rows` rows is: few rows need more vectors to keep both multipliers busy. */
INLINE int tile_vectors(int rows) { return rows == 1 ? 8 : rows == 2 ? 6 : rows == 3 ? 4 : 3; }

INLINE void taps_tile_of(const int M, const int V, const float *w, idx w_step, const float *x, const int32_t *at, idx K,
                         const float *begin, float *out, idx out_step) {
    vec sum[MOST_ROWS][MOST_VECTORS];
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) sum[m][v] = splat(begin ? begin[m] : 0);
    for (idx k = 0; k < K; k++, w += w_step) {
        const float *row = x + at[k];
        vec in[MOST_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) in[v] = load(row + v * LANES);
#pragma GCC unroll 8
        for (int m = 0; m < M; m++) {
            vec factor = splat(w[m]);
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) sum[m][v] += factor * in[v];
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) store(out + m * out_step + v * LANES, sum[m][v]);
}

/* Compute `vectors` vectors, at most `tile_vectors(rows)`, of `rows` rows into `out`, which is written in whole vectors.

   w: the factors of tap k at w + k·w_step; begin: what each row starts from, or NULL for 0. */
static void taps_tile(int rows, idx vectors, const float *w, idx w_step, const float *x, const int32_t *at, idx K,
                      const float *begin, float *out, idx out_step) {
#define CASE(M, V)                                                                                                     \
    case M * 16 + V: taps_tile_of(M, V, w, w_step, x, at, K, begin, out, out_step); return;
    switch (rows * 16 + (int)vectors) {
        CASE(1, 8) CASE(2, 6) CASE(3, 4) CASE(4, 3)
        CASE(4, 2) CASE(4, 1)
#if defined(__AVX512F__) || defined(__aarch64__)
        CASE(5, 3) CASE(6, 3) CASE(7, 3) CASE(8, 3)
        CASE(5, 2) CASE(6, 2) CASE(7, 2) CASE(8, 2)
        CASE(5, 1) CASE(6, 1) CASE(7, 1) CASE(8, 1)
#endif
    }
#undef CASE
    for (idx v = 0; v < vectors; v++, x += LANES, out += LANES) switch (rows) {
            case 1: taps_tile_of(1, 1, w, w_step, x, at, K, begin, out, out_step); break;
            case 2: taps_tile_of(2, 1, w, w_step, x, at, K, begin, out, out_step); break;
            case 3: taps_tile_of(3, 1, w, w_step, x, at, K, begin, out, out_step); break;
        }
}

/* How to split `count` rows into blocks of nearly equal height, none above MOST_ROWS. */
INLINE idx row_blocks(idx count) { return ceil_div(count, MOST_ROWS); }
INLINE idx block_begin(idx block, idx blocks, idx count) { return block * count / blocks; }

INLINE void dots_tile_of(const int M, const int R, const float *a, idx a_row, idx a_item, const float *b, idx b_item,
                         const int32_t *at, idx items, idx length, float *out, idx out_row) {
    vec sum[DOT_ROWS][DOT_TAPS];
#pragma GCC unroll 8
    for (int m = 0; m < M; m++)
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) sum[m][r] = (vec){0};
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
        for (int r = 0; r < R; r++) out[m * out_row + r] += sum_of(sum[m][r]);
}

/* Add to out[m][r] the sum over `items` and p of a[item][m][p] · b[item][at[r] + p], for m < rows, r < taps. */
static void dots_tile(int rows, int taps, const float *a, idx a_row, idx a_item, const float *b, idx b_item,
                      const int32_t *at, idx items, idx length, float *out, idx out_row) {
#define CASE(M, R)                                                                                                     \
    case M * 8 + R: dots_tile_of(M, R, a, a_row, a_item, b, b_item, at, items, length, out, out_row); return;
    switch (rows * 8 + taps) {
        CASE(1, 1) CASE(1, 2) CASE(1, 3) CASE(1, 4) CASE(1, 5)
        CASE(2, 1) CASE(2, 2) CASE(2, 3) CASE(2, 4) CASE(2, 5)
#if defined(__AVX512F__) || defined(__aarch64__)
        CASE(1, 6) CASE(2, 6)
        CASE(3, 1) CASE(3, 2) CASE(3, 3) CASE(3, 4) CASE(3, 5) CASE(3, 6)
        CASE(4, 1) CASE(4, 2) CASE(4, 3) CASE(4, 4) CASE(4, 5) CASE(4, 6)
#endif
    }
#undef CASE
}
