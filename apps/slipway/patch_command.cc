#include <ctime>

#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "delta/patch_file.h"
#include "measure/json.h"

namespace slipway {
namespace {

using measure::Json;

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the new file goes; it may be OLD"},
    {"--json", "", "print what was done as JSON"},
};

Result<int> run_patch(const Arguments& arguments) {
  TRY(expect_operands("patch", arguments.positional().size(), 2, "OLD DELTA -o FILE"));
  if (!arguments.has("-o")) return Error{Code::kUsage, "where should the new file go? -o FILE"};
  const std::string target = arguments.value("-o");
  const std::clock_t start = std::clock();
  const delta::Patched patched =
      TRY(delta::patch_file(arguments.positional()[0], arguments.positional()[1], target));
  const double processor_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (patched.resumed_bytes > 0) {
    say(str("resumed after ", grouped(static_cast<std::int64_t>(patched.resumed_bytes)), " bytes"));
  }
  say(str("new     ", target, ", ", grouped(static_cast<std::int64_t>(patched.new_bytes)),
          " bytes, its SHA-256 is right"));
  if (arguments.has("--json")) {
    const Json json = {{"new_bytes", patched.new_bytes},
                       {"resumed_bytes", patched.resumed_bytes},
                       {"processor_s", processor_s}};
    TRY(print_data(json.dump(2) + "\n"));
  }
  return kExitOk;
}

}  // namespace

const Command kPatchCommand = {
    .name = "patch",
    .summary = "the new version of a file, from the old one and a delta",
    .operands = "OLD DELTA",
    .options = kOptions,
    .about =
        "Takes 16 MB of memory whatever the size of the files. Until the new file is proven right, "
        "by its SHA-256,\n"
        "it is FILE.part; interrupted, the same command goes on from there.",
    .example = "slipway patch model-1.onnx update.delta -o model-2.onnx",
    .run = run_patch,
};

}  // namespace slipway
