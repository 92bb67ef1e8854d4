/* Max and average pooling, and their gradients. A plane is one channel of one image, (H, W) or (OH, OW); a task is as
   many planes as are worth handing to a thread. The caller has checked shapes and geometry. */
#include "elementwise.h"

enum { MOST_TAPS = 256 }; /* of a window: the winner's number is a byte */
enum { TASKS = 8 };       /* at least, if there are as many planes: enough to share among threads */

typedef struct pooling pooling;
struct pooling {
    void (*kernel)(const pooling *, idx plane);
    idx planes, H, W, OH, OW, KH, KW, SH, SW, top, left, DH, DW;
    const float *x;
    float *y;
    uint8_t *taps;
    const int32_t *first_columns; /* the first tap column that lies on the input, for each output column */
    idx rows[MOST_TAPS], columns[MOST_TAPS], offsets[MOST_TAPS]; /* of each tap, from the first tap of its window */
    int all_inside;     /* no window touches the padding */
    const float *share; /* (OH, OW), or NULL where `divisor` holds everywhere */
    float divisor;
    idx block; /* planes of a task */
};

/* Task: run the kernel on `block` planes. */
static void run_block(void *context, idx task) {
    const pooling *c = context;
    for (idx i = task * c->block, end = min_idx(i + c->block, c->planes); i < end; i++) c->kernel(c, i);
}

/* Run a kernel on all planes, each of which takes `work`. */
static int over_planes(pooling *c, void (*kernel)(const pooling *, idx), double work) {
    c->kernel = kernel;
    c->block = max_idx(min_idx((idx)(CHUNK / max_idx((idx)work, 1)), c->planes / TASKS), 1);
    return parallel(run_block, c, ceil_div(c->planes, c->block), (double)c->planes * work);
}

typedef uint8_t bytes __attribute__((vector_size(LANES)));

/* Store the first n of LANES numbers below 256 as bytes. Bytes after them, up to `end`, may be written too: their
   values come later. So most stores and loads are of whole vectors, for copying n bytes is a function call. */
INLINE void store_bytes(uint8_t *p, ivec v, idx n, const uint8_t *end) {
    bytes b = __builtin_convertvector(v, bytes);
    if (p + LANES <= end) memcpy(p, &b, LANES);
    else memcpy(p, &b, (size_t)n);
}

INLINE ivec load_bytes(const uint8_t *p, idx n, const uint8_t *end) {
    bytes b = {0};
    if (p + LANES <= end) memcpy(&b, p, LANES);
    else memcpy(&b, p, (size_t)n);
    return __builtin_convertvector(b, ivec);
}

/* Replace `best` and its `tap` by x at tap t where x is larger or NaN: the first of equal values stays. */
INLINE void compete(vec *best, ivec *tap, vec x, int32_t t) {
    ivec better = (x > *best) | (x != x);
    *best = choose(better, x, *best);
    *tap = (better & t) | (~better & *tap);
}

/* Windows of 2×2 side by side: x (H, W) → y, taps (OH, OW). */
static void max_pairs(const pooling *c, idx plane) {
    const float *x = c->x + plane * c->H * c->W;
    float *y = c->y + plane * c->OH * c->OW;
    uint8_t *taps = c->taps + plane * c->OH * c->OW, *end = taps + c->OH * c->OW;
    for (idx i = 0; i < c->OH; i++, x += 2 * c->W, y += c->OW, taps += c->OW)
        for (idx j = 0; j < c->OW; j += LANES) {
            idx n = min_idx(c->OW - j, LANES);
            vec best = splat(-__builtin_inff()), even, odd;
            ivec tap = {0};
            load_pairs(x + 2 * j, n, &even, &odd);
            compete(&best, &tap, even, 0), compete(&best, &tap, odd, 1);
            load_pairs(x + c->W + 2 * j, n, &even, &odd);
            compete(&best, &tap, even, 2), compete(&best, &tap, odd, 3);
            store_up_to(y + j, best, n);
            store_bytes(taps + j, tap, n, end);
        }
}

/* Split a padded row by the stride, so that each tap reads consecutive elements: x (W,) → out (SW, pitch), with column
   k·SW + b of the padded row at [b][k]. `stride` is SW, a constant for the compiler if it is small. */
