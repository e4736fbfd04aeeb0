#include "ops/signature.h"

#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "base/str.h"

namespace slipway {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Splits at a separator that stands outside parentheses.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      const std::string_view part = trim(text.substr(start, i - start));
      if (!part.empty()) parts.push_back(part);
      start = i + 1;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')') {
      --depth;
    }
  }
  return parts;
}

struct DTypeClass {
  std::string_view name;
  std::vector<DType> members;
};

const std::vector<DTypeClass>& dtype_classes() {
  using enum DType;
  static const std::vector<DTypeClass> classes = {
      {"floats", {kFloat16, kBfloat16, kFloat32, kFloat64}},
      {"ints", {kInt8, kInt16, kInt32, kInt64}},
      {"uints", {kUint8, kUint16, kUint32, kUint64}},
      {"numeric",
       {kFloat16, kBfloat16, kFloat32, kFloat64, kInt8, kInt16, kInt32, kInt64, kUint8, kUint16,
        kUint32, kUint64}},
      {"float8", {kFloat8e4m3fn, kFloat8e4m3fnuz, kFloat8e5m2, kFloat8e5m2fnuz, kFloat8e8m0}},
      {"float6", {kFloat6e2m3, kFloat6e3m2}},
      {"int4s", {kInt4, kUint4}},
      {"int2s", {kInt2, kUint2}},
      {"complex", {kComplex64, kComplex128}},
  };
  return classes;
}

Status add_type_word(std::string_view word, TypeSet& set) {
  if (word == "any") {
    for (const DTypeInfo& row : all_dtypes())
      set.dtypes[static_cast<std::size_t>(row.dtype)] = true;
    return {};
  }
  if (word == "any_seq") return set.any_sequence = true, Status{};
  if (word == "any_optional") return set.any_optional = true, Status{};
  if (word == "any_map") return set.any_map = true, Status{};
  for (const DTypeClass& dtype_class : dtype_classes()) {
    if (word != dtype_class.name) continue;
    for (const DType dtype : dtype_class.members)
      set.dtypes[static_cast<std::size_t>(dtype)] = true;
    return {};
  }
  if (const std::optional<DType> dtype = dtype_from_name(word)) {
    set.dtypes[static_cast<std::size_t>(*dtype)] = true;
    return {};
  }
  if (word.find('(') != std::string_view::npos) {
    set.others.emplace_back(word);
    return {};
  }
  return Error{Code::kInternal, str("unknown type word ", word)};
}

Result<TypeSet> parse_type_set(std::string_view text) {
  TypeSet set;
  set.text = std::string(text);
  set.dtypes.resize(all_dtypes().size() + 1);
  for (const std::string_view word : split(text, ' ')) TRY(add_type_word(word, set));
  return set;
}

using Variables = std::map<std::string, TypeSet, std::less<>>;

Result<Variables> parse_variables(std::string_view text) {
  Variables variables;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return Error{Code::kInternal, str("no '=' in type variable ", part)};
    }
    variables.emplace(trim(part.substr(0, equals)),
                      TRY(parse_type_set(trim(part.substr(equals + 1)))));
  }
  return variables;
}

Result<Parameter> parse_parameter(std::string_view text, const Variables& variables) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Error{Code::kInternal, str("no ':' in parameter ", text)};
  }
  std::string_view name = trim(text.substr(0, colon));
  const std::string_view type = trim(text.substr(colon + 1));
  Parameter parameter;
  if (name.ends_with('~')) {
    parameter.homogeneous = false;
    name.remove_suffix(1);
  }
  if (name.ends_with('?')) {
    parameter.arity = Parameter::Arity::kOptional;
    parameter.minimum = 0;
  } else if (name.ends_with('*') || name.ends_with('+')) {
    parameter.arity = Parameter::Arity::kVariadic;
    parameter.minimum = name.ends_with('+') ? 1 : 0;
  }
  if (name.find_last_of("?*+") == name.size() - 1) name.remove_suffix(1);
  parameter.name = std::string(name);
  const auto variable = variables.find(type);
  if (variable != variables.end()) {
    parameter.variable = std::string(type);
    parameter.types = variable->second;
  } else {
    parameter.types = TRY(parse_type_set(type));
  }
  return parameter;
}

Result<AttributeRule> parse_attribute(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    return Error{Code::kInternal, str("no kind for attribute ", text)};
  }
  AttributeRule rule;
  rule.name = std::string(text.substr(0, space));
  std::string_view kind = trim(text.substr(space + 1));
  if (kind.ends_with('!')) {
    rule.required = true;
    kind.remove_suffix(1);
  }
  for (int number = 1; number <= static_cast<int>(AttrKind::kTypes); ++number) {
    if (name(static_cast<AttrKind>(number)) == kind) rule.kind = static_cast<AttrKind>(number);
  }
  if (rule.kind == AttrKind::kUndefined) {
    return Error{Code::kInternal, str("unknown kind of attribute ", text)};
  }
  return rule;
}

