// The AVX2 and FMA variant: 8 values at a time, tiles of 6 x 16.

#pragma STDC FP_CONTRACT OFF

#include "variants.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TK_TARGET __attribute__((target("avx2,fma")))
#define TK_TABLE tk_avx2_kernels
#define TK_VARIANT TK_VARIANT_AVX2
#define TK_LANES 8
#define TK_TILE_ROWS 6

typedef __m256 tk_vector;
typedef __m256i tk_mask;

#define TK_INLINE static inline __attribute__((always_inline)) TK_TARGET

static const int32_t mask_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

TK_INLINE tk_mask vector_mask(size_t count) { return _mm256_loadu_si256((const __m256i *)(mask_words + 8 - count)); }
TK_INLINE tk_vector vector_zero(void) { return _mm256_setzero_ps(); }
TK_INLINE tk_vector vector_fill(float x) { return _mm256_set1_ps(x); }
TK_INLINE tk_vector vector_load(const float *p) { return _mm256_loadu_ps(p); }
TK_INLINE tk_vector vector_load_some(const float *p, tk_mask mask) { return _mm256_maskload_ps(p, mask); }
TK_INLINE void vector_store(float *p, tk_vector x) { _mm256_storeu_ps(p, x); }
TK_INLINE void vector_store_some(float *p, tk_vector x, tk_mask mask) { _mm256_maskstore_ps(p, mask, x); }
TK_INLINE tk_vector vector_add(tk_vector x, tk_vector y) { return _mm256_add_ps(x, y); }
TK_INLINE tk_vector vector_fma(tk_vector x, tk_vector y, tk_vector z) { return _mm256_fmadd_ps(x, y, z); }

// x < 0 ? +0 : x. The instruction gives its second operand where the two are equal or one is NaN.
TK_INLINE tk_vector vector_relu(tk_vector x) { return _mm256_max_ps(_mm256_setzero_ps(), x); }

// active > 0 ? x : +0.
TK_INLINE tk_vector vector_where_positive(tk_vector active, tk_vector x) {
    return _mm256_and_ps(_mm256_cmp_ps(active, _mm256_setzero_ps(), _CMP_GT_OQ), x);
}

// Rows of an 8 x 8 block become its columns.
TK_INLINE void vector_transpose(tk_vector r[TK_LANES]) {
    tk_vector t[TK_LANES];
    for (int i = 0; i < 8; i += 4) {
        tk_vector low01 = _mm256_unpacklo_ps(r[i], r[i + 1]), high01 = _mm256_unpackhi_ps(r[i], r[i + 1]);
        tk_vector low23 = _mm256_unpacklo_ps(r[i + 2], r[i + 3]), high23 = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm256_shuffle_ps(low01, low23, 0x44);
        t[i + 1] = _mm256_shuffle_ps(low01, low23, 0xee);
        t[i + 2] = _mm256_shuffle_ps(high01, high23, 0x44);
        t[i + 3] = _mm256_shuffle_ps(high01, high23, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
}

#define TK_FOR_EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6)

#include "simd_products.h"

#include "simd_elementwise.h"

#endif
