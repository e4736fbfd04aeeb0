#include "run_inputs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "base/nearest.h"
#include "base/str.h"
#include "onnx/reader.h"
#include "tensor/npy.h"
#include "tensor/npz.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

struct InputWord {
  std::string name;  // empty: not named
  std::string file;
};

std::vector<std::string> input_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const ValueId id : graph.inputs) names.push_back(graph.value(id).name);
  return names;
}

const ValueDef* find_input(const Graph& graph, const std::string& name) {
  for (const ValueId id : graph.inputs) {
    if (graph.value(id).name == name) return &graph.value(id);
  }
  return nullptr;
}

Error unknown_input(const Graph& graph, const std::string& name) {
  const std::vector<std::string> names = input_names(graph);
  const std::string suggestion = nearest(name, names);
  return {Code::kUsage,
          suggestion.empty()
              ? str("the model has no input '", name, "': it has ", join(names))
              : str("the model has no input '", name, "': did you mean '", suggestion, "'?")};
}

// A '=' may belong to an input's name or to the file's: what exists decides.
Result<InputWord> split_word(const Graph& graph, const std::string& word) {
  for (std::size_t at = word.find('='); at != std::string::npos; at = word.find('=', at + 1)) {
    if (find_input(graph, word.substr(0, at)) != nullptr)
      return InputWord{word.substr(0, at), word.substr(at + 1)};
  }
  const std::size_t equals = word.find('=');
  std::error_code error;
  if (equals == std::string::npos || fs::exists(word, error)) return InputWord{"", word};
  return unknown_input(graph, word.substr(0, equals));
}

// As NumPy names it; "" where it has no such type.
std::string numpy_name(DType dtype) {
  const DTypeInfo& type = info(dtype);
  if (type.numpy.empty()) return "";
  switch (type.kind) {
    case DTypeKind::kFloat:
      return str("float", type.bits);
    case DTypeKind::kSigned:
      return str("int", type.bits);
    case DTypeKind::kUnsigned:
      return str("uint", type.bits);
    case DTypeKind::kComplex:
      return str("complex", type.bits);
    case DTypeKind::kBool:
      return "bool";
    default:
      return "str";
  }
}

std::string way_out(const Type& wanted, const Type& actual) {
  if (!wanted.is_tensor() || !actual.is_tensor()) return "give a value of that kind";
  if (actual.dtype != wanted.dtype) {
    const std::string numpy = numpy_name(wanted.dtype);
    return numpy.empty() ? str("give data of type ", name(wanted.dtype))
                         : str("in NumPy, array.astype('", numpy, "') converts it");
  }
  Type with_axis = actual;
  with_axis.dims->insert(with_axis.dims->begin(), Dim(1));
  if (merge(wanted, with_axis).ok()) return "in NumPy, array[None] adds the axis in front";
  return "give data of that shape";
}

Error wrong_type(const ValueDef& input, const Value& value, const std::string& file) {
  return {Code::kInvalid,
          str("input ", input.name, " is ", to_text(input.type), ", ", file, " holds ",
              describe(value), ": ", way_out(input.type, type_of(value)))};
}

class Binder {
 public:
  explicit Binder(const Graph& graph) : graph_(graph) {}

  Result<BoundInputs> run(const std::vector<std::string>& words) {
    std::vector<InputWord> unnamed;
    for (const std::string& word : words) {
      InputWord split = TRY(split_word(graph_, word));
      if (!split.name.empty()) {
        TRY(bind_file(*find_input(graph_, split.name), split.file));
      } else if (fs::path(split.file).extension() == ".npz") {
        TRY(bind_archive(split.file));
      } else {
        unnamed.push_back(std::move(split));
      }
    }
    for (const InputWord& word : unnamed) {
      const ValueDef* next = next_unbound();
      if (next == nullptr) {
        return Error{Code::kUsage, str("there is no input left for ", word.file, ": the model has ",
                                       graph_.inputs.size(), " (", join(input_names(graph_)), ")")};
      }
      TRY(bind_file(*next, word.file));
    }
    TRY(check_complete());
    return std::move(bound_);
  }

 private:
  bool is_bound(const std::string& name) const {
    return std::any_of(bound_.inputs.begin(), bound_.inputs.end(),
                       [&](const BoundInput& input) { return input.value.name == name; });
  }

