// Float32 kernels whose results are the same bits in every variant: scalar (the oracle), AVX2 with FMA, AVX-512.
//
// Rules that every variant keeps:
//   - round to nearest even, no flush to zero, no contraction by the compiler, fused multiply-add where written here;
//   - an element of a matrix product is, for each run of TK_CHUNK values of k in order, one chain
//     s = fma(a, b, s) from s = +0; the runs' results are added in order (the first one is taken as it is);
//   - vectors run over rows and columns of the result, never over k.
// Matrices are row-major; `ld` is the distance between the starts of two rows, in values, at least the row's length.
// Any extent may be 0. Output must not overlap input unless said otherwise.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

// Values of k in one run of a matrix product.
#define TK_CHUNK 256

typedef enum tk_variant {
    TK_VARIANT_SCALAR = 0,
    TK_VARIANT_AVX2 = 1,
    TK_VARIANT_AVX512 = 2,
} tk_variant;

// One step of stochastic gradient descent on a parameter w with gradient g, anchor w0 and velocity v:
//   g = fma(weight_decay, w, g)     unless weight_decay is 0
//   g = fma(proximal, w - w0, g)    unless proximal is 0
//   v = fma(momentum, v, g), made +0 where |v| < 2^-100; g = v  unless momentum is 0
//   w = fma(-learning_rate, g, w)
typedef struct tk_sgd {
    float learning_rate;
    float momentum;
    float weight_decay;
    float proximal;
} tk_sgd;

// The parameters that a step changes and reads. `velocity` is touched only if momentum is not 0, `anchor` only if
// proximal is not 0; either may be NULL otherwise. All three have the same rows and the same distance between rows.
typedef struct tk_parameters {
    float *weights;
    float *_Nullable velocity;
    const float *_Nullable anchor;
} tk_parameters;

// What a rounding to the grid found.
typedef struct tk_quantised {
    // Values beyond the grid's range, set to its end.
    size_t saturated;
    // Index of the first place where an input is NaN or infinite, or the count if there is none; written as +0.
    size_t first_not_finite;
} tk_quantised;

typedef struct tk_kernels {
    tk_variant variant;

    // C[m,n] = A[m,k] B[k,n], then + bias[n] if bias is given, then +0 for what is < 0 if relu is not 0.
    void (*gemm_nn)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                    size_t ldc, const float *_Nullable bias, int relu);

    // C[m,n] = A[k,m]^T B[k,n].
    void (*gemm_tn)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                    size_t ldc);

    // C[m,n] = A[m,k] B[n,k]^T; where `active` [m,n] (distance ld_active) is given, +0 unless active > 0.
    void (*gemm_nt)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                    size_t ldc, const float *_Nullable active, size_t ld_active);

    // The product of gemm_tn as the gradient of one step on the parameters [m,n] (distance ldw); it is not stored.
    void (*gemm_tn_sgd)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                        tk_parameters parameters, size_t ldw, tk_sgd sgd);

    // sums[n] = the product of gemm_tn with A a single column of ones: the sum of each column in row order.
    void (*column_sums)(size_t rows, size_t n, const float *b, size_t ldb, float *sums);

    // x[i] = active[i] > 0 ? x[i] : +0.
    void (*relu_mask)(size_t n, const float *active, float *x);

    // For each row z of logits, with exp(x) taken as 0 for x < -64:
    // losses = log(sum of exp(z - max z)) - (z[label] - max z) and, if `gradient` is given,
    // (exp(z - max z) / sum - [label]) * scale. Sums run over 16 lanes (column modulo 16), then halve 8, 4, 2, 1.
    // `gradient` may be `logits`. Labels must be below `classes`, and classes at least 1 if there are rows.
    void (*softmax_cross_entropy)(size_t rows, size_t classes, const float *logits, size_t ld_logits,
                                  const uint8_t *labels, float scale, float *losses, float *_Nullable gradient,
                                  size_t ld_gradient);

    // One step on n parameters with the gradient given.
    void (*sgd_step)(size_t n, const float *gradient, tk_parameters parameters, tk_sgd sgd);

    // y[i] = y[i] + x[i].
    void (*add)(size_t n, const float *x, float *y);

    // update[i] = (w[i] - w0[i]) rounded to a multiple of 2^-fraction_bits (ties to even), at most 2^24 - 1 of them in
    // magnitude, negative zero made positive. `update` may be `weights`. fraction_bits is 0 to 100.
    tk_quantised (*quantise)(size_t n, const float *weights, const float *anchor, int fraction_bits, float *update);

    // Index of the first value that is not finite, no multiple of 2^-fraction_bits, of magnitude 2^(24 - fraction_bits)
    // or more, or negative zero; n if there is none. fraction_bits is 0 to 100.
    size_t (*check_grid)(size_t n, const float *x, int fraction_bits);

    // y[i] = x[i], exactly.
    void (*widen)(size_t n, const float *x, double *y);

    // y[i] = tk_exp(x[i]) and tk_log(x[i]), as softmax_cross_entropy computes them.
    void (*exp)(size_t n, const float *x, float *y);
    void (*log)(size_t n, const float *x, float *y);
} tk_kernels;

// The kernels of a variant, or NULL if this build or this CPU does not have it. The scalar variant is always there.
const tk_kernels *_Nullable tk_kernels_for(tk_variant variant);

// The widest variant that this build and this CPU have.
tk_variant tk_best_variant(void);

// Number of rows whose largest logit (the first of them, if several) is the label's.
size_t tk_count_correct(size_t rows, size_t classes, const float *logits, size_t ld_logits, const uint8_t *labels);

// Copies row_count rows of row_length values, given by their indices in the source, one below the other.
void tk_gather_rows(size_t row_count, size_t row_length, const float *source, size_t ld_source, const int64_t *rows,
                    float *target, size_t ld_target);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
