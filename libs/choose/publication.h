// The folder of artifacts, replaced in one step: after a crash at any moment it is the old one or
// the new one, whole.
//
// A new folder is written beside it, `.NAME.new`; publish() puts it on disk and exchanges the two.
// What a build that was killed left there is removed by the next one. A lock on the folder around
// them keeps two builds apart; the system lets go of it whatever way a process ends.
#pragma once

#include <filesystem>

#include "base/files.h"
#include "base/result.h"

namespace slipway::choose {

class Publication {
 public:
  // Takes the lock, clears away what a killed build left, and makes the new folder. kUsage when
  // `target` is something else than a folder that publish() made.
  static Result<Publication> begin(const std::filesystem::path& target);

  Publication(Publication&& other) noexcept;
  Publication& operator=(Publication&&) = delete;
  ~Publication();  // without publish(): the new folder is removed

  // Where to write.
  const std::filesystem::path& folder() const { return folder_; }

  // The folder must hold a file named kMark.
  Status publish();

 private:
  Publication() = default;

  std::filesystem::path target_;
  std::filesystem::path folder_;  // empty once published
  std::filesystem::path old_;
  Descriptor lock_;
};

// What tells a folder of artifacts from any other.
inline constexpr const char* kMark = "report.json";

}  // namespace slipway::choose
