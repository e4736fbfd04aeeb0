// integer.cc for processors with AVX2 or NEON that have 8-bit dot products.
#define SLIPWAY_DOT
#include "kernels/gemm/integer.cc"
