// One interface to whatever runs a model: Slipway itself, ONNX Runtime, TensorRT. An engine says
// whether it is here and what it can do; it opens sessions; a session runs on the caller's buffers.
//
// Engines are stateless and live as long as the program; sessions belong to the caller. One thread
// at a time may use a session; several sessions may run at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace slipway::engines {

// What an engine says of this machine.
struct Presence {
  bool is_here = false;
  std::string version;  // of the library: "1.30.0"
  std::string what;     // where it was found; or, absent, why and what to install
};

// An option of an engine, for --help and for recipes: "provider", "weights", "fp16".
struct OptionRow {
  std::string_view name;
  std::string_view values;  // "f32|f16|bf16|int8", "N", "FILE"
  std::string_view summary;
};

struct Subject {
  std::filesystem::path model;               // an ONNX file; a plan where the engine takes plans
  std::map<std::string, std::int64_t> dims;  // extents of symbolic dimensions
  std::int64_t batch = 1;                    // of open first dimensions that `dims` does not name
  std::size_t threads = 1;
  std::map<std::string, std::string> options;  // by OptionRow::name; an unknown one is an error
};

struct Port {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;  // definite
  std::size_t bytes = 0;
};

class Session {
 public:
  virtual ~Session() = default;

  virtual std::span<const Port> inputs() const = 0;
  virtual std::span<const Port> outputs() const = 0;

  // One pointer per port, aligned to 64 bytes and as large as its port. Buffers that stay the same
  // from run to run cost nothing to bind again.
  virtual Status run(std::span<const void* const> inputs, std::span<void* const> outputs) = 0;

  // Forgets what earlier runs left (recurrent state, windows); nothing where there is no such
  // thing.
  virtual void reset() {}

  // That share a run, which may be fewer than were asked for; nothing where nobody knows.
  virtual std::optional<std::size_t> threads() const { return std::nullopt; }

  // Who runs it, for a report: "onnxruntime 1.30.0, cpu, 2 threads".
  virtual std::string describe() const { return {}; }
};

// How far a long opening (building an engine, tuning) has come: a sentence and a share of 1, below
// 0 where nobody knows.
using Progress = std::function<void(std::string_view what, double share)>;

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;
  virtual std::span<const OptionRow> options() const = 0;
  virtual Presence probe() const = 0;
  // Loads what the engine needs beyond the program, so that opening a session afterwards takes what
  // it takes in a program that has it already.
  virtual Status load(const Subject& /*subject*/) const { return {}; }
  virtual Result<std::unique_ptr<Session>> open(const Subject& subject,
                                                const Progress& progress) const = 0;
};

// Fails, naming the nearest, where an option is none of the engine's.
Status check_options(const Engine& engine, const std::map<std::string, std::string>& options);

// Every engine there is, present or not, in the order in which people read them.
std::span<const Engine* const> all_engines();
// Fails with the nearest name.
Result<const Engine*> find_engine(std::string_view name);

}  // namespace slipway::engines
