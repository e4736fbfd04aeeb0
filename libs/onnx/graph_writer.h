// GraphProto, NodeProto, AttributeProto and FunctionProto, written.
#pragma once

#include "onnx/naming.h"
#include "onnx/proto_writer.h"

namespace slipway {

struct GraphWriter {
  const std::vector<OpsetImport>& opsets;
  ExternalData* external = nullptr;      // null: no external data
  bool initializers_are_inputs = false;  // IR versions before 4

  Result<WireWriter> graph(const Graph& graph, const Naming* outer) const;
  Result<WireWriter> node(const Graph& graph, std::size_t position, const Naming& names) const;
  Result<WireWriter> attribute(const Attribute& attribute, const Naming& names) const;
};

Result<WireWriter> function_message(const Function& function, ExternalData* external);

}  // namespace slipway
