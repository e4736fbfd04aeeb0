// The commands of the package: those of the program but for what bundles are packed, signed, sent
// and kept with, which would bring libcurl and OpenSSL into the wheel.
#include <array>

#include "slipway/command.h"

namespace slipway {
namespace {

Result<int> run_export(const Arguments& /*arguments*/) {
  return Error{Code::kUsage, "export is Python's: run it as slipway export, or python -m slipway"};
}

// For the list, the suggestions and the completions: slipway/__main__.py runs it.
constexpr Command kExportCommand = {
    .name = "export",
    .summary = "write a model of PyTorch or scikit-learn as ONNX",
    .operands = "torch|sklearn MODEL -o FILE",
    .about = "A model of PyTorch or scikit-learn as ONNX.",
    .example = "slipway export torch policy.pt -o policy.onnx --input image=1,3,224,224 --trust",
    .run = run_export,
};

}  // namespace

std::span<const Command> commands() {
  static const std::array kCommands = {
      kExportCommand,  kInitCommand,   kBuildCommand,      kChecklistCommand, kInspectCommand,
      kCheckCommand,   kRunCommand,    kCompileCommand,    kOptimizeCommand,  kQuantizeCommand,
      kPruneCommand,   kVerifyCommand, kBenchCommand,      kEnginesCommand,   kOpsCommand,
      kVersionCommand, kHelpCommand,   kCompletionsCommand};
  return kCommands;
}

}  // namespace slipway