std::size_t minimum_count(const std::vector<Parameter>& parameters) {
  std::size_t count = 0;
  std::size_t required = 0;
  for (const Parameter& parameter : parameters) {
    count += parameter.arity == Parameter::Arity::kVariadic
                 ? static_cast<std::size_t>(parameter.minimum)
                 : 1U;
    if (parameter.minimum > 0) required = count;
  }
  return required;
}

std::size_t maximum_count(const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    if (parameter.arity == Parameter::Arity::kVariadic) {
      return std::numeric_limits<std::size_t>::max();
    }
  }
  return parameters.size();
}

}  // namespace

bool TypeSet::allows(const Type& type) const {
  switch (type.kind) {
    case Type::Kind::kUnknown:
      return true;
    case Type::Kind::kTensor:
    case Type::Kind::kSparseTensor:
      return type.dtype == DType::kUndefined || dtypes[static_cast<std::size_t>(type.dtype)];
    case Type::Kind::kSequence:
      if (any_sequence || (!type.element.empty() && type.element[0].kind == Type::Kind::kUnknown)) {
        return true;
      }
      break;
    case Type::Kind::kOptional:
      if (any_optional) return true;
      break;
    case Type::Kind::kMap:
      if (any_map) return true;
      break;
  }
  // Containers named one by one compare without shapes.
  Type bare = type;
  for (Type* inner = &bare; inner != nullptr;
       inner = inner->element.empty() ? nullptr : &inner->element[0]) {
    inner->dims.reset();
  }
  const std::string wanted = to_text(bare);
  for (const std::string& other : others) {
    if (other == wanted) return true;
  }
  return false;
}

std::size_t Signature::min_inputs() const { return minimum_count(inputs); }
std::size_t Signature::max_inputs() const { return maximum_count(inputs); }
std::size_t Signature::min_outputs() const { return minimum_count(outputs); }
std::size_t Signature::max_outputs() const { return maximum_count(outputs); }

const Parameter* Signature::input(std::size_t i) const {
  if (i < inputs.size()) return &inputs[i];
  if (!inputs.empty() && inputs.back().arity == Parameter::Arity::kVariadic) return &inputs.back();
  return nullptr;
}

const AttributeRule* Signature::attribute(std::string_view name) const {
  for (const AttributeRule& rule : attributes) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

Result<Signature> parse_signature(const OpVersion& version) {
  Signature signature;
  std::string_view text = version.signature;
  Variables variables;
  if (const std::size_t bar = text.find('|'); bar != std::string_view::npos) {
    variables = TRY(parse_variables(text.substr(bar + 1)));
    text = text.substr(0, bar);
  }
  const std::size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) {
    return Error{Code::kInternal, str("no '->' in signature ", version.signature)};
  }
  for (const std::string_view part : split(text.substr(0, arrow), ',')) {
    signature.inputs.push_back(TRY(parse_parameter(part, variables)));
  }
  for (const std::string_view part : split(text.substr(arrow + 2), ',')) {
    signature.outputs.push_back(TRY(parse_parameter(part, variables)));
  }
  for (const std::string_view part : split(version.attributes, ',')) {
    signature.attributes.push_back(TRY(parse_attribute(part)));
  }
  return signature;
}

const Signature& signature_of(const OpVersion& version) {
  static std::mutex mutex;
  static std::map<const OpVersion*, std::unique_ptr<Signature>> parsed;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Signature>& slot = parsed[&version];
  if (slot == nullptr) {
    Result<Signature> signature = parse_signature(version);
    slot = std::make_unique<Signature>(signature.ok() ? *std::move(signature) : Signature{});
  }
  return *slot;
}

namespace {

// What two inputs under one type variable must share: element types, and the kind of container.
std::string comparable(const Type& type) {
  Type bare = type;
  for (Type* inner = &bare; inner != nullptr;
       inner = inner->element.empty() ? nullptr : &inner->element[0]) {
    inner->dims.reset();
  }
  return to_text(bare);
}

bool is_settled(const Type& type) {
  if (type.kind == Type::Kind::kUnknown) return false;
  if (type.is_tensor()) return type.dtype != DType::kUndefined;
  return !type.element.empty() && is_settled(type.element[0]);
}

}  // namespace

std::optional<std::string> find_type_clash(const Signature& signature,
                                           const std::vector<Type>& input_types) {
  std::map<std::string, std::size_t> first_of;  // the first input under each variable
  for (std::size_t i = 0; i < input_types.size(); ++i) {
    const Parameter* parameter = signature.input(i);
    if (parameter == nullptr) return std::nullopt;  // an arity problem, reported as such
    const Type& type = input_types[i];
    if (!parameter->types.allows(type)) {
      return str("input ", i, " (", parameter->name, ") is ", to_text(type),
                 "; allowed: ", parameter->types.text);
    }
    if (parameter->variable.empty() || !parameter->homogeneous || !is_settled(type)) continue;
    const auto [first, is_new] = first_of.emplace(parameter->variable, i);
    if (is_new) continue;
    const Type& other = input_types[first->second];
    if (comparable(other) != comparable(type)) {
      return str("inputs ", first->second, " and ", i, " must have one element type, they are ",
                 to_text(other), " and ", to_text(type));
    }
  }
  return std::nullopt;
}

}  // namespace slipway
