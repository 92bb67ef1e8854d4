/* What other kernels use of matmul.c. */
#pragma once
#include "tile.h"

/* y[m][p] = Σ_k f[k][m] · b[k][p], added to y if `onto`, on all threads: f (depth, rows), b (depth, columns) →
   y (rows, columns). Returns DONE or NO_MEMORY. */
int multiply_matrices(factors f, const float *b, float *y, idx rows, idx columns, idx depth, int onto);
