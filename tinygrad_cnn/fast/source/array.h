/* What every kernel shares: the arrays that come in, and vectors of floats.

   Kernels are called through ctypes with NumPy arrays as they are. `array` and `dtype` mirror the public heads of NumPy's
   PyArrayObject and PyArray_Descr, which its own macros such as PyArray_DATA compile to; nothing else of Python is used,
   so that no Python header is needed. The caller checks shapes and keeps the arrays alive; that they are contiguous arrays
   of float32 it checks too, unless the kernel asks (`READY`). */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))

typedef ptrdiff_t idx;

typedef struct {
    char head[OBJECT_HEAD]; /* object.__basicsize__ */
    const void *scalar_type;
    char kind, type, byteorder, former_flags;
    int number;
} dtype;

typedef struct {
    char head[OBJECT_HEAD - sizeof(void *)];
    const void *class;
    char *data;
    int ndim;
    idx *shape, *strides;
    const void *base;
    const dtype *dtype;
    int flags;
} array;

extern const array *none;              /* Python's None, for inputs that may be left out */
extern const void *ndarray;            /* NumPy's class of arrays */
extern const dtype *float32, *int64;

INLINE float *floats(const array *a) { return a == none ? 0 : (float *)a->data; }

/* What a kernel answers: whether there was memory to work in, or that its arrays are not for it. */
enum { NO_MEMORY, DONE, DECLINED };

/* Whether `a` is an array of that dtype, its elements one after another. Unpickled arrays have dtypes of their own. */
INLINE int is_array(const array *a, const dtype *wanted) {
    enum { C_CONTIGUOUS = 1 };
    return a->class == ndarray && (a->flags & C_CONTIGUOUS) &&
           (a->dtype == wanted || (a->dtype->number == wanted->number && a->dtype->byteorder == wanted->byteorder));
}

INLINE int is_writeable(const array *a) {
    enum { WRITEABLE = 0x400 };
    return (a->flags & WRITEABLE) != 0;
}

/* Whether it also has an element. */
INLINE int is_ready(const array *a, const dtype *wanted) {
    if (!is_array(a, wanted)) return 0;
    for (int d = 0; d < a->ndim; d++)
        if (!a->shape[d]) return 0;
    return 1;
}

INLINE int all_ready(int count, const array *const *arrays) {
    for (int i = 0; i < count; i++)
        if (arrays[i] != none && !is_ready(arrays[i], float32)) return 0;
    return 1;
}

/* Whether each of these is such an array of float32, or None. */
#define READY(...) \
    all_ready(sizeof((const array *[]){__VA_ARGS__}) / sizeof(array *), (const array *const[]){__VA_ARGS__})

/* Whether `a` is None or has `count` elements along its first axis. */
INLINE int has_first(const array *a, idx count) { return a == none || (a->ndim > 0 && a->shape[0] == count); }

INLINE idx min_idx(idx a, idx b) { return a < b ? a : b; }
INLINE idx max_idx(idx a, idx b) { return a > b ? a : b; }
INLINE idx ceil_div(idx a, idx b) { return (a + b - 1) / b; }

/* --- vectors: as wide as the processor's registers; GCC's and Clang's extension, so the same lines serve all ------- */

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef float vec_in_memory __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t ivec_in_memory __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

INLINE vec load(const float *p) { return *(const vec_in_memory *)p; }
INLINE void store(float *p, vec v) { *(vec_in_memory *)p = v; }
INLINE vec splat(float a) { return a - (vec){0}; }

/* Lane by lane: a where mask (0 or −1) is set, else b. */
INLINE vec choose(ivec mask, vec a, vec b) { return (vec)((mask & (ivec)a) | (~mask & (ivec)b)); }

/* The larger of a and b; NaN if b is NaN, as PyTorch's relu: max(0, NaN) = NaN with b = NaN. */
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }

/* Elements 0, 2, 4, … of a and b together. */
INLINE vec every_second(vec a, vec b) {
#if LANES == 16
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif LANES == 8
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
    return __builtin_shufflevector(a, b, 0, 2, 4, 6);
#endif
}

typedef float quarter __attribute__((vector_size(16)));

