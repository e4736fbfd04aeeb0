#include "report/html.h"

#include <algorithm>
#include <cstdio>

#include "base/str.h"
#include "cli/text.h"
#include "report/json.h"

namespace slipway::embedded {
extern const unsigned char chart_js[];
extern const unsigned long chart_js_bytes;
extern const unsigned char page_css[];
extern const unsigned long page_css_bytes;
extern const unsigned char page_js[];
extern const unsigned long page_js_bytes;
}  // namespace slipway::embedded

namespace slipway::report {
namespace {

std::string_view text_of(const unsigned char* bytes, unsigned long count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

std::string significant(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

std::string cosine_text(double cosine) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", cosine);
  return text;
}

std::string time_text(double us) { return seconds_text(us * 1e-6); }
std::string size_text(double bytes) { return bytes_text(static_cast<std::int64_t>(bytes)); }

template <typename T, typename Show>
std::string shown(const std::optional<T>& value, const Show& show) {
  return value ? show(*value) : std::string("not told");
}

std::string sqnr_text(const std::optional<double>& sqnr_db) {
  return sqnr_db ? str(significant(*sqnr_db), " dB") : "same bits";
}

// Cells are HTML already.
class Table {
 public:
  explicit Table(std::vector<std::string> titles, std::vector<bool> is_number)
      : is_number_(std::move(is_number)) {
    out_ = "<div class=\"wide\"><table><thead><tr>";
    for (std::size_t i = 0; i < titles.size(); ++i)
      out_ += str("<th scope=\"col\"", class_of(i), ">", titles[i], "</th>");
    out_ += "</tr></thead><tbody>\n";
  }
  void row(const std::vector<std::string>& cells, std::string_view row_class = "") {
    out_ += row_class.empty() ? "<tr>" : str("<tr class=\"", row_class, "\">");
    for (std::size_t i = 0; i < cells.size(); ++i)
      out_ += str("<td", class_of(i), ">", cells[i], "</td>");
    out_ += "</tr>\n";
  }
  std::string text() const { return str(out_, "</tbody></table></div>\n"); }

 private:
  std::string_view class_of(std::size_t i) const { return is_number_[i] ? " class=\"n\"" : ""; }

  std::string out_;
  std::vector<bool> is_number_;
};

std::string canvas(std::string_view id, std::string_view what) {
  return str("<div class=\"plot\" id=\"box-", id, "\"><canvas id=\"", id,
             "\" role=\"img\" aria-label=\"", what, "\"></canvas></div>\n");
}

std::string section(std::string_view title, std::string_view body) {
  return str("<section>\n<h2>", title, "</h2>\n", body, "</section>\n");
}

std::string tile(std::string_view what, const std::string& value, const std::string& note) {
  return str("<div class=\"tile\"><span>", what, "</span><b>", escape(value), "</b><small>",
             escape(note), "</small></div>\n");
}

std::string budget_note(const std::optional<double>& most, std::string_view unit) {
  return most ? str("at most ", significant(*most), " ", unit) : "no limit stated";
}

std::string tiles_html(const Report& report, const Candidate& chosen) {
  std::string out = "<div class=\"tiles\">\n";
  if (chosen.latency) {
    out += tile("p99 latency", time_text(chosen.latency->p99_us),
                budget_note(report.budget.p99_latency_ms, "ms"));
    out += tile("median latency", time_text(chosen.latency->p50_us),
                str("slowest ", time_text(chosen.latency->max_us)));
  }
  if (chosen.accuracy) {
    out += tile("accuracy lost", str(significant(chosen.accuracy->drop_percent), " %"),
                budget_note(report.budget.accuracy_drop_percent, "%"));
  }
  if (chosen.memory_bytes) {
    out += tile("memory", size_text(*chosen.memory_bytes),
                budget_note(report.budget.memory_mib, "MiB"));
  }
  if (chosen.file_bytes) {
    out += tile("file", size_text(*chosen.file_bytes),
                str("the model has ", size_text(static_cast<double>(report.model.file_bytes))));
  }
  return out + "</div>\n";
}

std::string verdict_html(const Report& report) {
  const bool is_good = report.chosen.has_value();
  std::string out = str("<header class=\"", is_good ? "good" : "bad", "\">\n<p class=\"kicker\">",
                        escape(report.model.name), " ", escape(report.model.version),
                        report.target.empty() ? "" : " for ", escape(report.target), "</p>\n<h1>",
                        escape(report.verdict), "</h1>\n");
  if (is_good) out += tiles_html(report, report.candidates[*report.chosen]);
  if (!report.reasons.empty()) {
    out += "<ul>\n";
    for (const std::string& reason : report.reasons) out += str("<li>", escape(reason), "</li>\n");
    out += "</ul>\n";
  }
  return out + "</header>\n";
}

std::string candidates_html(const Report& report) {
  Table table(
      {"candidate", "outcome", "median", "p99", "accuracy lost", "memory", "loads in", "why"},
      {false, false, true, true, true, true, true, false});
  for (const Candidate& c : report.candidates) {
    const auto time = [&](double Latency::*member) {
      return c.latency ? time_text((*c.latency).*member) : std::string("-");
    };
    table.row({escape(label(c)), str("<span class=\"mark\">", name(c.outcome), "</span>"),
               time(&Latency::p50_us), time(&Latency::p99_us),
               c.accuracy ? str(significant(c.accuracy->drop_percent), " %") : "-",
               c.memory_bytes ? size_text(*c.memory_bytes) : "-",
               c.load_ms ? time_text(*c.load_ms * 1e3) : "-", escape(c.reason)},
              c.outcome == Outcome::kChosen ? "chosen" : "");
  }
  return canvas("scatter", "accuracy lost against median latency, a point for each candidate") +
         table.text();
}

std::string accuracy_html(const Report& report, const Accuracy& accuracy) {
  std::string out =
      str("<p>Compared with ", escape(report.baseline), " on ", escape(report.samples), ": ",
          significant(accuracy.drop_percent), " % (", escape(accuracy.drop_meaning), ").");
  if (accuracy.score && accuracy.reference_score) {
    out += str(" Top-1 accuracy ", significant(*accuracy.score * 100), " %, the original's ",
               significant(*accuracy.reference_score * 100), " %.");
  }
  if (!accuracy.worst_samples.empty()) {
    std::vector<std::string> numbers;
    for (const std::uint64_t sample : accuracy.worst_samples) numbers.push_back(str(sample));
    out += str(" Worst samples: ", join(numbers), ".");
  }
  Table table(
      {"output", "largest error", "mean error", "cosine", "SQNR", "same top-1", "not finite"},
      {false, true, true, true, true, true, true});
  for (const OutputError& output : accuracy.outputs) {
    table.row({escape(output.name), significant(output.max_error), significant(output.mean_error),
               cosine_text(output.cosine), sqnr_text(output.sqnr_db),
               output.agreement ? str(significant(*output.agreement * 100), " %") : "-",
               str(output.not_finite)});
  }
  return str(out, "</p>\n", table.text());
}

std::string bound_text(const Latency& latency) {
  return latency.p99_bound_us
             ? str(" (with 99 % confidence at most ", time_text(*latency.p99_bound_us), ")")
             : std::string();
}

std::string alone_html(const Report& report) {
  if (!report.alone) return "";
  const Latency& latency = *report.alone;
  return str("<p>Alone, ", grouped(static_cast<std::int64_t>(latency.runs)),
             " runs one after the other: median ", time_text(latency.p50_us), ", p99 ",
             time_text(latency.p99_us), bound_text(latency), ", slowest ",
             time_text(latency.max_us), ".</p>\n");
}

std::string rate_html(const Report& report) {
  if (!report.at_rate || !report.rate_hz) return "";
  const Latency& latency = *report.at_rate;
  return str("<p>At ", significant(*report.rate_hz),
             " Hz, as the recipe says, counted from the moment a run was due: median ",
             time_text(latency.p50_us), ", p99 ", time_text(latency.p99_us), bound_text(latency),
             ", slowest ", time_text(latency.max_us), "; ", report.late_runs, " of ", latency.runs,
             " runs began after they were due.</p>\n");
}

std::string latency_html(const Report& report, const Latency& latency) {
  Table table({"runs", "median", "p90", "p99", "p99.9", "slowest", "spread of the median"},
              {true, true, true, true, true, true, true});
  table.row({grouped(static_cast<std::int64_t>(latency.runs)), time_text(latency.p50_us),
             time_text(latency.p90_us), time_text(latency.p99_us),
             latency.p999_us ? time_text(*latency.p999_us) : "too few runs",
             time_text(latency.max_us), str(significant(latency.spread * 100), " %")});
  return canvas("histogram", "how many runs took how long") + table.text() + alone_html(report) +
         rate_html(report);
}

std::string layers_html(const Report& report) {
  std::string out;
  if (!report.layers.empty()) {
    double total_us = 0;
    for (const Layer& layer : report.layers) total_us += layer.mean_us.value_or(0);
    Table table({"layer", "kernel", "time", "share", "multiply-adds"},
                {false, false, true, true, true});
    for (const Layer& layer : report.layers) {
      const double us = layer.mean_us.value_or(0);
      table.row({escape(layer.name), escape(layer.kernel),
                 layer.mean_us ? time_text(us) : "not told",
                 total_us > 0 ? str(significant(100 * us / total_us), " %") : "-",
                 approximate(static_cast<std::int64_t>(layer.multiply_adds))});
    }
    out += str("<h3>Time</h3>\n", canvas("layers", "time of each layer"), "<details><summary>All ",
               report.layers.size(), " layers</summary>\n", table.text(), "</details>\n");
  }
  if (!report.layer_errors.empty()) {
    Table table({"layer", "SQNR", "largest error"}, {false, true, true});
    for (const LayerError& layer : report.layer_errors) {
      table.row({escape(layer.name), sqnr_text(layer.sqnr_db), significant(layer.max_error)});
    }
    out += str(
        "<h3>Error</h3>\n<p>Of values inside, against the original's. Quantising may scale them "
        "differently on purpose, which shows here and cancels out before the outputs.</p>\n",
        canvas("errors", "signal to error of each layer"), "<details><summary>All ",
        report.layer_errors.size(), " layers</summary>\n", table.text(), "</details>\n");
  }
  return out;
}

std::string facts_html(const Facts& facts) {
  std::string out = "<dl>\n";
  for (const auto& [key, value] : facts)
    out += str("<div><dt>", escape(key), "</dt><dd>", escape(value), "</dd></div>\n");
  return out + "</dl>\n";
}

Facts model_facts(const Report& report) {
  Facts facts = {{"name", report.model.name},
                 {"version", report.model.version},
                 {"file", report.model.file},
                 {"hash", report.model.hash},
                 {"size", size_text(static_cast<double>(report.model.file_bytes))}};
  if (report.optimised) facts.emplace_back("optimised", report.optimised->text);
  for (const Port& port : report.model.inputs) facts.emplace_back("input " + port.name, port.type);
  for (const Port& port : report.model.outputs)
    facts.emplace_back("output " + port.name, port.type);
  facts.insert(facts.end(), report.model.more.begin(), report.model.more.end());
  return facts;
}

Facts machine_facts(const Report& report) {
  Facts facts = report.machine;
  const auto degrees = [](double c) { return str(significant(c), " degrees C"); };
  const Climate& climate = report.climate;
  facts.emplace_back("temperature at start", shown(climate.start_c, degrees));
  facts.emplace_back("highest temperature", shown(climate.max_c, degrees));
  facts.emplace_back("throttled",
                     shown(climate.was_throttled, [](bool yes) { return yes ? "yes" : "no"; }));
  facts.emplace_back("energy of a run", shown(climate.energy_per_run_mj, [](double mj) {
                       return str(significant(mj), " mJ");
                     }));
  return facts;
}

std::string checks_html(const Report& report) {
  std::string out = "<ul class=\"checks\">\n";
  for (const Check& check : report.checks) {
    constexpr std::string_view kClasses[] = {"passed", "failed", "not-run"};
    out += str("<li class=\"", kClasses[static_cast<std::size_t>(check.state)],
               "\"><span class=\"mark\">", name(check.state), "</span> <b>", escape(check.text),
               "</b>");
    if (!check.evidence.empty()) out += str("<br>", escape(check.evidence));
    if (!check.command.empty()) out += str("<br><code>", escape(check.command), "</code>");
    out += "</li>\n";
  }
  return out + "</ul>\n";
}

std::string body_html(const Report& report) {
  std::string out = verdict_html(report);
  const Candidate* chosen = report.chosen ? &report.candidates[*report.chosen] : nullptr;
  if (chosen != nullptr && chosen->latency)
    out += section("Latency", latency_html(report, *chosen->latency));
  out += section("Every candidate", candidates_html(report));
  if (chosen != nullptr && chosen->accuracy)
    out += section("Accuracy", accuracy_html(report, *chosen->accuracy));
  const std::string layers = layers_html(report);
  if (!layers.empty()) out += section("Layer by layer", layers);
  const bool has_memory =
      std::any_of(report.candidates.begin(), report.candidates.end(),
                  [](const Candidate& candidate) { return candidate.memory_bytes.has_value(); });
  if (has_memory) {
    out += section("Memory",
                   str("<p>What a process grows by when it opens the model and runs it.</p>\n",
                       canvas("memory", "memory of each candidate")));
  }
  out += section("Before it goes onto a robot", checks_html(report));
  out += section("The model", facts_html(model_facts(report)));
  if (!report.artifacts.empty()) out += section("The artifacts", facts_html(report.artifacts));
  out += section("The machine", facts_html(machine_facts(report)));
  return str(out, "<footer>Made by slipway ", escape(report.slipway_version), ", ",
             escape(report.made_at), ". Plots: Chart.js, MIT License.</footer>\n");
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : printable(text, /*keep_lines=*/true)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string to_html(const Report& report) {
  using namespace embedded;
  return str(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n<title>",
      escape(report.model.name), " ", escape(report.model.version), ": slipway report</title>\n",
      "<style>\n", text_of(page_css, page_css_bytes), "</style>\n</head>\n<body>\n<main>\n",
      body_html(report), "</main>\n<script type=\"application/json\" id=\"report\">",
      to_script_json(report), "</script>\n<script>\n", text_of(chart_js, chart_js_bytes),
      "\n</script>\n<script>\n", text_of(page_js, page_js_bytes), "</script>\n</body>\n</html>\n");
}

}  // namespace slipway::report
