// Writes pages for page_test.py: `report_pages FOLDER`.
#include <cstdio>
#include <filesystem>

#include "base/files.h"
#include "report/html.h"
#include "report/report_sample.h"

namespace {

using slipway::report::Report;

Report failed_report() {
  Report report = slipway::report::sample_report();
  report.chosen.reset();
  report.verdict = "nothing keeps the budget; native f32, 1 thread comes closest, 44 % over it";
  report.layers.clear();
  report.layer_errors.clear();
  report.checks = slipway::report::checklist(&report);
  return report;
}

// A model with more of everything than fits a screen.
Report large_report() {
  Report report = slipway::report::sample_report();
  for (int i = 0; i < 300; ++i) {
    const std::string name =
        "/model/backbone/stage_" + std::to_string(i) + "/block/conv/Conv_output_0";
    report.layers.push_back({name, "conv_winograd", 1.0 + i, 1'000'000});
    report.layer_errors.push_back({name, 20.0 + i * 0.1, 0.01});
  }
  report.model.name = std::string(100, 'x');
  report.model.file = "a/very/long/path/" + std::string(300, 'y') + ".onnx";
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  const std::pair<const char*, Report> pages[] = {
      {"sample.html", slipway::report::sample_report()},
      {"hostile.html", slipway::report::hostile_report()},
      {"failed.html", failed_report()},
      {"large.html", large_report()}};
  for (const auto& [name, report] : pages) {
    const slipway::Status status =
        slipway::write_file(folder / name, slipway::report::to_html(report));
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", status.error().message.c_str());
    return 1;
  }
  return 0;
}
