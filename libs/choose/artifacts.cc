#include "choose/artifacts.h"

#include <algorithm>
#include <cstring>

#include "base/files.h"
#include "base/str.h"
#include "choose/buffers.h"
#include "choose/golden.h"
#include "choose/ship_engine.h"
#include "choose/sliding.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "report/html.h"
#include "report/json.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEngineFolder = "engine";
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
             const fs::path& engine_cache, const Workshop& workshop) {
  const std::vector<NamedArray> inputs = TRY(read_npz(folder / kInputs));
  const std::vector<NamedArray> outputs = TRY(read_npz(folder / kOutputs));
  const auto session = TRY(workshop.open_session(setup, file, engine_cache));
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

// Where the engine's own form of the model went; empty where there is none.
Result<fs::path> write_engine(const Setup& setup, const Workshop& workshop,
                              const fs::path& folder) {
  const auto cache = TRY(workshop.engine_cache_of(setup));
  if (!cache) return fs::path();
  return ship_engine(*cache, folder / kOnnxName, folder / kEngineFolder);
}

// What the engine left in the folder while it looked for what it kept.
void clear_locks(const fs::path& folder) {
  std::vector<fs::path> locks;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".lock") locks.push_back(at->path());
  }
  for (const fs::path& lock : locks) fs::remove(lock, error);
}

std::string slides_argument(const std::vector<compile::Slide>& slides) {
  std::vector<std::string> texts;
  for (const compile::Slide& slide : slides) texts.push_back(slide_text(slide));
  return join(texts);
}

}  // namespace

Status write_artifacts(const fs::path& folder, const Setup& setup, Workshop& workshop,
                       const fs::path& recipe, report::Report& report) {
  const bool is_native = setup.engine == "native";
  TRY(write_onnx(setup, workshop, folder / kOnnxName));
  if (is_native) TRY(copy_bytes(TRY(workshop.file_of(setup)), folder / kPlanName));
  const fs::path runs = folder / (is_native ? kPlanName : kOnnxName);
  const Golden golden = TRY(golden_of(setup, workshop));
  TRY(write_npz(folder / kInputs, golden.inputs));
  TRY(write_npz(folder / kOutputs, golden.outputs));
  const fs::path engine = TRY(write_engine(setup, workshop, folder));
  TRY(prove(folder, runs, setup, engine.parent_path(), workshop));
  if (!engine.empty()) clear_locks(engine.parent_path());
  TRY(copy_bytes(recipe, folder / kRecipe));
  report.artifacts = {
      {"engine", setup.engine}, {"threads", str(setup.threads)}, {"runs", runs.filename().string()},
      {"onnx", kOnnxName},      {"golden_inputs", kInputs},      {"golden_outputs", kOutputs},
      {"recipe", kRecipe}};
  if (!engine.empty())
    report.artifacts.emplace_back("built_engine",
                                  (fs::path(kEngineFolder) / engine.filename()).string());
  if (setup.slides) report.artifacts.emplace_back("slides", slides_argument(workshop.slides()));
  if (is_native) report.artifacts.emplace_back("made_by", workshop.plan_command(setup));
  TRY(write_file(folder / kPage, report::to_html(report)));
  return write_file(folder / "report.json", report::to_json(report));
}

}  // namespace slipway::choose
