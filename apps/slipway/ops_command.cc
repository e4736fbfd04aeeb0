#include <algorithm>

#include "base/nearest.h"
#include "base/str.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "command.h"
#include "console.h"
#include "inspect/operators_json.h"
#include "ops/op.h"

namespace slipway {
namespace {

std::string_view domain_of(const Op& op) { return op.domain.empty() ? "ai.onnx" : op.domain; }

std::string versions_text(const Op& op) {
  std::vector<int> since;
  for (const OpVersion& version : op.versions) since.push_back(version.since);
  std::string text = join(since, ", ");
  if (op.removed != 0) text += str(" (removed in ", op.removed, ")");
  return text;
}

std::string list_text(std::span<const Op* const> operators) {
  std::vector<std::vector<std::string>> rows;
  for (const Op* op : operators) {
    rows.push_back({std::string(op->name), std::string(domain_of(*op)), versions_text(*op)});
  }
  return table_text({{"operator"}, {"domain"}, {"versions with a form of their own"}}, rows,
                    width_columns(stdout));
}

std::string forms_text(const Op& op) {
  std::string text = str(op.name, "  (", domain_of(op), ")\n");
  for (const OpVersion& version : op.versions) {
    text += str("  since ", version.since, "\n    ", version.signature, "\n");
    if (!version.attributes.empty()) text += str("    attributes: ", version.attributes, "\n");
  }
  if (op.removed != 0) text += str("  removed in version ", op.removed, "\n");
  return text;
}

Result<std::vector<const Op*>> find_named(const std::vector<std::string>& names) {
  std::vector<const Op*> found;
  std::vector<std::string> known;
  for (const Op* op : all_ops()) known.emplace_back(op->name);
  for (const std::string& wanted : names) {
    const std::size_t before = found.size();
    for (const Op* op : all_ops()) {
      if (op->name == wanted) found.push_back(op);
    }
    if (found.size() != before) continue;
    const std::string suggestion = nearest(wanted, known);
    return Error{Code::kUsage, suggestion.empty() ? str("there is no operator '", wanted,
                                                        "': slipway ops lists them")
                                                  : str("there is no operator '", wanted,
                                                        "': did you mean '", suggestion, "'?")};
  }
  return found;
}

Result<int> run_ops(const Arguments& arguments) {
  const std::vector<const Op*> named = TRY(find_named(arguments.positional()));
  const std::span<const Op* const> chosen = named.empty() ? all_ops() : std::span(named);
  if (arguments.has("--json")) {
    TRY(print_data(operators_json(chosen)));
  } else if (named.empty()) {
    TRY(print_data(list_text(chosen)));
  } else {
    for (const Op* op : named) TRY(print_data(forms_text(*op)));
  }
  return kExitOk;
}

constexpr Option kOptions[] = {{"--json", "", "print JSON"}};

}  // namespace

const Command kOpsCommand = {
    .name = "ops",
    .summary = "list the operators there are, or tell what one takes and gives",
    .operands = "[OPERATOR...]",
    .options = kOptions,
    .about =
        "Lists every operator that Slipway knows, with the opset versions at which its form "
        "changed. With names: inputs, outputs and attributes of each version. A name followed "
        "by ? is optional, by * or + repeated; | introduces the types allowed.",
    .example = "slipway ops Conv",
    .run = run_ops,
};

}  // namespace slipway
