/* All gradients of a layer in one call: those of gx, gw and gb that are None are left out.

   The caller has checked the shapes, and the geometry of windows. */
#include "array.h"

int conv2d_input(const array *g, const array *relu_mask, const array *w, const array *gx, int sh, int sw, int top,
                 int left, int dh, int dw, int groups);
int winograd_conv2d_input(const array *g, const array *relu_mask, const array *w, const array *gx, int top, int left);
int conv2d_weight(const array *x, const array *g, const array *relu_mask, const array *gw, int sh, int sw, int top,
                  int left, int dh, int dw, int groups);
int winograd_conv2d_weight(const array *x, const array *g, const array *relu_mask, const array *gw, int top, int left);
int conv2d_bias(const array *g, const array *relu_mask, const array *gb);
int matmul_nn(const array *a, const array *b, const array *y);
int matmul_tn(const array *a, const array *b, const array *y);
int column_sums(const array *a, const array *y);

/* The gradients of `conv2d` from g (N, O, OH, OW); `relu_mask` as for `conv2d_input`. x (N, C, H, W) is read only for
   gw, w (O, C/groups, KH, KW) only for gx; `winograd_x` and `winograd_w` choose Winograd's kernel for gx and gw. */
EXPORT int conv2d_gradients(const array *g, const array *relu_mask, const array *x, const array *w, const array *gx,
                            const array *gw, const array *gb, int sh, int sw, int top, int left, int dh, int dw,
                            int groups, int winograd_x, int winograd_w) {
    if (!READY(g, relu_mask, gx, gw, gb) || (gw != none && !READY(x)) || (gx != none && !READY(w))) return DECLINED;
    int answer = DONE;
    if (gx != none)
        answer = winograd_x ? winograd_conv2d_input(g, relu_mask, w, gx, top, left)
                            : conv2d_input(g, relu_mask, w, gx, sh, sw, top, left, dh, dw, groups);
    if (gw != none && answer == DONE)
        answer = winograd_w ? winograd_conv2d_weight(x, g, relu_mask, gw, top, left)
                            : conv2d_weight(x, g, relu_mask, gw, sh, sw, top, left, dh, dw, groups);
    return gb == none || answer != DONE ? answer : conv2d_bias(g, relu_mask, gb);
}

/* The gradients of y = x·wᵀ + b from g (rows, outputs): gx = g·w, gw = gᵀ·x, gb = Σ g over the rows. */
EXPORT int linear_gradients(const array *g, const array *x, const array *w, const array *gx, const array *gw,
                            const array *gb) {
    if (!READY(g, gx, gw, gb) || (gw != none && !READY(x)) || (gx != none && !READY(w))) return DECLINED;
    if (gx != none && !matmul_nn(g, w, gx)) return NO_MEMORY;
    if (gw != none && !matmul_tn(g, x, gw)) return NO_MEMORY;
    return gb == none || column_sums(g, gb);
}
