// Responses of any bytes, one after the other, to a fetch that resumes: what reaches the sink is
// never more than was accepted, and exactly as much as the position says.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fetch/fake_clock.h"
#include "fetch/receiver.h"

namespace {

using namespace slipway;
using namespace slipway::fetch;

constexpr std::uint64_t kMostBytes = 1000;

struct CountingSink : Sink {
  std::uint64_t bytes = 0;  // of the file that are there
  bool has_begun = false;

  Status begin(const Source& source) override {
    if (source.offset > kMostBytes || source.version.size() > kMostVersionBytes) std::abort();
    bytes = source.offset;
    has_begun = true;
    return {};
  }
  Status write(std::span<const std::byte> more) override {
    if (!has_begun || more.empty()) std::abort();
    bytes += more.size();
    if (bytes > kMostBytes) std::abort();
    return {};
  }
};

// A head up to its empty line, then a byte that says how many bytes of body follow.
std::string_view respond(Receiver& receiver, std::string_view text) {
  receiver.start_response();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (!receiver.take_line(line)) return text;
    if (line == "\n" || line == "\r\n") break;
  }
  if (text.empty()) return text;
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(text.front()));
  text.remove_prefix(1);
  const std::string_view body = text.substr(0, size);
  text.remove_prefix(body.size());
  if (!body.empty() && receiver.take_body(std::as_bytes(std::span(body))) && receiver.tick())
    (void)receiver.end_response();
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  std::string_view text(reinterpret_cast<const char*>(data), size_bytes);
  Request request{.url = "http://host/file", .most_bytes = kMostBytes};
  if (!text.empty()) {
    request.offset = static_cast<unsigned char>(text.front()) / 4U;
    request.never_changes = (static_cast<unsigned char>(text.front()) & 1U) != 0;
    if ((static_cast<unsigned char>(text.front()) & 2U) != 0) request.version = "\"a\"";
    text.remove_prefix(1);
  }
  const HttpOptions options;
  FakeClock clock;
  Shaper shaper(0);
  CountingSink sink;
  Receiver receiver(request, sink, options, clock, shaper);
  bool is_over = false;
  while (!text.empty() && !is_over) {
    text = respond(receiver, text);
    is_over = receiver.failure().has_value() && receiver.failure()->is_final;
  }
  if (!is_over && sink.has_begun && sink.bytes != receiver.position().next()) std::abort();
  return 0;
}
