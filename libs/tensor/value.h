// Value: what flows along an edge of a graph: a tensor, a sequence, an optional or a map.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace slipway {

class Value;

struct Sequence {
  std::vector<Value> items;
};

struct Optional {
  std::vector<Value> held;  // none or one
};

// Parallel one-dimensional tensors; keys are int64 (or another integer) or string, each once.
struct Map {
  Tensor keys;
  Tensor values;
};

class Value {
 public:
  Value() = default;  // absent: an omitted optional input
  Value(Tensor&& tensor) : state_(std::move(tensor)) {}
  Value(const Tensor& tensor) : state_(tensor) {}
  Value(Sequence sequence) : state_(std::move(sequence)) {}
  Value(Optional optional) : state_(std::move(optional)) {}
  Value(Map map) : state_(std::move(map)) {}

  bool is_absent() const { return std::holds_alternative<std::monostate>(state_); }
  bool is_tensor() const { return std::holds_alternative<Tensor>(state_); }
  bool is_sequence() const { return std::holds_alternative<Sequence>(state_); }
  bool is_optional() const { return std::holds_alternative<Optional>(state_); }
  bool is_map() const { return std::holds_alternative<Map>(state_); }

  // Each needs the matching is_*().
  const Tensor& tensor() const { return *std::get_if<Tensor>(&state_); }
  Tensor& tensor() { return *std::get_if<Tensor>(&state_); }
  const Sequence& sequence() const { return *std::get_if<Sequence>(&state_); }
  Sequence& sequence() { return *std::get_if<Sequence>(&state_); }
  const Optional& optional() const { return *std::get_if<Optional>(&state_); }
  Optional& optional() { return *std::get_if<Optional>(&state_); }
  const Map& map() const { return *std::get_if<Map>(&state_); }

 private:
  std::variant<std::monostate, Tensor, Sequence, Optional, Map> state_;
};

// "float[2,3]", "seq of 3", "absent": for messages.
std::string describe(const Value& value);

}  // namespace slipway
