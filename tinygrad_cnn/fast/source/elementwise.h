/* What kernels that go through arrays vector by vector share: the ends of arrays, and functions of vectors. */
#pragma once
#include "array.h"
#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHUNK = 1 << 15 }; /* elements of a task, 128 kB: its arrays stay in the second-level cache */

INLINE idx elements(const array *a) {
    idx count = 1;
    for (int d = 0; d < a->ndim; d++) count *= a->shape[d];
    return count;
}

/* The number of positions of x (N, C, ...): elements of one channel of one image. */
INLINE idx positions(const array *a) {
    idx count = 1;
    for (int d = 2; d < a->ndim; d++) count *= a->shape[d];
    return count;
}

/* Load, or store, a vector of which only the first n > 0 elements exist if n < LANES. */
INLINE vec load_up_to(const float *p, idx n) { return n >= LANES ? load(p) : load_first(p, n); }
INLINE void store_up_to(float *p, vec v, idx n) {
    if (n >= LANES) store(p, v);
    else store_first(p, v, n);
}

/* Run the statements for i = begin, begin + LANES, … below end. n is the number of elements from i on: LANES of them, a
   constant, in all rounds but the last. */
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

/* v in the first n lanes, `other` in the rest. */
INLINE vec existing(vec v, idx n, vec other) { return n >= LANES ? v : choose(lanes_below(n), v, other); }

/* √v, lane by lane. */
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

/* eˣ to about one unit in the last place: x = n·ln 2 + r, eʳ by a polynomial, times 2ⁿ in two factors, so that large
   results become infinite, and small ones lose bits one by one. NaN stays NaN.
   Source of the polynomial: Moshier, Cephes mathematical library, expf. */
INLINE vec exponential(vec x) {
    const float rounder = 12582912;                                 /* 1.5 · 2²³: adding it rounds to an integer */
    const float most = 89, least = -104;                            /* eˣ is infinite above, and 0 below */
    const float log2_e = 1.44269504088896341f;                      /* 1 / ln 2 */
    const float ln2_high = 0.693359375f, ln2_rest = 2.12194440e-4f; /* ln 2 = high − rest; n · high is exact */
    x = choose(x > most, splat(most), choose(x < least, splat(least), x));
    vec shifted = x * log2_e + rounder, n = shifted - rounder;
    vec r = x - n * ln2_high + n * ln2_rest;
    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1;
    enum { BIAS = 127, FRACTION_BITS = 23 }; /* of a float: 2ⁿ has the bits (n + 127) · 2²³ */
    ivec power = (ivec)shifted - (ivec)splat(rounder), half = power >> 1;
    return p * (vec)((half + BIAS) << FRACTION_BITS) * (vec)((power - half + BIAS) << FRACTION_BITS);
}

/* ln x, also of 0, infinities and NaN as C's log: x = 2ⁿ·m with m between √½ and √2, ln x = n·ln 2 + ln m, and
   ln m = 2·artanh(s) = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1) / (m + 1), to s¹⁷. */
INLINE double logarithm(double x) {
    int64_t bits;
    if (!(x > 0)) return x == 0 ? -__builtin_inf() : __builtin_nan("");
    if (x > __DBL_MAX__) return x;
    memcpy(&bits, &x, 8);
    const int64_t root_half = 0x3FE6A09E667F3BCD; /* the bits of √½ */
    enum { FRACTION_BITS = 52 };                  /* of a double */
    int64_t n = (bits - root_half) >> FRACTION_BITS;
    bits -= n << FRACTION_BITS;
    memcpy(&x, &bits, 8);
    double s = (x - 1) / (x + 1), z = s * s, sum = 1.0 / 17;
    for (int k = 15; k > 0; k -= 2) sum = sum * z + 1.0 / k;
    const double ln2 = 0.69314718055994530942;
    return (double)n * ln2 + 2 * s * sum;
}

/* The sum of all lanes, halves added to halves: four steps for sixteen lanes. */
INLINE float total_of(vec v) {
    float a[LANES];
    store(a, v);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) a[i] += a[i + half];
    return a[0];
}

/* The largest lane. */
INLINE float largest_of(vec v) {
    float most = v[0];
    for (int i = 1; i < LANES; i++) most = v[i] > most ? v[i] : most;
    return most;
}

/* Load n ≤ LANES pairs of elements: the first of each pair in `even`, the second in `odd`. */
INLINE void load_pairs(const float *p, idx n, vec *even, vec *odd) {
    vec a = load_up_to(p, 2 * n), b = {0};
    if (2 * n > LANES) b = load_up_to(p + LANES, 2 * n - LANES);
    *even = SHUFFLED(a, b, EVEN_LANES);
    *odd = SHUFFLED(a, b, ODD_LANES);
}

/* Store them again. */
INLINE void store_pairs(float *p, vec even, vec odd, idx n) {
    store_up_to(p, SHUFFLED(even, odd, LOW_PAIRS), 2 * n);
    if (2 * n > LANES) store_up_to(p + LANES, SHUFFLED(even, odd, HIGH_PAIRS), 2 * n - LANES);
}