  // The first input without data: those that need some come before those with a default.
  const ValueDef* next_unbound() const {
    const ValueDef* with_default = nullptr;
    for (const ValueId id : graph_.inputs) {
      const ValueDef& input = graph_.value(id);
      if (is_bound(input.name)) continue;
      if (graph_.initializer(id) == nullptr) return &input;
      if (with_default == nullptr) with_default = &input;
    }
    return with_default;
  }

  Status bind_file(const ValueDef& input, const std::string& file) {
    const std::string extension = fs::path(file).extension().string();
    if (extension == ".npy") {
      const NpyOptions options = {.void_type = input.type.dtype};
      return bind(input, TRY(read_npy(file, options)), file);
    }
    if (extension == ".pb") return bind(input, TRY(read_value(file, input.type)), file);
    if (extension == ".npz") return bind(input, TRY(read_from_archive(input, file)), file);
    return Error{
        Code::kUsage,
        str(file, ": data is read from .npy, .npz and .pb files: numpy.save() writes .npy")};
  }

  // A sequence is all arrays of the archive; a tensor the array of its name, or the only one.
  Result<Value> read_from_archive(const ValueDef& input, const std::string& file) {
    std::vector<NamedArray> arrays = TRY(read_npz(file));
    if (input.type.kind == Type::Kind::kSequence) {
      Sequence sequence;
      for (NamedArray& array : arrays) sequence.items.emplace_back(std::move(array.tensor));
      return Value(std::move(sequence));
    }
    for (NamedArray& array : arrays) {
      if (array.name == input.name || arrays.size() == 1) return Value(std::move(array.tensor));
    }
    return Error{Code::kInvalid, str(file, ": holds no array '", input.name, "'")};
  }

  Status bind_archive(const std::string& file) {
    for (NamedArray& array : TRY(read_npz(file))) {
      const ValueDef* input = find_input(graph_, array.name);
      if (input == nullptr) {
        return Error{Code::kInvalid, str(file, ": holds an array '", array.name,
                                         "', and the model has no such input: "
                                         "its inputs are ",
                                         join(input_names(graph_)))};
      }
      TRY(bind(*input, std::move(array.tensor), file));
    }
    return {};
  }

  Status bind(const ValueDef& input, Value value, const std::string& file) {
    if (is_bound(input.name)) {
      return Error{Code::kUsage,
                   str("input ", input.name, " is given twice, the second time by ", file)};
    }
    if (!merge(input.type, type_of(value)).ok()) return wrong_type(input, value, file);
    if (value.is_tensor()) TRY(bind_extents(input, value.tensor().shape(), file));
    bound_.inputs.push_back({{input.name, std::move(value)}, file});
    return {};
  }

  Status bind_extents(const ValueDef& input, const Shape& shape, const std::string& file) {
    if (!input.type.dims.has_value()) return {};
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const Dim& dim = (*input.type.dims)[axis];
      if (!dim.is_symbol()) continue;
      const auto known =
          std::find_if(bound_.extents.begin(), bound_.extents.end(),
                       [&](const auto& extent) { return extent.first == dim.symbol(); });
      if (known == bound_.extents.end()) {
        bound_.extents.emplace_back(dim.symbol(), shape[axis]);
      } else if (known->second != shape[axis]) {
        return Error{Code::kInvalid, str("input ", input.name, ": dimension ", dim.symbol(), " is ",
                                         shape[axis], " in ", file, ", and ", known->second,
                                         " in the data before it: give data of one size")};
      }
    }
    return {};
  }

  Status check_complete() const {
    for (const ValueId id : graph_.inputs) {
      const ValueDef& input = graph_.value(id);
      if (is_bound(input.name) || graph_.initializer(id) != nullptr ||
          input.type.kind == Type::Kind::kOptional) {
        continue;
      }
      return Error{Code::kUsage, str("input ", input.name, " (", to_text(input.type),
                                     ") is not given: add --input ", input.name, "=FILE.npy")};
    }
    return {};
  }

  const Graph& graph_;
  BoundInputs bound_;
};

}  // namespace

Result<BoundInputs> bind_inputs(const Graph& graph, const std::vector<std::string>& words) {
  return Binder(graph).run(words);
}

}  // namespace slipway
