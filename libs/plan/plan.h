// Plan: a compiled model, checked in full and used in place.
//
// parse() proves that every offset, index and size lies where it may, so that nothing after it
// needs to check again what the records say about each other: tensors lie inside the weights or the
// arena or the state (for every batch up to kMaxBatch), steps name tensors and parameters that
// exist, and no step reads a tensor that no step before it wrote. What a kernel asks of its own
// operands, the kernel checks when it is bound (libs/runtime).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "plan/format.h"
#include "tensor/dtype.h"

namespace slipway::plan {

// Whether the file begins as plans do; false also where it cannot be read: who opens it says why.
bool is_plan_file(const std::filesystem::path& path);

class Plan {
 public:
  // Borrows the bytes, which must start at a multiple of kAlignment and outlive the plan, unless
  // `owner` keeps them alive. kInvalid: not a plan, or a damaged one; kUnsupported: of a version
  // that this build does not read.
  static Result<Plan> parse(std::span<const std::byte> bytes,
                            std::shared_ptr<const void> owner = nullptr);

  // Maps the file; its weights are read from disk as they are touched.
  static Result<Plan> open(const std::filesystem::path& path);

  const Header& header() const { return *header_; }
  std::span<const TensorRecord> tensors() const { return tensors_; }
  std::span<const StepRecord> steps() const { return steps_; }
  std::span<const PortRecord> inputs() const { return ports_.first(header_->input_count); }
  std::span<const PortRecord> outputs() const { return ports_.subspan(header_->input_count); }
  std::span<const MetadataRecord> metadata() const { return metadata_; }
  std::span<const std::byte> weights() const { return weights_; }
  // What the state begins as at batch 1; empty: zeros.
  std::span<const std::byte> initial_state() const { return initial_state_; }

  std::string_view text(Text text) const { return text_.substr(text.offset, text.bytes); }
  std::span<const Dim> dims(const TensorRecord& tensor) const {
    return dims_.subspan(tensor.first_dim, tensor.rank);
  }
  // Indexes of tensors; kNoTensor for one that is left out.
  std::span<const std::uint32_t> step_inputs(const StepRecord& step) const {
    return operands_.subspan(step.first_operand, step.input_count);
  }
  std::span<const std::uint32_t> step_outputs(const StepRecord& step) const {
    return operands_.subspan(step.first_operand + step.input_count, step.output_count);
  }
  std::span<const std::byte> params(const StepRecord& step) const {
    return params_.subspan(step.params_offset, step.params_bytes);
  }

  // Whether any extent depends on the batch.
  bool has_batch() const { return has_batch_; }

 private:
  Plan() = default;

  template <typename Record>
  Status take_section(SectionId id, std::span<const Record>& records);
  Status take_sections();
  Status check_header() const;
  Status check_text(Text text, std::string_view what) const;
  Status check_tensor(std::size_t index);
  class Written;
  Status check_step(std::size_t index, Written& written) const;
  Status check_ports() const;
  Status check();

  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  const Header* header_ = nullptr;
  std::string_view text_;
  std::span<const Dim> dims_;
  std::span<const TensorRecord> tensors_;
  std::span<const StepRecord> steps_;
  std::span<const std::uint32_t> operands_;
  std::span<const std::byte> params_;
  std::span<const PortRecord> ports_;
  std::span<const MetadataRecord> metadata_;
  std::span<const std::byte> weights_;
  std::span<const std::byte> initial_state_;
  bool has_batch_ = false;
};

// Elements, and bytes in its layout, that a tensor takes at a batch. kInvalid when an extent is
// negative or the whole is beyond kMaxBytes.
struct Extent {
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
};
Result<Extent> extent_of(DType dtype, Layout layout, std::span<const Dim> dims, std::int64_t batch);

// The checksum of bytes; a plan's is that of its bytes from kChecksummedFrom on.
std::uint64_t checksum_of(std::span<const std::byte> bytes);

}  // namespace slipway::plan
