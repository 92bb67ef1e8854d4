/* All gradients of a layer in one call: each of gx, gw and gb is None where it is not wanted. */
#include "array.h"

int conv2d_input(const array *g, const array *gate, const array *w, const array *gx, int sh, int sw, int top, int left,
                 int dh, int dw, int groups);
int winograd_conv2d_input(const array *g, const array *gate, const array *w, const array *gx, int top, int left);
int conv2d_weight(const array *x, const array *g, const array *gate, const array *gw, int sh, int sw, int top, int left,
                  int dh, int dw, int groups);
int winograd_conv2d_weight(const array *x, const array *g, const array *gate, const array *gw, int top, int left);
int conv2d_bias(const array *g, const array *gate, const array *gb);
int matmul_nn(const array *a, const array *b, const array *y);
int matmul_tn(const array *a, const array *b, const array *y);
int column_sums(const array *a, const array *y);

/* Those of conv2d; `gate` as for `conv2d_input`. x is read for gw only, w for gx only; `winograd_x` and `winograd_w` say
   which kernel computes gx and gw. */
EXPORT int conv2d_gradients(const array *g, const array *gate, const array *x, const array *w, const array *gx,
                            const array *gw, const array *gb, int sh, int sw, int top, int left, int dh, int dw, int groups,
                            int winograd_x, int winograd_w) {
    if (!READY(g, gate, gx, gw, gb) || (gw != none && !READY(x)) || (gx != none && !READY(w))) return DECLINED;
    int answer = DONE;
    if (gx != none)
        answer = winograd_x ? winograd_conv2d_input(g, gate, w, gx, top, left)
                            : conv2d_input(g, gate, w, gx, sh, sw, top, left, dh, dw, groups);
    if (gw != none && answer == DONE)
        answer = winograd_w ? winograd_conv2d_weight(x, g, gate, gw, top, left)
                            : conv2d_weight(x, g, gate, gw, sh, sw, top, left, dh, dw, groups);
    return gb == none || answer != DONE ? answer : conv2d_bias(g, gate, gb);
}

/* Those of y = x·wᵀ + b from g (rows, outputs). */
EXPORT int linear_gradients(const array *g, const array *x, const array *w, const array *gx, const array *gw,
                            const array *gb) {
    if (!READY(g, gx, gw, gb) || (gw != none && !READY(x)) || (gx != none && !READY(w))) return DECLINED;
    if (gx != none && !matmul_nn(g, w, gx)) return NO_MEMORY;
    if (gw != none && !matmul_tn(g, x, gw)) return NO_MEMORY;
    return gb == none || column_sums(g, gb);
}
