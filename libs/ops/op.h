// Op: everything Slipway knows about one operator, as one row. Each file
// libs/ops/<family>/<name>.cc defines the rows of one operator or family; libs/ops/list.cc names
// them all.
//
// Signature text, one line per version at which arity, types or attributes changed:
//
//   "X: T, W: T, B?: T -> Y: T | T = float"
//
//   name?   optional          name*  variadic, zero or more     name+  variadic, one or more
//   name*~  variadic whose members may differ in type
//   A type is a variable declared after '|', or a list of type words: dtype names (float32 is
//   spelled `float`, float64 `double`), `seq(T)`, `optional(T)`, `map(int64,float)`, or a class of
//   dtypes: `floats` (float16 bfloat16 float double), `ints`, `uints`, `numeric` (those three),
//   `float8` (all five), `float6` (both), `int4s` (int4 uint4), `int2s`, `complex` (both), `any`
//   (every tensor type), `any_seq` (a sequence of anything), `any_optional`, `any_map`.
//
// Attribute text: "axis int, pads ints, mode string, body graph!": name, kind (AttrKind's name),
// `!` when required.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway {

class InferContext;
class EvalContext;
class CostContext;

struct OpVersion {
  int since = 1;  // the first opset version of the domain with this form
  std::string_view signature;
  std::string_view attributes = "";
};

struct Op {
  std::string_view name;
  std::string_view domain;          // "" is ai.onnx
  std::vector<OpVersion> versions;  // ascending
  int removed = 0;  // the first version without this operator (Upsample: 10), 0: still there

  // Output types from input types. Null: outputs stay unknown.
  Status (*infer)(InferContext&) = nullptr;
  // What check_model asks once, of a node whose other rules hold: attributes that must fit each
  // other and the inputs, as far as those are known. Null: nothing.
  Status (*check)(const InferContext&) = nullptr;
  // The reference implementation: defines the bits, by docs/numerics.md.
  Status (*evaluate)(EvalContext&) = nullptr;
  // Multiply-adds of one run from the shapes; null: none worth counting.
  std::int64_t (*multiply_adds)(const CostContext&) = nullptr;
  // Results depend on more than inputs and attributes (random numbers): never folded.
  bool is_random = false;

  // The form in force at an opset version, null when the operator does not exist there.
  const OpVersion* at(int version) const;
};

// All operators, sorted by domain and name. find_op: null when unknown.
std::span<const Op* const> all_ops();
const Op* find_op(std::string_view domain, std::string_view name);

// The newest opset version of a domain that Slipway knows, 0 for an unknown domain.
int newest_version(std::string_view domain);

inline constexpr std::string_view kMl = "ai.onnx.ml";
inline constexpr std::string_view kMicrosoft = "com.microsoft";  // ONNX Runtime's own operators
inline constexpr std::string_view kPreview = "ai.onnx.preview";

}  // namespace slipway
