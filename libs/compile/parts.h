// What a library needs that runs nothing but certain plans: ./dev build --only-for.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"
#include "plan/plan.h"

namespace slipway::compile {

struct Parts {
  std::set<std::uint16_t> kernels;    // by number: plan/kernel_ids.h
  std::uint32_t activations = 0;      // a bit for each, where a step has one
  std::uint32_t recurrent_kinds = 0;  // a bit for each
  bool has_narrow_weights = false;

  // kUnsupported where a step runs by the reference implementation: that needs the whole library.
  Status add(const plan::Plan& plan);

  // As the build takes them: "-DSLIPWAY_ONLY_KERNELS=6,13 ..."
  std::string cmake_options() const;
};

}  // namespace slipway::compile