INLINE void split_row_of(const pooling *c, const idx stride, const float *x, idx pitch, float *out) {
    for (idx b = 0; b < stride; b++, out += pitch) {
        idx before = c->left - b; /* of the image's first column, in columns of the padded row */
        idx begin = before > 0 ? min_idx(ceil_div(before, stride), pitch) : 0;
        idx end = max_idx(before + c->W > 0 ? min_idx(ceil_div(before + c->W, stride), pitch) : 0, begin);
        const float *from = x - before;
        for (idx k = 0; k < begin; k++) out[k] = -__builtin_inff();
        for (idx k = begin; k < end; k++) out[k] = from[k * stride];
        for (idx k = end; k < pitch; k++) out[k] = -__builtin_inff();
    }
}

static void split_row(const pooling *c, const float *x, idx pitch, float *out) {
    switch (c->SW) {
        case 1: split_row_of(c, 1, x, pitch, out); break;
        case 2: split_row_of(c, 2, x, pitch, out); break;
        case 3: split_row_of(c, 3, x, pitch, out); break;
        case 4: split_row_of(c, 4, x, pitch, out); break;
        default: split_row_of(c, c->SW, x, pitch, out);
    }
}

/* The first tap row (or column) of the window at this position that is not on the padding before the image. */
INLINE idx first_tap(idx position, idx stride, idx before, idx dilation) {
    return max_idx(ceil_div(max_idx(before - position * stride, 0), dilation), 0);
}

/* Windows of any geometry: x (H, W) → rows (H, SW, pitch) → y, taps (OH, OW). */
static void max_windows(const pooling *c, idx plane) {
    const float *x = c->x + plane * c->H * c->W;
    float *y = c->y + plane * c->OH * c->OW;
    uint8_t *taps = c->taps + plane * c->OH * c->OW, *end = taps + c->OH * c->OW;
    idx reach = (c->KW - 1) * c->DW, pitch = c->OW + reach / c->SW, row = c->SW * pitch, column[MOST_TAPS];
    if (c->SW == 1 && c->left == 0 && c->OW + reach <= c->W) {
        pitch = row = c->W; /* a tap's columns are consecutive already */
    } else {
        float *split = scratch(SCRATCH_PLANES, c->H * row);
        if (!split) return;
        for (idx i = 0; i < c->H; i++) split_row(c, x + i * c->W, pitch, split + i * row);
        x = split;
    }
    for (idx b = 0; b < c->KW; b++) column[b] = b * c->DW % c->SW * pitch + b * c->DW / c->SW;
    for (idx i = 0; i < c->OH; i++, y += c->OW, taps += c->OW) {
        idx top = i * c->SH - c->top, first = first_tap(i, c->SH, c->top, c->DH);
        for (idx j = 0; j < c->OW; j += LANES) {
            idx n = min_idx(c->OW - j, LANES);
            vec best = splat(-__builtin_inff());
            ivec tap = (ivec)load_up_to((const float *)c->first_columns + j, n) + (int32_t)(first * c->KW);
            for (idx a = first; a < c->KH && top + a * c->DH < c->H; a++) {
                const float *at = x + (top + a * c->DH) * row + j;
                for (idx b = 0; b < c->KW; b++)
                    compete(&best, &tap, load_up_to(at + column[b], n), (int32_t)(a * c->KW + b));
            }
            store_up_to(y + j, best, n);
            store_bytes(taps + j, tap, n, end);
        }
    }
}

static pooling geometry(const array *x, const array *y, idx kh, idx kw, idx sh, idx sw, idx top, idx left, idx dh,
                        idx dw) {
    return (pooling){
        .planes = x->shape[0] * x->shape[1], .H = x->shape[2], .W = x->shape[3], .OH = y->shape[2], .OW = y->shape[3],
        .KH = kh, .KW = kw, .SH = sh, .SW = sw, .top = top, .left = left, .DH = dh, .DW = dw,
    };
}

/* Return whether windows are 2×2, side by side, and all on the image. */
INLINE int in_pairs(const pooling *c) {
    return c->KH == 2 && c->KW == 2 && c->SH == 2 && c->SW == 2 && c->DH == 1 && c->DW == 1 && c->top == 0 &&
           c->left == 0 && 2 * c->OH <= c->H && 2 * c->OW <= c->W;
}

