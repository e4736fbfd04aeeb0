#include "optimize_text.h"

#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/table.h"
#include "cli/text.h"
#include "optimize/list.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

std::string bytes(std::uint64_t count) { return bytes_text(static_cast<std::int64_t>(count)); }

std::string numbers(std::size_t count, std::string_view noun) {
  return str(count, " ", noun, count == 1 ? "" : "s");
}

std::string check_text(const OptimizeReport& report) {
  if (!report.check) return "not checked";
  const optimize::CheckReport& check = *report.check;
  const std::string runs = str("checked on ", numbers(check.runs, "run"),
                               report.on_given_data ? " with the given data" : " with random data");
  if (check.shapes_only) return str(runs, ": the same types and shapes (it draws random numbers)");
  if (check.largest_difference == 0) return str(runs, ": the same bits");
  return str(runs, ": largest difference ", static_cast<float>(check.largest_difference),
             " of the largest number");
}

Json size_json(const optimize::Size& size, std::int64_t opset) {
  return {{"nodes", size.nodes},
          {"constants", size.constants},
          {"constant_bytes", size.constant_bytes},
          {"opset", opset}};
}

}  // namespace

std::string optimize_text(const OptimizeReport& report) {
  std::string text;
  for (const optimize::Note& note : report.outcome.notes)
    text += str(note.pass, ": ", note.text, note.round > 1 ? " (again)" : "", "\n");
  if (report.outcome.notes.empty()) text += "nothing to do\n";
  text += str("nodes   ", report.before.nodes, " to ", report.after.nodes, "\n");
  text += str("weights ", bytes(report.before.constant_bytes), " to ",
              bytes(report.after.constant_bytes), "\n");
  if (report.before_opset != report.after_opset)
    text += str("opset   ", report.before_opset, " to ", report.after_opset, "\n");
  text += check_text(report);
  if (report.files) {
    text += str("\nwrote   ", report.files->path, "  ", bytes(report.files->after_bytes), ", from ",
                bytes(report.files->before_bytes));
  }
  return text;
}

std::string optimize_json(const OptimizeReport& report) {
  Json passes = Json::array();
  for (const optimize::Note& note : report.outcome.notes)
    passes.push_back({{"pass", note.pass}, {"did", printable(note.text)}, {"round", note.round}});
  Json json = {{"passes", std::move(passes)},
               {"changed_arithmetic", report.outcome.changed_arithmetic},
               {"before", size_json(report.before, report.before_opset)},
               {"after", size_json(report.after, report.after_opset)}};
  json["check"] = nullptr;
  if (report.check) {
    json["check"] = {{"runs", report.check->runs},
                     {"largest_difference", report.check->largest_difference},
                     {"shapes_only", report.check->shapes_only}};
  }
  if (report.files) {
    json["before"]["file_bytes"] = report.files->before_bytes;
    json["after"]["file_bytes"] = report.files->after_bytes;
    json["after"]["file"] = printable(report.files->path);
  }
  return json.dump(2) + "\n";
}

std::string passes_text(std::size_t width) {
  std::vector<std::vector<std::string>> rows;
  for (const Pass& pass : optimize::passes()) {
    rows.push_back({std::string(pass.name), pass.changes_arithmetic ? "no" : "yes",
                    std::string(pass.summary)});
  }
  return table_text({{"pass"}, {"exact"}, {.title = "what it does", .may_shrink = true}}, rows,
                    width);
}

}  // namespace slipway
