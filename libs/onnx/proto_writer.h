// The messages that a model is made of, written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "onnx/wire_writer.h"

namespace slipway {

// Tensors that go to the data file, and their places in it.
class ExternalData {
 public:
  ExternalData(std::string file_name, std::size_t from_bytes)
      : file_name_(std::move(file_name)), from_bytes_(from_bytes) {}

  bool takes(std::uint64_t bytes) const { return bytes >= from_bytes_; }
  // Returns the offset, a multiple of the page size.
  std::uint64_t add(const Tensor& tensor, std::uint64_t bytes);

  const std::string& file_name() const { return file_name_; }
  bool is_empty() const { return entries_.empty(); }
  template <typename Sink>
  Status emit(Sink&& sink) const;

 private:
  struct Entry {
    Tensor tensor;  // shares its storage with the model's
    std::uint64_t offset;
  };
  std::string file_name_;
  std::size_t from_bytes_;
  std::vector<Entry> entries_;
  std::uint64_t end_ = 0;
};

template <typename Sink>
Status ExternalData::emit(Sink&& sink) const {
  std::uint64_t at = 0;
  for (const Entry& entry : entries_) {
    TRY(sink(std::string(entry.offset - at, '\0')));
    if (is_sub_byte(entry.tensor.dtype()) && entry.tensor.is_direct()) {
      const std::vector<std::byte> packed = entry.tensor.file_bytes();
      TRY(sink(as_text(packed)));
      at = entry.offset + packed.size();
    } else {
      TRY(sink(as_text(entry.tensor.bytes())));
      at = entry.offset + entry.tensor.bytes().size();
    }
  }
  return {};
}

// `external` may be null: everything is written into the message. Borrows the tensor's bytes.
WireWriter tensor_message(const Tensor& tensor, std::string_view name, std::string_view doc,
                          ExternalData* external);
WireWriter sparse_tensor_message(const SparseTensor& sparse, std::string_view name);
WireWriter type_message(const Type& type);
WireWriter entry_message(std::string_view key, std::string_view value);
void add_metadata(WireWriter& out, std::uint32_t field, const Metadata& metadata);

}  // namespace slipway