/* Fold a vector into four sums. */
INLINE quarter folded(vec v) {
    union {
        vec whole;
        quarter part[LANES / 4];
    } u = {v};
    for (int i = 1; i < LANES / 4; i++) u.part[0] += u.part[i];
    return u.part[0];
}

INLINE float sum_of(vec v) {
    quarter q = folded(v);
    return (q[0] + q[1]) + (q[2] + q[3]);
}

/* Sum each of `count` vectors, four at a time: the same bits as `sum_of`, sooner. */
INLINE void sums_of(const vec *v, idx count, float *out) {
    for (; count >= 4; count -= 4, v += 4, out += 4) {
        quarter a = folded(v[0]), b = folded(v[1]), c = folded(v[2]), d = folded(v[3]);
        quarter ab = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
        quarter cd = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
        quarter sums = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
        memcpy(out, &sums, sizeof sums);
    }
    for (idx i = 0; i < count; i++) out[i] = sum_of(v[i]);
}

/* What is left of the gradient v where a ReLU gave y: all but where y ≤ 0 (a NaN lets it through). */
INLINE vec let_through(vec v, vec y) { return choose(y <= 0, (vec){0}, v); }

/* Load, or store, only the first n ≤ LANES elements. */
#if defined(__AVX512F__)
#include <immintrin.h>
INLINE vec load_first(const float *p, idx n) { return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }

/* Load the elements low…high−1, of which any part may lie in the vector, and 0 in place of the others. */
INLINE vec load_between(const float *p, idx low, idx high) {
    low = max_idx(low, 0), high = min_idx(high, LANES);
    uint32_t mask = high <= low ? 0 : ((1u << high) - 1) & ~((1u << low) - 1);
    return (vec)_mm512_maskz_loadu_ps((__mmask16)mask, p);
}
INLINE void store_first(float *p, vec v, idx n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v); }

/* Store the first n ≤ LANES elements at every second place. */
INLINE void store_apart(float *p, vec v, idx n) {
    vec low = __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    vec high = __builtin_shufflevector(v, v, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
    uint32_t places = 0x55555555u & (uint32_t)(((uint64_t)1 << (2 * n)) - 1);
    _mm512_mask_storeu_ps(p, (__mmask16)places, (__m512)low);
    if (n > LANES / 2) _mm512_mask_storeu_ps(p + LANES, (__mmask16)(places >> 16), (__m512)high);
}
#else
INLINE vec load_first(const float *p, idx n) {
    vec v = {0};
    memcpy(&v, p, (size_t)n * 4);
    return v;
}
INLINE vec load_between(const float *p, idx low, idx high) {
    if (low <= 0 && high >= LANES) return load(p);
    vec v = {0};
    low = max_idx(low, 0), high = min_idx(high, LANES);
    if (low < high) memcpy((float *)&v + low, p + low, (size_t)(high - low) * 4);
    return v;
}
INLINE void store_first(float *p, vec v, idx n) { memcpy(p, &v, (size_t)n * 4); }
INLINE void store_apart(float *p, vec v, idx n) {
    for (idx i = 0; i < n; i++) p[2 * i] = v[i];
}
#endif

/* --- threads (threads.c) ------------------------------------------------------------------------------------------- */

/* Call task(context, i) for every i in 0…count−1, on all threads unless the `work` of all of it, in multiplications or
   floats moved, is too little to share; returns when all are done. What a task computes must not depend on the thread
   it runs on, so that results are the same whatever their number. Returns DONE, or NO_MEMORY if a task had no scratch
   memory and so left its part undone. */
enum { LEAST_WORK = 200000 };
int parallel(void (*task)(void *context, idx i), void *context, idx count, double work);

/* Memory of at least `count` floats, aligned to a cache line, owned by the running thread and reused by its next call
   with the same slot. NULL where there is none: the task then returns, and `parallel` says so. */
enum { SCRATCH_PLANES, SCRATCH_GRADIENT, SCRATCH_TILE, SCRATCH_EXTRA, SCRATCH_SHARED, SCRATCH_SLOTS };
float *scratch(int slot, idx count);

/* Memory for what all tasks of one call share, one piece at a time; given back with `release`. NULL where there is
   none. Like scratch it is used again by the thread's next call, unless it is very large. */
float *shared(idx count);
void release(float *memory);
