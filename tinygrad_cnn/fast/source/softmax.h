/* The exponentials of a row of scores, which softmax and cross-entropy share. */
#pragma once
#include "elementwise.h"

enum { ROWS_AT_ONCE = 16 /* rows of a task */, SUMMED = 32 * LANES /* elements summed in float32, then in float64 */ };

/* The work of one score, in floats moved: an exponential takes about as long as moving eight floats. */
#define SCORE_WORK 8.0

/* Write e^(x − m) to `out` (count,) and return its sum, where m = max x goes to `most`. */
INLINE double exponentials(const float *x, idx count, float *most, float *out) {
    vec top = splat(-__builtin_inff());
    EACH_VECTOR(0, count, top = larger(top, existing(load_up_to(x + i, n), n, top)););
    *most = largest_of(top);
    double total = 0;
    vec shift = splat(*most);
    for (idx begin = 0; begin < count; begin += SUMMED) {
        vec sum = {0};
        EACH_VECTOR(begin, min_idx(begin + SUMMED, count), {
            vec e = existing(exponential(load_up_to(x + i, n) - shift), n, (vec){0});
            store_up_to(out + i, e, n);
            sum += e;
        });
        total += total_of(sum);
    }
    return total;
}
