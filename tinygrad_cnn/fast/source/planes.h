/* Images laid out so that every tap of a window reads along unit stride.

   Zeros are added around an image, and with strides SH, SW it is split into SH·SW *phases*, each of every SH-th row and
   SW-th column. For row i and column j of the output, the tap (kh, kw) of a window is then at

       plane(c, kh·DH mod SH, kw·DW mod SW)[i + kh·DH div SH][j + kw·DW div SW],

   at the same distance from plane(0, 0, 0)[i][j] for all i, j. The rows of a plane, `pitch` floats each, follow one
   another without a gap, so that i·pitch + j may run on from row to row; results between the rows are thrown away. The
   last plane is followed by as many zeros as there are before a row.

   Alternatively there is a plane for each kw, which begins kw·DW columns later: the tap is then at plane(c, kh·DH mod
   SH, kw)[i + kh·DH div SH][j]. Rows are as long as those of the output: this takes KW copies, but no result is thrown
   away. */
#pragma once
#include "array.h"

typedef struct {
    idx channels, height, width; /* of the image */
    idx stride_h, stride_w;
    idx top, left;     /* zeros before its first row and column; negative if windows begin inside it */
    idx rows, pitch;   /* of one plane */
    idx across, apart; /* the number of planes that begin at different columns, and how many columns apart */
} planes;

/* In floats. */
INLINE idx plane_size(const planes *p) { return p->rows * p->pitch; }
INLINE idx planes_size(const planes *p) { return p->channels * p->stride_h * p->across * plane_size(p); }

/* The tap at (row, column) of channel c begins at channel_at + row_at + column_at. */
INLINE idx channel_at(const planes *p, idx c) { return c * p->stride_h * p->across * plane_size(p); }
INLINE idx row_at(const planes *p, idx row) {
    return row % p->stride_h * p->across * plane_size(p) + row / p->stride_h * p->pitch;
}
INLINE idx column_at(const planes *p, idx column) {
    idx b = column / p->apart % p->across;
    return b * plane_size(p) + (column - b * p->apart) / p->stride_w;
}

/* The pitch for rows of which `need` floats are read: `left` zeros, `width` floats of an image, and zeros after them,
   which may be those before the next row if these are enough. It is at least `columns`. */
INLINE idx pitch_of(idx need, idx columns, idx left, idx width) {
    idx after = need - left - width;
    return after > 0 && after <= left ? max_idx(columns, left + width) : need;
}

/* Fill `rows` rows of a plane, out[i·pitch + j], from every `step`-th element of rows `row_step` apart: elements
   begin…end−1 of each row, with zeros around them, and if `masked` zeros where the same element of `mask` is ≤ 0. What
   is written after a row is overwritten by the next. */
INLINE void fill_rows(idx rows, idx pitch, idx begin, idx end, const float *from, const float *mask, idx row_step,
                      const int step, const int masked, float *out) {
    if (step == 1 && end - begin >= LANES) { /* only whole vectors: zeros first, because they reach into the elements */
        for (idx j = begin > 0 ? 0 : end; j < pitch; j = j < begin && j + LANES >= begin ? end : j + LANES)
#pragma GCC unroll 1
            for (idx i = 0; i < rows; i++) store(out + i * pitch + j, (vec){0});
        for (idx j = begin; j < end; j += LANES) {
            idx k = min_idx(j, end - LANES); /* the last vector overlaps the one before */
#pragma GCC unroll 1
            for (idx i = 0; i < rows; i++) {
                vec v = load(from + i * row_step + k);
                store(out + i * pitch + k, masked ? relu_masked(v, load(mask + i * row_step + k)) : v);
            }
        }
        return;
    }
    for (idx j = 0; j < pitch; j += LANES) {
        idx k = max_idx(min_idx(j, pitch - LANES), 0); /* the last vector may overlap the one before */
        idx low = (begin - k) * step, high = (end - 1 - k) * step + 1;
        const float *x = from + k * step, *y = mask + k * step;
        float *to = out + k;
#pragma GCC unroll 1 /* the rows are few: setting up an unrolled loop takes longer than running it */
        for (idx i = 0; i < rows; i++, x += row_step, to += pitch) {
            vec v = load_between(x, low, high);
            if (masked) v = relu_masked(v, load_between(y, low, high));
            if (step == 2) {
                vec next = load_between(x + LANES, low - LANES, high - LANES);
                if (masked) next = relu_masked(next, load_between(y + LANES, low - LANES, high - LANES));
                v = SHUFFLED(v, next, EVEN_LANES);
            }
            if (masked) y += row_step;
            store(to, v);
        }
    }
}

/* Fill `rows` rows with zeros: mostly one or two, for which a call of memset takes longer. `unread` is any address. */
INLINE void zero_rows(idx rows, idx pitch, const float *unread, float *out) {
    if (rows > 0) fill_rows(rows, pitch, 0, 0, unread, 0, 0, 1, 0, out);
}

/* Positions j = begin…end−1 of `count` are those whose coordinate in the image, j·stride − before, is in 0…size−1. */
INLINE void within(idx size, idx stride, idx before, idx count, idx *begin, idx *end) {
    idx after = size + before;
    if (stride > 1) before = before > 0 ? ceil_div(before, stride) : 0, after = after > 0 ? ceil_div(after, stride) : 0;
    *begin = max_idx(min_idx(before, count), 0);
    *end = max_idx(min_idx(after, count), *begin);
}

/* Fill the planes of one image x (channels, height, width), its channels `step` floats apart, from the output row
   `first` on: (channels, height, width) → (channels, SH, across, rows, pitch). With `mask`, the output of a ReLU whose
   gradient is x, elements are 0 where it is ≤ 0. */
static void fill_planes(const planes *p, const float *x, const float *mask, idx step, idx first, float *out) {
    idx sw = p->stride_w, pitch = p->pitch, row_step = p->stride_h * p->width;
    for (idx c = 0; c < p->channels; c++, x += step, mask = moved(mask, step))
        for (idx a = 0; a < p->stride_h; a++)
            for (idx b = 0; b < p->across; b++, out += p->rows * pitch) {
                idx left = p->left - b * p->apart, top = p->top - a - first * p->stride_h, begin, end, row, last;
                within(p->width, sw, left, pitch, &begin, &end);
                within(p->height, p->stride_h, top, p->rows, &row, &last);
                zero_rows(row, pitch, x, out);
                float *to = out + row * pitch;
                idx at = (row * p->stride_h - top) * p->width - left;
                if (sw == 1 && !mask) fill_rows(last - row, pitch, begin, end, x + at, 0, row_step, 1, 0, to);
                else if (sw == 1) fill_rows(last - row, pitch, begin, end, x + at, mask + at, row_step, 1, 1, to);
                else if (sw == 2 && !mask) fill_rows(last - row, pitch, begin, end, x + at, 0, row_step, 2, 0, to);
                else
                    for (idx i = 0; i < last - row; i++)
                        for (idx j = 0; j < pitch; j++) {
                            idx k = at + i * row_step + j * sw;
                            int kept = j >= begin && j < end && !(mask && mask[k] <= 0);
                            to[i * pitch + j] = kept ? x[k] : 0;
                        }
                zero_rows(p->rows - last, pitch, x, out + last * pitch);
            }
    for (idx j = 0; j < min_idx(p->left, pitch); j++) out[j] = 0;
}
