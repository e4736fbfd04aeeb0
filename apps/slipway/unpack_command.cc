#include "base/str.h"
#include "bundle/unpack.h"
#include "bundle_text.h"
#include "command.h"
#include "console.h"
#include "progress_line.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"-o", "DIR", "the new folder (NAME-VERSION)"},
    {"--only", "PATH", "a file or folder of the bundle, and nothing else (repeatable)", true},
};

Result<int> run_unpack(const Arguments& arguments) {
  TRY(expect_operands("unpack", arguments.positional().size(), 1, "BUNDLE"));
  const auto source = TRY(bundle::open_source(arguments.positional()[0]));
  const bundle::Manifest& manifest = source->manifest();
  const std::string folder = arguments.has("-o") ? arguments.value("-o")
                                                 : str(manifest.name, "-", manifest.version.text());
  double all = 1;
  for (const bundle::FileEntry& file : manifest.files) all += static_cast<double>(file.bytes);
  {
    ProgressLine line;
    double done = 0;
    TRY(bundle::unpack(*source, folder, arguments.values("--only"), [&](std::uint64_t bytes) {
      done += static_cast<double>(bytes);
      line.show("unpacking", done / all);
    }));
  }
  say(str("wrote ", folder, "/, every file as the manifest says"));
  return kExitOk;
}

}  // namespace

const Command kUnpackCommand = {
    .name = "unpack",
    .summary = "write the files of a bundle into a new folder, each checked",
    .operands = "BUNDLE",
    .options = kOptions,
    .about =
        "Compares every file with the hash in the manifest. The folder appears whole or not at "
        "all, and nothing\n"
        "that is there already is overwritten. slipway show reads the folder as it reads the file.",
    .example = "slipway unpack autopilot-1.2.0.slip -o autopilot",
    .run = run_unpack,
};

}  // namespace slipway
