// TypeProto, ValueInfoProto and StringStringEntryProto.
#pragma once

#include <string_view>

#include "graph/graph.h"
#include "onnx/read_context.h"

namespace slipway {

struct ValueInfo {
  std::string_view name;
  Type type;
  std::string_view doc;
  Metadata metadata;
};

// Impossible types become problems at `where` and are read as unknown.
Result<Type> read_type(ReadContext& context, Bytes message, std::string_view where, int depth = 0);
Result<ValueInfo> read_value_info(ReadContext& context, Bytes message, std::string_view role);
Result<std::pair<std::string, std::string>> read_entry(ReadContext& context, Bytes message);

}  // namespace slipway
