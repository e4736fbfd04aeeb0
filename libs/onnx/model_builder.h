// ONNX messages made by hand, for tests: what exporters write, and what they must not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onnx/proto_writer.h"

namespace slipway::onnx_test {

inline std::string bytes_of(const WireWriter& message) {
  std::string bytes;
  (void)message.emit([&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  return bytes;
}

inline WireWriter node(std::string_view op, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs, std::string_view name = {}) {
  WireWriter out;
  for (const std::string& input : inputs) out.text(1, input);
  for (const std::string& output : outputs) out.text(2, output);
  out.text_unless_empty(3, name);
  out.text(4, op);
  return out;
}

inline WireWriter value(std::string_view name, const Type& type = {}) {
  WireWriter out;
  out.text(1, name);
  out.message(2, type_message(type));
  return out;
}

inline WireWriter graph_attribute(std::string_view name, WireWriter graph) {
  WireWriter out;
  out.text(1, name);
  out.number(20, 5);
  out.message(6, std::move(graph));
  return out;
}

// A graph of these messages, in ONNX's field numbers: 1 node, 5 initializer, 11 input, 12 output.
struct GraphMessage {
  WireWriter out;
  GraphMessage& node(WireWriter message) { return add(1, std::move(message)); }
  GraphMessage& initializer(WireWriter message) { return add(5, std::move(message)); }
  GraphMessage& input(std::string_view name, const Type& type = Type::tensor(DType::kFloat32)) {
    return add(11, value(name, type));
  }
  GraphMessage& output(std::string_view name, const Type& type = Type::tensor(DType::kFloat32)) {
    return add(12, value(name, type));
  }
  GraphMessage& add(std::uint32_t field, WireWriter message) {
    out.message(field, std::move(message));
    return *this;
  }
};

inline WireWriter opset(std::string_view domain, std::int64_t version) {
  WireWriter out;
  out.text_unless_empty(1, domain);
  out.number(2, version);
  return out;
}

inline std::string model_of(GraphMessage graph, std::int64_t ir_version = 8) {
  WireWriter out;
  out.number(1, ir_version);
  out.message(7, std::move(graph.out));
  out.message(8, opset("", 17));
  return bytes_of(out);
}

}  // namespace slipway::onnx_test
