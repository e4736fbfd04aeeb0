#include "base/str.h"
#include "bundle_text.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "pack/pack.h"
#include "progress_line.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the bundle goes (NAME-VERSION.slip)"},
    {"--json", "", "print what is in it as JSON"},
};

Result<int> run_pack(const Arguments& arguments) {
  std::vector<fs::path> folders(arguments.positional().begin(), arguments.positional().end());
  if (folders.empty()) folders = {"artifacts"};
  ProgressLine line;
  const bundle::Progress progress = [&line, done = std::uint64_t{0}](std::uint64_t bytes) mutable {
    done += bytes;
    line.show(str("packing, ", bytes_text(static_cast<std::int64_t>(done)), " read"), -1);
  };
  const auto gathered = TRY(pack::gather(folders, progress));
  const fs::path out =
      arguments.has("-o") ? arguments.value("-o") : pack::file_name(gathered->manifest());
  const auto source = TRY(pack::pack(*gathered, out, progress));
  line.clear();
  TRY(print_data(arguments.has("--json") ? bundle_json(*source, out.string())
                                         : bundle_text(*source)));
  say(str("wrote ", out.string()));
  return kExitOk;
}

}  // namespace

const Command kPackCommand = {
    .name = "pack",
    .summary = "make one file of what build wrote, to sign, send and install",
    .operands = "[ARTIFACTS...]",
    .options = kOptions,
    .about =
        "Puts plans, ONNX, golden inputs and outputs, report and recipe into a .slip file, with a "
        "manifest that\n"
        "names every file by its hash and says what a machine needs to run each target. Several "
        "folders, built on\n"
        "different machines for different targets of one model, become one bundle; their order is "
        "the order in\n"
        "which a machine prefers them. The same artifacts always give the same bytes.",
    .example = "slipway pack artifacts -o autopilot-1.2.0.slip",
    .run = run_pack,
};

}  // namespace slipway
