#include "choose/artifacts.h"

#include <algorithm>
#include <cstring>

#include "base/files.h"
#include "base/str.h"
#include "choose/buffers.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "report/html.h"
#include "report/json.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOnnx = "model.onnx";
constexpr const char* kPlan = "model.plan";
constexpr const char* kInputs = "golden_inputs.npz";
constexpr const char* kOutputs = "golden_outputs.npz";
constexpr const char* kRecipe = "recipe.toml";
constexpr const char* kPage = "report.html";

Status copy_bytes(const fs::path& from, const fs::path& to) {
  return write_file(to, TRY(read_file(from)));
}

// Slice `i` of an array of golden values, as the port takes it.
Result<Tensor> slice_of(const Tensor& array, std::int64_t i, const engines::Port& port) {
  Tensor tensor = TRY(Tensor::create(port.dtype, port.shape));
  const std::span<std::byte> into = tensor.mutable_bytes();
  const std::size_t offset = static_cast<std::size_t>(i) * into.size();
  if (array.dtype() != port.dtype || offset + into.size() > array.bytes().size())
    return Error{Code::kInternal, str("golden values of '", port.name, "' do not fit it")};
  std::memcpy(into.data(), array.bytes().data() + offset, into.size());
  return tensor;
}

bool has_bytes(const Tensor& array, std::int64_t i, const Tensor& answer) {
  const std::span<const std::byte> bytes = answer.bytes();
  const std::size_t offset = static_cast<std::size_t>(i) * bytes.size();
  return offset + bytes.size() <= array.bytes().size() &&
         std::memcmp(array.bytes().data() + offset, bytes.data(), bytes.size()) == 0;
}

// What lies on disk, opened as a robot opens it, answers as it answered here.
Status prove(const fs::path& folder, const fs::path& file, const Setup& setup,
             const Workshop& workshop) {
  const std::vector<NamedArray> inputs = TRY(read_npz(folder / kInputs));
  const std::vector<NamedArray> outputs = TRY(read_npz(folder / kOutputs));
  const auto session = TRY(workshop.open_session(setup, file));
  Buffers buffers = TRY(Buffers::create(*session));
  const std::int64_t count = inputs.empty() ? 1 : inputs[0].tensor.dim(0);
  for (std::int64_t i = 0; i < count; ++i) {
    std::vector<Tensor> sample;
    for (std::size_t port = 0; port < inputs.size(); ++port)
      sample.push_back(TRY(slice_of(inputs[port].tensor, i, session->inputs()[port])));
    TRY(buffers.fill(sample));
    TRY(buffers.run(*session));
    for (std::size_t port = 0; port < outputs.size(); ++port) {
      if (has_bytes(outputs[port].tensor, i, buffers.outputs()[port])) continue;
      return Error{Code::kIo,
                   str(file.filename().string(), ", read back from disk, answers golden input ", i,
                       " differently at '", outputs[port].name,
                       "': the disk, or the engine, is not to be trusted")};
    }
  }
  return {};
}

Status write_onnx(const Setup& setup, Workshop& workshop, const fs::path& path) {
  const Model model = TRY(read_model(TRY(workshop.onnx_behind(setup))));
  return write_model(model, path);
}

}  // namespace

Status write_artifacts(const fs::path& folder, const Setup& setup, Workshop& workshop,
                       const fs::path& recipe, report::Report& report) {
  const bool is_native = setup.engine == "native";
  TRY(write_onnx(setup, workshop, folder / kOnnx));
  if (is_native) TRY(copy_bytes(TRY(workshop.file_of(setup)), folder / kPlan));
  const fs::path runs = folder / (is_native ? kPlan : kOnnx);
  const Golden golden = TRY(workshop.golden(setup, kGoldenSamples));
  TRY(write_npz(folder / kInputs, golden.inputs));
  TRY(write_npz(folder / kOutputs, golden.outputs));
  TRY(prove(folder, runs, setup, workshop));
  TRY(copy_bytes(recipe, folder / kRecipe));
  report.artifacts = {
      {"engine", setup.engine}, {"threads", str(setup.threads)}, {"runs", runs.filename().string()},
      {"onnx", kOnnx},          {"golden_inputs", kInputs},      {"golden_outputs", kOutputs},
      {"recipe", kRecipe}};
  if (is_native) report.artifacts.emplace_back("made_by", Variants::plan_command(setup.precision));
  TRY(write_file(folder / kPage, report::to_html(report)));
  return write_file(folder / "report.json", report::to_json(report));
}

}  // namespace slipway::choose
