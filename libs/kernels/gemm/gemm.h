// Matrix products in float: C[m, n] = A[m, k] B[k, n], then an epilogue. Every element has the bits
// of numeric::dot_in_chains with the chains that B states, then of the epilogue's steps
// (docs/numerics.md, "Products along k").
//
// B is packed ahead (pack.h) or, for products of two activations, given by strides. No call
// allocates; scratch comes from the caller. A, C and what the epilogue reads need no alignment.
// C overlaps nothing that is read.
#pragma once

#include <cstddef>

#include "kernels/gemm/epilogue.h"
#include "kernels/gemm/pack.h"
#include "kernels/simd/isa.h"

namespace slipway {

inline constexpr std::size_t kGemmDepth = 1024;  // beyond it, sums in progress are kept in C

// Part of a product: rows of C and panels of 16 columns. Parts that do not overlap may be computed
// at the same time, each with its own scratch.
struct GemmPart {
  std::size_t row_begin, row_end;
  std::size_t panel_begin, panel_end;
};

struct GemmCall {
  std::size_t m;
  const float* a;
  std::size_t a_stride;  // floats from row to row
  PackedB b;
  float* c;
  std::size_t c_stride;
  Epilogue epilogue;
  float* scratch;  // gemm_scratch_floats(b), 64-byte aligned
};

// A product of two activations: element (p, j) of B is b[p * b_row_stride + j * b_column_stride].
struct MatMulCall {
  std::size_t m, n, k;
  std::size_t chains;  // numeric::chain_count(n, k), or what the operator fixes
  const float* a;
  std::size_t a_stride;
  const float* b;
  std::ptrdiff_t b_row_stride, b_column_stride;
  float* c;
  std::size_t c_stride;
  Epilogue epilogue;
  float* scratch;  // matmul_scratch_floats(n, k, chains), 64-byte aligned
};

struct GemmKernels {
  void (*gemm)(const GemmCall& call, const GemmPart& part);
  void (*matmul)(const MatMulCall& call, const GemmPart& part);
};

const GemmKernels& gemm_kernels(Isa isa);

inline GemmPart whole(std::size_t m, std::size_t n) { return {0, m, 0, (n + 15) / 16}; }

// For one part at a time.
std::size_t gemm_scratch_floats(const PackedB& b);
std::size_t matmul_scratch_floats(std::size_t n, std::size_t k, std::size_t chains);

}  // namespace slipway
