// exp and log of one value with a fixed sequence of IEEE 754 operations.
//
// Written without branches, so that loops over it become vectors. Included by every variant: compiled for a CPU with
// FMA, fmaf is one instruction; otherwise libm computes the same.

#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "constants.h"

static inline __attribute__((always_inline)) uint32_t tk_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline __attribute__((always_inline)) float tk_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// e^x: 0 below TK_EXP_LOWEST (where it nears the subnormal range), infinity above TK_EXP_HIGHEST, NaN for NaN.
//
// x = n ln 2 + r, |r| <= ln 2 / 2; e^r = 1 + r + r^2 q(r), q a polynomial of degree 4.
static inline __attribute__((always_inline)) float tk_exp(float x) {
    float shifted = fmaf(x, TK_LOG2_E, TK_ROUND_SHIFT);
    float n = shifted - TK_ROUND_SHIFT;
    float r = fmaf(n, -TK_LN2_HIGH, x);
    r = fmaf(n, -TK_LN2_LOW, r);
    float q = TK_EXP_6;
    q = fmaf(q, r, TK_EXP_5);
    q = fmaf(q, r, TK_EXP_4);
    q = fmaf(q, r, TK_EXP_3);
    q = fmaf(q, r, TK_EXP_2);
    float p = fmaf(r * r, q, r) + 1.0f;
    uint32_t exponent = tk_bits(shifted) - tk_bits(TK_ROUND_SHIFT);
    float y = p * tk_float((exponent + 127u) << 23);
    y = x < TK_EXP_LOWEST ? 0.0f : y;
    y = x > TK_EXP_HIGHEST ? INFINITY : y;
    return x == x ? y : NAN;
}

// e^x as a term of a softmax: 0 below TK_SOFTMAX_LOWEST.
static inline __attribute__((always_inline)) float tk_softmax_term(float x) {
    return tk_exp(x < TK_SOFTMAX_LOWEST ? -INFINITY : x);
}

// A velocity: +0 where its magnitude is below TK_SMALLEST_VELOCITY.
static inline __attribute__((always_inline)) float tk_keep_normal(float v) {
    return fabsf(v) < TK_SMALLEST_VELOCITY ? 0.0f : v;
}

// ln x for a positive, normal, finite x; infinity for infinity, NaN for everything else.
//
// x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); ln(1 + f) = f - f^2/2 + f^3 q(f), q a polynomial of degree 8.
static inline __attribute__((always_inline)) float tk_log(float x) {
    uint32_t bits = tk_bits(x);
    uint32_t offset = bits - TK_SQRT_HALF_BITS;
    float k = (float)((int32_t)offset >> 23);
    float f = tk_float((offset & 0x007fffffu) + TK_SQRT_HALF_BITS) - 1.0f;
    float square = f * f;
    float q = TK_LOG_11;
    q = fmaf(q, f, TK_LOG_10);
    q = fmaf(q, f, TK_LOG_9);
    q = fmaf(q, f, TK_LOG_8);
    q = fmaf(q, f, TK_LOG_7);
    q = fmaf(q, f, TK_LOG_6);
    q = fmaf(q, f, TK_LOG_5);
    q = fmaf(q, f, TK_LOG_4);
    q = fmaf(q, f, TK_LOG_3);
    float cubed = square * f;
    float low = fmaf(k, TK_LN2_LOW, cubed * q);
    low = fmaf(square, -0.5f, low);
    float y = fmaf(k, TK_LN2_HIGH, low + f);
    y = x == INFINITY ? INFINITY : y;
    return x >= TK_SMALLEST_NORMAL ? y : NAN;
}
