// What a libonnxruntime of version 1.11 shows of itself before anything else of it is called.
#include <cstdint>

namespace {

struct ApiBase {
  const void* (*get_api)(std::uint32_t version);
  const char* (*get_version)();
};

// Asked for a version that it does not have, the library gives none.
const void* get_api(std::uint32_t version) { return version <= 11 ? "" : nullptr; }
const char* get_version() { return "1.11.0"; }

}  // namespace

extern "C" __attribute__((visibility("default"))) const ApiBase* OrtGetApiBase() {
  static const ApiBase kBase = {get_api, get_version};
  return &kBase;
}
