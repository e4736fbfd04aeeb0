#include "base/str.h"
#include "bundle/copy.h"
#include "bundle_text.h"
#include "command.h"
#include "console.h"
#include "progress_line.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--for-this-machine", "", "which target runs here, or why none does; exit code 1 then"},
    {"--check", "", "read everything and compare every hash"},
    {"--json", "", "print all of it as JSON"},
};

Status check(bundle::Source& source) {
  const double all =
      static_cast<double>(std::max<std::uint64_t>(object_bytes(source.manifest()), 1));
  ProgressLine line;
  double done = 0;
  return bundle::check_objects(source, [&](std::uint64_t bytes) {
    done += static_cast<double>(bytes);
    line.show("checking", done / all);
  });
}

Result<int> run_show(const Arguments& arguments) {
  TRY(expect_operands("show", arguments.positional().size(), 1, "BUNDLE"));
  const std::string& file = arguments.positional()[0];
  const auto source = TRY(bundle::open_source(file));
  Fit fit;
  if (arguments.has("--for-this-machine"))
    fit = bundle::choose_target(source->manifest(), this_machine());
  TRY(print_data(arguments.has("--json") ? bundle_json(*source, file, fit)
                                         : bundle_text(*source, fit)));
  if (arguments.has("--check")) {
    TRY(check(*source));
    say("every file is what the manifest says");
  }
  if (!fit.has_value() || fit->target.has_value()) return kExitOk;
  say(str("this machine can run none of the targets of ", source->manifest().name, " ",
          source->manifest().version.text()));
  return kExitBad;
}

}  // namespace

const Command kShowCommand = {
    .name = "show",
    .summary = "what is in a bundle, what its targets need, whether this machine can run one",
    .operands = "BUNDLE",
    .options = kOptions,
    .about =
        "Reads a .slip file, the folder that unpack made of one, or a manifest alone. Only the "
        "manifest is read,\n"
        "unless --check asks for more. Nothing is said of who made it: that is what signatures "
        "are for.",
    .example = "slipway show autopilot-1.2.0.slip --for-this-machine",
    .run = run_show,
};

}  // namespace slipway
