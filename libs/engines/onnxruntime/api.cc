#include "engines/onnxruntime/api.h"

#ifdef SLIPWAY_HAS_ONNXRUNTIME_HEADER

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "base/str.h"

namespace slipway::engines {
namespace {

// The functions that we call are all there from this version of the interface on.
constexpr std::uint32_t kLeastApi = 12;

// What the library has to say beyond its statuses.
void ORT_API_CALL drop_message(void* /*logger*/, OrtLoggingLevel /*severity*/,
                               const char* /*category*/, const char* /*id*/, const char* /*where*/,
                               const char* /*message*/) {}

// "1.30.0" is version 30 of the interface; 0 where the text is something else.
std::uint32_t api_version(std::string_view version) {
  std::uint32_t number = 0;
  if (!version.starts_with("1.")) return 0;
  std::from_chars(version.data() + 2, version.data() + version.size(), number);
  return number;
}

Result<std::vector<std::string>> providers_of(const OrtApi& api) {
  char** names = nullptr;
  int count = 0;
  TRY(check(api, api.GetAvailableProviders(&names, &count)));
  std::vector<std::string> providers(names, names + count);
  TRY(check(api, api.ReleaseAvailableProviders(names, count)));
  return providers;
}

Result<Library> load(const std::filesystem::path& file) {
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return Error{Code::kNotFound, str("ONNX Runtime's library cannot be loaded: ", dlerror())};
  void* const entry = dlsym(handle, "OrtGetApiBase");
  if (entry == nullptr) {
    dlclose(handle);
    return Error{Code::kInvalid, str(file.string(),
                                     " is a library, but not ONNX Runtime: it has no "
                                     "OrtGetApiBase; name a libonnxruntime.so")};
  }
  const OrtApiBase* const base = reinterpret_cast<const OrtApiBase* (*)()>(entry)();
  Library library;
  library.version = base->GetVersionString();
  library.file = file;
  Dl_info where{};
  if (dladdr(entry, &where) != 0 && where.dli_fname != nullptr) library.file = where.dli_fname;
  const std::uint32_t newest =
      std::min<std::uint32_t>(ORT_API_VERSION, api_version(library.version));
  if (newest >= kLeastApi) library.api = base->GetApi(newest);
  if (library.api == nullptr) {
    return Error{Code::kUnsupported,
                 str(file.string(), " is ONNX Runtime ", library.version, "; Slipway needs 1.",
                     kLeastApi, " or newer: pip install 'onnxruntime>=1.20'")};
  }
  TRY(check(*library.api,
            library.api->CreateEnvWithCustomLogger(drop_message, nullptr, ORT_LOGGING_LEVEL_FATAL,
                                                   "slipway", &library.env)));
  library.providers = TRY(providers_of(*library.api));
  return library;
}

}  // namespace

Status check(const OrtApi& api, OrtStatus* status) {
  if (status == nullptr) return {};
  const OrtErrorCode code = api.GetErrorCode(status);
  Error error{Code::kInvalid, str("ONNX Runtime: ", api.GetErrorMessage(status))};
  api.ReleaseStatus(status);
  if (code == ORT_NO_SUCHFILE) error.code = Code::kNotFound;
  if (code == ORT_NOT_IMPLEMENTED) error.code = Code::kUnsupported;
  return error;
}

bool Library::has(std::string_view provider) const {
  return std::find(providers.begin(), providers.end(), provider) != providers.end();
}

Result<const Library*> load_onnxruntime(const std::filesystem::path& file) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, Library> loaded;
  const std::scoped_lock lock(mutex);
  const auto known = loaded.find(file);
  if (known != loaded.end()) return &known->second;
  return &loaded.emplace(file, TRY(load(file))).first->second;
}

}  // namespace slipway::engines

#endif
