#include "delivery/stream.h"

#include <algorithm>
#include <system_error>

#include "base/str.h"

namespace slipway::delivery {

class Stream::Receiver : public fetch::Sink {
 public:
  Receiver(Stream& stream, std::uint64_t offset) : stream_(stream), next_(offset) {}

  Status begin(const fetch::Source& source) override {
    if (source.offset > next_) {
      return Error{Code::kIo, str("the transfer begins at byte ", source.offset, " and not at ",
                                  next_, ": try again")};
    }
    passed_over_ = next_ - source.offset;
    return {};
  }

  Status write(std::span<const std::byte> bytes) override {
    const auto known =
        static_cast<std::size_t>(std::min<std::uint64_t>(passed_over_, bytes.size()));
    passed_over_ -= known;
    next_ += bytes.size() - known;
    return stream_.put(bytes.subspan(known));
  }

 private:
  Stream& stream_;
  std::uint64_t next_;             // byte of the file
  std::uint64_t passed_over_ = 0;  // bytes that come once more
};

Stream::Stream(fetch::Fetcher& fetcher, fetch::Request request)
    : position_(request.offset), ring_(kAheadBytes) {
  try {
    thread_ = std::thread([this, &fetcher, request = std::move(request)] {
      Receiver receiver(*this, request.offset);
      end(fetcher.fetch(request, receiver));
    });
  } catch (const std::system_error&) {
    end(Error{Code::kIo, "this machine has no thread left to fetch with: try again later"});
  }
}

void Stream::end(Status status) {
  const std::lock_guard lock(mutex_);
  end_ = std::move(status);
  is_over_ = true;
  has_bytes_.notify_one();
}

Stream::~Stream() {
  {
    const std::lock_guard lock(mutex_);
    is_left_ = true;
    has_room_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

std::size_t Stream::take(std::span<std::byte> to) {
  const std::size_t count = std::min(to.size(), size_);
  const std::size_t first = std::min(count, ring_.size() - begin_);
  std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(begin_), first, to.begin());
  std::copy_n(ring_.begin(), count - first, to.begin() + static_cast<std::ptrdiff_t>(first));
  begin_ = (begin_ + count) % ring_.size();
  size_ -= count;
  return count;
}

Result<std::size_t> Stream::read(std::span<std::byte> to) {
  std::size_t count = 0;
  std::unique_lock lock(mutex_);
  while (count < to.size()) {
    has_bytes_.wait(lock, [&] { return size_ > 0 || is_over_; });
    if (size_ == 0) break;
    count += take(to.subspan(count));
    has_room_.notify_one();
  }
  position_ += count;
  if (count == 0 && !to.empty() && !end_.ok()) return end_.error();
  return count;
}

Status Stream::put(std::span<const std::byte> bytes) {
  std::unique_lock lock(mutex_);
  while (!bytes.empty()) {
    has_room_.wait(lock, [&] { return size_ < ring_.size() || is_left_; });
    if (is_left_) return Error{Code::kIo, "nobody reads this any more"};
    const std::size_t end = (begin_ + size_) % ring_.size();
    const std::size_t count = std::min({bytes.size(), ring_.size() - size_, ring_.size() - end});
    std::copy_n(bytes.begin(), count, ring_.begin() + static_cast<std::ptrdiff_t>(end));
    size_ += count;
    bytes = bytes.subspan(count);
    has_bytes_.notify_one();
  }
  return {};
}

}  // namespace slipway::delivery
