// The AVX-512 variant: 16 values at a time, tiles of 10 x 32.

#pragma STDC FP_CONTRACT OFF

#include "variants.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TK_TARGET __attribute__((target("avx512f,avx2,fma")))
#define TK_TABLE tk_avx512_kernels
#define TK_VARIANT TK_VARIANT_AVX512
#define TK_LANES 16
#define TK_TILE_ROWS 10

typedef __m512 tk_vector;
typedef __mmask16 tk_mask;

#define TK_INLINE static inline __attribute__((always_inline)) TK_TARGET

TK_INLINE tk_mask vector_mask(size_t count) { return (tk_mask)((1u << count) - 1u); }
TK_INLINE tk_vector vector_zero(void) { return _mm512_setzero_ps(); }
TK_INLINE tk_vector vector_fill(float x) { return _mm512_set1_ps(x); }
TK_INLINE tk_vector vector_load(const float *p) { return _mm512_loadu_ps(p); }
TK_INLINE tk_vector vector_load_some(const float *p, tk_mask mask) { return _mm512_maskz_loadu_ps(mask, p); }
TK_INLINE void vector_store(float *p, tk_vector x) { _mm512_storeu_ps(p, x); }
TK_INLINE void vector_store_some(float *p, tk_vector x, tk_mask mask) { _mm512_mask_storeu_ps(p, mask, x); }
TK_INLINE tk_vector vector_add(tk_vector x, tk_vector y) { return _mm512_add_ps(x, y); }
TK_INLINE tk_vector vector_fma(tk_vector x, tk_vector y, tk_vector z) { return _mm512_fmadd_ps(x, y, z); }

// x < 0 ? +0 : x. The instruction gives its second operand where the two are equal or one is NaN.
TK_INLINE tk_vector vector_relu(tk_vector x) { return _mm512_max_ps(_mm512_setzero_ps(), x); }

// active > 0 ? x : +0.
TK_INLINE tk_vector vector_where_positive(tk_vector active, tk_vector x) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(active, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}

// Rows of a 16 x 16 block become its columns.
TK_INLINE void vector_transpose(tk_vector r[TK_LANES]) {
    tk_vector t[TK_LANES];
    for (int i = 0; i < 16; i += 4) {
        tk_vector low01 = _mm512_unpacklo_ps(r[i], r[i + 1]), high01 = _mm512_unpackhi_ps(r[i], r[i + 1]);
        tk_vector low23 = _mm512_unpacklo_ps(r[i + 2], r[i + 3]), high23 = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm512_shuffle_ps(low01, low23, 0x44);
        t[i + 1] = _mm512_shuffle_ps(low01, low23, 0xee);
        t[i + 2] = _mm512_shuffle_ps(high01, high23, 0x44);
        t[i + 3] = _mm512_shuffle_ps(high01, high23, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        tk_vector even01 = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);
        tk_vector odd01 = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
        tk_vector even23 = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
        tk_vector odd23 = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
        r[i] = _mm512_shuffle_f32x4(even01, even23, 0x88);
        r[i + 4] = _mm512_shuffle_f32x4(odd01, odd23, 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(even01, even23, 0xdd);
        r[i + 12] = _mm512_shuffle_f32x4(odd01, odd23, 0xdd);
    }
}

#define TK_FOR_EACH_ROW_COUNT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10)

#include "simd_products.h"

#include "simd_elementwise.h"

#endif
