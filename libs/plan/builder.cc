#include "plan/builder.h"

#include <cstring>

#include "plan/plan.h"

namespace slipway::plan {
namespace {

std::size_t aligned(std::size_t offset, std::size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

template <typename Record>
std::span<const std::byte> bytes_of(const std::vector<Record>& records) {
  return std::as_bytes(std::span(records));
}

}  // namespace

Text Builder::add_text(std::string_view text) {
  const auto known = texts_.find(text);
  if (known != texts_.end()) return known->second;
  const Text added{static_cast<std::uint32_t>(text_.size()),
                   static_cast<std::uint32_t>(text.size())};
  text_ += text;
  texts_.emplace(text, added);
  return added;
}

std::uint32_t Builder::add_tensor(const TensorSpec& spec) {
  TensorRecord record{};
  record.dtype = static_cast<std::uint8_t>(spec.dtype);
  record.place = spec.place;
  record.layout = spec.layout;
  record.rank = static_cast<std::uint8_t>(spec.dims.size());
  record.first_dim = static_cast<std::uint32_t>(dims_.size());
  record.offset = spec.offset;
  record.name = add_text(spec.name);
  dims_.insert(dims_.end(), spec.dims.begin(), spec.dims.end());
  tensors_.push_back(record);
  return static_cast<std::uint32_t>(tensors_.size() - 1);
}

std::uint64_t Builder::add_weights(std::span<const std::byte> bytes) {
  const std::uint64_t checksum = checksum_of(bytes);
  const auto [first, last] = weight_pieces_.equal_range(checksum);
  for (auto piece = first; piece != last; ++piece) {
    const Section known = piece->second;
    if (known.bytes == bytes.size() &&
        (bytes.empty() ||
         std::memcmp(weights_.data() + known.offset, bytes.data(), bytes.size()) == 0)) {
      return known.offset;
    }
  }
  const std::size_t offset = aligned(weights_.size(), kAlignment);
  weights_.resize(offset);
  weights_.insert(weights_.end(), bytes.begin(), bytes.end());
  weight_pieces_.emplace(checksum, Section{offset, bytes.size()});
  return offset;
}

void Builder::add_step(const StepSpec& spec) {
  StepRecord record{};
  record.kernel = static_cast<std::uint16_t>(spec.kernel);
  record.input_count = static_cast<std::uint16_t>(spec.inputs.size());
  record.output_count = static_cast<std::uint16_t>(spec.outputs.size());
  record.first_operand = static_cast<std::uint32_t>(operands_.size());
  record.params_bytes = static_cast<std::uint32_t>(spec.params.size());
  params_.resize(aligned(params_.size(), 8));
  record.params_offset = params_.size();
  record.multiply_adds = spec.multiply_adds;
  record.name = add_text(spec.name);
  operands_.insert(operands_.end(), spec.inputs.begin(), spec.inputs.end());
  operands_.insert(operands_.end(), spec.outputs.begin(), spec.outputs.end());
  params_.insert(params_.end(), spec.params.begin(), spec.params.end());
  multiply_adds_ += spec.multiply_adds;
  steps_.push_back(record);
}

void Builder::add_input(std::string_view name, std::uint32_t tensor) {
  inputs_.push_back({tensor, 0, add_text(name)});
}

void Builder::add_output(std::string_view name, std::uint32_t tensor) {
  outputs_.push_back({tensor, 0, add_text(name)});
}

void Builder::add_metadata(std::string_view key, std::string_view value) {
  const Text key_text = add_text(key);
  metadata_.push_back({key_text, add_text(value)});
}

Result<Tensor> Builder::finish(std::uint64_t arena_bytes, std::uint64_t state_bytes,
                               std::span<const std::byte> initial_state) const {
  std::vector<PortRecord> ports = inputs_;
  ports.insert(ports.end(), outputs_.begin(), outputs_.end());
  const std::span<const std::byte> sections[kSections] = {std::as_bytes(std::span(text_)),
                                                          bytes_of(dims_),
                                                          bytes_of(tensors_),
                                                          bytes_of(steps_),
                                                          bytes_of(operands_),
                                                          params_,
                                                          bytes_of(ports),
                                                          bytes_of(metadata_),
                                                          weights_,
                                                          initial_state};

  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.format_version = kFormatVersion;
  header.numerics_version = kNumericsVersion;
  header.arena_bytes = arena_bytes;
  header.state_bytes = state_bytes;
  header.input_count = static_cast<std::uint32_t>(inputs_.size());
  header.output_count = static_cast<std::uint32_t>(outputs_.size());
  header.multiply_adds = multiply_adds_;
  std::size_t end = sizeof(Header);
  for (std::size_t i = 0; i < kSections; ++i) {
    end = aligned(end, kAlignment);
    header.sections[i] = {end, sections[i].size()};
    end += sections[i].size();
  }
  header.file_bytes = end;

  Tensor file = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(end)}));
  const std::span<std::byte> bytes = file.mutable_bytes();
  for (std::size_t i = 0; i < kSections; ++i) {
    if (sections[i].empty()) continue;
    std::memcpy(bytes.data() + header.sections[i].offset, sections[i].data(), sections[i].size());
  }
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.checksum = checksum_of(bytes.subspan(kChecksummedFrom));
  std::memcpy(bytes.data(), &header, sizeof(header));
  TRY(Plan::parse(file.bytes()));
  return file;
}

}  // namespace slipway::plan
