// What a bundle says of itself: which model, for which machines, and every file by its hash.
// docs/formats/bundle.md has each key. The manifest is what is signed and what arrives first.
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
  std::string path;    // relative, '/' between parts, no part empty, "." or ".."
  std::string sha256;  // of the file's bytes
  std::uint64_t bytes = 0;
  bool operator==(const FileEntry&) const = default;
};

struct Port {
  std::string name;
  std::string dtype;
  std::vector<std::string> dims;  // a number, or a name for one that is open
  bool operator==(const Port&) const = default;
};

// What a machine must be to run one form of the model; what is empty or 0 is not asked for.
struct Needs {
  std::string architecture;                    // "x86-64", "aarch64"
  std::vector<std::string> instruction_sets;   // all of them
  std::string engine;                          // "native", "onnxruntime", "tensorrt"
  std::string engine_version;                  // least
  std::map<std::string, std::string> drivers;  // least version by name: "cuda": "12.2"
  std::uint64_t memory_bytes = 0;
  std::string power_mode;
  std::string board;
  bool operator==(const Needs&) const = default;
};

struct Target {
  std::string name;       // of the recipe's target, or "default"
  std::string precision;  // "f32", "int8"
  std::string file;       // what runs: the path of a file below
  std::uint32_t threads = 1;
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

inline constexpr std::size_t kMostManifestBytes = std::size_t{4} << 20;

// kInvalid, with what, why and where, unless every rule of docs/formats/bundle.md holds.
Result<Manifest> parse_manifest(std::string_view text);

// Canonical JSON: the same manifest gives the same bytes, and they read back to it.
std::string to_text(const Manifest& manifest);

}  // namespace slipway::bundle