/* y = the largest element of each window of x (N, C, H, W), taps = its number there, a byte; KH·KW ≤ MOST_TAPS. */
EXPORT int max_pool2d(const array *x, const array *y, const array *taps, int kh, int kw, int sh, int sw, int top,
                      int left, int dh, int dw) {
    pooling c = geometry(x, y, kh, kw, sh, sw, top, left, dh, dw);
    int32_t *first = (int32_t *)shared(c.OW);
    if (!first) return NO_MEMORY;
    for (idx j = 0; j < c.OW; j++) first[j] = (int32_t)first_tap(j, sw, left, dw);
    c.x = floats(x), c.y = floats(y), c.taps = (uint8_t *)taps->data, c.first_columns = first;
    int done = over_planes(&c, in_pairs(&c) ? max_pairs : max_windows, (double)(c.H * c.W + c.OH * c.OW * kh * kw / 4));
    release((float *)first);
    return done;
}

/* --- the gradient of max pooling: the geometry stays that of the forward pass, x is g (OH, OW), and y is gx (H, W)  */

/* Windows of 2×2 side by side: g, taps (OH, OW) → gx (H, W). */
static void scatter_pairs(const pooling *c, idx plane) {
    const float *g = c->x + plane * c->OH * c->OW;
    const uint8_t *taps = c->taps + plane * c->OH * c->OW, *end = taps + c->OH * c->OW;
    float *out = c->y + plane * c->H * c->W;
    idx covered = 2 * c->OW, rest = c->W - covered;
    for (idx i = 0; i < c->OH; i++, g += c->OW, taps += c->OW, out += 2 * c->W) {
        for (idx j = 0; j < c->OW; j += LANES) {
            idx n = min_idx(c->OW - j, LANES);
            vec v = load_up_to(g + j, n);
            ivec tap = load_bytes(taps + j, n, end);
            for (int a = 0; a < 2; a++) {
                vec even = choose(tap == 2 * a, v, (vec){0}), odd = choose(tap == 2 * a + 1, v, (vec){0});
                store_pairs(out + a * c->W + 2 * j, even, odd, n);
            }
        }
        for (int a = 0; a < 2 && rest; a++) memset(out + a * c->W + covered, 0, (size_t)rest * 4);
    }
    memset(out, 0, (size_t)((c->H - 2 * c->OH) * c->W) * 4);
}

/* Fill the tables of the taps' rows, columns and offsets. */
static void tabulate_taps(pooling *c) {
    for (idx t = 0; t < c->KH * c->KW; t++) {
        c->rows[t] = t / c->KW * c->DH, c->columns[t] = t % c->KW * c->DW;
        c->offsets[t] = c->rows[t] * c->W + c->columns[t];
    }
    c->all_inside = c->top == 0 && c->left == 0 && (c->OH - 1) * c->SH + (c->KH - 1) * c->DH < c->H &&
                    (c->OW - 1) * c->SW + (c->KW - 1) * c->DW < c->W;
}

/* The offset in its plane of tap t of the window at (i, j), or −1 if it is on the padding. */
INLINE idx position_of(const pooling *c, idx i, idx j, idx t) {
    if (t >= c->KH * c->KW) return -1;
    idx row = i * c->SH - c->top, column = j * c->SW - c->left;
    if (c->all_inside) return row * c->W + column + c->offsets[t];
    row += c->rows[t], column += c->columns[t];
    return row >= 0 && row < c->H && column >= 0 && column < c->W ? row * c->W + column : -1;
}

/* Windows of any geometry: g, taps (OH, OW) → gx (H, W). */
static void scatter_windows(const pooling *c, idx plane) {
    const float *g = c->x + plane * c->OH * c->OW;
    const uint8_t *taps = c->taps + plane * c->OH * c->OW;
    float *out = c->y + plane * c->H * c->W;
    memset(out, 0, (size_t)(c->H * c->W) * 4);
    for (idx i = 0; i < c->OH; i++)
        for (idx j = 0; j < c->OW; j++) {
            idx at = position_of(c, i, j, *taps++);
            if (at >= 0) out[at] += *g;
            g++;
        }
}

/* gx (N, C, H, W) = each element of g (N, C, OH, OW) added at the position of its window's winner. */
EXPORT void max_pool2d_scatter(const array *g, const array *taps, const array *gx, int kh, int kw, int sh, int sw,
                               int top, int left, int dh, int dw) {
    pooling c = geometry(gx, g, kh, kw, sh, sw, top, left, dh, dw);
    c.x = floats(g), c.y = floats(gx), c.taps = (uint8_t *)taps->data;
    tabulate_taps(&c);
    over_planes(&c, in_pairs(&c) ? scatter_pairs : scatter_windows, (double)(c.H * c.W + 4 * c.OH * c.OW));
}

