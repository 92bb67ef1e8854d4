/* Images laid out so that every tap of a window reads along unit stride.

   Zeros are added around an image, and with strides SH, SW it is split into SH·SW *phases*, each with every SH-th row
   and SW-th column. A tap (kh, kw) of a window then finds row i, column j of the output at

       plane(c, kh·DH mod SH, kw·DW mod SW)[i + kh·DH div SH][j + kw·DW div SW],

   which is one fixed distance from plane(0, 0, 0)[i][j] for all i, j. The rows of a plane follow one another without a
   gap (`pitch` floats each), so that i·pitch + j may run on from row to row; what is computed between the rows is
   thrown away. Behind the last plane lie as many zeros as there are before a row. */
#pragma once
#include "array.h"

typedef struct {
    idx channels, height, width; /* of the image */
    idx stride_h, stride_w;
    idx top, left;  /* zeros before its first row and column; negative where windows begin inside it */
    idx rows, pitch; /* of one plane */
} planes;

INLINE idx plane_size(const planes *p) { return p->rows * p->pitch; }
INLINE idx planes_size(const planes *p) { return p->channels * p->stride_h * p->stride_w * plane_size(p); }

/* Where the tap at (row, column) of channel c begins. */
INLINE idx tap_at(const planes *p, idx c, idx row, idx column) {
    idx phase = (c * p->stride_h + row % p->stride_h) * p->stride_w + column % p->stride_w;
    return phase * plane_size(p) + row / p->stride_h * p->pitch + column / p->stride_w;
}

/* How far apart to lay rows of which `need` floats are read, of an image of `width` behind `left` zeros: the zeros after
   a row may be those before the next one, if these are enough. `columns` is the least there can be. */
INLINE idx pitch_of(idx need, idx columns, idx left, idx width) {
    idx after = need - left - width;
    return after > 0 && after <= left ? max_idx(columns, left + width) : need;
}

/* Fill the planes of one image from the output row `first` on. Where `gate` is given, the output of a
   ReLU, elements are 0 where it is not positive: x is then the gradient after that ReLU. `step` is the distance of channels. */
INLINE void fill_planes(const planes *p, const float *x, const float *gate, idx step, idx first, float *out) {
    for (idx c = 0; c < p->channels; c++, x += step, gate = gate ? gate + step : 0)
        for (idx a = 0; a < p->stride_h; a++)
            for (idx b = 0; b < p->stride_w; b++) {
                /* the columns j with 0 ≤ j·SW + b − left < width */
                idx begin = p->left <= b ? 0 : min_idx(ceil_div(p->left - b, p->stride_w), p->pitch);
                idx end = p->width + p->left - b;
                end = max_idx(end <= 0 ? 0 : min_idx(ceil_div(end, p->stride_w), p->pitch), begin);
                for (idx i = 0; i < p->rows; i++, out += p->pitch) {
                    idx row = (first + i) * p->stride_h + a - p->top;
                    if (row < 0 || row >= p->height) {
                        memset(out, 0, (size_t)p->pitch * 4);
                        continue;
                    }
                    const float *from = x + row * p->width + b - p->left;
                    const float *open = gate ? gate + row * p->width + b - p->left : 0;
                    if (p->pitch <= LANES && p->stride_w == 1 && end - begin < LANES) { /* what is written too far is */
                        vec v = load_first(from + begin, end - begin);                  /* written again after it */
                        if (open) v = let_through(v, load_first(open + begin, end - begin));
                        if (begin) store(out, (vec){0});
                        if (begin) store_first(out + begin, v, end - begin);
                        else store(out, v);
                        continue;
                    }
                    for (idx j = 0; j < begin; j++) out[j] = 0;
                    for (idx j = end; j < p->pitch; j++) out[j] = 0;
                    if (p->stride_w == 1) {
                        idx j = begin;
                        if (!open) {
                            for (; j + LANES <= end; j += LANES) store(out + j, load(from + j));
                            if (j < end) store_first(out + j, load_first(from + j, end - j), end - j);
                        } else {
                            for (; j + LANES <= end; j += LANES)
                                store(out + j, let_through(load(from + j), load(open + j)));
                            if (j < end)
                                store_first(out + j, let_through(load_first(from + j, end - j), load_first(open + j, end - j)),
                                            end - j);
                        }
                    } else {
                        idx j = begin;
                        for (; p->stride_w == 2 && j < end; j += LANES) {
                            idx count = min_idx(LANES, end - j), last = 2 * count - 1, near = min_idx(last, LANES);
                            vec low = load_first(from + 2 * j, near), high = {0};
                            if (open) low = let_through(low, load_first(open + 2 * j, near));
                            if (last > LANES) {
                                high = load_first(from + 2 * j + LANES, last - LANES);
                                if (open) high = let_through(high, load_first(open + 2 * j + LANES, last - LANES));
                            }
                            store_first(out + j, every_second(low, high), count);
                        }
                        for (; j < end; j++) {
                            float value = from[j * p->stride_w];
                            out[j] = open && open[j * p->stride_w] <= 0 ? 0 : value;
                        }
                    }
                }
            }
    for (idx j = 0; j < p->left; j++) out[j] = 0;
}
