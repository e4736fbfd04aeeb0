#include "compile/dead_steps.h"

#include <algorithm>
#include <functional>

namespace slipway::compile {
namespace {

// Calls f(TensorIndex&) for every mention of a tensor.
void for_each_mention(Program& program, const std::function<void(TensorIndex&)>& f) {
  for (ProgramStep& step : program.steps) {
    for (TensorIndex& id : step.inputs) f(id);
    for (TensorIndex& id : step.outputs) f(id);
  }
  for (ProgramPort& port : program.inputs) f(port.tensor);
  for (ProgramPort& port : program.outputs) f(port.tensor);
}

// Of the elements that are used, moved together in order; where each one is then.
template <typename T>
std::vector<std::size_t> keep_used(std::vector<T>& elements, const std::vector<bool>& is_used) {
  std::vector<std::size_t> places(elements.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!is_used[i]) continue;
    if (kept != i) elements[kept] = std::move(elements[i]);
    places[i] = kept++;
  }
  elements.resize(kept);
  return places;
}

void remove_unused_tensors(Program& program) {
  std::vector<bool> is_used(program.tensors.size(), false);
  for_each_mention(program, [&](TensorIndex id) {
    if (id != kLeftOut) is_used[index(id)] = true;
  });
  const std::vector<std::size_t> tensors = keep_used(program.tensors, is_used);
  for_each_mention(program, [&](TensorIndex& id) {
    if (id != kLeftOut) id = TensorIndex{static_cast<std::uint32_t>(tensors[index(id)])};
  });
  std::vector<bool> is_stored(program.storages.size(), false);
  for (const ProgramTensor& tensor : program.tensors) is_stored[tensor.storage] = true;
  const std::vector<std::size_t> storages = keep_used(program.storages, is_stored);
  for (ProgramTensor& tensor : program.tensors) tensor.storage = storages[tensor.storage];
}

}  // namespace

void remove_dead_steps(Program& program) {
  std::vector<bool> is_read(program.storages.size(), false);
  std::vector<ProgramStep> alive;
  for (std::size_t i = program.steps.size(); i-- > 0;) {
    ProgramStep& step = program.steps[i];
    const bool is_needed = std::ranges::any_of(step.outputs, [&](TensorIndex id) {
      if (id == kLeftOut) return false;
      const Storage& storage = program.storage_of(id);
      return storage.place != plan::Place::kArena || storage.is_kept ||
             is_read[program.tensor(id).storage];
    });
    if (!is_needed) continue;
    for (const TensorIndex id : step.inputs) {
      if (id != kLeftOut) is_read[program.tensor(id).storage] = true;
    }
    alive.push_back(std::move(step));
  }
  std::ranges::reverse(alive);
  program.steps = std::move(alive);
  remove_unused_tensors(program);
}

}  // namespace slipway::compile
