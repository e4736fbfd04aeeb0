// Bytes that somebody gives in their order, as something that is read from: who gives them runs in
// a thread of its own, never more than a few MiB ahead.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"

namespace slipway::delivery {

// One thread reads.
class Stream {
 public:
  static constexpr std::size_t kAheadBytes = std::size_t{2} << 20;

  using Put = std::function<Status(std::span<const std::byte>)>;
  // Calls put() with the bytes from an offset on; an error of it means that nobody reads any more.
  // What the giver uses outlives the stream, and is used by nobody else in between.
  using Giver = std::function<Status(const Put& put)>;

  Stream(std::uint64_t offset, Giver giver);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  // Waits until the giver has noticed that nobody reads any more.
  ~Stream();

  // The next byte of the file that read() gives.
  std::uint64_t position() const { return position_; }

  // Fills `to` but at the end of the bytes; waits as long as the giver does. An error is the
  // giver's, and comes once all bytes before it were read.
  Result<std::size_t> read(std::span<std::byte> to);

 private:
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
  bool is_over_ = false;  // nothing more comes
  bool is_left_ = false;  // by the reader
  Status end_;
  std::thread thread_;
};

}  // namespace slipway::delivery
