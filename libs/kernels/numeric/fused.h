// Where the baseline processor lacks fused multiply-add (x86-64 before v3), a loop is compiled
// twice: once for the baseline, where fma is an exact library call, and once with the instruction.
// Both give the same bits; the choice is made at run time.
#pragma once

#if defined(__x86_64__) && !defined(__FMA__)
#define SLIPWAY_FUSED __attribute__((target("avx2,fma")))
#define SLIPWAY_HAS_FUSED 1
#else
#define SLIPWAY_FUSED
#define SLIPWAY_HAS_FUSED 0
#endif

namespace slipway::numeric {

inline bool use_fused() {
#if SLIPWAY_HAS_FUSED
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

}  // namespace slipway::numeric

// Defines TYPE NAME(PARAMETERS) as CORE(ARGUMENTS), compiled both ways. CORE must be inlinable.
#define SLIPWAY_DEFINE_FUSED(TYPE, NAME, PARAMETERS, CORE, ARGUMENTS)                  \
  namespace fused_clone {                                                              \
  SLIPWAY_FUSED static TYPE NAME PARAMETERS { return CORE ARGUMENTS; }                 \
  }                                                                                    \
  namespace baseline_clone {                                                           \
  static TYPE NAME PARAMETERS { return CORE ARGUMENTS; }                               \
  }                                                                                    \
  TYPE NAME PARAMETERS {                                                               \
    return use_fused() ? fused_clone::NAME ARGUMENTS : baseline_clone::NAME ARGUMENTS; \
  }
