// The streaming kernels of fold.h: portable loops, and AVX2 and AVX-512 variants chosen at run time.

#pragma STDC FP_CONTRACT OFF

#include "CFold/fold.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Updates added in one pass over a tile of sums: more streams than the hardware prefetcher follows are slower.
enum { STREAMS = 8 };
// Sums in a tile: 16 KiB, so that they stay in the first-level cache while all updates pass.
enum { TILE = 2048 };

// Adds up to STREAMS updates to `count` sums, all from index 0.
typedef void fold_tile(size_t count, size_t streams, const float *const *x, const double *weights, double *sums);
typedef void dot_pair(size_t count, const float *x, const float *a, const float *b, double *products);

static void fold_tile_portable(size_t count, size_t streams, const float *const *x, const double *weights,
                               double *sums) {
    for (size_t i = 0; i < streams; i++) {
        const float *values = x[i];
        const double weight = weights[i];
        for (size_t j = 0; j < count; j++) sums[j] += weight * (double)values[j];
    }
}

static void dot_pair_portable(size_t count, const float *x, const float *a, const float *b, double *products) {
    double first[4] = {0}, second[4] = {0};
    size_t j = 0;
    for (; j + 4 <= count; j += 4)
        for (size_t lane = 0; lane < 4; lane++) {
            first[lane] += (double)x[j + lane] * (double)a[j + lane];
            second[lane] += (double)x[j + lane] * (double)b[j + lane];
        }
    for (; j < count; j++) {
        first[0] += (double)x[j] * (double)a[j];
        second[0] += (double)x[j] * (double)b[j];
    }
    products[0] = (first[0] + first[1]) + (first[2] + first[3]);
    products[1] = (second[0] + second[1]) + (second[2] + second[3]);
}

#if defined(__x86_64__)

// Values that are asked for ahead of use: four cache lines. Measured: without it 4 GB/s where 10 are to be had.
enum { AHEAD = 64 };

__attribute__((target("avx512f"))) static void fold_tile_avx512(size_t count, size_t streams, const float *const *x,
                                                                const double *weights, double *sums) {
    size_t j = 0;
    for (; j + 16 <= count; j += 16) {
        __m512d low = _mm512_loadu_pd(sums + j), high = _mm512_loadu_pd(sums + j + 8);
        for (size_t i = 0; i < streams; i++) {
            const float *values = x[i] + j;
            const __m512d weight = _mm512_set1_pd(weights[i]);
            __builtin_prefetch((const char *)values + AHEAD * sizeof(float));
            low = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(values)), weight, low);
            high = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(values + 8)), weight, high);
        }
        _mm512_storeu_pd(sums + j, low);
        _mm512_storeu_pd(sums + j + 8, high);
    }
    for (; j < count; j++)
        for (size_t i = 0; i < streams; i++) sums[j] += weights[i] * (double)x[i][j];
}

__attribute__((target("avx2,fma"))) static void fold_tile_avx2(size_t count, size_t streams, const float *const *x,
                                                               const double *weights, double *sums) {
    size_t j = 0;
    for (; j + 16 <= count; j += 16) {
        __m256d part[4];
        for (size_t q = 0; q < 4; q++) part[q] = _mm256_loadu_pd(sums + j + 4 * q);
        for (size_t i = 0; i < streams; i++) {
            const float *values = x[i] + j;
            const __m256d weight = _mm256_set1_pd(weights[i]);
            __builtin_prefetch((const char *)values + AHEAD * sizeof(float));
            for (size_t q = 0; q < 4; q++)
                part[q] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(values + 4 * q)), weight, part[q]);
        }
        for (size_t q = 0; q < 4; q++) _mm256_storeu_pd(sums + j + 4 * q, part[q]);
    }
    for (; j < count; j++)
        for (size_t i = 0; i < streams; i++) sums[j] += weights[i] * (double)x[i][j];
}

__attribute__((target("avx512f"))) static void dot_pair_avx512(size_t count, const float *x, const float *a,
                                                               const float *b, double *products) {
    __m512d first[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
    __m512d second[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
    size_t j = 0;
    for (; j + 16 <= count; j += 16) {
        __builtin_prefetch((const char *)(x + j) + 8 * AHEAD * sizeof(float));
        for (size_t q = 0; q < 2; q++) {
            const __m512d value = _mm512_cvtps_pd(_mm256_loadu_ps(x + j + 8 * q));
            first[q] = _mm512_fmadd_pd(value, _mm512_cvtps_pd(_mm256_loadu_ps(a + j + 8 * q)), first[q]);
            second[q] = _mm512_fmadd_pd(value, _mm512_cvtps_pd(_mm256_loadu_ps(b + j + 8 * q)), second[q]);
        }
    }
    dot_pair_portable(count - j, x + j, a + j, b + j, products);
    products[0] += _mm512_reduce_add_pd(_mm512_add_pd(first[0], first[1]));
    products[1] += _mm512_reduce_add_pd(_mm512_add_pd(second[0], second[1]));
}

__attribute__((target("avx2,fma"))) static void dot_pair_avx2(size_t count, const float *x, const float *a,
                                                              const float *b, double *products) {
    __m256d first[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};
    __m256d second[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};
    size_t j = 0;
    for (; j + 8 <= count; j += 8) {
        __builtin_prefetch((const char *)(x + j) + 8 * AHEAD * sizeof(float));
        for (size_t q = 0; q < 2; q++) {
            const __m256d value = _mm256_cvtps_pd(_mm_loadu_ps(x + j + 4 * q));
            first[q] = _mm256_fmadd_pd(value, _mm256_cvtps_pd(_mm_loadu_ps(a + j + 4 * q)), first[q]);
            second[q] = _mm256_fmadd_pd(value, _mm256_cvtps_pd(_mm_loadu_ps(b + j + 4 * q)), second[q]);
        }
    }
    double lanes[8];
    _mm256_storeu_pd(lanes, _mm256_add_pd(first[0], first[1]));
    _mm256_storeu_pd(lanes + 4, _mm256_add_pd(second[0], second[1]));
    dot_pair_portable(count - j, x + j, a + j, b + j, products);
    products[0] += (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    products[1] += (lanes[4] + lanes[5]) + (lanes[6] + lanes[7]);
}

#endif

static fold_tile *best_fold_tile(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return fold_tile_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return fold_tile_avx2;
#endif
    return fold_tile_portable;
}

static dot_pair *best_dot_pair(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return dot_pair_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return dot_pair_avx2;
#endif
    return dot_pair_portable;
}

void tk_fold(size_t first, size_t count, size_t update_count, const float *const *updates, const double *weights,
             double *sums) {
    fold_tile *const add = best_fold_tile();
    for (size_t start = 0; start < count; start += TILE) {
        const size_t length = count - start < TILE ? count - start : TILE;
        for (size_t group = 0; group < update_count; group += STREAMS) {
            const size_t streams = update_count - group < STREAMS ? update_count - group : STREAMS;
            const float *x[STREAMS];
            for (size_t i = 0; i < streams; i++) x[i] = updates[group + i] + first + start;
            add(length, streams, x, weights + group, sums + first + start);
        }
    }
}

void tk_dot_pair(size_t count, const float *x, const float *a, const float *b, double *products) {
    best_dot_pair()(count, x, a, b, products);
}
