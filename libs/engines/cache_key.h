// What a built engine depends on, part by part, as text: only an engine whose parts are all the
// same may be used again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"

namespace slipway::engines {

struct KeyPart {
  std::string name;  // "model", "driver"
  std::string value;
  friend bool operator==(const KeyPart&, const KeyPart&) = default;
};

struct CacheKey {
  std::vector<KeyPart> parts;

  void add(std::string_view name, std::string_view value) {
    parts.push_back({std::string(name), std::string(value)});
  }
  // 32 hexadecimal digits of all parts.
  std::string digest() const;
};

// What the machine is to an engine; "none" where there is no such thing.
struct Machine {
  std::string processor;  // "Cortex-A76, neon-dot"
  std::string devices;    // of NVIDIA: "Orin"
  std::string driver;     // of NVIDIA: the line its module states

  // root: where /proc and /etc are, which tests make up.
  static Machine here(const std::filesystem::path& root = "/");
};

// The engine's name and library's version, the model's bytes (external data included), dimensions,
// batch, threads, and the options but those named in `without`, which say where things are kept.
Result<CacheKey> key_of(std::string_view engine, std::string_view library, const Subject& subject,
                        std::initializer_list<std::string_view> without);

// A hash of the file and of the files beside it that its tensors name as external data.
Result<std::string> hash_model(const std::filesystem::path& model);

// Of this very program, so that a new build makes its engines anew.
std::string build_id();

}  // namespace slipway::engines
