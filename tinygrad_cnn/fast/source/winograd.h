/* What winograd.c needs: transposing images so that channels lie along vectors, and the transforms of one line of a
   tile. */
#pragma once
#include "array.h"

/* --- transposing channels ----------------------------------------------------------------------------------------- */

enum {
    WINDOW = 3,               /* rows and columns of a window of weights */
    TAPS = WINDOW * WINDOW,
    TILE = 4,                 /* rows and columns of a tile of the output */
    REACH = TILE + WINDOW - 1 /* and of the tile of the input that it depends on */
};

enum { ROUNDS = LANES == 16 ? 4 : LANES == 8 ? 3 : 2 }; /* log₂ LANES */

/* Transpose a square of vectors, (LANES, LANES): zip its upper rows with its lower rows, log₂ LANES times. */
INLINE void transpose(vec square[LANES]) {
    vec other[LANES];
#pragma GCC unroll 4
    for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES / 2; i++) {
            other[2 * i] = SHUFFLED(square[i], square[i + LANES / 2], LOW_PAIRS);
            other[2 * i + 1] = SHUFFLED(square[i], square[i + LANES / 2], HIGH_PAIRS);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) square[i] = other[i];
    }
}

/* The bits of |v|: integers in the order of the numbers, with infinity at INFINITE and NaN above. */
enum { INFINITE = 0x7F800000, SIZE_BITS = 0x7FFFFFFF };
INLINE ivec size_bits(vec v) { return (ivec)v & SIZE_BITS; }
INLINE ivec larger_bits(ivec a, ivec b) { return (ivec)choose(a > b, (vec)a, (vec)b); }

/* Transpose one row of an image, (channels, width) with channels `step` apart → to (width, wide), where `wide` is a
   whole number of vectors and channels from `channels` on are 0. `mask` as for `fill_planes`. `peaks` gets the
   `size_bits` of the largest element of each column, and 0 up to a whole vector. */
static void row_to_channels(const float *from, const float *mask, idx step, idx channels, idx width, float *to,
                            idx wide, int32_t *peaks) {
    for (idx c = 0; c < wide; c += LANES)
        for (idx j = 0; j < width; j += LANES) {
            vec square[LANES];
            ivec peak = {0};
            if (c) peak = *(const ivec_in_memory *)(peaks + j);
            idx count = min_idx(LANES, width - j);
            for (int i = 0; i < LANES; i++) {
                const float *p = from + (c + i) * step + j, *y = moved(mask, (c + i) * step + j);
                if (c + i >= channels) square[i] = (vec){0};
                else if (count == LANES) square[i] = y ? relu_masked(load(p), load(y)) : load(p);
                else square[i] = y ? relu_masked(load_first(p, count), load_first(y, count)) : load_first(p, count);
                peak = larger_bits(peak, size_bits(square[i]));
            }
            *(ivec_in_memory *)(peaks + j) = peak;
            transpose(square);
            for (idx i = 0; i < count; i++) store(to + (j + i) * wide + c, square[i]);
        }
}

/* Return whether `peaks` (rows, width), its rows `pitch` apart, has one that is not finite, or 2¹⁰ times larger than
   the geometric mean of all that are not tiny. Logarithms are read off the bits, in eighths of an octave. */
static int has_outlier(const int32_t *peaks, idx pitch, idx rows, idx width) {
    enum { TINY = 0x0D800000 /* 2⁻¹⁰⁰ */, EIGHTHS = 20 /* 23 bits of fraction less 3 */, FAR = 10 * 8 };
    ivec most = {0}, sum = {0}, count = {0};
    for (idx r = 0; r < rows; r++)
        for (idx j = 0; j < width; j += LANES) {
            ivec peak = *(const ivec_in_memory *)(peaks + r * pitch + j), counted = peak > TINY;
            most = larger_bits(most, peak);
            sum += (peak >> EIGHTHS) & counted;
            count -= counted;
        }
    int64_t top = 0, total = 0, positions = 0;
    for (int i = 0; i < LANES; i++) top = max_idx(top, most[i]), total += sum[i], positions += count[i];
    return top >= INFINITE || (positions && (top >> EIGHTHS) - total / positions > FAR);
}

