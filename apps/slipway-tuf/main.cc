// slipway-tuf: a TUF client, with the command line that the public conformance suite asks for.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/str.h"
#include "cli/options.h"
#include "disk/disk.h"
#include "fetch/make_fetcher.h"
#include "updater/download.h"
#include "updater/kept.h"
#include "updater/updater.h"

namespace slipway {
namespace {

constexpr std::string_view kUsage =
    "usage: slipway-tuf --metadata-dir DIR init ROOT\n"
    "       slipway-tuf --metadata-dir DIR --metadata-url URL refresh\n"
    "       slipway-tuf --metadata-dir DIR --metadata-url URL --target-name PATH\n"
    "                   --target-base-url URL --target-dir DIR download\n\n";
constexpr std::string_view kAbout =
    "\nA client of The Update Framework: trusts ROOT from the beginning, and whatever the keys in "
    "it\n"
    "sign from there on. URLs are http, https and file, or folders. Exits 0 when all was done, 1\n"
    "when not.\n"
    "  example: slipway-tuf --metadata-dir trusted --metadata-url https://host/metadata refresh\n";

constexpr Option kOptions[] = {
    {"--metadata-dir", "DIR", "where the metadata that is trusted is kept"},
    {"--metadata-url", "URL", "where the repository has its metadata"},
    {"--target-name", "PATH", "a file of the repository; as often as there are files to download",
     true},
    {"--target-base-url", "URL", "where the repository has its files"},
    {"--target-dir", "DIR", "where downloaded files go"},
    {"--ca", "FILE", "trust the authorities of this PEM file instead of the system's"},
    {"--help", "", "this text"},
};

trust::Seconds now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void say(std::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

Result<std::string> needed(const Arguments& arguments, std::string_view option) {
  if (!arguments.has(option)) return Error{Code::kUsage, str(option, " is needed")};
  return arguments.value(option);
}

Status init(const Arguments& arguments, updater::Kept& kept) {
  if (arguments.positional().size() != 2)
    return Error{Code::kUsage, "init takes one file: the root that trust begins with"};
  const std::string root = TRY(read_file(arguments.positional()[1], trust::kMostRootBytes));
  return kept.begin(root);
}

Status download(const Arguments& arguments, updater::Updater& client, fetch::Fetcher& fetcher) {
  const std::string base = TRY(needed(arguments, "--target-base-url"));
  const std::string folder = TRY(needed(arguments, "--target-dir"));
  TRY(needed(arguments, "--target-name"));
  for (const std::string& name : arguments.values("--target-name")) {
    const updater::Found found = TRY(client.find(name));
    const disk::Path path = TRY(updater::download(disk::real_disk(), fetcher, base, found,
                                                  client.trusted().root().is_consistent, folder));
    say(str(name, ": ", found.file.bytes, " bytes in ", path.native()));
  }
  return {};
}

Status run(const Arguments& arguments) {
  if (arguments.positional().empty())
    return Error{Code::kUsage, "say what to do: init, refresh or download"};
  const std::string& verb = arguments.positional()[0];
  const std::string folder = TRY(needed(arguments, "--metadata-dir"));
  updater::Kept kept(disk::real_disk(), folder);
  if (verb == "init") return init(arguments, kept);
  if (verb != "refresh" && verb != "download") {
    return Error{Code::kUsage,
                 str("'", shorten(verb), "' is not one of init, refresh and download")};
  }
  fetch::FetcherOptions options;
  options.http.ca_file = arguments.value("--ca");
  const std::unique_ptr<fetch::Fetcher> fetcher = fetch::make_fetcher(std::move(options));
  updater::Updater client(kept, *fetcher, TRY(needed(arguments, "--metadata-url")), now(), {},
                          [](updater::Event /*event*/, std::string_view text) { say(text); });
  TRY(client.refresh());
  return verb == "download" ? download(arguments, client, *fetcher) : Status();
}

}  // namespace
}  // namespace slipway

int main(int argc, char** argv) {
  using namespace slipway;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const Result<Arguments> arguments = parse_options(kOptions, words);
  const Status done = arguments.ok() ? Status() : Status(arguments.error());
  if (arguments.ok() && arguments->has("--help")) {
    const std::string text = str(kUsage, options_text(kOptions), kAbout);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  const Status result = done.ok() ? run(*arguments) : done;
  if (result.ok()) return 0;
  say(str("error: ", result.error().message));
  if (result.error().code == Code::kUsage) say("try 'slipway-tuf --help'");
  return 1;
}
