// The tables of kernels that this build has.

#pragma once

#include "CKernels.h"

extern const tk_kernels tk_scalar_kernels;

#if defined(__x86_64__)
extern const tk_kernels tk_avx2_kernels;
extern const tk_kernels tk_avx512_kernels;
#endif