/* Transpose back into one row of an image: from (width, wide) → (channels, width), with channels `step` apart. */
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

/* The weights of LANES windows, `step` floats apart: (LANES, TAPS) → w (TAPS, LANES); windows from `count` on are 0. */
INLINE void windows_to_lanes(const float *from, idx step, idx count, vec w[TAPS]) {
    for (int k = 0; k < TAPS; k += LANES) {
        vec square[LANES];
        for (int i = 0; i < LANES; i++)
            square[i] = i < count ? load_first(from + i * step + k, min_idx(LANES, TAPS - k)) : (vec){0};
        transpose(square);
        for (int i = 0; i < LANES && k + i < TAPS; i++) w[k + i] = square[i];
    }
}

/* The reverse, (TAPS, LANES) → (count, TAPS), added to `to` if `onto`. */
INLINE void lanes_to_windows(const vec w[TAPS], float *to, idx step, idx count, int onto) {
    for (int k = 0; k < TAPS; k += LANES) {
        vec square[LANES];
        idx wide = min_idx(LANES, TAPS - k);
        for (int i = 0; i < LANES; i++) square[i] = k + i < TAPS ? w[k + i] : (vec){0};
        transpose(square);
        for (idx i = 0; i < LANES && i < count; i++) {
            float *p = to + i * step + k;
            store_first(p, onto ? load_first(p, wide) + square[i] : square[i], wide);
        }
    }
}

/* --- the transforms of one line; their constants are those of F(4×4, 3×3) in the paper ---------------------------- */

/* v = Bᵀ d */
INLINE void transform_input(const vec d[REACH], vec v[REACH]) {
    vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1], c = d[4] - d[2], e = 2 * (d[3] - d[1]);
    v[0] = 4 * (d[0] - d[2]) + c; /* differences first, so that a constant image gives exact zeros but for v[1] */
    v[1] = a + b;
    v[2] = a - b;
    v[3] = c + e;
    v[4] = c - e;
    v[5] = 4 * (d[1] - d[3]) + (d[5] - d[3]);
}

/* y = Aᵀ m */
INLINE void transform_output(const vec m[REACH], vec y[TILE]) {
    vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], e = m[3] - m[4];
    y[0] = m[0] + a + c;
    y[1] = b + 2 * e;
    y[2] = a + 4 * c;
    y[3] = b + 8 * e + m[5];
}

/* z = A g */
INLINE void transform_gradient(const vec g[TILE], vec z[REACH]) {
    vec even = g[0] + g[2], odd = g[1] + g[3], far_even = g[0] + 4 * g[2], far_odd = 2 * g[1] + 8 * g[3];
    z[0] = g[0];
    z[1] = even + odd;
    z[2] = even - odd;
    z[3] = far_even + far_odd;
    z[4] = far_even - far_odd;
    z[5] = g[3];
}

/* u = G w */
INLINE void transform_weight(const vec w[WINDOW], vec u[REACH]) {
    vec even = w[0] + w[2], far = w[0] * (1.f / 24) + w[2] * (1.f / 6), middle = w[1] * (1.f / 12);
    u[0] = w[0] * (1.f / 4);
    u[1] = (even + w[1]) * (-1.f / 6);
    u[2] = (even - w[1]) * (-1.f / 6);
    u[3] = far + middle;
    u[4] = far - middle;
    u[5] = w[2];
}

/* w = Gᵀ u */
INLINE void transform_weight_back(const vec u[REACH], vec w[WINDOW]) {
    vec near = (u[1] + u[2]) * (-1.f / 6), far = u[3] + u[4];
    w[0] = u[0] * (1.f / 4) + near + far * (1.f / 24);
    w[1] = (u[2] - u[1]) * (1.f / 6) + (u[3] - u[4]) * (1.f / 12);
    w[2] = near + far * (1.f / 6) + u[5];
}
