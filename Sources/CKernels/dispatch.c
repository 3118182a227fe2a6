// Choice of a variant at run time, and what is the same for all of them.

#pragma STDC FP_CONTRACT OFF

#include <string.h>

#include "variants.h"

const tk_kernels *tk_kernels_for(tk_variant variant) {
    switch (variant) {
    case TK_VARIANT_SCALAR:
        return &tk_scalar_kernels;
#if defined(__x86_64__)
    case TK_VARIANT_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &tk_avx2_kernels : NULL;
    case TK_VARIANT_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") ? &tk_avx512_kernels : NULL;
#endif
    default:
        return NULL;
    }
}

tk_variant tk_best_variant(void) {
    if (tk_kernels_for(TK_VARIANT_AVX512)) return TK_VARIANT_AVX512;
    if (tk_kernels_for(TK_VARIANT_AVX2)) return TK_VARIANT_AVX2;
    return TK_VARIANT_SCALAR;
}

size_t tk_count_correct(size_t rows, size_t classes, const float *logits, size_t ld_logits, const uint8_t *labels) {
    size_t correct = 0;
    for (size_t i = 0; i < rows; i++) {
        const float *z = logits + i * ld_logits;
        size_t best = 0;
        for (size_t j = 1; j < classes; j++)
            if (z[j] > z[best]) best = j;
        correct += best == labels[i];
    }
    return correct;
}

void tk_gather_rows(size_t row_count, size_t row_length, const float *source, size_t ld_source, const int64_t *rows,
                    float *target, size_t ld_target) {
    for (size_t i = 0; i < row_count; i++)
        memcpy(target + i * ld_target, source + (size_t)rows[i] * ld_source, row_length * sizeof(float));
}
