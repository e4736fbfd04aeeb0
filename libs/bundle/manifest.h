// What a bundle says of itself: which model, for which machines, and every file by its hash.
// docs/formats/bundle.md has each key. The manifest is what is signed and what arrives first.
//
// A manifest that was read is kept as the bytes it came in, never written anew: it may hold keys
// from the future, which to_text() does not know.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/version.h"

namespace slipway::bundle {

struct FileEntry {
  std::string path;    // as check_path() of rules.h has it
  std::string sha256;  // of the file's bytes
  std::uint64_t bytes = 0;
  bool operator==(const FileEntry&) const = default;
};

struct Port {
  std::string name;
  std::string dtype;
  std::vector<std::string> dims;  // a number, or a name for one that is open; {"..."}: of any rank
  bool operator==(const Port&) const = default;
};

// What a machine must be to run one form of the model; what is empty or 0 is not asked for.
struct Needs {
  std::string architecture;                    // "x86-64", "aarch64"
  std::vector<std::string> instruction_sets;   // all of them; sorted
  std::string engine;                          // "native", "onnxruntime", "tensorrt"
  std::string engine_version;                  // least
  std::map<std::string, std::string> drivers;  // least version by name: "cuda": "12.2"
  std::uint64_t memory_bytes = 0;
  std::string power_mode;
  std::string board;                 // words that the machine's name must hold
  std::vector<std::string> unknown;  // needs from the future, by key: no machine meets them
  bool operator==(const Needs&) const = default;
};

// Targets are told apart by name and precision.
struct Target {
  std::string name;       // of the recipe's target, or "default"
  std::string precision;  // "f32", "int8"
  std::string file;       // what runs: the path of a file below
  std::uint32_t threads = 1;
  std::map<std::string, std::string> options;  // that its engine is opened with
  // What belongs to it, the path of a file below by what it is: "golden_inputs", "golden_outputs",
  // "onnx", "recipe", "report".
  std::map<std::string, std::string> parts;
  Needs needs;
  bool operator==(const Target&) const = default;
};

struct Manifest {
  std::string name;
  Version version;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::vector<Target> targets;   // in the order they are preferred
  std::vector<FileEntry> files;  // by path
};

// So small that reading the most hostile one stays within 64 MB.
inline constexpr std::size_t kMostManifestBytes = std::size_t{1} << 20;
// Where a bundle lies as a folder, the manifest is this file of it; no other may have the name.
inline constexpr std::string_view kManifestName = "manifest.json";

// kInvalid, with what, why and where, unless every rule of docs/formats/bundle.md holds;
// kUnsupported for a format from the future. The text is canonical JSON or it is refused, so that
// one manifest has one text, and one hash.
Result<Manifest> parse_manifest(std::string_view text);

// Canonical JSON: the same manifest gives the same bytes, and they read back to it, where
// check_rules() has nothing against it. Needs::unknown are written so that they stay unmet.
std::string to_text(const Manifest& manifest);

}  // namespace slipway::bundle
