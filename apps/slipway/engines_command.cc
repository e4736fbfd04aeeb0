#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "engines/engine.h"

namespace slipway {
namespace {

struct Row {
  const engines::Engine* engine;
  engines::Presence presence;
};

std::string list_text(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> cells;
  for (const Row& row : rows) {
    cells.push_back({std::string(row.engine->name()), row.presence.is_here ? "present" : "absent",
                     row.presence.version, std::string(row.engine->summary())});
  }
  std::string text = table_text({{"engine"}, {"here"}, {"version"}, {"what it is", false, true}},
                                cells, width_columns(stdout));
  for (const Row& row : rows) {
    if (!row.presence.is_here)
      text += str("\n", row.engine->name(), ": ", printable(row.presence.what), "\n");
  }
  return text + "\nslipway engines NAME tells where an engine is and what options it takes\n";
}

std::string engine_text(const Row& row) {
  const engines::Presence& presence = row.presence;
  std::string text =
      str(row.engine->name(), "  ", row.engine->summary(), "\n",
          presence.is_here ? str("  present, version ", presence.version) : "  absent", "\n  ",
          printable(presence.what), "\n");
  std::size_t width = 0;
  for (const engines::OptionRow& option : row.engine->options())
    width = std::max(width, option.name.size() + option.values.size() + 1);
  text += "  options\n";
  for (const engines::OptionRow& option : row.engine->options()) {
    std::string name = str(option.name, "=", option.values);
    name.resize(width, ' ');
    text += str("    ", name, "  ", option.summary, "\n");
  }
  return text;
}

std::string list_json(const std::vector<Row>& rows) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json options = nlohmann::ordered_json::array();
    for (const engines::OptionRow& option : row.engine->options()) {
      options.push_back(
          {{"name", option.name}, {"values", option.values}, {"summary", option.summary}});
    }
    all.push_back({{"name", row.engine->name()},
                   {"summary", row.engine->summary()},
                   {"present", row.presence.is_here},
                   {"version", row.presence.version},
                   {row.presence.is_here ? "where" : "install", row.presence.what},
                   {"options", std::move(options)}});
  }
  const nlohmann::ordered_json document = {{"engines", std::move(all)}};
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<int> run_engines(const Arguments& arguments) {
  std::vector<Row> rows;
  for (const std::string& name : arguments.positional()) {
    const engines::Engine* const engine = TRY(engines::find_engine(name));
    rows.push_back({engine, engine->probe()});
  }
  const bool is_named = !rows.empty();
  if (!is_named) {
    for (const engines::Engine* engine : engines::all_engines())
      rows.push_back({engine, engine->probe()});
  }
  if (arguments.has("--json")) {
    TRY(print_data(list_json(rows)));
  } else if (!is_named) {
    TRY(print_data(list_text(rows)));
  } else {
    for (const Row& row : rows) TRY(print_data(engine_text(row)));
  }
  return kExitOk;
}

constexpr Option kOptions[] = {{"--json", "", "print JSON"}};

}  // namespace

const Command kEnginesCommand = {
    .name = "engines",
    .summary = "list what can run models here, or tell what one takes",
    .operands = "[ENGINE...]",
    .options = kOptions,
    .about =
        "Lists the engines that run models on this machine: Slipway's own runtime, ONNX Runtime, "
        "TensorRT.\n"
        "One that is absent is listed with what to install. With names: where each was found, and "
        "its options,\n"
        "which slipway run takes as --engine-option NAME=VALUE.",
    .example = "slipway engines onnxruntime",
    .run = run_engines,
};

}  // namespace slipway
