#include "inspect/operators_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "ops/signature.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

Json count_json(std::size_t count) { return count == SIZE_MAX ? Json(nullptr) : Json(count); }

Json types_json(const TypeSet& types) {
  Json list = Json::array();
  for (const DTypeInfo& row : all_dtypes()) {
    if (types.dtypes[static_cast<std::size_t>(row.dtype)]) {
      list.push_back(str("tensor(", row.name, ")"));
    }
  }
  for (const std::string& other : types.others) list.push_back(other);
  if (types.any_sequence) list.push_back("any_seq");
  if (types.any_optional) list.push_back("any_optional");
  if (types.any_map) list.push_back("any_map");
  return list;
}

Json version_json(const OpVersion& version) {
  const Signature& signature = signature_of(version);
  Json inputs = Json::array();
  for (const Parameter& input : signature.inputs) {
    inputs.push_back({{"name", input.name}, {"types", types_json(input.types)}});
  }
  Json attributes = Json::array();
  for (const AttributeRule& rule : signature.attributes) {
    attributes.push_back(
        {{"name", rule.name}, {"kind", name(rule.kind)}, {"required", rule.required}});
  }
  return {{"since", version.since},
          {"signature", version.signature},
          {"min_inputs", signature.min_inputs()},
          {"max_inputs", count_json(signature.max_inputs())},
          {"min_outputs", signature.min_outputs()},
          {"max_outputs", count_json(signature.max_outputs())},
          {"inputs", std::move(inputs)},
          {"attributes", std::move(attributes)}};
}

}  // namespace

std::string operators_json(std::span<const Op* const> operators) {
  Json list = Json::array();
  for (const Op* op : operators) {
    Json versions = Json::array();
    for (const OpVersion& version : op->versions) versions.push_back(version_json(version));
    list.push_back({{"domain", op->domain.empty() ? "ai.onnx" : op->domain},
                    {"name", op->name},
                    {"removed", op->removed},
                    {"versions", std::move(versions)}});
  }
  return list.dump(2) + "\n";
}

}  // namespace slipway
