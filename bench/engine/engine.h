// An engine that holds a model ready to run on fixed inputs, with memory for its outputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ops/interpreter.h"

namespace slipway::bench {

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Status run() = 0;
  // Of the last run.
  virtual std::vector<NamedValue> outputs() const = 0;
};

// A model as both engines take it. Slipway runs the plan, ONNX Runtime the model itself with the
// same extents for its open dimensions.
struct Subject {
  std::filesystem::path model;
  std::filesystem::path plan;
  // Where the plan's window slides: a plan of the whole window, whose ports are the model's. Both
  // engines give the same answer once Slipway has been given the window sample by sample.
  std::filesystem::path window_plan;
  std::int64_t window_axis = 0;

  const std::filesystem::path& ports_plan() const {
    return window_plan.empty() ? plan : window_plan;
  }

  std::map<std::string, std::int64_t> extents;
  std::size_t threads = 1;
};

enum class EngineKind : std::uint8_t { kSlipway, kOnnxRuntime };
inline constexpr const char* kEngineNames[] = {"slipway", "onnxruntime"};

struct Opened {
  std::unique_ptr<Engine> engine;
  double load_ms = 0;  // from the file to ready to run
};

Result<Opened> open_slipway(const Subject& subject);
// `library`: the shared library, which is loaded now and stays.
Result<Opened> open_onnxruntime(const Subject& subject, const std::string& library);

// What both engines are given: from the plan's signature, the same numbers every time.
Result<std::vector<NamedValue>> inputs_of(const std::filesystem::path& plan);
// Room for its outputs, zeroed.
Result<std::vector<NamedValue>> outputs_of(const std::filesystem::path& plan);

}  // namespace slipway::bench
