#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/mapped_file.h"
#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "delta/format.h"
#include "diff/diff.h"
#include "measure/json.h"

namespace slipway {
namespace {

using measure::Json;

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the delta goes"},
    {"--plan", "", "only estimate what it would take: a fraction of the time"},
    {"--always", "", "write it even where it is not worth it"},
    {"--json", "", "print what was found as JSON"},
};

std::string bytes_words(std::uint64_t bytes) {
  return str(grouped(static_cast<std::int64_t>(bytes)), " bytes");
}

std::string report_json(const diff::Report& report) {
  Json json = {{"old_bytes", report.old_bytes},
               {"new_bytes", report.new_bytes},
               {"plain_bytes", report.plain_bytes},
               {"planned_bytes", report.planned_bytes},
               {"is_worth_it", report.is_worth_it()},
               {"copied_bytes", report.copied_bytes},
               {"tensor_bytes", report.tensor_bytes},
               {"other_bytes", report.other_bytes},
               {"tensors", report.tensors},
               {"tensors_changed", report.tensors_changed},
               {"tensors_added", report.tensors_added}};
  if (report.delta_bytes > 0) json["delta_bytes"] = report.delta_bytes;
  return json.dump(2) + "\n";
}

void say_report(const diff::Report& report) {
  say(str("new     ", bytes_words(report.new_bytes), ", ", bytes_words(report.plain_bytes),
          " as a plain download"));
  if (report.tensors > 0) {
    say(str("tensors ", report.tensors, ", of which ", report.tensors_changed, " changed and ",
            report.tensors_added, " are new"));
  }
  say(str("same    ", bytes_words(report.copied_bytes)));
  say(str("planned ", bytes_words(report.planned_bytes)));
  if (report.delta_bytes > 0) say(str("actual  ", bytes_words(report.delta_bytes)));
}

// What a delta is made between: a file, which is no delta itself.
Result<std::shared_ptr<const MappedFile>> open_version(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{Code::kUsage,
                 str(path,
                     " is a folder, and a delta is between two files: make a bundle of each "
                     "version, `slipway pack FOLDER -o VERSION.slip`, and name those")};
  }
  auto file = TRY(MappedFile::open(path));
  const std::span<const std::byte> magic = std::as_bytes(std::span(delta::kMagic));
  if (file->bytes().size() >= magic.size() &&
      std::ranges::equal(file->bytes().first(magic.size()), magic)) {
    return Error{Code::kUsage, str(path, " is a delta itself: `slipway patch OLD ", path,
                                   " -o NEW` makes the new file of it, and name that")};
  }
  return file;
}

// The worth of a delta is known when it has been made: until then its bytes are kept beside.
Result<diff::Report> write(std::span<const std::byte> was, std::span<const std::byte> is,
                           const std::string& path, bool always) {
  AtomicFile file = TRY(AtomicFile::create(path));
  const std::uint64_t planned = diff::plan_delta(was, is).planned_bytes;
  diff::Report report = TRY(diff::write_delta(
      was, is, [&](std::span<const std::byte> bytes) { return file.write(bytes); }));
  report.planned_bytes = planned;
  if (report.is_worth_it() || always) TRY(file.commit());
  return report;
}

Result<int> run_delta(const Arguments& arguments) {
  TRY(expect_operands("delta", arguments.positional().size(), 2, "OLD NEW -o FILE"));
  const bool plans = arguments.has("--plan");
  if (plans == arguments.has("-o")) {
    return Error{Code::kUsage, "where should the delta go? -o FILE, or --plan without one"};
  }
  const auto old = TRY(open_version(arguments.positional()[0]));
  const auto now = TRY(open_version(arguments.positional()[1]));
  const diff::Report report = plans ? diff::plan_delta(old->bytes(), now->bytes())
                                    : TRY(write(old->bytes(), now->bytes(), arguments.value("-o"),
                                                arguments.has("--always")));
  say_report(report);
  if (arguments.has("--json")) TRY(print_data(report_json(report)));
  if (report.is_worth_it()) {
    if (!plans) say(str("delta   ", arguments.value("-o")));
    return kExitOk;
  }
  say(str("the new file itself takes no more than a delta: ",
          arguments.has("--always") ? "use it instead" : "nothing was written"));
  return arguments.has("--always") || plans ? kExitOk : kExitBad;
}

}  // namespace

const Command kDeltaCommand = {
    .name = "delta",
    .summary = "what turns an old version of a file into a new one, in few bytes",
    .operands = "OLD NEW",
    .options = kOptions,
    .about =
        "Of two ONNX models, plans or bundles it takes the tensors apart: those that are the same "
        "cost nothing,\n"
        "those that were trained further are coded as small differences. Other files work too; "
        "folders are\n"
        "bundled first (`slipway pack`). `slipway patch` applies it.",
    .example = "slipway delta boat-1.0.0.slip boat-1.1.0.slip -o update.delta",
    .run = run_delta,
};

}  // namespace slipway
