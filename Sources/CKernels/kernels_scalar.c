// The scalar variant: the oracle that the others equal bit for bit. Plain loops, in the order the header promises.

#pragma STDC FP_CONTRACT OFF

#include "variants.h"

#include <math.h>

#include "elementary.h"

// The element (i, j) of a product: A at a[p * a_step], B at b[p * b_step].
static float dot(size_t k, const float *a, size_t a_step, const float *b, size_t b_step) {
    float total = 0.0f;
    for (size_t start = 0; start < k; start += TK_CHUNK) {
        size_t end = k - start < TK_CHUNK ? k : start + TK_CHUNK;
        float sum = 0.0f;
        for (size_t p = start; p < end; p++) sum = fmaf(a[p * a_step], b[p * b_step], sum);
        total = start == 0 ? sum : total + sum;
    }
    return total;
}

static void step(float gradient, tk_parameters parameters, size_t i, tk_sgd sgd) {
    float weight = parameters.weights[i];
    float g = gradient;
    if (sgd.weight_decay != 0.0f) g = fmaf(sgd.weight_decay, weight, g);
    if (sgd.proximal != 0.0f) g = fmaf(sgd.proximal, weight - parameters.anchor[i], g);
    if (sgd.momentum != 0.0f) {
        g = tk_keep_normal(fmaf(sgd.momentum, parameters.velocity[i], g));
        parameters.velocity[i] = g;
    }
    parameters.weights[i] = fmaf(-sgd.learning_rate, g, weight);
}

static void gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                    size_t ldc, const float *bias, int relu) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            float y = dot(k, a + i * lda, 1, b + j, ldb);
            if (bias) y = y + bias[j];
            if (relu) y = y < 0.0f ? 0.0f : y;
            c[i * ldc + j] = y;
        }
    }
}

static void gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                    size_t ldc) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) c[i * ldc + j] = dot(k, a + i, lda, b + j, ldb);
}

static void gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                    size_t ldc, const float *active, size_t ld_active) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            float y = dot(k, a + i * lda, 1, b + j * ldb, 1);
            c[i * ldc + j] = !active || active[i * ld_active + j] > 0.0f ? y : 0.0f;
        }
    }
}

static void gemm_tn_sgd(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                        tk_parameters parameters, size_t ldw, tk_sgd sgd) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) step(dot(k, a + i, lda, b + j, ldb), parameters, i * ldw + j, sgd);
}

static void column_sums(size_t rows, size_t n, const float *b, size_t ldb, float *sums) {
    static const float one = 1.0f;
    for (size_t j = 0; j < n; j++) sums[j] = dot(rows, &one, 0, b + j, ldb);
}

static void relu_mask(size_t n, const float *active, float *x) {
    for (size_t i = 0; i < n; i++) x[i] = active[i] > 0.0f ? x[i] : 0.0f;
}

static void softmax_cross_entropy(size_t rows, size_t classes, const float *logits, size_t ld_logits,
                                  const uint8_t *labels, float scale, float *losses, float *gradient,
                                  size_t ld_gradient) {
    for (size_t i = 0; i < rows; i++) {
        const float *z = logits + i * ld_logits;
        float largest = z[0];
        for (size_t j = 1; j < classes; j++) largest = z[j] > largest ? z[j] : largest;
        float lanes[16] = {0};
        for (size_t j = 0; j < classes; j++) lanes[j % 16] = lanes[j % 16] + tk_softmax_term(z[j] - largest);
        for (size_t half = 8; half > 0; half /= 2)
            for (size_t lane = 0; lane < half; lane++) lanes[lane] = lanes[lane] + lanes[lane + half];
        float sum = lanes[0];
        losses[i] = tk_log(sum) - (z[labels[i]] - largest);
        if (!gradient) continue;
        float *row = gradient + i * ld_gradient;
        for (size_t j = 0; j < classes; j++)
            row[j] = (tk_softmax_term(z[j] - largest) / sum - (j == labels[i] ? 1.0f : 0.0f)) * scale;
    }
}

static void sgd_step(size_t n, const float *gradient, tk_parameters parameters, tk_sgd sgd) {
    for (size_t i = 0; i < n; i++) step(gradient[i], parameters, i, sgd);
}

static void add(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = y[i] + x[i];
}

static tk_quantised quantise(size_t n, const float *weights, const float *anchor, int fraction_bits, float *update) {
    const float limit = 16777215.0f;
    const float up = ldexpf(1.0f, fraction_bits), down = ldexpf(1.0f, -fraction_bits);
    tk_quantised found = {0, n};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(weights[i]) || !isfinite(anchor[i])) {
            if (found.first_not_finite == n) found.first_not_finite = i;
            update[i] = 0.0f;
            continue;
        }
        float steps = (weights[i] - anchor[i]) * up;
        if (fabsf(steps) > limit) {
            found.saturated++;
            steps = copysignf(limit, steps);
        }
        update[i] = rintf(steps) * down + 0.0f;
    }
    return found;
}

static size_t check_grid(size_t n, const float *x, int fraction_bits) {
    const float up = ldexpf(1.0f, fraction_bits);
    for (size_t i = 0; i < n; i++) {
        float steps = x[i] * up;
        if (!(fabsf(steps) < 16777216.0f) || rintf(steps) != steps || tk_bits(x[i]) == 0x80000000u) return i;
    }
    return n;
}

static void widen(size_t n, const float *x, double *y) {
    for (size_t i = 0; i < n; i++) y[i] = (double)x[i];
}

static void exp_all(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = tk_exp(x[i]);
}

static void log_all(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = tk_log(x[i]);
}

const tk_kernels tk_scalar_kernels = {
    .variant = TK_VARIANT_SCALAR,
    .gemm_nn = gemm_nn,
    .gemm_tn = gemm_tn,
    .gemm_nt = gemm_nt,
    .gemm_tn_sgd = gemm_tn_sgd,
    .column_sums = column_sums,
    .relu_mask = relu_mask,
    .softmax_cross_entropy = softmax_cross_entropy,
    .sgd_step = sgd_step,
    .add = add,
    .quantise = quantise,
    .check_grid = check_grid,
    .widen = widen,
    .exp = exp_all,
    .log = log_all,
};
