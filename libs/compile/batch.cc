#include "compile/batch.h"

#include <algorithm>
#include <vector>

#include "base/str.h"
#include "plan/plan.h"

namespace slipway::compile {
namespace {

bool same_constant(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::ranges::equal(a.bytes(), b.bytes());
}

std::optional<std::string> compare_steps(const Program& a, const Program& b) {
  for (std::size_t i = 0; i < std::min(a.steps.size(), b.steps.size()); ++i) {
    const ProgramStep& x = a.steps[i];
    const ProgramStep& y = b.steps[i];
    if (x.kernel == y.kernel && x.inputs == y.inputs && x.outputs == y.outputs &&
        x.params == y.params) {
      continue;
    }
    if (x.kernel == plan::KernelId::kInterpret && y.kernel == x.kernel)
      return str(x.name, " runs by the reference implementation, made for one batch");
    return str(x.name, " is computed in another way at another batch");
  }
  if (a.steps.size() != b.steps.size() || a.tensors.size() != b.tensors.size() ||
      a.storages.size() != b.storages.size()) {
    return std::string("another batch has other steps");
  }
  return std::nullopt;
}

std::optional<std::string> compare_storages(const Program& a, const Program& b) {
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    const ProgramTensor& x = a.tensors[i];
    const ProgramTensor& y = b.tensors[i];
    const Storage& from = a.storages[x.storage];
    const Storage& to = b.storages[y.storage];
    if (x.dtype != y.dtype || x.layout != y.layout || x.storage != y.storage ||
        x.shape.size() != y.shape.size() || from.place != to.place || from.port != to.port) {
      return str(x.name, " has another form at another batch");
    }
    if (from.place == plan::Place::kWeights && !same_constant(from.constant, to.constant))
      return str("the constant ", x.name, " depends on the batch");
  }
  return std::nullopt;
}

// Extents as fixed + per_batch * batch.
std::optional<std::string> find_growth(Program& program, std::int64_t batch,
                                       std::span<const ProgramAt> others,
                                       std::vector<std::vector<plan::Dim>>& all) {
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    const ProgramTensor& tensor = program.tensors[i];
    std::vector<plan::Dim> dims;
    std::size_t growing = 0;
    for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      const std::int64_t here = tensor.shape[axis];
      const ProgramAt& next = others.front();
      const std::int64_t rise = next.program->tensors[i].shape[axis] - here;
      const std::int64_t per_batch = rise / (next.batch - batch);
      const plan::Dim dim{here - per_batch * batch, per_batch};
      const bool is_even = std::ranges::all_of(others, [&](const ProgramAt& other) {
        return other.program->tensors[i].shape[axis] == dim.fixed + dim.per_batch * other.batch;
      });
      if (!is_even || dim.fixed < 0 || dim.per_batch < 0)
        return str(tensor.name, " does not grow evenly with the batch");
      growing += per_batch != 0 ? 1 : 0;
      if (growing > 1 || (per_batch != 0 && axis == 1 && tensor.layout == plan::Layout::kBlocked16))
        return str(tensor.name, " grows with the batch along several axes, or in its channels");
      dims.push_back(dim);
    }
    all.push_back(std::move(dims));
  }
  return std::nullopt;
}

// What a state begins as stands at the front of each item: axes before the batch would part it.
std::optional<std::string> compare_states(const Program& program, const Program& other,
                                          const std::vector<std::vector<plan::Dim>>& dims) {
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    const Storage& storage = program.storages[program.tensors[i].storage];
    if (storage.place != plan::Place::kState) continue;
    const Tensor& initial = storage.constant;
    const bool is_zero =
        std::ranges::all_of(initial.bytes(), [](std::byte b) { return b == std::byte{0}; });
    const Tensor& there = other.storages[other.tensors[i].storage].constant;
    for (std::size_t axis = 0; axis < dims[i].size(); ++axis) {
      if (dims[i][axis].per_batch != 0) break;
      if (!is_zero && dims[i][axis].fixed != 1 && axis + 1 < dims[i].size())
        return str(program.tensors[i].name, " does not begin alike for every item of a batch");
    }
    if (!is_zero && !same_constant(initial, there))
      return str(program.tensors[i].name, " begins as something that depends on the batch");
  }
  return std::nullopt;
}

// A count that grows with the batch, at batch 1.
std::uint64_t at_one(std::uint64_t here, std::int64_t batch, std::uint64_t there,
                     std::int64_t other) {
  const std::uint64_t per_batch = (there - here) / static_cast<std::uint64_t>(other - batch);
  return here - per_batch * static_cast<std::uint64_t>(batch - 1);
}

}  // namespace

std::optional<std::string> unify_batches(Program& first, std::int64_t batch,
                                         std::span<const ProgramAt> others) {
  for (const ProgramAt& other : others) {
    if (auto reason = compare_steps(first, *other.program)) return reason;
    if (auto reason = compare_storages(first, *other.program)) return reason;
  }
  std::vector<std::vector<plan::Dim>> dims;
  if (auto reason = find_growth(first, batch, others, dims)) return reason;
  if (auto reason = compare_states(first, *others.front().program, dims)) return reason;
  for (std::size_t i = 0; i < first.tensors.size(); ++i) {
    ProgramTensor& tensor = first.tensors[i];
    tensor.per_batch.clear();
    for (std::size_t axis = 0; axis < dims[i].size(); ++axis) {
      tensor.per_batch.push_back(dims[i][axis].per_batch);
      tensor.shape[axis] = dims[i][axis].fixed + dims[i][axis].per_batch;
    }
  }
  for (std::size_t i = 0; i < first.steps.size(); ++i) {
    first.steps[i].multiply_adds =
        at_one(first.steps[i].multiply_adds, batch, others.front().program->steps[i].multiply_adds,
               others.front().batch);
  }
  return std::nullopt;
}

}  // namespace slipway::compile
