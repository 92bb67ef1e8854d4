/* What every kernel shares: the arrays of its arguments, and vectors of floats.

   Python passes NumPy arrays through ctypes as they are. `array` and `dtype` mirror the public heads of NumPy's
   PyArrayObject and PyArray_Descr, on which its own macros such as PyArray_DATA rely; nothing else of Python is used,
   so no Python header is needed. The caller checks shapes and keeps the arrays alive. It also checks that they are
   contiguous arrays of float32, unless the kernel does so itself (`READY`). */
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

#if !defined(__clang__) && __GNUC__ < 9
#error "the compiled kernels need GCC 9 or newer, or Clang (__builtin_convertvector)"
#endif

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

extern const array *none;              /* Python's None, for inputs that may be missing */
extern const void *ndarray;            /* NumPy's class of arrays */
extern const dtype *float32, *int64;

/* The elements of an array of float32, or NULL for None. */
INLINE float *floats(const array *a) { return a == none ? 0 : (float *)a->data; }

/* p + offset, or NULL if p is NULL: for inputs that may be missing. */
INLINE const float *moved(const float *p, idx offset) { return p ? p + offset : 0; }

/* What a kernel answers: no memory to work in, done, or (having changed nothing) not made for these arrays. */
enum { NO_MEMORY, DONE, DECLINED };

/* Return whether `a` is a C-contiguous array of that dtype. Unpickled arrays have dtype objects of their own. */
INLINE int is_array(const array *a, const dtype *wanted) {
    enum { C_CONTIGUOUS = 1 }; /* NPY_ARRAY_C_CONTIGUOUS */
    return a->class == ndarray && (a->flags & C_CONTIGUOUS) &&
           (a->dtype == wanted || (a->dtype->number == wanted->number && a->dtype->byteorder == wanted->byteorder));
}

INLINE int is_writeable(const array *a) {
    enum { WRITEABLE = 0x400 }; /* NPY_ARRAY_WRITEABLE */
    return (a->flags & WRITEABLE) != 0;
}

/* Return whether it is such an array and not empty. */
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

/* Return whether each of the arguments is such an array of float32, or None. */
#define READY(...) \
    all_ready(sizeof((const array *[]){__VA_ARGS__}) / sizeof(array *), (const array *const[]){__VA_ARGS__})

/* Return whether `a` is None or has `count` elements along its first axis. */
INLINE int has_first(const array *a, idx count) { return a == none || (a->ndim > 0 && a->shape[0] == count); }

INLINE idx min_idx(idx a, idx b) { return a < b ? a : b; }
INLINE idx max_idx(idx a, idx b) { return a > b ? a : b; }
INLINE idx ceil_div(idx a, idx b) { return (a + b - 1) / b; }

/* --- vectors as wide as the processor's registers, by the vector extension of GCC and Clang ----------------------- */

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

/* Lane by lane: a where the mask is −1, b where it is 0. */
INLINE vec choose(ivec mask, vec a, vec b) { return (vec)((mask & (ivec)a) | (~mask & (ivec)b)); }

/* max(a, b); NaN if b is NaN, so that larger(0, NaN) = NaN as in PyTorch's relu. */
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }

/* The elements of a and b by number, as many as a has: 0… are a's, and b's follow. GCC has `__builtin_shufflevector`
   from version 12 on, and `__builtin_shuffle` before; the tests compile the kernels with -DFORCE_OLD_SHUFFLE too. */
#if defined(__clang__) || (__GNUC__ >= 12 && !defined(FORCE_OLD_SHUFFLE))
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLED(a, b, ...) \
    ({ typedef int numbers __attribute__((vector_size(sizeof(a)))); __builtin_shuffle(a, b, (numbers){__VA_ARGS__}); })
#endif

/* Of two vectors a and b: elements 0, 2, 4, …; 1, 3, 5, …; and the pairs a₀ b₀ a₁ b₁ … of their low and high halves. */
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

typedef float quarter __attribute__((vector_size(16)));

