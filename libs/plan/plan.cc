#include "plan/plan.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "base/str.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slipway::plan {
namespace {

Error damaged(std::string_view what) {
  return {Code::kInvalid,
          str("this plan is damaged: ", what, "; compile the model again, or copy the file again")};
}

bool fits(std::uint64_t offset, std::uint64_t bytes, std::uint64_t total) {
  return offset <= total && bytes <= total - offset;
}

bool multiply(std::uint64_t& product, std::uint64_t factor, std::uint64_t limit) {
  if (factor != 0 && product > limit / factor) return false;
  product *= factor;
  return true;
}

}  // namespace

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Result<Extent> extent_of(DType dtype, Layout layout, std::span<const Dim> dims,
                         std::int64_t batch) {
  std::uint64_t elements = 1;
  std::uint64_t stored = 1;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const Dim dim = dims[axis];
    if (dim.fixed < 0 || dim.per_batch < 0 || dim.fixed > std::int64_t{1} << 40 ||
        dim.per_batch > std::int64_t{1} << 40 || batch < 0 || batch > kMaxBatch) {
      return damaged("an extent is out of range");
    }
    const auto extent = static_cast<std::uint64_t>(dim.fixed + dim.per_batch * batch);
    const std::uint64_t whole =
        layout == Layout::kBlocked16 && axis == 1 ? (extent + 15) / 16 * 16 : extent;
    if (!multiply(elements, extent, kMaxBytes) || !multiply(stored, whole, kMaxBytes)) {
      return damaged("a tensor is too large");
    }
  }
  if (!multiply(stored, element_bytes(dtype), kMaxBytes)) return damaged("a tensor is too large");
  return Extent{elements, stored};
}

template <typename Record>
Status Plan::take_section(SectionId id, std::span<const Record>& records) {
  const Section section = header_->sections[static_cast<std::size_t>(id)];
  if (!fits(section.offset, section.bytes, bytes_.size()) || section.offset < sizeof(Header) ||
      section.offset % kAlignment != 0 || section.bytes % sizeof(Record) != 0) {
    return damaged(str("section ", static_cast<std::uint32_t>(id), " does not lie in the file"));
  }
  records = {reinterpret_cast<const Record*>(bytes_.data() + section.offset),
             section.bytes / sizeof(Record)};
  return {};
}

Status Plan::take_sections() {
  std::span<const char> text;
  TRY(take_section(SectionId::kText, text));
  text_ = {text.data(), text.size()};
  TRY(take_section(SectionId::kDims, dims_));
  TRY(take_section(SectionId::kTensors, tensors_));
  TRY(take_section(SectionId::kSteps, steps_));
  TRY(take_section(SectionId::kOperands, operands_));
  TRY(take_section(SectionId::kParams, params_));
  TRY(take_section(SectionId::kPorts, ports_));
  TRY(take_section(SectionId::kMetadata, metadata_));
  TRY(take_section(SectionId::kWeights, weights_));
  TRY(take_section(SectionId::kState, initial_state_));
  if (!initial_state_.empty() && initial_state_.size() != header_->state_bytes) {
    return damaged("what its state begins as has another size");
  }
  return {};
}

Status Plan::check_header() const {
  if (bytes_.size() < sizeof(Header) || std::memcmp(bytes_.data(), kMagic, sizeof(kMagic)) != 0) {
    return Error{Code::kInvalid,
                 "this is not a plan: make one from an ONNX model with 'slipway compile'"};
  }
  if (header_->format_version != kFormatVersion || header_->numerics_version != kNumericsVersion) {
    return Error{Code::kUnsupported,
                 str("this plan has format ", header_->format_version, " and numerics ",
                     header_->numerics_version, "; this build reads format ", kFormatVersion,
                     " and numerics ", kNumericsVersion,
                     ": compile the model again with this version of Slipway")};
  }
  if (header_->file_bytes != bytes_.size()) {
    return damaged(str("it says it has ", header_->file_bytes, " bytes and has ", bytes_.size()));
  }
  if (header_->checksum != checksum_of(bytes_.subspan(kChecksummedFrom))) {
    return damaged("its checksum does not match");
  }
  if (header_->arena_bytes > kMaxBytes || header_->state_bytes > kMaxBytes) {
    return damaged("its arena or its state is too large");
  }
  return {};
}

