// The kernels that work value by value or row by row, and the variant's table; included after simd_products.h.
//
// Loops are written plainly, for the compiler to turn into vectors: values do not meet, so the width is free.

static TK_TARGET void column_sums(size_t rows, size_t n, const float *b, size_t ldb, float *sums) {
    for (size_t j = 0; j < n; j += TK_LANES) {
        tk_mask mask = vector_mask(n - j < TK_LANES ? n - j : TK_LANES);
        tk_vector total = vector_zero();
        for (size_t start = 0; start < rows; start += TK_CHUNK) {
            size_t end = start + chunk_at(start, rows);
            tk_vector sum = vector_zero();
            for (size_t i = start; i < end; i++) sum = vector_add(sum, vector_load_some(b + i * ldb + j, mask));
            total = start == 0 ? sum : vector_add(total, sum);
        }
        vector_store_some(sums + j, total, mask);
    }
}

static TK_TARGET void relu_mask(size_t n, const float *active, float *x) {
    for (size_t i = 0; i < n; i++) x[i] = active[i] > 0.0f ? x[i] : 0.0f;
}

// exp(z - largest) of up to 16 columns; 0 in the lanes beyond.
TK_INLINE void exp_lanes(size_t count, const float *z, float largest, float *lanes) {
    float shifted[16];
    for (size_t lane = 0; lane < 16; lane++) shifted[lane] = -INFINITY;
    memcpy(shifted, z, count * sizeof(float));
    for (size_t lane = 0; lane < 16; lane++) lanes[lane] = tk_softmax_term(shifted[lane] - largest);
    for (size_t lane = count; lane < 16; lane++) lanes[lane] = 0.0f;
}

static TK_TARGET void softmax_cross_entropy(size_t rows, size_t classes, const float *logits, size_t ld_logits,
                                            const uint8_t *labels, float scale, float *losses, float *gradient,
                                            size_t ld_gradient) {
    for (size_t i = 0; i < rows; i++) {
        const float *z = logits + i * ld_logits;
        float *row = gradient ? gradient + i * ld_gradient : NULL;
        float largest = z[0];
        for (size_t j = 1; j < classes; j++) largest = z[j] > largest ? z[j] : largest;
        const float label_logit = z[labels[i]] - largest;
        float sums[16] = {0}, lanes[16];
        for (size_t j = 0; j < classes; j += 16) {
            size_t count = classes - j < 16 ? classes - j : 16;
            exp_lanes(count, z + j, largest, lanes);
            for (size_t lane = 0; lane < 16; lane++) sums[lane] = sums[lane] + lanes[lane];
            if (row) memcpy(row + j, lanes, count * sizeof(float));
        }
        for (size_t half = 8; half > 0; half /= 2)
            for (size_t lane = 0; lane < half; lane++) sums[lane] = sums[lane] + sums[lane + half];
        losses[i] = tk_log(sums[0]) - label_logit;
        if (!row) continue;
        for (size_t j = 0; j < classes; j++)
            row[j] = (row[j] / sums[0] - (j == labels[i] ? 1.0f : 0.0f)) * scale;
    }
}

static TK_TARGET void add(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = y[i] + x[i];
}

// Values looked at before a block's findings are asked for.
#define TK_BLOCK 256

static TK_TARGET tk_quantised quantise(size_t n, const float *weights, const float *anchor, int fraction_bits,
                                       float *update) {
    const float limit = 16777215.0f, largest = 0x1.fffffep+127f;
    const float up = ldexpf(1.0f, fraction_bits), down = ldexpf(1.0f, -fraction_bits);
    tk_quantised found = {0, n};
    for (size_t start = 0; start < n; start += TK_BLOCK) {
        size_t count = n - start < TK_BLOCK ? n - start : TK_BLOCK;
        const float *w = weights + start, *w0 = anchor + start;
        float *out = update + start;
        uint32_t saturated = 0, bad = 0;
        uint8_t is_bad[TK_BLOCK];
        for (size_t i = 0; i < count; i++) is_bad[i] = !(fabsf(w[i]) <= largest) | !(fabsf(w0[i]) <= largest);
        for (size_t i = 0; i < count; i++) bad += is_bad[i];
        if (bad && found.first_not_finite == n)
            found.first_not_finite = start + (size_t)((uint8_t *)memchr(is_bad, 1, count) - is_bad);
        for (size_t i = 0; i < count; i++) {
            float steps = (w[i] - w0[i]) * up;
            steps = is_bad[i] ? 0.0f : steps;
            saturated += fabsf(steps) > limit;
            steps = steps > limit ? limit : steps;
            steps = steps < -limit ? -limit : steps;
            out[i] = rintf(steps) * down + 0.0f;
        }
        found.saturated += saturated;
    }
    return found;
}

TK_INLINE int is_off_grid(float x, float up) {
    float steps = x * up;
    return !(fabsf(steps) < 16777216.0f) | (rintf(steps) != steps) | (tk_bits(x) == 0x80000000u);
}

static TK_TARGET size_t check_grid(size_t n, const float *x, int fraction_bits) {
    const float up = ldexpf(1.0f, fraction_bits);
    for (size_t start = 0; start < n; start += TK_BLOCK) {
        size_t end = n - start < TK_BLOCK ? n : start + TK_BLOCK;
        int any = 0;
        for (size_t i = start; i < end; i++) any |= is_off_grid(x[i], up);
        if (!any) continue;
        for (size_t i = start; i < end; i++)
            if (is_off_grid(x[i], up)) return i;
    }
    return n;
}

static TK_TARGET void widen(size_t n, const float *x, double *y) {
    for (size_t i = 0; i < n; i++) y[i] = (double)x[i];
}

static TK_TARGET void exp_all(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = tk_exp(x[i]);
}

static TK_TARGET void log_all(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = tk_log(x[i]);
}

const tk_kernels TK_TABLE = {
    .variant = TK_VARIANT,
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
