/* Images laid out so that every tap of a window reads along unit stride.

   Zeros are added around an image, and with strides SH, SW it is split into SH·SW *phases*, each with every SH-th row
   and SW-th column. A tap (kh, kw) of a window then finds row i, column j of the output at

       plane(c, kh·DH mod SH, kw·DW mod SW)[i + kh·DH div SH][j + kw·DW div SW],

   which is one fixed distance from plane(0, 0, 0)[i][j] for all i, j. The rows of a plane follow one another without a
   gap (`pitch` floats each), so that i·pitch + j may run on from row to row; what is computed between the rows is
   thrown away. Behind the last plane lie as many zeros as there are before a row.

   Or there is a plane for each kw, which begins kw·DW columns further: plane(c, kh·DH mod SH, kw)[i + kh·DH div SH][j].
   Its rows are as long as those of the output, so that nothing lies between them: KW copies, but no place in vain. */
#pragma once
#include "array.h"

typedef struct {
    idx channels, height, width; /* of the image */
    idx stride_h, stride_w;
    idx top, left;  /* zeros before its first row and column; negative where windows begin inside it */
    idx rows, pitch; /* of one plane */
    idx across, apart; /* planes for different columns, and how many columns lie between where they begin */
} planes;

INLINE idx plane_size(const planes *p) { return p->rows * p->pitch; }
INLINE idx planes_size(const planes *p) { return p->channels * p->stride_h * p->across * plane_size(p); }

/* Where the tap at (row, column) of channel c begins: the sum of what each of the three adds. */
INLINE idx channel_at(const planes *p, idx c) { return c * p->stride_h * p->across * plane_size(p); }
INLINE idx row_at(const planes *p, idx row) {
    return row % p->stride_h * p->across * plane_size(p) + row / p->stride_h * p->pitch;
}
INLINE idx column_at(const planes *p, idx column) {
    idx b = column / p->apart % p->across;
    return b * plane_size(p) + (column - b * p->apart) / p->stride_w;
}

/* How far apart to lay rows of which `need` floats are read, of an image of `width` behind `left` zeros: the zeros after
   a row may be those before the next one, if these are enough. `columns` is the least there can be. */
INLINE idx pitch_of(idx need, idx columns, idx left, idx width) {
    idx after = need - left - width;
    return after > 0 && after <= left ? max_idx(columns, left + width) : need;
}

/* Fill `rows` rows of a plane from every `step`-th element of rows `row_step` apart: the elements begin…end−1 and zeros
   around them, or, where `gated`, wherever the same element of `open` is not positive. What is written behind a row is
   written again by the next. */
INLINE void fill_rows(idx rows, idx pitch, idx begin, idx end, const float *from, const float *open, idx row_step,
                      const int step, const int gated, float *out) {
    if (step == 1 && end - begin >= LANES) { /* only whole vectors: first the zeros, for what they cover of others */
        for (idx j = begin > 0 ? 0 : end; j < pitch; j = j < begin && j + LANES >= begin ? end : j + LANES)
#pragma GCC unroll 1
            for (idx i = 0; i < rows; i++) store(out + i * pitch + j, (vec){0});
        for (idx j = begin; j < end; j += LANES) {
            idx k = min_idx(j, end - LANES); /* the last lies over the one before */
#pragma GCC unroll 1
            for (idx i = 0; i < rows; i++) {
                vec v = load(from + i * row_step + k);
                store(out + i * pitch + k, gated ? let_through(v, load(open + i * row_step + k)) : v);
            }
        }
        return;
    }
    for (idx j = 0; j < pitch; j += LANES) {
        idx k = max_idx(min_idx(j, pitch - LANES), 0); /* the last vector may lie over the one before */
        idx low = (begin - k) * step, high = (end - 1 - k) * step + 1;
        const float *x = from + k * step, *y = open + k * step;
        float *to = out + k;
#pragma GCC unroll 1 /* the rows are few: setting an unrolled loop up takes longer than it */
        for (idx i = 0; i < rows; i++, x += row_step, to += pitch) {
            vec v = load_between(x, low, high);
            if (gated) v = let_through(v, load_between(y, low, high));
            if (step == 2) {
                vec next = load_between(x + LANES, low - LANES, high - LANES);
                if (gated) next = let_through(next, load_between(y + LANES, low - LANES, high - LANES));
                v = every_second(v, next);
            }
            if (gated) y += row_step;
            store(to, v);
        }
    }
}

/* The same without any element: most often a row or two, for which a call of memset takes longer. */
INLINE void zero_rows(idx rows, idx pitch, const float *any, float *out) {
    if (rows > 0) fill_rows(rows, pitch, 0, 0, any, 0, 0, 1, 0, out);
}

/* Of `places` places, those that lie in an image of `size`: begin…end−1, if place j is j·stride − before of the image. */
INLINE void within(idx size, idx stride, idx before, idx places, idx *begin, idx *end) {
    idx after = size + before;
    if (stride > 1) before = before > 0 ? ceil_div(before, stride) : 0, after = after > 0 ? ceil_div(after, stride) : 0;
    *begin = max_idx(min_idx(before, places), 0);
    *end = max_idx(min_idx(after, places), *begin);
}

/* Fill the planes of one image from the output row `first` on. Where `gate` is given, the output of a
   ReLU, elements are 0 where it is not positive: x is then the gradient after that ReLU. `step` is the distance of channels. */
static void fill_planes(const planes *p, const float *x, const float *gate, idx step, idx first, float *out) {
    idx sw = p->stride_w, pitch = p->pitch, row_step = p->stride_h * p->width;
    for (idx c = 0; c < p->channels; c++, x += step, gate = gate ? gate + step : 0)
        for (idx a = 0; a < p->stride_h; a++)
            for (idx b = 0; b < p->across; b++, out += p->rows * pitch) {
                idx left = p->left - b * p->apart, top = p->top - a - first * p->stride_h, begin, end, row, last;
                within(p->width, sw, left, pitch, &begin, &end);
                within(p->height, p->stride_h, top, p->rows, &row, &last);
                zero_rows(row, pitch, x, out);
                float *to = out + row * pitch;
                idx at = (row * p->stride_h - top) * p->width - left;
                if (sw == 1 && !gate) fill_rows(last - row, pitch, begin, end, x + at, 0, row_step, 1, 0, to);
                else if (sw == 1) fill_rows(last - row, pitch, begin, end, x + at, gate + at, row_step, 1, 1, to);
                else if (sw == 2 && !gate) fill_rows(last - row, pitch, begin, end, x + at, 0, row_step, 2, 0, to);
                else
                    for (idx i = 0; i < last - row; i++)
                        for (idx j = 0; j < pitch; j++)
                            to[i * pitch + j] = j >= begin && j < end && !(gate && gate[at + i * row_step + j * sw] <= 0)
                                                    ? x[at + i * row_step + j * sw] : 0;
                zero_rows(p->rows - last, pitch, x, out + last * pitch);
            }
    for (idx j = 0; j < min_idx(p->left, pitch); j++) out[j] = 0;
}
