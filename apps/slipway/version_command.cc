#include "base/str.h"
#include "command.h"
#include "console.h"
#include "onnx/reader.h"
#include "ops/op.h"

namespace slipway {
namespace {

Result<int> run_version(const Arguments& arguments) {
  TRY(expect_operands("version", arguments.positional().size(), 0, ""));
  TRY(print_data(str("slipway ", SLIPWAY_VERSION, "\n", "ONNX: IR up to ", kNewestIrVersion,
                     ", ai.onnx up to ", newest_version(""), ", ai.onnx.ml up to ",
                     newest_version(kMl), "; ", all_ops().size(), " operators\n")));
  return kExitOk;
}

}  // namespace

const Command kVersionCommand = {
    .name = "version",
    .summary = "print the version, and which ONNX it understands",
    .about = "Prints Slipway's version and the newest ONNX versions that it understands.",
    .example = "slipway version",
    .run = run_version,
};

}  // namespace slipway
