// A fetch that is read from: it runs in a thread of its own, never more than a few MiB ahead.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"
#include "fetch/fetch.h"

namespace slipway::delivery {

// One thread reads. The fetcher outlives it, and is used by nobody else in between.
class Stream {
 public:
  static constexpr std::size_t kAheadBytes = std::size_t{2} << 20;

  // Of bytes that never change, as the request says: where a transfer starts over, what was read
  // already is passed over.
  Stream(fetch::Fetcher& fetcher, fetch::Request request);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  // Breaks the fetch off.
  ~Stream();

  // The next byte of the file that read() gives.
  std::uint64_t position() const { return position_; }

  // Fills `to` but at the end of the file; waits as long as the fetcher does. An error is the
  // fetch's, and comes once all bytes before it were read.
  Result<std::size_t> read(std::span<std::byte> to);

 private:
  class Receiver;
  friend class Receiver;

  std::size_t take(std::span<std::byte> to);
  // Waits for room. An error where nobody reads any more.
  Status put(std::span<const std::byte> bytes);
  void end(Status status);

  std::uint64_t position_;
  std::mutex mutex_;
  std::condition_variable has_bytes_;
  std::condition_variable has_room_;
  std::vector<std::byte> ring_;
  std::size_t begin_ = 0;  // of what is not read yet
  std::size_t size_ = 0;
  bool is_over_ = false;  // the fetch
  bool is_left_ = false;  // by the reader
  Status end_;
  std::thread thread_;
};

}  // namespace slipway::delivery
