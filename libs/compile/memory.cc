#include "compile/memory.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "plan/plan.h"
#include "runtime/list.h"

namespace slipway::compile {
namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

struct Life {
  std::size_t first = kNever;  // step that writes it
  std::size_t last = 0;        // last step that touches it
};

Status measure(Program& program) {
  for (const ProgramTensor& tensor : program.tensors) {
    const std::vector<plan::Dim> dims = tensor.dims();
    const plan::Extent one = TRY(plan::extent_of(tensor.dtype, tensor.layout, dims, 1));
    const plan::Extent two = TRY(plan::extent_of(tensor.dtype, tensor.layout, dims, 2));
    Storage& storage = program.storages[tensor.storage];
    storage.bytes = std::max(storage.bytes, one.bytes);
    storage.bytes_at_two = std::max(storage.bytes_at_two, two.bytes);
  }
  return {};
}

std::vector<Life> lives_of(const Program& program) {
  std::vector<Life> lives(program.storages.size());
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const auto touch = [&](TensorIndex id) {
      if (id == kLeftOut) return;
      Life& life = lives[program.tensor(id).storage];
      life.first = std::min(life.first, i);
      life.last = std::max(life.last, i);
    };
    for (const TensorIndex id : program.steps[i].inputs) touch(id);
    for (const TensorIndex id : program.steps[i].outputs) touch(id);
  }
  return lives;
}

std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + plan::kAlignment - 1) / plan::kAlignment * plan::kAlignment;
}

// Gives the storage of an input that ends at a step to the step's output.
void share_in_place(Program& program) {
  std::vector<Life> lives = lives_of(program);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const ProgramStep& step = program.steps[i];
    const runtime::StepKernel* const kernel = runtime::find_kernel(step.kernel);
    if (kernel == nullptr || !kernel->in_place || step.outputs.size() != 1) continue;
    const std::size_t to = program.tensor(step.outputs[0]).storage;
    for (const TensorIndex input : step.inputs) {
      if (input == kLeftOut) continue;
      const std::size_t from = program.tensor(input).storage;
      if (from == to || program.storages[from].place != plan::Place::kArena ||
          program.storages[to].place != plan::Place::kArena || lives[from].last != i ||
          lives[to].first != i || program.storages[from].bytes != program.storages[to].bytes ||
          program.storages[from].bytes_at_two != program.storages[to].bytes_at_two) {
        continue;
      }
      const bool is_read_twice = std::ranges::count_if(step.inputs, [&](TensorIndex id) {
                                   return id != kLeftOut && program.tensor(id).storage == from;
                                 }) > 1;
      if (is_read_twice) continue;
      for (ProgramTensor& tensor : program.tensors) {
        if (tensor.storage == to) tensor.storage = from;
      }
      lives[from].last = lives[to].last;
      lives[to] = {};
      break;
    }
  }
}

}  // namespace

Result<MemoryBytes> plan_memory(Program& program) {
  TRY(measure(program));
  MemoryBytes bytes;
  for (Storage& storage : program.storages) {
    if (storage.place != plan::Place::kState) continue;
    storage.offset = bytes.state;
    bytes.state += aligned(storage.bytes);
  }
  share_in_place(program);
  const std::vector<Life> lives = lives_of(program);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < program.storages.size(); ++i) {
    if (program.storages[i].place == plan::Place::kArena && lives[i].first != kNever)
      order.push_back(i);
  }
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return program.storages[a].bytes > program.storages[b].bytes;
  });
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t id : order) {
    Storage& storage = program.storages[id];
    std::uint64_t offset = 0;
    for (const std::size_t other : placed) {
      const Storage& taken = program.storages[other];
      if (lives[other].last < lives[id].first || lives[id].last < lives[other].first) continue;
      if (taken.offset >= offset + storage.bytes) break;
      offset = std::max(offset, aligned(taken.offset + taken.bytes));
    }
    storage.offset = offset;
    bytes.arena = std::max(bytes.arena, aligned(offset + storage.bytes));
    placed.insert(
        std::ranges::upper_bound(placed, offset, {},
                                 [&](std::size_t i) { return program.storages[i].offset; }),
        id);
  }
  return bytes;
}

}  // namespace slipway::compile
