// Sums and dot products of float32 values taken to Float64 on the way, in one pass over memory.
//
// These promise nothing about order. Their callers only pass values for which every product and every partial sum is
// exact in Float64 (updates on a grid, weights and integers bounded to match), so any order and any vector width give
// the same bits.

#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

// sums[j] += weights[i] * updates[i][j] for all i < update_count and first <= j < first + count.
void tk_fold(size_t first, size_t count, size_t update_count, const float *_Nullable const *_Nonnull updates,
             const double *weights, double *sums);

// products[0] = sum of x[j] * a[j], products[1] = sum of x[j] * b[j], over j < count. `b` may be `a`.
void tk_dot_pair(size_t count, const float *x, const float *a, const float *b, double *products);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
