// One source per kernel family, compiled once per instruction set. The shape of such a source:
//
//     #undef HWY_TARGET_INCLUDE
//     #define HWY_TARGET_INCLUDE "kernels/gemm/gemm.cc"  // itself
//     #include "kernels/simd/dispatch.h"
//     #include "kernels/simd/f32x16-inl.h"
//
//     HWY_BEFORE_NAMESPACE();
//     namespace slipway::HWY_NAMESPACE {
//     namespace {
//     ... functions on F32x16 ...
//     constexpr GemmKernels kTable = {...};
//     }  // namespace
//     const GemmKernels& gemm_table() { return kTable; }
//     }  // namespace slipway::HWY_NAMESPACE
//     HWY_AFTER_NAMESPACE();
//
//     #if HWY_ONCE
//     namespace slipway {
//     SLIPWAY_KERNELS(GemmKernels, gemm_kernels, gemm_table)
//     }  // namespace slipway
//     #endif
//
// which defines `const GemmKernels& gemm_kernels(Isa isa)`. Lambdas in kernels need HWY_ATTR.
// SLIPWAY_INT8_TARGETS, defined before the include, compiles for AVX-512 VNNI instead of AVX-512.
// SLIPWAY_LOOP_TARGETS compiles for AVX2 and the baseline: loops that the compiler makes vectors
// of, which wait for memory, not for the processor. A table of these holds functions of plain C++.
//
// SLIPWAY_DOT compiles for one set alone, AVX2 or NEON with 8-bit dot products, which Highway does
// not know: a source that has a form for it (conv/byte_conv.cc) stands in another one that defines
// this (conv/byte_conv_dot.cc), and defines SLIPWAY_HAS_DOT itself.
//
// No include guard: the sources are included again for each target.
#ifndef HWY_DISABLED_TARGETS
// SLIPWAY_NO_AVX512: sanitized builds, where its largest tiles take g++ minutes a source.
#ifdef SLIPWAY_DOT
#undef HWY_COMPILE_ONLY_STATIC
#define HWY_COMPILE_ONLY_STATIC
#ifdef __x86_64__
#define HWY_BASELINE_TARGETS HWY_AVX2
#else
#define HWY_BASELINE_TARGETS HWY_NEON
#endif
#endif
#if defined(SLIPWAY_NO_AVX512) || defined(SLIPWAY_LOOP_TARGETS)
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL | SLIPWAY_SVE_TARGETS)
#elif defined(SLIPWAY_INT8_TARGETS)
#define HWY_WANT_AVX3_DL
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | SLIPWAY_SVE_TARGETS)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | SLIPWAY_SVE_TARGETS)
#endif
#define SLIPWAY_SVE_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_BROKEN_EMU128 1
#endif

// clang-format off: the first includes this source again for each target, the second is that target's
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#if HWY_TARGET == HWY_AVX3_DL
// Highway 1.0.3 names AVX-VNNI where it means the 512-bit one.
#undef HWY_TARGET_STR
#define HWY_TARGET_STR \
  HWY_TARGET_STR_AVX3  \
  ",avx512vnni,vpclmulqdq,avx512vbmi,avx512vbmi2,vaes,avxvnni,avx512bitalg,avx512vpopcntdq"
#endif

#ifdef SLIPWAY_DOT
#undef HWY_TARGET_STR
#ifdef __x86_64__
#define HWY_TARGET_STR HWY_TARGET_STR_AVX2 ",avxvnni"
namespace hwy {
namespace N_DOT = N_AVX2;
}
#else
#define HWY_TARGET_STR "arch=armv8.2-a+crypto+dotprod"
namespace hwy {
namespace N_DOT = N_NEON;
}
#endif
#undef HWY_NAMESPACE
#define HWY_NAMESPACE N_DOT
#undef HWY_ONCE
#define HWY_ONCE 0  // the other source has what is there once
#endif

#if HWY_TARGET == HWY_SCALAR && defined(__GNUC__) && !defined(__clang__) && \
    !defined(SLIPWAY_LOOP_TARGETS)
// For processors without wide vectors, where it is slow whatever we do: small at least.
#undef HWY_BEFORE_NAMESPACE
#undef HWY_AFTER_NAMESPACE
#define HWY_BEFORE_NAMESPACE() \
  _Pragma("GCC push_options") _Pragma("GCC optimize(\"Os\")") static_assert(true, "")
#define HWY_AFTER_NAMESPACE() _Pragma("GCC pop_options") static_assert(true, "")
#endif

#ifndef SLIPWAY_KERNELS
#include "kernels/simd/isa.h"

#ifdef SLIPWAY_HAS_DOT
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define SLIPWAY_DOT_TABLE(Type, table) \
  namespace N_DOT {                    \
  const Type& table();                 \
  }
#define SLIPWAY_DOT_CASE(table) \
  case Isa::kAvx2Vnni:          \
  case Isa::kNeonDot:           \
    return N_DOT::table();
#else
#define SLIPWAY_DOT_TABLE(Type, table)
#define SLIPWAY_DOT_CASE(table)
#endif

#if HWY_TARGETS & HWY_AVX2
#ifdef SLIPWAY_HAS_DOT
#define SLIPWAY_AVX2_CASE(table) \
  case Isa::kAvx2:               \
    return N_AVX2::table();
#else
#define SLIPWAY_AVX2_CASE(table) \
  case Isa::kAvx2:               \
  case Isa::kAvx2Vnni:           \
    return N_AVX2::table();
#endif
#else
#define SLIPWAY_AVX2_CASE(table)
#endif

#if HWY_TARGETS & HWY_AVX3_DL
#define SLIPWAY_AVX512_CASE(table) \
  case Isa::kAvx512:               \
    return N_AVX2::table();        \
  case Isa::kAvx512Vnni:           \
    return N_AVX3_DL::table();
#elif HWY_TARGETS & HWY_AVX3
#define SLIPWAY_AVX512_CASE(table) \
  case Isa::kAvx512:               \
  case Isa::kAvx512Vnni:           \
    return N_AVX3::table();
#elif HWY_TARGETS & HWY_AVX2
#define SLIPWAY_AVX512_CASE(table) \
  case Isa::kAvx512:               \
  case Isa::kAvx512Vnni:           \
    return N_AVX2::table();
#else
#define SLIPWAY_AVX512_CASE(table)
#endif

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): names a function and the namespaces of the targets
#define SLIPWAY_KERNELS(Type, function, table)    \
  SLIPWAY_DOT_TABLE(Type, table)                  \
  const Type& function(Isa isa) {                 \
    switch (isa) {                                \
      SLIPWAY_DOT_CASE(table)                     \
      SLIPWAY_AVX512_CASE(table)                  \
      SLIPWAY_AVX2_CASE(table)                    \
      default:                                    \
        return SLIPWAY_STATIC_NAMESPACE::table(); \
    }                                             \
  }

#if HWY_STATIC_TARGET == HWY_SCALAR
#define SLIPWAY_STATIC_NAMESPACE N_SCALAR
#elif HWY_STATIC_TARGET == HWY_NEON
#define SLIPWAY_STATIC_NAMESPACE N_NEON
#elif HWY_STATIC_TARGET == HWY_AVX2
#define SLIPWAY_STATIC_NAMESPACE N_AVX2
#elif HWY_STATIC_TARGET == HWY_AVX3
#define SLIPWAY_STATIC_NAMESPACE N_AVX3
#else
#define SLIPWAY_STATIC_NAMESPACE N_AVX3_DL
#endif
#endif
