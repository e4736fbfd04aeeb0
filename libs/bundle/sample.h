// A bundle as tests use it.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>

#include "bundle/source.h"
#include "digest/digest.h"

namespace slipway::bundle {

inline Manifest sample_manifest() {
  Manifest manifest;
  manifest.name = "autopilot";
  manifest.version = {1, 2, 0, "rc.1", "7"};
  manifest.inputs = {{"sensors", "float", {"batch", "20", "25"}}};
  manifest.outputs = {{"rudder", "float", {"batch", "1"}}};
  manifest.files = {{"boat/golden.npz", sha256("golden"), 6},
                    {"boat/model.plan", sha256("plan"), 4},
                    {"desk/model.onnx", sha256("onnx!"), 5},
                    {"desk/same.onnx", sha256("onnx!"), 5}};
  Target boat;
  boat.name = "boat";
  boat.precision = "int8";
  boat.file = "boat/model.plan";
  boat.threads = 2;
  boat.parts = {{"golden_inputs", "boat/golden.npz"}};
  boat.needs.architecture = "aarch64";
  boat.needs.instruction_sets = {"dotprod", "neon"};
  boat.needs.engine = "native";
  boat.needs.engine_version = "0.1.0";
  boat.needs.drivers = {{"cuda", "12.2"}};
  boat.needs.memory_bytes = 1 << 20;
  boat.needs.power_mode = "15W";
  boat.needs.board = "Jetson Orin";
  Target desk;
  desk.name = "desk";
  desk.precision = "f32";
  desk.file = "desk/model.onnx";
  desk.options = {{"provider", "cpu"}};
  manifest.targets = {boat, desk};
  return manifest;
}

// Bytes in memory.
class TextBytes final : public Bytes {
 public:
  explicit TextBytes(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> to) override {
    const std::size_t from = std::min<std::uint64_t>(offset, text_.size());
    const std::size_t count = std::min(to.size(), text_.size() - from);
    std::memcpy(to.data(), text_.data() + from, count);
    return count;
  }

 private:
  std::string text_;
};

// A bundle in memory, which gives no more than `most` bytes at once.
class TextSource final : public Source {
 public:
  TextSource(const Manifest& manifest, std::vector<std::string> objects,
             std::size_t most = ~std::size_t{0})
      : Source(to_text(manifest), manifest), most_(most) {
    for (std::string& object : objects) objects_.emplace(sha256(object), std::move(object));
  }
  std::string where() const override { return "memory"; }
  Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                           std::span<std::byte> to) override {
    if (before_read) before_read();
    const auto object = objects_.find(sha256);
    if (object == objects_.end()) return Error{Code::kNotFound, "memory holds no such object"};
    return TextBytes(object->second).read_at(offset, to.first(std::min(most_, to.size())));
  }

  void exchange(std::string_view hash, std::string bytes) {
    objects_.find(hash)->second = std::move(bytes);
  }
  std::function<void()> before_read;

 private:
  std::size_t most_;
  std::map<std::string, std::string, std::less<>> objects_;
};

inline TextSource sample_source(std::size_t most = ~std::size_t{0}) {
  return {sample_manifest(), {"golden", "plan", "onnx!"}, most};
}

}  // namespace slipway::bundle
