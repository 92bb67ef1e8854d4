/* Winograd's transforms of one line of a tile, and channels turned to lie along vectors, as winograd.c needs them. */
#pragma once
#include "array.h"

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

/* The bits of |v|: integers in the order of the numbers, with NaN above all. */
INLINE ivec size_bits(vec v) { return (ivec)v & 0x7FFFFFFF; }
INLINE ivec larger_bits(ivec a, ivec b) { return (ivec)choose(a > b, (vec)a, (vec)b); }

/* Turn one row of an image (channels `step` apart) into `to`[column][channel], for `wide` channels, a whole number of
   vectors; those beyond `channels`, and the columns around the row, are 0. `peaks` gets the `size_bits` of the largest
   element of each column, and 0 up to a whole vector. */
static void row_to_channels(const float *from, const float *gate, idx step, idx channels, idx width, float *to, idx wide,
                            int32_t *peaks) {
    for (idx c = 0; c < wide; c += LANES)
        for (idx j = 0; j < width; j += LANES) {
            vec square[LANES];
            ivec peak = {0};
            if (c) peak = *(const ivec_in_memory *)(peaks + j);
            idx count = min_idx(LANES, width - j);
            for (int i = 0; i < LANES; i++) {
                const float *p = from + (c + i) * step + j, *open = gate ? gate + (c + i) * step + j : 0;
                if (c + i >= channels) square[i] = (vec){0};
                else if (count == LANES) square[i] = open ? let_through(load(p), load(open)) : load(p);
                else square[i] = open ? let_through(load_first(p, count), load_first(open, count)) : load_first(p, count);
                peak = larger_bits(peak, size_bits(square[i]));
            }
            *(ivec_in_memory *)(peaks + j) = peak;
            transpose(square);
            for (idx i = 0; i < count; i++) store(to + (j + i) * wide + c, square[i]);
        }
}

/* Whether the `rows` rows of `peaks`, `pitch` apart, hold one that is not finite, or 2¹⁰ times larger than is typical:
   than the geometric mean of all that are not tiny. The logarithm is read off the bits, in eighths of an octave. */
static int has_outlier(const int32_t *peaks, idx pitch, idx rows, idx width) {
    enum { INFINITE = 0x7F800000, TINY = 0x0D800000 /* 2⁻¹⁰⁰ */, EIGHTHS = 20, FAR = 10 * 8 };
    ivec most = {0}, sum = {0}, count = {0};
    for (idx r = 0; r < rows; r++)
        for (idx j = 0; j < width; j += LANES) {
            ivec peak = *(const ivec_in_memory *)(peaks + r * pitch + j), counted = peak > TINY;
            most = larger_bits(most, peak);
            sum += (peak >> EIGHTHS) & counted;
            count -= counted;
        }
    int64_t top = 0, total = 0, places = 0;
    for (int i = 0; i < LANES; i++) top = max_idx(top, most[i]), total += sum[i], places += count[i];
    return top >= INFINITE || (places && (top >> EIGHTHS) - total / places > FAR);
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

/* The nine weights of each of LANES windows, `step` floats apart, as nine vectors; windows from `count` on are 0. */
INLINE void windows_to_lanes(const float *from, idx step, idx count, vec w[9]) {
    for (int k = 0; k < 9; k += LANES) {
        vec square[LANES];
        for (int i = 0; i < LANES; i++)
            square[i] = i < count ? load_first(from + i * step + k, min_idx(LANES, 9 - k)) : (vec){0};
        transpose(square);
        for (int i = 0; i < LANES && k + i < 9; i++) w[k + i] = square[i];
    }
}

/* The reverse, added to what is there if `onto`. */
INLINE void lanes_to_windows(const vec w[9], float *to, idx step, idx count, int onto) {
    for (int k = 0; k < 9; k += LANES) {
        vec square[LANES];
        idx wide = min_idx(LANES, 9 - k);
        for (int i = 0; i < LANES; i++) square[i] = k + i < 9 ? w[k + i] : (vec){0};
        transpose(square);
        for (idx i = 0; i < LANES && i < count; i++) {
            float *p = to + i * step + k;
            store_first(p, onto ? load_first(p, wide) + square[i] : square[i], wide);
        }
    }
}

/* --- the transforms of one line ------------------------------------------------------------------------------------ */

/* Bᵀ d */
INLINE void transform_input(const vec d[6], vec v[6]) {
    vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1], c = d[4] - d[2], e = 2 * (d[3] - d[1]);
    v[0] = 4 * (d[0] - d[2]) + c; /* differences first: of a constant image all but v[1] are exactly 0 */
    v[1] = a + b;
    v[2] = a - b;
    v[3] = c + e;
    v[4] = c - e;
    v[5] = 4 * (d[1] - d[3]) + (d[5] - d[3]);
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