/* x (H, W) and taps (OH, OW) → y (OH, OW). */
static void gather_windows(const pooling *c, idx plane) {
    const float *x = c->x + plane * c->H * c->W;
    const uint8_t *taps = c->taps + plane * c->OH * c->OW;
    float *y = c->y + plane * c->OH * c->OW;
    for (idx i = 0; i < c->OH; i++)
        for (idx j = 0; j < c->OW; j++) {
            idx at = position_of(c, i, j, *taps++);
            *y++ = at < 0 ? 0 : x[at];
        }
}

/* y (N, C, OH, OW) = the element of x (N, C, H, W) at each window's winner, or 0 if that is on the padding. */
EXPORT void max_pool2d_gather(const array *x, const array *taps, const array *y, int kh, int kw, int sh, int sw,
                              int top, int left, int dh, int dw) {
    pooling c = geometry(x, y, kh, kw, sh, sw, top, left, dh, dw);
    c.x = floats(x), c.y = floats(y), c.taps = (uint8_t *)taps->data;
    tabulate_taps(&c);
    over_planes(&c, gather_windows, 4.0 * (double)(c.OH * c.OW));
}

/* --- averages: first the rows of a window are summed, then its columns -------------------------------------------- */

/* sum[j] = Σ x[row][j]: (rows, W) → (W,). */
INLINE void sum_rows(const float *x, idx rows, idx W, float *sum) {
    EACH_VECTOR(0, W, {
        vec total = {0};
        for (idx a = 0; a < rows; a++) total += load_up_to(x + a * W + i, n);
        store_up_to(sum + i, total, n);
    });
}

/* Windows begin…end−1 of a row are those whose column b lies on the image. */
INLINE void windows_with(const pooling *c, idx stride, idx b, idx *begin, idx *end) {
    idx before = c->left - b;
    *begin = before > 0 ? min_idx(ceil_div(before, stride), c->OW) : 0;
    *end = max_idx(before + c->W > 0 ? min_idx(ceil_div(before + c->W, stride), c->OW) : 0, *begin);
}

/* y[j] = the sum of the columns of window j: (W,) → (OW,). `stride` is as for `split_row_of`. */
INLINE void sum_columns_of(const pooling *c, const idx stride, const float *sum, float *y) {
    memset(y, 0, (size_t)c->OW * 4);
    for (idx b = 0, begin, end; b < c->KW; b++) {
        windows_with(c, stride, b, &begin, &end);
        const float *from = sum + b - c->left;
        for (idx j = begin; j < end; j++) y[j] += from[j * stride];
    }
}

static void sum_columns(const pooling *c, const float *sum, float *y) {
    switch (c->SW) {
        case 1: sum_columns_of(c, 1, sum, y); break;
        case 2: sum_columns_of(c, 2, sum, y); break;
        case 3: sum_columns_of(c, 3, sum, y); break;
        case 4: sum_columns_of(c, 4, sum, y); break;
        default: sum_columns_of(c, c->SW, sum, y);
    }
}

/* y = x / share, element by element, or x / divisor if `share` is NULL. */
INLINE void share_out(const float *x, const float *share, float divisor, idx count, float *y) {
    EACH_VECTOR(0, count, {
        store_up_to(y + i, load_up_to(x + i, n) / (share ? load_up_to(share + i, n) : splat(divisor)), n);
    });
}

/* Windows of any geometry: x (H, W) → sums (W,) of rows → y (OH, OW). */
static void average(const pooling *c, idx plane) {
    const float *x = c->x + plane * c->H * c->W;
    float *y = c->y + plane * c->OH * c->OW, *sum = scratch(SCRATCH_PLANES, c->W);
    if (!sum) return;
    for (idx row = 0; row < c->OH; row++, y += c->OW) {
        idx begin = max_idx(row * c->SH - c->top, 0), end = min_idx(row * c->SH - c->top + c->KH, c->H);
        sum_rows(x + begin * c->W, end - begin, c->W, sum);
        sum_columns(c, sum, y);
        share_out(y, c->share ? c->share + row * c->OW : 0, c->divisor, c->OW, y);
    }
}

/* Windows of 2×2 side by side: x (H, W) → y (OH, OW). */
static void average_pairs(const pooling *c, idx plane) {
    const float *x = c->x + plane * c->H * c->W;
    float *y = c->y + plane * c->OH * c->OW;
    vec divisor = splat(c->divisor);
    for (idx row = 0; row < c->OH; row++, x += 2 * c->W, y += c->OW)
        EACH_VECTOR(0, c->OW, {
            vec a, b, d, e;
            load_pairs(x + 2 * i, n, &a, &b);
            load_pairs(x + c->W + 2 * i, n, &d, &e);
            store_up_to(y + i, (a + b + d + e) / divisor, n);
        });
}