Status Plan::check_text(Text text, std::string_view what) const {
  if (!fits(text.offset, text.bytes, text_.size())) {
    return damaged(str("the name of a ", what, " does not lie in the text section"));
  }
  return {};
}

Status Plan::check_tensor(std::size_t index) {
  const TensorRecord& tensor = tensors_[index];
  TRY(check_text(tensor.name, "tensor"));
  const std::optional<DType> dtype = dtype_from_number(tensor.dtype);
  if (!dtype || *dtype == DType::kUndefined || *dtype == DType::kString) {
    return damaged(str("tensor ", index, " has no element type that a plan can hold"));
  }
  if (tensor.rank > kMaxRank || !fits(tensor.first_dim, tensor.rank, dims_.size()) ||
      tensor.place > Place::kState || tensor.layout > Layout::kBlocked16 ||
      (tensor.layout == Layout::kBlocked16 && tensor.rank < 2)) {
    return damaged(str("tensor ", index, " has an impossible shape, place or layout"));
  }
  const Extent extent = TRY(extent_of(*dtype, tensor.layout, dims(tensor), 1));
  // One extent that grows with the batch keeps offset * b + bytes(b) within arena_bytes * b.
  std::size_t growing = 0;
  for (std::size_t axis = 0; axis < tensor.rank; ++axis) {
    if (dims(tensor)[axis].per_batch == 0) continue;
    ++growing;
    if (growing > 1 || (tensor.layout == Layout::kBlocked16 && axis == 1)) {
      return damaged(str("tensor ", index, " grows with the batch in a way it may not"));
    }
  }
  const bool scales = growing != 0;
  has_batch_ |= scales;
  switch (tensor.place) {
    case Place::kArena:
      if (!fits(tensor.offset, extent.bytes, header_->arena_bytes) ||
          tensor.offset % kAlignment != 0) {
        return damaged(str("tensor ", index, " does not lie in the arena"));
      }
      break;
    case Place::kState:
      if (!fits(tensor.offset, extent.bytes, header_->state_bytes) ||
          tensor.offset % kAlignment != 0) {
        return damaged(str("tensor ", index, " does not lie in the state"));
      }
      break;
    case Place::kWeights:
      if (scales || !fits(tensor.offset, extent.bytes, weights_.size()) ||
          tensor.offset % kAlignment != 0) {
        return damaged(str("tensor ", index, " does not lie among the weights"));
      }
      break;
    case Place::kInput:
    case Place::kOutput:
      if (tensor.offset >=
          (tensor.place == Place::kInput ? header_->input_count : header_->output_count)) {
        return damaged(str("tensor ", index, " names an input or output that does not exist"));
      }
      break;
  }
  return {};
}

// The tensors that hold something so far. Views of the same memory hold what the largest one
// written there was given.
class Plan::Written {
 public:
  explicit Written(const Plan& plan) : plan_(plan), bytes_(plan.tensors_.size()) {
    for (std::uint32_t i = 0; i < plan.tensors_.size(); ++i) {
      const TensorRecord& record = plan.tensors_[i];
      const Result<Extent> extent =  // checked before
          extent_of(static_cast<DType>(record.dtype), record.layout, plan.dims(record), 1);
      bytes_[i] = extent.ok() ? extent->bytes : 0;
    }
  }

  bool contains(std::uint32_t tensor) const {
    const Place place = plan_.tensors_[tensor].place;
    if (place == Place::kInput || place == Place::kWeights || place == Place::kState) return true;
    const auto found = written_.find(key(tensor));
    return found != written_.end() && bytes_[tensor] <= found->second;
  }

  void add(std::uint32_t tensor) {
    std::uint64_t& most = written_[key(tensor)];
    most = std::max(most, bytes_[tensor]);
  }

 private:
  using Key = std::pair<Place, std::uint64_t>;
  Key key(std::uint32_t tensor) const {
    return {plan_.tensors_[tensor].place, plan_.tensors_[tensor].offset};
  }

  const Plan& plan_;
  std::vector<std::uint64_t> bytes_;      // at batch 1
  std::map<Key, std::uint64_t> written_;  // by place and offset: the bytes written there
};