/* Four partial sums of a vector. */
INLINE quarter folded(vec v) {
    union {
        vec whole;
        quarter part[LANES / 4];
    } u = {v};
    for (int i = 1; i < LANES / 4; i++) u.part[0] += u.part[i];
    return u.part[0];
}

/* The sum of all lanes. */
INLINE float sum_of(vec v) {
    quarter q = folded(v);
    return (q[0] + q[1]) + (q[2] + q[3]);
}

/* Write the sum of each of `count` vectors to `out`, four at a time: the same bits as `sum_of`, but faster. */
INLINE void sums_of(const vec *v, idx count, float *out) {
    for (; count >= 4; count -= 4, v += 4, out += 4) {
        quarter a = folded(v[0]), b = folded(v[1]), c = folded(v[2]), d = folded(v[3]);
        quarter ab = SHUFFLED(a, b, 0, 4, 2, 6) + SHUFFLED(a, b, 1, 5, 3, 7);
        quarter cd = SHUFFLED(c, d, 0, 4, 2, 6) + SHUFFLED(c, d, 1, 5, 3, 7);
        quarter sums = SHUFFLED(ab, cd, 0, 1, 4, 5) + SHUFFLED(ab, cd, 2, 3, 6, 7);
        memcpy(out, &sums, sizeof sums);
    }
    for (idx i = 0; i < count; i++) out[i] = sum_of(v[i]);
}

/* The gradient of a ReLU with output y: 0 where y ≤ 0, else v (also where y is NaN). */
INLINE vec relu_masked(vec v, vec y) { return choose(y <= 0, (vec){0}, v); }

/* Load, or store, only the first n ≤ LANES elements; lanes that are not loaded are 0. */
#if defined(__AVX512F__)
#include <immintrin.h>
INLINE vec load_first(const float *p, idx n) { return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }

/* Load elements low…high−1 of the vector at p, a range that may reach beyond the vector; the other lanes are 0. */
INLINE vec load_between(const float *p, idx low, idx high) {
    low = max_idx(low, 0), high = min_idx(high, LANES);
    uint32_t mask = high <= low ? 0 : ((1u << high) - 1) & ~((1u << low) - 1);
    return (vec)_mm512_maskz_loadu_ps((__mmask16)mask, p);
}
INLINE void store_first(float *p, vec v, idx n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v); }

/* Store the first n ≤ LANES elements at every second position. */
INLINE void store_apart(float *p, vec v, idx n) {
    vec low = SHUFFLED(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    vec high = SHUFFLED(v, v, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
    uint32_t positions = 0x55555555u /* every second bit */ & (uint32_t)(((uint64_t)1 << (2 * n)) - 1);
    _mm512_mask_storeu_ps(p, (__mmask16)positions, (__m512)low);
    if (n > LANES / 2) _mm512_mask_storeu_ps(p + LANES, (__mmask16)(positions >> 16), (__m512)high);
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

/* --- threads (threads.c) ------------------------------------------------------------------------------------------ */

/* Call task(context, i) for every i in 0…count−1 and return when all are done. The tasks are shared among all threads
   unless their `work` together, in multiplications or floats moved, is less than LEAST_WORK: then waking the threads
   takes longer. What a task computes must not depend on its thread, so that results are the same on any number of them.
   Returns DONE, or NO_MEMORY if a task got no scratch memory and left its part undone. */
enum { LEAST_WORK = 200000 };
int parallel(void (*task)(void *context, idx i), void *context, idx count, double work);

/* At least `count` floats of memory, aligned to a cache line. They belong to the running thread, whose next call with
   the same slot reuses them. NULL if there is no memory: the task then returns, and `parallel` reports it. */
enum { SCRATCH_PLANES, SCRATCH_GRADIENT, SCRATCH_TILE, SCRATCH_EXTRA, SCRATCH_SHARED, SCRATCH_SLOTS };
float *scratch(int slot, idx count);

/* Memory for what all tasks of one call share, one piece at a time; give it back by `release`. NULL if there is none.
   Like scratch memory, it is reused by the thread's next call unless it is very large. */
float *shared(idx count);
void release(float *memory);
