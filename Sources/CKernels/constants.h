// Constants of exp and log, shared by the scalar and the vector code.

#pragma once

// log2(e); 1.5 * 2^23, which rounds a small float to an integer when added and leaves that integer in the low bits.
#define TK_LOG2_E 0x1.715476p+0f
#define TK_ROUND_SHIFT 0x1.8p+23f

// ln 2 in two parts. The first has 15 bits, so that its product with an exponent is exact.
#define TK_LN2_HIGH 0x1.62e4p-1f
#define TK_LN2_LOW 0x1.7f7d1cp-20f

// Below the first, e^x would be subnormal or nearly so, and is 0; above the second, it is infinity.
#define TK_EXP_LOWEST -87.3f
#define TK_EXP_HIGHEST 88.0f

// Terms of a softmax below e^-64 and velocities below 2^-100 are 0. Both would lead to subnormal products, which are a
// hundred times slower, and change nothing that float32 could show; a decaying velocity would stay subnormal for ever.
#define TK_SOFTMAX_LOWEST -64.0f
#define TK_SMALLEST_VELOCITY 0x1p-100f

// (e^r - 1 - r) / r^2 for |r| <= 0.3473, least maximal relative error of e^r: 2^-28.
#define TK_EXP_2 0x1.fffffcp-2f
#define TK_EXP_3 0x1.55549p-3f
#define TK_EXP_4 0x1.5558f8p-5f
#define TK_EXP_5 0x1.123b1p-7f
#define TK_EXP_6 0x1.6a223ap-10f

// (ln(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2), least maximal relative error of ln(1 + f):
// 2^-30.
#define TK_LOG_3 0x1.555548p-2f
#define TK_LOG_4 -0x1.000006p-2f
#define TK_LOG_5 0x1.99a4b6p-3f
#define TK_LOG_6 -0x1.555c4cp-3f
#define TK_LOG_7 0x1.233764p-3f
#define TK_LOG_8 -0x1.fc2216p-4f
#define TK_LOG_9 0x1.e6f0b6p-4f
#define TK_LOG_10 -0x1.de3bd6p-4f
#define TK_LOG_11 0x1.1456bap-4f

// The bits of sqrt(1/2), and the smallest normal number.
#define TK_SQRT_HALF_BITS 0x3f3504f3u
#define TK_SMALLEST_NORMAL 0x1p-126f
