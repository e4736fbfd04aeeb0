#include "recipe/starter.h"

#include <cstdio>
#include <filesystem>
#include <set>

#include "base/str.h"
#include "base/utf8.h"

namespace slipway::recipe {
namespace {

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    if (!take_utf8(text)) return false;
  }
  return true;
}

// A TOML basic string. What is not UTF-8 becomes '?': TOML cannot say it.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  const bool is_utf8 = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04X", byte);
      out += escaped;
    } else {
      out += byte >= 0x80 && !is_utf8 ? '?' : c;
    }
  }
  return out + '"';
}

// Within a comment: on one line, nothing that TOML forbids there.
std::string comment(std::string_view text) {
  std::string out;
  const bool is_utf8 = is_valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !is_utf8) ? '?' : c;
  }
  return out;
}

std::string model_name(std::string_view file) {
  std::string name;
  for (const char c : std::filesystem::path(file).stem().string()) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (name.size() < 100) name += is_plain ? c : '-';
  }
  return name.empty() ? "model" : name;
}

std::string dims_text(const Model& model) {
  std::set<std::string> symbols;
  for (const ValueId id : model.graph.inputs) {
    const Type& type = model.graph.value(id).type;
    if (!type.is_tensor() || !type.dims || model.graph.initializer(id) != nullptr) continue;
    for (const Dim& dim : *type.dims) {
      if (dim.is_symbol()) symbols.insert(dim.symbol());
    }
  }
  if (symbols.empty()) return "";
  std::string text = "dims = { ";
  for (const std::string& symbol : symbols) {
    text += str(symbol == *symbols.begin() ? "" : ", ", toml_string(symbol), " = 1");
  }
  return str(text, " }  # dimensions that the model leaves open\n");
}

std::string inputs_text(const Model& model) {
  std::string text;
  for (const ValueId id : model.graph.inputs) {
    if (model.graph.initializer(id) != nullptr) continue;
    const ValueDef& value = model.graph.value(id);
    text +=
        str("\n[inputs.", toml_string(value.name), "]  # ", comment(to_text(value.type)), "\n",
            "# rate_hz = 50         # how often it comes: a run must be done before the next\n",
            "# window_axis = 1      # the axis of time, where it is a window that slides\n",
            "# mean = 0.0           # what the sensor's values are made of: (x - mean) / scale\n",
            "# scale = 1.0\n");
  }
  return text;
}

std::string outputs_text(const Model& model) {
  std::string text;
  for (const ValueId id : model.graph.outputs) {
    const ValueDef& value = model.graph.value(id);
    text += str("\n[outputs.", toml_string(value.name), "]  # ", comment(to_text(value.type)), "\n",
                "# clamp = [-1.0, 1.0]  # never outside of these\n",
                "# safe_value = 0.0     # what the robot gets when there is no answer in time\n");
  }
  return text;
}

}  // namespace

std::string starter_recipe(const Model& model, std::string_view file) {
  return str(
      "# What this model promises. `slipway build` tries every engine, precision and number of "
      "threads below,\n# and leaves the fastest that keeps the budget in artifacts/.\n"
      "# Every key: docs/formats/recipe.md\n\n[model]\nname = ",
      toml_string(model_name(file)),
      "\nversion = \"1.0.0\"  # a changed signature demands a new major\nfile = ",
      toml_string(file), "\n", dims_text(model),
      "\n# Real inputs: an .npz with an array for each input, its first axis the samples, or a "
      "folder of them.\n# Without them only f32 is tried: accuracy cannot be judged.\n"
      "# [samples]\n# file = \"samples.npz\"\n# labels = \"labels.npy\"  # right classes, where "
      "there are any\n"
      "\n[budget]\n# p99_latency_ms = 50         # 99 of 100 runs are faster\n"
      "accuracy_drop_percent = 1.0\n# memory_mib = 256\n"
      "\n[build]\n# engines = [\"native\", \"onnxruntime\"]  # not given: those that are here\n"
      "# precisions = [\"f32\", \"f16\", \"bf16\", \"int8-weights\", \"int8\"]\n"
      "# threads = [1, 2]\n"
      "# prune = [0.2, 0.4]  # try without these shares of the channels, too\n"
      "\n# [targets.pi5]  # slipway build --for pi5, on that board\n"
      "# board = \"Raspberry Pi 5\"\n# threads = [1, 2, 4]\n# budget = { p99_latency_ms = 20 }\n",
      inputs_text(model), outputs_text(model));
}

}  // namespace slipway::recipe