Status Plan::check_step(std::size_t index, Written& written) const {
  const StepRecord& step = steps_[index];
  TRY(check_text(step.name, "step"));
  const std::uint64_t operands = std::uint64_t{step.input_count} + step.output_count;
  if (!fits(step.first_operand, operands, operands_.size()) || step.params_offset % 8 != 0 ||
      !fits(step.params_offset, step.params_bytes, params_.size())) {
    return damaged(str("the operands of step ", index, " do not lie in the file"));
  }
  for (const std::uint32_t input : step_inputs(step)) {
    if (input == kNoTensor) continue;
    if (input >= tensors_.size() || !written.contains(input)) {
      return damaged(str("step ", index, " reads a tensor before it is written"));
    }
  }
  for (const std::uint32_t output : step_outputs(step)) {
    if (output == kNoTensor) continue;
    if (output >= tensors_.size() || tensors_[output].place == Place::kWeights ||
        tensors_[output].place == Place::kInput) {
      return damaged(str("step ", index, " writes what must not be written"));
    }
    written.add(output);
  }
  return {};
}

Status Plan::check_ports() const {
  const std::uint64_t count = std::uint64_t{header_->input_count} + header_->output_count;
  if (count != ports_.size()) return damaged("its inputs and outputs are not all there");
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const PortRecord& port = ports_[i];
    const bool is_input = i < header_->input_count;
    TRY(check_text(port.name, "port"));
    if (port.tensor >= tensors_.size()) return damaged("an input or output has no tensor");
    const TensorRecord& tensor = tensors_[port.tensor];
    const std::uint64_t number = is_input ? i : i - header_->input_count;
    if (tensor.place != (is_input ? Place::kInput : Place::kOutput) || tensor.offset != number ||
        tensor.layout != Layout::kPlain) {
      return damaged(str("port ", i, " is not where the caller's memory is"));
    }
  }
  // Every tensor in the caller's memory is as large as the port it stands for.
  for (const TensorRecord& tensor : tensors_) {
    if (tensor.place != Place::kInput && tensor.place != Place::kOutput) continue;
    const std::uint64_t port =
        tensor.offset + (tensor.place == Place::kOutput ? header_->input_count : 0);
    const TensorRecord& whole = tensors_[ports_[port].tensor];
    std::uint64_t room[2];  // both grow linearly: enough at batch 1, and growing as fast
    for (const std::int64_t batch : {1, 2}) {
      const Extent part =
          TRY(extent_of(static_cast<DType>(tensor.dtype), tensor.layout, dims(tensor), batch));
      const Extent all =
          TRY(extent_of(static_cast<DType>(whole.dtype), whole.layout, dims(whole), batch));
      if (part.bytes > all.bytes) return damaged("a view is larger than what it looks at");
      room[batch - 1] = all.bytes - part.bytes;
    }
    if (room[1] < room[0]) return damaged("a view grows faster than what it looks at");
  }
  return {};
}

Status Plan::check() {
  TRY(check_header());
  TRY(take_sections());
  for (std::size_t i = 0; i < tensors_.size(); ++i) TRY(check_tensor(i));
  TRY(check_ports());
  Written written(*this);
  for (std::size_t i = 0; i < steps_.size(); ++i) TRY(check_step(i, written));
  for (const PortRecord& output : outputs()) {
    if (!written.contains(output.tensor)) return damaged("an output is never written");
  }
  for (const MetadataRecord& entry : metadata_) {
    TRY(check_text(entry.key, "metadata entry"));
    TRY(check_text(entry.value, "metadata entry"));
  }
  return {};
}

Result<Plan> Plan::parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment != 0) {
    return Error{Code::kUsage, str("a plan's bytes must start at a multiple of ", kAlignment)};
  }
  Plan plan;
  plan.bytes_ = bytes;
  plan.owner_ = std::move(owner);
  plan.header_ = reinterpret_cast<const Header*>(bytes.data());
  TRY(plan.check());
  return plan;
}

bool is_plan_file(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return file.ok() && (*file)->bytes().size() >= sizeof kMagic &&
         std::memcmp((*file)->bytes().data(), kMagic, sizeof kMagic) == 0;
}

Result<Plan> Plan::open(const std::filesystem::path& path) {
  std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  const std::span<const std::byte> bytes = file->bytes();
  Result<Plan> plan = parse(bytes, std::move(file));
  if (!plan.ok()) {
    return Error{plan.error().code, str(path.string(), ": ", plan.error().message)};
  }
  return plan;
}

}  // namespace slipway::plan
