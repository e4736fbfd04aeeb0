#include "inspect/json.h"

#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

Json dims_json(const Type& type) {
  if (!type.dims.has_value()) return nullptr;
  Json dims = Json::array();
  for (const Dim& dim : *type.dims) {
    if (dim.is_known()) {
      dims.push_back(dim.extent());
    } else if (dim.is_symbol()) {
      dims.push_back(dim.symbol());
    } else {
      dims.push_back(nullptr);
    }
  }
  return dims;
}

Json type_json(const Type& type) {
  if (!type.is_tensor()) return {{"type", to_text(type)}};
  return {{"type", name(type.dtype)}, {"shape", dims_json(type)}};
}

Json ports_json(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    Json row = {{"name", port.name}};
    row.update(type_json(port.type));
    if (port.has_default) row["has_default"] = true;
    list.push_back(std::move(row));
  }
  return list;
}

Json layer_json(const Layer& layer) {
  Json outputs = Json::array();
  for (const Type& type : layer.outputs) outputs.push_back(type_json(type));
  return {{"name", layer.name},
          {"operator", layer.op},
          {"domain", layer.domain},
          {"version", layer.version},
          {"depth", layer.depth},
          {"outputs", std::move(outputs)},
          {"parameters", layer.parameter_count},
          {"multiply_adds", layer.multiply_adds},
          {"output_bytes", layer.output_bytes}};
}

constexpr int kCompact = -1;

std::string text_of(const Json& root, int indent = 2) {
  return root.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

template <typename T>
Json element_json(const T& element) {
  if constexpr (std::is_same_v<T, std::complex<double>>) {
    return str(element.real(), element.imag() < 0 ? "" : "+", element.imag(), "i");
  } else if constexpr (std::is_same_v<T, double>) {
    return std::isfinite(element) ? Json(element) : Json(str(element));
  } else {
    return element;
  }
}

template <typename T>
Json elements_json(const Tensor& tensor) {
  Json values = Json::array();
  for (const T& element : tensor.data<T>()) values.push_back(element_json(element));
  return values;
}

// The widest type of the same kind, whose elements JSON can tell.
DType wide_type(DType dtype) {
  switch (info(dtype).kind) {
    case DTypeKind::kFloat:
      return DType::kFloat64;
    case DTypeKind::kSigned:
      return DType::kInt64;
    case DTypeKind::kUnsigned:
      return DType::kUint64;
    default:
      return dtype;
  }
}

Json values_json(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return elements_json<std::string>(tensor);
  if (tensor.dtype() == DType::kBool) return elements_json<bool>(tensor);
  if (info(tensor.dtype()).kind == DTypeKind::kComplex) {
    Json values = Json::array();
    if (tensor.dtype() == DType::kComplex128) return elements_json<std::complex<double>>(tensor);
    for (const auto& z : tensor.data<std::complex<float>>()) {
      values.push_back(element_json(std::complex<double>(z)));
    }
    return values;
  }
  const DType wide = wide_type(tensor.dtype());
  const Result<Tensor> converted = cast(tensor, wide);
  if (!converted.ok()) return nullptr;
  if (wide == DType::kFloat64) return elements_json<double>(*converted);
  if (wide == DType::kInt64) return elements_json<std::int64_t>(*converted);
  return elements_json<std::uint64_t>(*converted);
}

Json value_json(const Value& value) {
  if (value.is_tensor()) {
    const Tensor& tensor = value.tensor();
    return {
        {"type", name(tensor.dtype())}, {"shape", tensor.shape()}, {"values", values_json(tensor)}};
  }
  if (value.is_map()) {
    return {{"type", "map"},
            {"keys", values_json(value.map().keys)},
            {"values", values_json(value.map().values)}};
  }
  Json items = Json::array();
  if (value.is_sequence()) {
    for (const Value& item : value.sequence().items) items.push_back(value_json(item));
    return {{"type", "sequence"}, {"items", std::move(items)}};
  }
  if (value.is_optional()) {
    for (const Value& item : value.optional().held) items.push_back(value_json(item));
    return {{"type", "optional"}, {"items", std::move(items)}};
  }
  return {{"type", "absent"}};
}

}  // namespace

namespace {

std::string_view kind_of(const Problem& problem) {
  if (problem.is_warning) return "warning";
  return problem.code == Code::kUnsupported ? "unsupported" : "invalid";
}

}  // namespace

std::string problems_json(const Problems& problems) {
  Json root = {{"ok", first_fault(problems) == nullptr}};
  Json& list = root["problems"] = Json::array();
  for (const Problem& problem : problems) {
    list.push_back({{"kind", kind_of(problem)},
                    {"where", problem.where},
                    {"what", problem.what},
                    {"fix", problem.fix}});
  }
  return text_of(root);
}

std::string run_json(const std::vector<RunOutput>& outputs, double seconds) {
  Json root = {{"seconds", seconds}};
  Json& list = root["outputs"] = Json::array();
  for (const RunOutput& output : outputs) {
    Json row = {{"name", output.name}};
    row.update(value_json(output.value));
    list.push_back(std::move(row));
  }
  return text_of(root, kCompact);
}

std::string summary_json(const Summary& summary) {
  Json root;
  root["name"] = summary.graph_name;
  root["producer"] = summary.producer;
  root["doc"] = summary.doc;
  root["ir_version"] = summary.ir_version;
  root["model_version"] = summary.model_version;
  Json& opsets = root["opsets"] = Json::object();
  for (const OpsetImport& import : summary.opsets) opsets[import.domain] = import.version;
  Json& metadata = root["metadata"] = Json::object();
  for (const auto& [key, value] : summary.metadata) metadata[key] = value;
  root["inputs"] = ports_json(summary.inputs);
  root["outputs"] = ports_json(summary.outputs);
  root["functions"] = summary.function_count;
  root["nodes"] = summary.node_count;
  Json& extents = root["extents"] = Json::object();
  for (const auto& [name, extent] : summary.extents) extents[name] = extent;
  root["has_unknown_shapes"] = summary.has_unknown_shapes;
  root["parameters"] = summary.parameter_count;
  root["multiply_adds"] = summary.multiply_adds;
  root["memory"] = {{"weight_bytes", summary.weight_bytes},
                    {"peak_activation_bytes", summary.peak_activation_bytes},
                    {"peak_at", summary.peak_layer}};
  Json& operators = root["operators"] = Json::array();
  for (const OperatorUse& use : summary.operators) {
    operators.push_back({{"domain", use.domain},
                         {"operator", use.op},
                         {"nodes", use.node_count},
                         {"supported", use.is_supported},
                         {"multiply_adds", use.multiply_adds}});
  }
  Json& layers = root["layers"] = Json::array();
  for (const Layer& layer : summary.layers) layers.push_back(layer_json(layer));
  Json& problems = root["problems"] = Json::array();
  for (const Problem& problem : summary.problems) problems.push_back(to_text(problem));
  return text_of(root);
}

}  // namespace slipway
