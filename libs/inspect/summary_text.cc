#include <algorithm>
#include <limits>
#include <numeric>

#include "base/str.h"
#include "cli/table.h"
#include "cli/text.h"
#include "inspect/summary.h"

namespace slipway {
namespace {

std::string heading(std::string_view text, const SummaryTextOptions& options) {
  return options.is_coloured ? str("\033[1m", text, "\033[0m") : std::string(text);
}

std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin) + 1;
    out += str("  ", text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

std::string operator_text(const std::string& domain, const std::string& op) {
  return domain.empty() ? op : str(domain, ".", op);
}

std::string opsets_text(const Summary& summary) {
  std::vector<std::string> parts;
  for (const OpsetImport& import : summary.opsets) {
    const bool is_main = import.domain.empty();
    parts.insert(is_main ? parts.begin() : parts.end(),
                 is_main ? str("opset ", import.version) : str(import.domain, " ", import.version));
  }
  return join(parts);
}

std::string facts_text(const Summary& summary, const SummaryTextOptions& options) {
  std::string text;
  const auto fact = [&](std::string_view what, const std::string& value) {
    if (value.empty()) return;
    std::string line = printable(str("  ", what, std::string(13 - what.size(), ' '), value));
    text += str(shortened(line, options.width_columns), "\n");
  };
  fact("graph", summary.graph_name);
  fact("producer", summary.producer);
  fact("format", str("IR ", summary.ir_version, ", ", opsets_text(summary)));
  if (summary.model_version != 0) fact("version", str(summary.model_version));
  fact("description", summary.doc.substr(0, summary.doc.find('\n')));
  for (const auto& [key, value] : summary.metadata) fact("metadata", str(key, " = ", value));
  return text;
}

std::string ports_text(const std::vector<Port>& ports, const SummaryTextOptions& options) {
  std::size_t width = 0;
  for (const Port& port : ports) width = std::max(width, column_count(printable(port.name)));
  width = std::min(width, options.width_columns / 2);
  std::string text;
  for (const Port& port : ports) {
    std::string name = shortened(printable(port.name), width);
    name.append(width - column_count(name), ' ');
    text += str("  ", name, "  ", printable(to_text(port.type)),
                port.has_default ? " (has a default)" : "", "\n");
  }
  return text;
}

std::string extents_text(const Summary& summary) {
  std::vector<std::string> parts;
  for (const auto& [name, extent] : summary.extents) parts.push_back(str(name, " = ", extent));
  return printable(join(parts));
}

std::string cost_text(const Summary& summary) {
  const std::string with =
      summary.extents.empty() ? "" : str(" with ", extents_text(summary), " (--set changes it)");
  const std::string bound = summary.has_unknown_shapes ? "at least " : "";
  std::string text = str("  parameters     ", grouped(summary.parameter_count), "\n");
  text += str("  multiply-adds  ", bound, approximate(summary.multiply_adds), with, "\n");
  text += str("  memory         ", bytes_text(summary.weight_bytes), " of weights + ", bound,
              bytes_text(summary.peak_activation_bytes), " of activations");
  if (!summary.peak_layer.empty()) text += str(" at their peak, ", printable(summary.peak_layer));
  return text + "\n";
}

std::string operators_text(const Summary& summary, const SummaryTextOptions& options) {
  std::vector<std::vector<std::string>> rows;
  for (const OperatorUse& use : summary.operators) {
    rows.push_back({operator_text(use.domain, use.op), str(use.node_count),
                    use.multiply_adds == 0 ? "" : approximate(use.multiply_adds),
                    use.is_supported ? "" : "unsupported"});
  }
  return indented(
      table_text({{"operator", false, true}, {"nodes", true}, {"multiply-adds", true}, {""}}, rows,
                 options.width_columns - 2));
}

// Positions of the layers to show, in order: the dearest when there are too many.
std::vector<std::size_t> shown_layers(const Summary& summary, bool all) {
  std::vector<std::size_t> shown(summary.layers.size());
  std::iota(shown.begin(), shown.end(), 0);
  if (all || shown.size() <= kShownLayers) return shown;
  const auto is_dearer = [&](std::size_t a, std::size_t b) {
    const Layer& x = summary.layers[a];
    const Layer& y = summary.layers[b];
    if (x.multiply_adds != y.multiply_adds) return x.multiply_adds > y.multiply_adds;
    return x.output_bytes > y.output_bytes;
  };
  std::stable_sort(shown.begin(), shown.end(), is_dearer);
  shown.resize(kShownLayers);
  std::sort(shown.begin(), shown.end());
  return shown;
}

std::vector<std::string> layer_row(const Layer& layer, std::size_t position) {
  std::vector<std::string> outputs;
  for (const Type& type : layer.outputs) outputs.push_back(to_text(type));
  return {str(position),
          str(std::string(static_cast<std::size_t>(layer.depth) * 2, ' '), layer.name),
          operator_text(layer.domain, layer.op),
          join(outputs),
          layer.parameter_count == 0 ? "" : approximate(layer.parameter_count),
          layer.multiply_adds == 0 ? "" : approximate(layer.multiply_adds),
          layer.output_bytes == 0 ? "" : bytes_text(layer.output_bytes)};
}

}  // namespace

std::string layers_text(const Summary& summary, const SummaryTextOptions& options) {
  std::vector<std::vector<std::string>> rows;
  for (const std::size_t i : shown_layers(summary, options.all_layers)) {
    rows.push_back(layer_row(summary.layers[i], i));
  }
  return table_text({{"#", true},
                     {"name", false, true},
                     {"operator", false, true},
                     {"output", false, true},
                     {"parameters", true},
                     {"mult-adds", true},
                     {"memory", true}},
                    rows, options.width_columns);
}

std::string summary_text(const Summary& summary, const SummaryTextOptions& options) {
  SummaryTextOptions inner = options;
  inner.width_columns -= 2;
  const std::size_t layers = summary.layers.size();
  std::string text = facts_text(summary, options);
  text += str(heading("inputs", options), "\n", ports_text(summary.inputs, options));
  text += str(heading("outputs", options), "\n", ports_text(summary.outputs, options));
  text += str(heading("one run", options), "\n", cost_text(summary));
  text += str(heading("operators", options), ": ", summary.operators.size(),
              summary.operators.size() == 1 ? " kind, " : " kinds, ", summary.node_count,
              " nodes\n", operators_text(summary, options));
  if (layers > kShownLayers && !options.all_layers) {
    text += str(heading("layers", options), ": the ", kShownLayers, " dearest of ", layers,
                " (--layers shows all)\n");
  } else {
    text += str(heading("layers", options), "\n");
  }
  return text + indented(layers_text(summary, inner));
}

}  // namespace slipway
