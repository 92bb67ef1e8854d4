/* What kernels that go through arrays vector by vector share: ends of arrays, functions of vectors, shuffles. */
#pragma once
#include "array.h"
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHUNK = 1 << 15 }; /* elements of a task: its arrays stay in the second-level cache */

INLINE idx elements(const array *a) {
    idx count = 1;
    for (int d = 0; d < a->ndim; d++) count *= a->shape[d];
    return count;
}

/* The elements of axes 2 and beyond: what belongs to one channel of one image. */
INLINE idx places(const array *a) {
    idx count = 1;
    for (int d = 2; d < a->ndim; d++) count *= a->shape[d];
    return count;
}

/* A vector of which only the first n > 0 elements exist, where n < LANES. */
INLINE vec load_up_to(const float *p, idx n) { return n >= LANES ? load(p) : load_first(p, n); }
INLINE void store_up_to(float *p, vec v, idx n) {
    if (n >= LANES) store(p, v);
    else store_first(p, v, n);
}

/* Run the statements for i = begin, begin + LANES, … below end, where only the first n elements from i on exist: LANES
   of them but in the last round. */
#if defined(__clang__)
#define UNROLLED _Pragma("unroll 4")
#else
#define UNROLLED _Pragma("GCC unroll 4")
#endif
#define EACH_VECTOR(begin, end, ...)                                                                                   \
    do {                                                                                                               \
        idx i = (begin), last_ = (end);                                                                                \
        UNROLLED for (; i + LANES <= last_; i += LANES) {                                                              \
            enum { n = LANES };                                                                                        \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
        if (i < last_) {                                                                                               \
            idx n = last_ - i;                                                                                         \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)

/* −1 in the first n lanes, 0 in the others. */
INLINE ivec lanes_below(idx n) {
    ivec number;
    for (int i = 0; i < LANES; i++) number[i] = i;
    return number < (int32_t)min_idx(n, LANES);
}

/* v in the first n lanes, `other` in those that do not exist. */
INLINE vec existing(vec v, idx n, vec other) { return n >= LANES ? v : choose(lanes_below(n), v, other); }

INLINE vec root(vec v) {
#if defined(__AVX512F__)
    return (vec)_mm512_sqrt_ps((__m512)v);
#elif defined(__AVX__)
    return (vec)_mm256_sqrt_ps((__m256)v);
#elif defined(__SSE2__)
    return (vec)_mm_sqrt_ps((__m128)v);
#elif defined(__aarch64__)
    return (vec)vsqrtq_f32((float32x4_t)v);
#else
    for (int i = 0; i < LANES; i++) v[i] = __builtin_sqrtf(v[i]);
    return v;
#endif
}

/* eˣ to about one unit in the last place: x = n·ln 2 + r, eʳ by a polynomial, and 2ⁿ in two factors, so that results
   beyond the range become infinite, and those below it lose bits one by one. NaN stays.
   Polynomial: Moshier, Cephes mathematical library, expf. */
INLINE vec exponential(vec x) {
    const float rounder = 12582912; /* 1.5 · 2²³: adding it leaves the nearest integer in the low bits */
    x = choose(x > 89, splat(89), choose(x < -104, splat(-104), x));
    vec shifted = x * 1.44269504088896341f + rounder, n = shifted - rounder;
    vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1;
    ivec power = (ivec)shifted - (ivec)splat(rounder), half = power >> 1;
    return p * (vec)((half + 127) << 23) * (vec)((power - half + 127) << 23);
}

/* ln x for a finite x > 0; otherwise what the C function gives. x = 2ⁿ·m, ln m = 2·artanh((m − 1) / (m + 1)). */
INLINE double logarithm(double x) {
    int64_t bits;
    if (!(x > 0)) return x == 0 ? -__builtin_inf() : __builtin_nan("");
    if (x > 1.7976931348623157e308) return x;
    memcpy(&bits, &x, 8);
    int64_t n = (bits - 0x3FE6A09E667F3BCD) >> 52; /* m between √½ and √2 */
    bits -= n << 52;
    memcpy(&x, &bits, 8);
    double s = (x - 1) / (x + 1), z = s * s, sum = 1.0 / 17;
    for (int k = 15; k > 0; k -= 2) sum = sum * z + 1.0 / k;
    return (double)n * 0.69314718055994530942 + 2 * s * sum;
}

/* The sum of all lanes, halves added to halves: four steps where one lane after another would be sixteen. */
INLINE float total_of(vec v) {
    float a[LANES];
    store(a, v);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) a[i] += a[i + half];
    return a[0];
}

INLINE float largest_of(vec v) {
    float most = v[0];
    for (int i = 1; i < LANES; i++) most = v[i] > most ? v[i] : most;
    return most;
}

/* --- pairs: elements 0, 2, 4, … of two vectors in a row, elements 1, 3, 5, …, and the way back -------------------- */

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLED(a, b, ...) __builtin_shuffle(a, b, (ivec){__VA_ARGS__})
#endif

#if LANES == 16
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOW_PAIRS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_PAIRS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15
#define LOW_PAIRS 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_PAIRS 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#define LOW_PAIRS 0, 4, 1, 5
#define HIGH_PAIRS 2, 6, 3, 7
#endif

/* Load 2·n elements, n ≤ LANES, as n pairs. */
INLINE void load_pairs(const float *p, idx n, vec *even, vec *odd) {
    vec a = load_up_to(p, 2 * n), b = {0};
    if (2 * n > LANES) b = load_up_to(p + LANES, 2 * n - LANES);
    *even = SHUFFLED(a, b, EVEN_LANES);
    *odd = SHUFFLED(a, b, ODD_LANES);
}

INLINE void store_pairs(float *p, vec even, vec odd, idx n) {
    store_up_to(p, SHUFFLED(even, odd, LOW_PAIRS), 2 * n);
    if (2 * n > LANES) store_up_to(p + LANES, SHUFFLED(even, odd, HIGH_PAIRS), 2 * n - LANES);
}
