#include "kernels/simd/isa.h"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace slipway {
namespace {

struct IsaList {
  std::array<Isa, 5> isas;
  std::size_t count = 0;

  void add(Isa isa) { isas[count++] = isa; }
};

#if defined(__x86_64__)
// clang 14's __builtin_cpu_supports does not know the name f16c.
bool has_f16c() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}

// Nor does it know the name avxvnni.
bool has_avx_vnni() {
  constexpr unsigned kAvxVnni = 1U << 4U;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnni) != 0;
}

// Zen 3 has no AVX-512. (g++ 12 does not know Zen 4 by name.)
bool is_zen_3_or_4() {
  constexpr unsigned kFamily = 0x19;
  __builtin_cpu_init();
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__builtin_cpu_is("amd") == 0 || __get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
  return ((eax >> 8) & 0xFU) + ((eax >> 20) & 0xFFU) == kFamily;
}
#endif

IsaList detect() {
  IsaList list;
#if defined(__x86_64__)
  list.add(Isa::kScalar);
  __builtin_cpu_init();
  const auto has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                        __builtin_cpu_supports("bmi2") && has_f16c();
  if (!has_avx2) return list;
  list.add(Isa::kAvx2);
  if (has_avx_vnni()) list.add(Isa::kAvx2Vnni);
#ifndef SLIPWAY_NO_AVX512
  const auto has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512cd") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!has_avx512) return list;
  list.add(Isa::kAvx512);
  const auto has_vnni =
      __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
      __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg") &&
      __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("vpclmulqdq");
  if (has_vnni) list.add(Isa::kAvx512Vnni);
#endif
#elif defined(__aarch64__)
  list.add(Isa::kNeon);
  if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) list.add(Isa::kNeonDot);
#else
  list.add(Isa::kScalar);
#endif
  return list;
}

}  // namespace

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx2Vnni:
      return "avx2-vnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Vnni:
      return "avx512-vnni";
    case Isa::kNeon:
      return "neon";
    case Isa::kNeonDot:
      return "neon-dot";
  }
  return "unknown";
}

std::span<const Isa> isas_here() {
  static const IsaList kList = detect();
  return {kList.isas.data(), kList.count};
}

bool widens_halves_by_eight() {
#if defined(__x86_64__)
  static const bool kDoes = is_zen_3_or_4();
  return kDoes;
#else
  return false;
#endif
}

}  // namespace slipway
