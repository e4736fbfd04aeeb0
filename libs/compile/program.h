// A program: what a plan will hold, before memory is laid out. Tensors are views of storages, so
// that a reshape is another tensor on the same storage and costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "plan/format.h"
#include "plan/kernel_ids.h"
#include "tensor/tensor.h"

namespace slipway::compile {

enum class TensorIndex : std::uint32_t {};
inline constexpr TensorIndex kLeftOut{plan::kNoTensor};
inline std::size_t index(TensorIndex id) { return static_cast<std::size_t>(id); }

struct Storage {
  plan::Place place = plan::Place::kArena;
  std::uint64_t port = 0;   // of the input or output it is
  Tensor constant;          // of kWeights; of kState: what it begins as, empty for zeros
  std::uint64_t bytes = 0;  // the largest of its views, at batch 1
  std::uint64_t bytes_at_two = 0;
  std::uint64_t offset = 0;  // in the arena or the state, set by plan_memory
  bool is_kept = false;      // lives from its first write to the end of the run
};

struct ProgramTensor {
  std::string name;
  DType dtype = DType::kFloat32;
  plan::Layout layout = plan::Layout::kPlain;
  Shape shape;  // at batch 1
  std::size_t storage = 0;
  Shape per_batch = {};  // by how much each extent grows with the batch; empty: by nothing

  std::vector<plan::Dim> dims() const {
    std::vector<plan::Dim> dims;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::int64_t grows = per_batch.empty() ? 0 : per_batch[i];
      dims.push_back({shape[i] - grows, grows});
    }
    return dims;
  }
};

struct ProgramStep {
  std::string name;  // of the node, for messages and profiles
  plan::KernelId kernel = plan::KernelId::kNone;
  std::vector<TensorIndex> inputs;
  std::vector<TensorIndex> outputs;
  std::vector<std::byte> params;
  std::uint64_t multiply_adds = 0;
  std::string note;  // for --explain: what was fused, why the reference runs it

  template <typename P>
  void set_params(const P& value) {
    static_assert(std::is_trivially_copyable_v<P>);
    params.resize(sizeof(P));
    std::memcpy(params.data(), &value, sizeof(P));
  }
};

struct ProgramPort {
  std::string name;
  TensorIndex tensor;
};

struct Program {
  std::vector<Storage> storages;
  std::vector<ProgramTensor> tensors;
  std::vector<ProgramStep> steps;
  std::vector<ProgramPort> inputs;
  std::vector<ProgramPort> outputs;

  const ProgramTensor& tensor(TensorIndex id) const { return tensors[index(id)]; }
  Storage& storage_of(TensorIndex id) { return storages[tensors[index(id)].storage]; }
  const Storage& storage_of(TensorIndex id) const { return storages[tensors[index(id)].storage]; }
};

}  // namespace slipway::compile
