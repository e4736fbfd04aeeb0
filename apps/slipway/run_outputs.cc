#include "run_outputs.h"

#include <algorithm>
#include <filesystem>

#include "base/nearest.h"
#include "base/str.h"
#include "tensor/npy.h"
#include "tensor/npz.h"

namespace slipway {
namespace {

std::string extension_of(const std::string& file) {
  return std::filesystem::path(file).extension().string();
}

Result<OutputFile> plan_output(const std::vector<std::string>& names, const std::string& word) {
  const auto is_output = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  OutputFile output{"", word};
  const std::size_t equals = word.find('=');
  if (equals != std::string::npos) {
    const std::string name = word.substr(0, equals);
    if (!is_output(name)) {
      const std::string suggestion = nearest(name, names);
      return Error{Code::kUsage, suggestion.empty() ? str("the model has no output '", name,
                                                          "': it has ", join(names))
                                                    : str("the model has no output '", name,
                                                          "': did you mean '", suggestion, "'?")};
    }
    output = {name, word.substr(equals + 1)};
  }
  const std::string extension = extension_of(output.file);
  if (extension == ".npz" || (extension == ".npy" && !output.name.empty())) return output;
  if (extension != ".npy") {
    return Error{Code::kUsage,
                 str(output.file, ": results are written as .npy or .npz: name the file so")};
  }
  if (names.size() != 1) {
    return Error{Code::kUsage, str("the model has ", names.size(), " outputs (", join(names),
                                   "): name one as in --output ", names.empty() ? "NAME" : names[0],
                                   "=", output.file, ", or write all with --output FILE.npz")};
  }
  output.name = names[0];
  return output;
}

Status add_arrays(std::vector<NamedArray>& arrays, const std::string& name, const Value& value) {
  if (value.is_tensor()) {
    arrays.push_back({name, value.tensor()});
    return {};
  }
  if (value.is_map()) {
    arrays.push_back({str(name, ".keys"), value.map().keys});
    arrays.push_back({str(name, ".values"), value.map().values});
    return {};
  }
  const std::vector<Value>* items = nullptr;
  if (value.is_sequence()) items = &value.sequence().items;
  if (value.is_optional()) items = &value.optional().held;
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    TRY(add_arrays(arrays, str(name, ".", i), (*items)[i]));
  }
  return {};
}

}  // namespace

Result<std::vector<OutputFile>> plan_outputs(const Graph& graph,
                                             const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const ValueId id : graph.outputs) names.push_back(graph.value(id).name);
  std::vector<OutputFile> files;
  for (const std::string& word : words) files.push_back(TRY(plan_output(names, word)));
  return files;
}

Status write_outputs(const std::vector<NamedValue>& outputs, const std::vector<OutputFile>& files) {
  for (const OutputFile& file : files) {
    std::vector<NamedArray> arrays;
    for (const NamedValue& output : outputs) {
      if (!file.name.empty() && output.name != file.name) continue;
      if (extension_of(file.file) == ".npz") {
        TRY(add_arrays(arrays, output.name, output.value));
      } else if (output.value.is_tensor()) {
        TRY(write_npy(file.file, output.value.tensor()));
      } else {
        return Error{Code::kUsage, str("output ", output.name, " is a ", describe(output.value),
                                       ", and .npy holds one array: write it as .npz")};
      }
    }
    if (extension_of(file.file) == ".npz") TRY(write_npz(file.file, arrays));
  }
  return {};
}

}  // namespace slipway
