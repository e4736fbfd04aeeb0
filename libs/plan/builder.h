// Writes a plan: tensors, steps and ports are added in any order that names only what exists;
// finish() lays out the sections and checks the whole as a reader would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/format.h"
#include "plan/kernel_ids.h"
#include "tensor/tensor.h"

namespace slipway::plan {

struct TensorSpec {
  std::string_view name;
  DType dtype = DType::kFloat32;
  Place place = Place::kArena;
  Layout layout = Layout::kPlain;
  std::span<const Dim> dims;
  std::uint64_t offset = 0;
};

struct StepSpec {
  std::string_view name;
  KernelId kernel = KernelId::kNone;
  std::span<const std::uint32_t> inputs;
  std::span<const std::uint32_t> outputs;
  std::span<const std::byte> params;
  std::uint64_t multiply_adds = 0;
};

class Builder {
 public:
  std::uint32_t add_tensor(const TensorSpec& spec);
  // The offset of these bytes among the weights; equal bytes are kept once.
  std::uint64_t add_weights(std::span<const std::byte> bytes);
  void add_step(const StepSpec& spec);
  void add_input(std::string_view name, std::uint32_t tensor);
  void add_output(std::string_view name, std::uint32_t tensor);
  void add_metadata(std::string_view key, std::string_view value);

  // The file's bytes, aligned as Plan::parse asks: a tensor of uint8. `initial_state`: as many
  // bytes as the state has, or none for zeros.
  Result<Tensor> finish(std::uint64_t arena_bytes, std::uint64_t state_bytes = 0,
                        std::span<const std::byte> initial_state = {}) const;

 private:
  Text add_text(std::string_view text);

  std::string text_;
  std::map<std::string, Text, std::less<>> texts_;
  std::vector<Dim> dims_;
  std::vector<TensorRecord> tensors_;
  std::vector<StepRecord> steps_;
  std::vector<std::uint32_t> operands_;
  std::vector<std::byte> params_;
  std::vector<PortRecord> inputs_;
  std::vector<PortRecord> outputs_;
  std::vector<MetadataRecord> metadata_;
  std::vector<std::byte> weights_;
  std::multimap<std::uint64_t, Section> weight_pieces_;  // by checksum
  std::uint64_t multiply_adds_ = 0;
};

}  // namespace slipway::plan
