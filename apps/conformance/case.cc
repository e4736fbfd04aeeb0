#include "case.h"

#include <algorithm>
#include <system_error>

#include "base/str.h"

namespace slipway {
namespace fs = std::filesystem;

Result<std::vector<Case>> find_cases(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Error{Code::kNotFound,
                 str(folder.string(), ": not a folder: name one that holds ONNX cases")};
  }
  std::vector<Case> cases;
  const auto add_if_case = [&cases](const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path / "model.onnx", ignored)) return;
    cases.push_back({path.parent_path().filename().string(), path.filename().string(), path});
  };
  const fs::path root = fs::canonical(folder, error);
  if (error) return Error{Code::kIo, str(folder.string(), ": ", error.message())};
  add_if_case(root);
  fs::recursive_directory_iterator walk(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    std::error_code ignored;
    if (walk->is_directory(ignored)) add_if_case(walk->path());
  }
  if (error) return Error{Code::kIo, str(folder.string(), ": ", error.message())};
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return a.folder < b.folder; });
  return cases;
}

namespace {

// stem_0.pb, stem_1.pb, ... as far as they go.
std::vector<fs::path> numbered_files(const fs::path& folder, std::string_view stem) {
  std::vector<fs::path> files;
  while (true) {
    fs::path file = folder / str(stem, "_", files.size(), ".pb");
    std::error_code error;
    if (!fs::is_regular_file(file, error)) return files;
    files.push_back(std::move(file));
  }
}

}  // namespace

Result<std::vector<CaseData>> data_sets(const Case& c) {
  std::vector<fs::path> folders;
  std::error_code error;
  fs::directory_iterator walk(c.folder, error);
  for (; !error && walk != fs::directory_iterator(); walk.increment(error)) {
    if (walk->path().filename().string().starts_with("test_data_set_"))
      folders.push_back(walk->path());
  }
  if (error) return Error{Code::kIo, str(c.folder.string(), ": ", error.message())};
  if (folders.empty()) {
    return Error{Code::kInvalid,
                 "the case has no test_data_set_* folder: there is nothing to compare with"};
  }
  std::sort(folders.begin(), folders.end());
  std::vector<CaseData> sets;
  for (const fs::path& folder : folders) {
    sets.push_back({numbered_files(folder, "input"), numbered_files(folder, "output")});
    if (sets.back().outputs.empty()) {
      return Error{Code::kInvalid,
                   str(folder.filename().string(), " has no output_0.pb to compare with")};
    }
  }
  return sets;
}

std::string name_without_expansion(const std::string& name) {
  return name.substr(0, name.find("_expanded"));
}

}  // namespace slipway
