// For tests: runs one operator on given values.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/infer_context.h"
#include "ops/interpreter.h"
#include "ops/op.h"

namespace slipway {

struct TestNode {
  std::string op;
  int version = 1;
  std::string domain;
  std::vector<Attribute> attributes;
  std::size_t outputs = 1;

  Node node() const {
    Node out;
    out.op = op;
    out.version = version;
    out.domain = domain;
    for (const Attribute& attribute : attributes) out.attributes.push_back(attribute.clone());
    for (std::size_t i = 0; i < outputs; ++i) {
      out.outputs.push_back(ValueId{static_cast<std::uint32_t>(i)});
    }
    return out;
  }

  Result<std::vector<Value>> run(std::vector<Value> inputs) const {
    return evaluate_node(node(), std::move(inputs));
  }

  // The message of the failure that is expected, "" (and a test failure) when there is none.
  std::string failure(std::vector<Value> inputs) const {
    const Result<std::vector<Value>> result = run(std::move(inputs));
    EXPECT_FALSE(result.ok()) << op << " succeeded";
    return result.ok() ? "" : result.error().message;
  }
};

// The elements of output i; empty (and a test failure) when the run failed.
template <typename T>
std::vector<T> elements(const Result<std::vector<Value>>& outputs, std::size_t i = 0) {
  if (!outputs.ok()) {
    ADD_FAILURE() << outputs.error().message;
    return {};
  }
  if (i >= outputs->size() || !(*outputs)[i].is_tensor() ||
      (*outputs)[i].tensor().dtype() != dtype_of<T>) {
    ADD_FAILURE() << "output " << i << " is no tensor of " << name(dtype_of<T>);
    return {};
  }
  const auto data = (*outputs)[i].tensor().data<T>();
  return {data.begin(), data.end()};
}

// attributes("axis", std::int64_t{1}, "mode", std::string("sum")).
inline void add_attributes(std::vector<Attribute>&) {}
template <typename T, typename... Rest>
void add_attributes(std::vector<Attribute>& list, const char* name, T value, Rest... rest) {
  list.emplace_back(name, std::move(value));
  add_attributes(list, std::move(rest)...);
}
template <typename... Parts>
std::vector<Attribute> attributes(Parts... parts) {
  std::vector<Attribute> list;
  add_attributes(list, std::move(parts)...);
  return list;
}

// The type of output 0 by the operator's shape rule, as text; the message when it fails. Constants
// are input values known beforehand, null where they are not.
inline std::string inferred(const TestNode& test, std::vector<Type> types,
                            std::vector<const Tensor*> constants = {}) {
  Node node = test.node();
  for (std::size_t i = 0; i < types.size(); ++i) {
    node.inputs.push_back(ValueId{static_cast<std::uint32_t>(100 + i)});
  }
  constants.resize(types.size(), nullptr);
  InferContext ctx(node, test.op, std::move(types), std::move(constants), {}, nullptr);
  const Op* op = find_op(test.domain, test.op);
  if (op == nullptr || op->infer == nullptr) return "no rule";
  const Status status = op->infer(ctx);
  return status.ok() ? to_text(ctx.outputs()[0]) : status.error().message;
}

}  // namespace slipway