/* y = the sum of each window of x (N, C, H, W) divided by `share` (OH, OW), or by `divisor` if that is None. */
EXPORT int avg_pool2d(const array *x, const array *share, double divisor, const array *y, int kh, int kw, int sh,
                      int sw, int top, int left) {
    pooling c = geometry(x, y, kh, kw, sh, sw, top, left, 1, 1);
    c.x = floats(x), c.y = floats(y), c.share = floats(share), c.divisor = (float)divisor;
    return over_planes(&c, in_pairs(&c) && !c.share ? average_pairs : average, (double)(c.OH * (c.W * kh + c.OW * kw)));
}

/* out[k] = Σ sum[j] over the windows j that contain column k: (OW,) → (W,). */
INLINE void spread_columns_of(const pooling *c, const idx stride, const float *sum, float *out) {
    memset(out, 0, (size_t)c->W * 4);
    for (idx b = 0, begin, end; b < c->KW; b++) {
        windows_with(c, stride, b, &begin, &end);
        float *to = out + b - c->left;
        for (idx j = begin; j < end; j++) to[j * stride] += sum[j];
    }
}

static void spread_columns(const pooling *c, const float *sum, float *out) {
    switch (c->SW) {
        case 1: spread_columns_of(c, 1, sum, out); break;
        case 2: spread_columns_of(c, 2, sum, out); break;
        default: spread_columns_of(c, c->SW, sum, out);
    }
}

/* Windows of 2×2 side by side: g (OH, OW) → gx (H, W). */
static void spread_pairs(const pooling *c, idx plane) {
    const float *g = c->x + plane * c->OH * c->OW;
    float *out = c->y + plane * c->H * c->W;
    vec divisor = splat(c->divisor);
    idx rest = c->W - 2 * c->OW;
    for (idx row = 0; row < c->OH; row++, g += c->OW, out += 2 * c->W) {
        EACH_VECTOR(0, c->OW, {
            vec v = load_up_to(g + i, n) / divisor;
            store_pairs(out + 2 * i, v, v, n);
            store_pairs(out + c->W + 2 * i, v, v, n);
        });
        for (int a = 1; a < 3 && rest; a++) memset(out + a * c->W - rest, 0, (size_t)rest * 4);
    }
    memset(out, 0, (size_t)((c->H - 2 * c->OH) * c->W) * 4);
}

/* Windows of any geometry: g (OH, OW) → shares of it (OH, OW) → sums (OW,) of rows → gx (H, W). */
static void spread(const pooling *c, idx plane) {
    const float *g = c->x + plane * c->OH * c->OW;
    float *out = c->y + plane * c->H * c->W, *parts = scratch(SCRATCH_PLANES, c->OH * c->OW);
    float *sum = scratch(SCRATCH_EXTRA, c->OW);
    if (!parts || !sum) return;
    share_out(g, c->share, c->divisor, c->OH * c->OW, parts);
    idx filled = -1, filled_end = -1; /* the rows of windows in `sum` */
    for (idx i = 0; i < c->H; i++, out += c->W) {
        idx from = i + c->top - c->KH + 1; /* windows that contain row i begin from there to i + top */
        idx begin = from > 0 ? ceil_div(from, c->SH) : 0, end = min_idx((i + c->top) / c->SH + 1, c->OH);
        if (begin == filled && end == filled_end) {
            memcpy(out, out - c->W, (size_t)c->W * 4);
            continue;
        }
        sum_rows(parts + begin * c->OW, end - begin, c->OW, sum);
        spread_columns(c, sum, out);
        filled = begin, filled_end = end;
    }
}

/* gx (N, C, H, W) = the gradient of `avg_pool2d`: g / share, or g / divisor, at all positions of each window. */
EXPORT int avg_pool2d_input(const array *g, const array *share, double divisor, const array *gx, int kh, int kw,
                            int sh, int sw, int top, int left) {
    pooling c = geometry(gx, g, kh, kw, sh, sw, top, left, 1, 1);
    c.x = floats(g), c.y = floats(gx), c.share = floats(share), c.divisor = (float)divisor;
    return over_planes(&c, in_pairs(&c) && !c.share ? spread_pairs : spread, (double)(c.H * (c.W + c.OW * kw)));
}
