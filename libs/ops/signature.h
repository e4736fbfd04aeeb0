// The parsed form of an operator's signature and attribute texts (op.h has the syntax).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/op.h"

namespace slipway {

// A set of types a parameter may have.
struct TypeSet {
  std::vector<bool> dtypes;         // tensors, by DType number
  std::vector<std::string> others;  // exact texts: "seq(int64)", "map(string,float)"
  bool any_sequence = false;
  bool any_optional = false;
  bool any_map = false;

  bool allows(const Type& type) const;  // unknown parts of a type are allowed
  std::string text;                     // as declared, for messages
};

struct Parameter {
  enum class Arity : std::uint8_t { kRequired, kOptional, kVariadic };
  std::string name;
  Arity arity = Arity::kRequired;
  int minimum = 1;          // of a variadic
  bool homogeneous = true;  // members of a variadic share one type
  std::string variable;     // type variable that ties parameters together, "" when none
  TypeSet types;
};

struct AttributeRule {
  std::string name;
  AttrKind kind = AttrKind::kUndefined;
  bool required = false;
};

struct Signature {
  std::vector<Parameter> inputs;
  std::vector<Parameter> outputs;
  std::vector<AttributeRule> attributes;

  std::size_t min_inputs() const;
  std::size_t max_inputs() const;  // SIZE_MAX when variadic
  std::size_t min_outputs() const;
  std::size_t max_outputs() const;
  const Parameter* input(std::size_t i) const;  // the parameter that input i belongs to
  const AttributeRule* attribute(std::string_view name) const;
};

// A malformed text is our own bug, found by the test that parses every row.
Result<Signature> parse_signature(const OpVersion& version);

// The parsed signature of a row, made once.
const Signature& signature_of(const OpVersion& version);

// Why these input types (unknown for omitted ones) cannot stand under the signature, in words: a
// type outside a parameter's set, or two inputs that must agree and do not. nullopt: they can.
std::optional<std::string> find_type_clash(const Signature& signature,
                                           const std::vector<Type>& input_types);

}  // namespace slipway
