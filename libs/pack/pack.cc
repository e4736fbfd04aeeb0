#include "pack/pack.h"

#include <algorithm>
#include <map>

#include "base/str.h"
#include "bundle/archive.h"
#include "bundle/rules.h"
#include "pack/target.h"

namespace slipway::pack {
namespace {

namespace fs = std::filesystem;

// Files where they lie, under the names that they have in the bundle.
class Gathered final : public bundle::Source {
 public:
  Gathered(std::string text, bundle::Manifest manifest, std::map<std::string, fs::path> paths)
      : Source(std::move(text), std::move(manifest)) {
    for (const bundle::FileEntry& file : this->manifest().files)
      paths_.emplace(file.sha256, paths[file.path]);
  }

  std::string where() const override { return "the artifacts"; }

  Result<std::size_t> read(std::string_view sha256, std::uint64_t offset,
                           std::span<std::byte> to) override {
    return TRY(object(sha256))->read_at(offset, to);
  }

  bundle::Run run_at(std::string_view sha256, std::uint64_t offset) override {
    const Result<bundle::Bytes*> bytes = object(sha256);
    return bytes.ok() ? (*bytes)->run_at(offset) : bundle::Run();
  }

 private:
  Result<bundle::Bytes*> object(std::string_view sha256) {
    if (opened_ != nullptr && opened_hash_ == sha256) return opened_.get();
    const auto path = paths_.find(sha256);
    if (path == paths_.end()) return Error{Code::kNotFound, "the artifacts hold no such object"};
    opened_ = TRY(bundle::open_bytes(path->second));
    opened_hash_ = sha256;
    return opened_.get();
  }

  std::map<std::string, fs::path, std::less<>> paths_;  // by hash
  std::unique_ptr<bundle::Bytes> opened_;
  std::string opened_hash_;
};

// What is not the same in two reports of one model, as "version 1.0.0 and 1.1.0"; "" otherwise.
std::string difference(const report::ModelFacts& a, const report::ModelFacts& b) {
  if (a.name != b.name) return str("are of different models: ", a.name, " and ", b.name);
  if (a.version != b.version)
    return str("are of different versions: ", a.version, " and ", b.version);
  const auto types = [](const std::vector<report::Port>& ports) {
    std::vector<std::string> texts;
    for (const report::Port& port : ports) texts.push_back(str(port.name, " ", port.type));
    return join(texts);
  };
  if (a.inputs != b.inputs)
    return str("take different inputs: ", types(a.inputs), " and ", types(b.inputs));
  if (a.outputs != b.outputs)
    return str("give different outputs: ", types(a.outputs), " and ", types(b.outputs));
  if (a.hash != b.hash) return str("were built of different files named ", a.file);
  return {};
}

Status check_together(const std::vector<Artifacts>& all) {
  for (const Artifacts& artifacts : all) {
    const Artifacts& first = all.front();
    const std::string both =
        str(shorten(first.folder.string()), " and ", shorten(artifacts.folder.string()), " ");
    const std::string different = difference(first.report.model, artifacts.report.model);
    if (!different.empty())
      return Error{Code::kInvalid, both + different + "; a bundle is of one model"};
    for (const Artifacts& other : all) {
      if (&other == &artifacts) break;
      if (other.prefix == artifacts.prefix)
        return Error{
            Code::kInvalid,
            str(shorten(other.folder.string()), " and ", shorten(artifacts.folder.string()),
                " are both for target '", artifacts.target.name, "' in ",
                artifacts.target.precision, ": build each with --for and the name of its target")};
    }
  }
  return {};
}

Result<bundle::Manifest> manifest_of(const std::vector<Artifacts>& all) {
  const report::ModelFacts& model = all.front().report.model;
  bundle::Manifest manifest;
  manifest.name = model.name;
  manifest.version = TRY(Version::parse(model.version));
  for (const report::Port& port : model.inputs) manifest.inputs.push_back(port_of(port));
  for (const report::Port& port : model.outputs) manifest.outputs.push_back(port_of(port));
  for (const Artifacts& artifacts : all) manifest.targets.push_back(artifacts.target);
  return manifest;
}

}  // namespace

Result<std::unique_ptr<bundle::Source>> gather(const std::vector<fs::path>& folders,
                                               const bundle::Progress& progress) {
  if (folders.empty()) return Error{Code::kUsage, "name a folder that slipway build wrote"};
  std::vector<Artifacts> all;
  for (const fs::path& folder : folders) all.push_back(TRY(read_artifacts(folder)));
  TRY(check_together(all));
  bundle::Manifest manifest = TRY(manifest_of(all));
  std::map<std::string, fs::path> paths;
  for (const Artifacts& artifacts : all) {
    for (const std::string& file : artifacts.files)
      paths.emplace(str(artifacts.prefix, "/", file), artifacts.folder / file);
  }
  for (const auto& [path, file] : paths) {
    if (const Status allowed = bundle::check_path(path); !allowed.ok())
      return Error{Code::kInvalid, str(file.string(), ": ", allowed.error().message)};
    const auto bytes = TRY(bundle::open_bytes(file));
    manifest.files.push_back(TRY(bundle::describe(*bytes, path, progress)));
  }
  TRY(bundle::check_rules(manifest));
  std::string text = bundle::to_text(manifest);
  if (text.size() > bundle::kMostManifestBytes)
    return Error{Code::kTooLarge,
                 str("the bundle's manifest has ", text.size(), " bytes, more than the ",
                     bundle::kMostManifestBytes, " allowed: pack fewer targets or files")};
  return std::unique_ptr<bundle::Source>(
      new Gathered(std::move(text), std::move(manifest), std::move(paths)));
}

Result<std::unique_ptr<bundle::Source>> pack(bundle::Source& gathered, const fs::path& out,
                                             const bundle::Progress& progress) {
  const Status written = bundle::write_archive(gathered, out, progress);
  if (!written.ok() && written.error().code == Code::kInvalid)
    return Error{Code::kInvalid, "the artifacts changed while they were packed: pack again"};
  TRY(written);
  return bundle::open_source(out);
}

std::string file_name(const bundle::Manifest& manifest) {
  return str(manifest.name, "-", manifest.version.text(), ".slip");
}

}  // namespace slipway::pack
