#include "choose/ship_engine.h"

#include <algorithm>

#include "base/str.h"
#include "engines/cache_file.h"
#include "engines/cache_key.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;

bool is_of_model(const fs::path& file, const std::string& hash) {
  const auto entry = engines::read_entry(file);
  return entry.ok() && std::ranges::any_of(entry->key, [&](const engines::KeyPart& part) {
           return part.name == "model" && part.value == hash;
         });
}

}  // namespace

Result<fs::path> ship_engine(const fs::path& cache, const fs::path& model, const fs::path& folder) {
  const std::string hash = TRY(engines::hash_model(model));
  std::error_code error;
  std::optional<fs::path> newest;
  fs::file_time_type newest_time;
  for (fs::directory_iterator at(cache, error), end; !error && at != end; at.increment(error)) {
    const fs::path& file = at->path();
    std::error_code unreadable;
    const fs::file_time_type time = fs::last_write_time(file, unreadable);
    if (unreadable || file.extension() != ".engine" || (newest && time <= newest_time)) continue;
    if (!is_of_model(file, hash)) continue;
    newest = file;
    newest_time = time;
  }
  if (!newest) {
    return Error{Code::kNotFound, str(cache.string(), " holds no built engine of ",
                                      model.filename().string(), ": build again")};
  }
  fs::create_directories(folder, error);
  fs::path shipped = folder / newest->filename();
  if (!error) fs::copy_file(*newest, shipped, fs::copy_options::overwrite_existing, error);
  const fs::path own = fs::path(*newest).replace_extension(".files");
  if (std::error_code absent; !error && fs::exists(own, absent))
    fs::copy(own, folder / own.filename(), fs::copy_options::recursive, error);
  if (error)
    return Error{Code::kIo, str("the built engine cannot be copied to ", folder.string(), ": ",
                                error.message())};
  return shipped;
}

}  // namespace slipway::choose
