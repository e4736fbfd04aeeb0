#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/files.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bundle/bytes.h"
#include "command.h"
#include "console.h"
#include "digest/digest.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--hmac-key-file", "FILE", "the shared key; a line end after a text is not part of it"},
    {"--check", "HEX", "compare with this; exit code 1 when it differs"},
    {"--check-file", "FILE", "the same with what -o wrote"},
    {"-o", "FILE", "write it to a file instead of stdout"},
    {"--allow-short-key", "", "take a key of fewer than 16 bytes, though it can be guessed"},
    {"--json", "", "print it as JSON"},
};
constexpr std::size_t kLeastKeyBytes = 16;
constexpr std::size_t kMostKeyBytes = std::size_t{1} << 20;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::optional<std::uint32_t> code = take_utf8(bytes);
    if (!code || *code < ' ' || *code == 0x7f) return false;
  }
  return true;
}

// Editors and echo end a text with a line end that is not meant; of a key that is no text every
// byte is meant.
std::string_view key_in(std::string_view content) {
  std::string_view text = content;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r') && text.size() < content.size()) text.remove_suffix(1);
  return is_text(text) ? text : content;
}

Result<std::string> read_key(const Arguments& arguments) {
  const std::string path = arguments.value("--hmac-key-file");
  if (path.empty())
    return Error{Code::kUsage, "--hmac-key-file is missing: slipway sign FILE --hmac-key-file KEY"};
  const std::string content = TRY(read_file(path, kMostKeyBytes));
  std::string key(key_in(content));
  if (key.empty()) {
    return Error{Code::kInvalid,
                 str(path,
                     " holds no key: anybody could sign with an empty one. Make one: "
                     "openssl rand -hex 32 > ",
                     path)};
  }
  if (key.size() < kLeastKeyBytes && !arguments.has("--allow-short-key")) {
    return Error{Code::kInvalid,
                 str(path, " holds a key of ", key.size(),
                     " bytes, and whoever has a signed file can try all that are so "
                     "short. Make one: openssl rand -hex 32 > ",
                     path, "; or insist: --allow-short-key")};
  }
  return key;
}

Result<std::string> hmac_of(const std::string& path, std::string_view key) {
  const std::unique_ptr<bundle::Bytes> file = TRY(bundle::open_bytes(path));
  Hmac hmac(key);
  std::vector<std::byte> piece(kPieceBytes);
  for (std::uint64_t at = 0;;) {
    const std::size_t got = TRY(file->read_at(at, piece));
    if (got == 0) return to_hex(hmac.finish());
    hmac.update(std::span(piece).first(got));
    at += got;
  }
}

// What it should be, as lower-case digits; empty where nothing is to be compared.
Result<std::string> expected(const Arguments& arguments) {
  if (!arguments.has("--check") && !arguments.has("--check-file")) return std::string();
  if (arguments.has("--check") && arguments.has("--check-file"))
    return Error{Code::kUsage, "--check and --check-file: one of them at a time"};
  std::string text = arguments.value("--check");
  std::string from = "--check";
  if (arguments.has("--check-file")) {
    from = arguments.value("--check-file");
    text = TRY(read_file(from, 4096));
    while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.pop_back();
  }
  const std::optional<std::string> bytes = from_hex(text);
  if (bytes && bytes->size() * 2 == kSha256HexSize) return to_hex(*bytes);
  return Error{arguments.has("--check") ? Code::kUsage : Code::kInvalid,
               str(from, " is not 64 hexadecimal digits, as an HMAC-SHA256 has them")};
}

Status tell(const Arguments& arguments, const std::string& path, const std::string& hmac,
            bool is_checked, bool is_right) {
  if (arguments.has("-o") && is_right) {
    TRY(write_file(arguments.value("-o"), hmac + "\n"));
    say(str("wrote the HMAC-SHA256 of ", path, " to ", arguments.value("-o")));
  }
  if (arguments.has("--json")) {
    nlohmann::ordered_json root = {{"file", path}, {"algorithm", "hmac-sha256"}};
    // What a wrong file's would be is for nobody who tries files.
    if (is_right) root["hmac"] = hmac;
    if (is_checked) root["matches"] = is_right;
    return print_data(root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                      "\n");
  }
  if (!is_checked && !arguments.has("-o")) return print_data(hmac + "\n");
  return {};
}

Result<int> run_sign(const Arguments& arguments) {
  TRY(expect_operands("sign", arguments.positional().size(), 1, "FILE --hmac-key-file KEY"));
  const std::string& path = arguments.positional()[0];
  const std::string wanted = TRY(expected(arguments));
  const std::string key = TRY(read_key(arguments));
  const std::string hmac = TRY(hmac_of(path, key));
  const bool is_checked = !wanted.empty();
  const bool is_right = !is_checked || equal_in_constant_time(hmac, wanted);
  TRY(tell(arguments, path, hmac, is_checked, is_right));
  if (!is_right) {
    return report_error(
        {Code::kInvalid, str(path,
                             " is not what was signed with this key: the file, the key or the "
                             "HMAC is another")});
  }
  if (is_checked) say(str(path, " is what was signed with this key"));
  return kExitOk;
}

}  // namespace

const Command kSignCommand = {
    .name = "sign",
    .summary = "sign a file with a shared key (HMAC-SHA256), or check that",
    .operands = "FILE",
    .options = kOptions,
    .about =
        "Prints the HMAC-SHA256 of a file's bytes as hexadecimal digits: what Python's\n"
        "hmac.new(key, content, hashlib.sha256).hexdigest() gives. With --check or --check-file it "
        "compares instead,\n"
        "in a time that tells nothing of where they differ.\n"
        "\n"
        "The key file: where it is text (UTF-8), one line end at its end is not part of the key; "
        "of "
        "anything else\n"
        "every byte is. Whoever can check with this key can also sign; keys that only sign are "
        "slipway keys'.",
    .example = "slipway sign autopilot.onnx --hmac-key-file fleet.key -o autopilot.onnx.hmac",
    .run = run_sign,
};

}  // namespace slipway
