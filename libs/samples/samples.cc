#include "samples/samples.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <system_error>

#include "base/mapped_file.h"
#include "base/str.h"
#include "tensor/zip.h"

namespace slipway::samples {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 10'000'000;
constexpr std::string_view kSuffix = ".npy";

bool is_sample_file(const fs::path& path) {
  return path.extension() == ".npy" || path.extension() == ".npz";
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// Runs of digits compare as numbers: sample2 before sample10.
bool comes_before(const std::string& a, const std::string& b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    const auto run = [](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t start = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return std::string_view(text).substr(start, at - start);
    };
    const std::string_view x = run(a, i);
    const std::string_view y = run(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

Result<std::vector<fs::path>> list_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!is_sample_file(at->path())) continue;
    files.push_back(at->path());
    if (files.size() > kMaxFiles)
      return Error{Code::kTooLarge, str(folder.string(), ": more than ", kMaxFiles, " files")};
  }
  if (error) {
    return Error{Code::kIo, str("cannot list ", folder.string(), ": ", error.message())};
  }
  if (files.empty()) {
    return Error{Code::kInvalid, str(folder.string(),
                                     " holds no samples: no .npy and no .npz file "
                                     "is in it")};
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return comes_before(a.filename().string(), b.filename().string());
  });
  return files;
}

std::string names_text(const std::vector<Wanted>& inputs) {
  std::vector<std::string> names;
  for (const Wanted& input : inputs) names.push_back(input.name);
  return join(names);
}

Error in(const std::string& thing, const Error& error) {
  return {error.code == Code::kUsage ? Code::kInvalid : error.code,
          str(thing, ": ", error.message)};
}

struct NamedEntry {
  std::string_view name;
  const ZipEntry* entry = nullptr;
};

// The entry of each input, in their order.
Result<std::vector<NamedEntry>> match_entries(const std::vector<ZipEntry>& entries,
                                              const std::vector<Wanted>& inputs) {
  std::vector<NamedEntry> found(inputs.size());
  std::vector<NamedEntry> others;
  for (const ZipEntry& entry : entries) {
    std::string_view array = entry.name;
    if (array.ends_with(kSuffix)) array.remove_suffix(kSuffix.size());
    const auto input = std::find_if(inputs.begin(), inputs.end(),
                                    [&](const Wanted& wanted) { return wanted.name == array; });
    if (input == inputs.end()) {
      if (array != kLabels) others.push_back({array, &entry});
      continue;
    }
    NamedEntry& place = found[static_cast<std::size_t>(input - inputs.begin())];
    if (place.entry != nullptr)
      return Error{Code::kInvalid, str("two arrays are named ", shorten(array))};
    place = {array, &entry};
  }
  if (inputs.size() == 1 && found[0].entry == nullptr && others.size() == 1) {
    found[0] = others[0];
    others.clear();
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (found[i].entry != nullptr) continue;
    return Error{Code::kInvalid,
                 str("holds no array '", inputs[i].name, "': name the arrays as the inputs (",
                     names_text(inputs), "), numpy.savez(file, ", inputs[i].name, "=...)")};
  }
  if (!others.empty()) {
    return Error{Code::kInvalid,
                 str("holds an array '", shorten(others[0].name),
                     "', and the model has no such input: its inputs are ", names_text(inputs))};
  }
  return found;
}

}  // namespace

Result<Samples> Samples::open(const fs::path& path, std::vector<Wanted> inputs) {
  Samples samples;
  samples.inputs_ = std::move(inputs);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    samples.files_ = TRY(list_folder(path));
  } else if (is_sample_file(path)) {
    samples.files_ = {path};
  } else {
    return Error{Code::kUsage, str(path.string(),
                                   ": samples are an .npz or .npy file, or a folder of them: "
                                   "numpy.savez() writes .npz")};
  }
  for (const fs::path& file : samples.files_) {
    const Shard shard = TRY(samples.open_shard(file));
    samples.count_ += shard.left;
  }
  if (samples.count_ == 0)
    return Error{Code::kInvalid, str(path.string(), ": holds no samples: its first axis is 0")};
  return samples;
}

Result<Samples::Shard> Samples::open_shard(const fs::path& path) const {
  return path.extension() == ".npz" ? open_archive(path) : open_array(path);
}

Result<Samples::Shard> Samples::open_array(const fs::path& path) const {
  if (inputs_.size() != 1) {
    return Error{Code::kInvalid, str(path.string(),
                                     ": a .npy file holds one array, and the model "
                                     "has the inputs ",
                                     names_text(inputs_), ": save an .npz with one array each")};
  }
  Shard shard;
  shard.file = TRY(open_to_read(path));
  Result<ArrayStream> stream =
      ArrayStream::open(plain_source(shard.file), shard.file.size_bytes, inputs_[0]);
  if (!stream.ok()) return in(path.string(), stream.error());
  shard.left = stream->count();
  shard.streams.push_back(*std::move(stream));
  return shard;
}

Result<Samples::Shard> Samples::open_archive(const fs::path& path) const {
  Shard shard;
  shard.file = TRY(open_to_read(path));
  const std::shared_ptr<const MappedFile> map = TRY(MappedFile::open(path));
  Result<std::vector<ZipEntry>> entries = read_zip_directory(map->bytes());
  if (!entries.ok()) return in(path.string(), entries.error());
  Result<std::vector<NamedEntry>> matched = match_entries(*entries, inputs_);
  if (!matched.ok()) return in(path.string(), matched.error());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const NamedEntry& named = (*matched)[i];
    const std::string label = str(path.string(), ", array ", shorten(named.name));
    const auto offset =
        static_cast<std::uint64_t>(named.entry->stored.data() - map->bytes().data());
    Result<std::unique_ptr<ByteSource>> source = entry_source(shard.file, *named.entry, offset);
    if (!source.ok()) return in(label, source.error());
    Result<ArrayStream> stream =
        ArrayStream::open(*std::move(source), named.entry->size_bytes, inputs_[i]);
    if (!stream.ok()) return in(label, stream.error());
    if (i > 0 && stream->count() != shard.left) {
      return Error{Code::kInvalid,
                   str(label, ": holds ", stream->count(), " samples, and the array of ",
                       inputs_[0].name, " ", shard.left, ": give as many of each")};
    }
    shard.left = stream->count();
    shard.streams.push_back(*std::move(stream));
  }
  return shard;
}

Result<bool> Samples::next(std::vector<Tensor>& sample) {
  while (shard_.left == 0) {
    if (next_file_ == files_.size()) return false;
    shard_ = TRY(open_shard(files_[next_file_]));
    ++next_file_;
  }
  --shard_.left;
  sample.resize(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Result<Tensor> tensor = shard_.streams[i].next();
    if (!tensor.ok())
      return in(
          str(files_[next_file_ - 1].string(), ", input ", inputs_[i].name, ", sample ", taken_),
          tensor.error());
    sample[i] = *std::move(tensor);
  }
  ++taken_;
  return true;
}

void Samples::rewind() {
  shard_ = {};
  next_file_ = 0;
  taken_ = 0;
}

}  // namespace slipway::samples
