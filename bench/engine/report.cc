#include "report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "cli/table.h"
#include "cli/text.h"

namespace slipway::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string time_text(double us) { return seconds_text(us * 1e-6); }

double rounded(double value) { return std::stod(fixed(value, 4)); }

Json row_json(const Row& row) {
  Json json = {{"model", row.model},
               {"engine", kEngineNames[static_cast<std::size_t>(row.engine)]},
               {"threads", row.threads},
               {"precision", row.precision},
               {"min_us", rounded(row.timing.min_us)},
               {"p50_us", rounded(row.timing.p50_us)},
               {"p99_us", rounded(row.timing.p99_us)},
               {"p999_us", rounded(row.timing.p999_us)},
               {"max_us", rounded(row.timing.max_us)},
               {"load_ms", rounded(row.footprint.load_ms)},
               {"rss_kib", row.footprint.rss_kib},
               {"runs", row.timing.runs}};
  if (row.library_bytes > 0) json["library_kib"] = row.library_bytes / 1024;
  if (row.ratio > 0) json["ratio"] = rounded(row.ratio);
  if (row.share_of_peak > 0) json["share_of_peak"] = rounded(row.share_of_peak);
  return json;
}

}  // namespace

std::string rows_text(const std::vector<Row>& rows, std::size_t width_columns) {
  const std::vector<Column> columns = {{"model", false, true}, {"threads", true}, {"engine"},
                                       {"min", true},          {"p50", true},     {"p99", true},
                                       {"p99.9", true},        {"max", true},     {"ratio", true},
                                       {"peak", true},         {"load", true},    {"memory", true}};
  std::vector<std::vector<std::string>> cells;
  for (const Row& row : rows) {
    const bool is_first = row.engine == EngineKind::kSlipway;
    cells.push_back(
        {is_first ? str(row.model, row.precision == "f32" ? "" : str(" ", row.precision)) : "",
         is_first ? str(row.threads) : "", kEngineNames[static_cast<std::size_t>(row.engine)],
         time_text(row.timing.min_us), time_text(row.timing.p50_us), time_text(row.timing.p99_us),
         time_text(row.timing.p999_us), time_text(row.timing.max_us),
         row.ratio > 0 ? fixed(row.ratio, 2) : "",
         row.share_of_peak > 0 ? str(fixed(row.share_of_peak * 100, 0), " %") : "",
         time_text(row.footprint.load_ms * 1000),
         bytes_text(static_cast<std::int64_t>(row.footprint.rss_kib) * 1024)});
  }
  return table_text(columns, cells, width_columns);
}

std::string rows_json(const std::vector<Row>& rows) {
  std::string text = "[\n";
  for (std::size_t i = 0; i < rows.size(); ++i)
    text += str("  ", row_json(rows[i]).dump(), i + 1 < rows.size() ? "," : "", "\n");
  return text + "]\n";
}

}  // namespace slipway::bench
