// GraphProto and FunctionProto bodies.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/scope.h"
#include "onnx/type_reader.h"

namespace slipway {

// Reads a GraphProto into the scope's graph.
Status read_graph(Scope& scope, Bytes message);

// NodeProtos are read in two steps. First what they are and which values they make, so that every
// name and, from value_info, every type is known; returns the messages of the nodes it accepts.
// Then their inputs and attributes, with the graphs in those; this also sorts the nodes.
Result<std::vector<Bytes>> define_nodes(Scope& scope, std::span<const Bytes> messages);
Status connect_nodes(Scope& scope, std::span<const Bytes> messages);

// An AttributeProto; the graphs in it capture from the scope.
Result<Attribute> read_attribute(Scope& scope, Bytes message, std::string_view where);

// Merges what a ValueInfoProto says into a value.
void describe_value(Scope& scope, ValueId id, ValueInfo info, std::string_view role);

}  // namespace slipway
