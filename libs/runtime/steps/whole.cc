// Whole numbers and doubles: sums and the like of two; and what a table has for whole numbers.
#include "kernels/elementwise/whole.h"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise/doubles.h"
#include "plan/params.h"
#include "runtime/elements.h"
#include "runtime/steps/broadcast.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

struct Combine {
  BroadcastRuns runs;
  WholeElements combine;
  std::size_t bytes;  // of an element
  std::uint32_t from[2];
  std::uint32_t to;
};

RunCode run_pairs(const void* context, const Call& call) {
  const Combine& step = *static_cast<const Combine*>(context);
  const std::byte* const a = call.pointers[step.from[0]];
  const std::byte* const b = call.pointers[step.from[1]];
  std::byte* const y = call.pointers[step.to];
  step.runs.for_each(
      call.begin, call.end, [&](std::size_t to, const std::size_t* from, std::size_t count) {
        step.combine(a + from[0] * step.bytes, step.runs.step[0], b + from[1] * step.bytes,
                     step.runs.step[1], y + to * step.bytes, count);
      });
  return RunCode::kOk;
}

constexpr std::size_t kUnit = 1024;  // elements

struct LookUp {
  const std::int64_t* keys;
  std::size_t key_count;
  const void* values;     // one a key
  const void* otherwise;  // one
  std::size_t elements;
  std::uint32_t from, to;
};

template <typename T>
RunCode run_look_up(const void* context, const Call& call) {
  const LookUp& step = *static_cast<const LookUp*>(context);
  const auto* const x = call.at<const std::int64_t>(step.from);
  auto* const y = call.at<T>(step.to);
  const std::int64_t* const end = step.keys + step.key_count;
  const std::size_t last = std::min(call.end * kUnit, step.elements);
  for (std::size_t i = call.begin * kUnit; i < last; ++i) {
    const std::int64_t* const at = std::lower_bound(step.keys, end, x[i]);
    const bool is_found = at != end && *at == x[i];
    y[i] = is_found ? static_cast<const T*>(step.values)[at - step.keys]
                    : *static_cast<const T*>(step.otherwise);
  }
  return RunCode::kOk;
}

bool holds_zero(const Operand& operand) {
  const std::size_t bytes = element_bytes(operand.dtype);
  constexpr std::byte kZero[sizeof(std::int64_t)] = {};
  for (std::size_t at = 0; at < operand.elements * bytes; at += bytes) {
    if (std::memcmp(operand.constant + at, kZero, bytes) == 0) return true;
  }
  return false;
}

// Two tensors that broadcast to the output, all of one type.
Status use_pairs(Binder& binder, WholeElements combine) {
  auto* const step = binder.make<Combine>();
  if (binder.outputs[0]->elements != 0 && !plan_broadcast(binder, step->runs))
    return binder.error("an operand does not broadcast to the output");
  step->combine = combine;
  step->bytes = element_bytes(binder.outputs[0]->dtype);
  step->from[0] = binder.inputs[0]->slot;
  step->from[1] = binder.inputs[1]->slot;
  step->to = binder.outputs[0]->slot;
  binder.work = binder.outputs[0]->bytes * kWorkOfByte;
  binder.use(run_pairs, step, step->runs.units);
  return {};
}

// The number of a function of two, of which there are `count`.
Result<std::uint32_t> function_of(const Binder& binder, std::size_t count) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(binder.outputs[0]->dtype));
  const auto params = TRY(binder.params<plan::WholeParams>());
  if (params.function >= count) return binder.error("it names a function that does not exist");
  return params.function;
}

}  // namespace

Status bind_whole(Binder& binder) {
  const auto function =
      static_cast<Whole>(TRY(function_of(binder, static_cast<std::size_t>(Whole::kCount))));
  const auto element = element_of(binder.outputs[0]->dtype);
  const WholeElements combine = element ? whole_elements(binder.isa, function, *element) : nullptr;
  if (combine == nullptr) return binder.error("no kernel has whole numbers of its type");
  const Operand& second = *binder.inputs[1];
  if (is_division(function) && (second.constant == nullptr || holds_zero(second)))
    return binder.error("it divides by what is no constant without zeros");
  return use_pairs(binder, combine);
}

Status bind_doubles(Binder& binder) {
  const auto function =
      static_cast<Double>(TRY(function_of(binder, static_cast<std::size_t>(Double::kCount))));
  if (binder.outputs[0]->dtype != DType::kFloat64)
    return binder.error("its numbers are no doubles");
  return use_pairs(binder, double_elements(binder.isa, function));
}

Status bind_look_up(Binder& binder) {
  TRY(binder.expect(4, 4, 1));
  TRY(binder.expect_plain());
  const Operand& x = *binder.inputs[0];
  const Operand& keys = *binder.inputs[1];
  const Operand& values = *binder.inputs[2];
  const Operand& otherwise = *binder.inputs[3];
  const Operand& output = *binder.outputs[0];
  const bool is_float = output.dtype == DType::kFloat32;
  if (keys.constant == nullptr || values.constant == nullptr || otherwise.constant == nullptr ||
      x.dtype != DType::kInt64 || keys.dtype != DType::kInt64 ||
      (!is_float && output.dtype != DType::kInt64) || values.dtype != output.dtype ||
      otherwise.dtype != output.dtype) {
    return binder.error("it looks whole numbers up in constants, for floats or int64");
  }
  if (values.elements != keys.elements || otherwise.elements != 1 ||
      output.elements != x.elements) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<LookUp>();
  *step = {reinterpret_cast<const std::int64_t*>(keys.constant),
           keys.elements,
           values.constant,
           otherwise.constant,
           x.elements,
           x.slot,
           output.slot};
  if (!std::is_sorted(step->keys, step->keys + step->key_count))
    return binder.error("its keys are not sorted");
  binder.work = x.elements * 16;
  binder.use(is_float ? run_look_up<float> : run_look_up<std::int64_t>, step,
             (step->elements + kUnit - 1) / kUnit);
  return {};
}

}  // namespace slipway::runtime
