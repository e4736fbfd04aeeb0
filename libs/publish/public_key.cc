#include "publish/public_key.h"

#include <nlohmann/json.hpp>

#include "base/str.h"
#include "trust/json.h"
#include "trust/private_key.h"

namespace slipway::publish {
namespace {

constexpr std::string_view kPublicLine = "public key: ";

}  // namespace

std::string stated_lines(const trust::KeyText& key) {
  const trust::Json json = {{"keytype", key.type}, {"scheme", key.scheme}, {"public", key.value}};
  return str("key id: ", trust::key_id(key), "\n", kPublicLine, json.dump(), "\n");
}

trust::KeyText stated_key(std::string_view content) {
  trust::KeyText key;
  const std::size_t at =
      content.starts_with(kPublicLine) ? 0 : content.find(str("\n", kPublicLine));
  if (at == std::string_view::npos) return key;
  content.remove_prefix(at + kPublicLine.size() + (at == 0 ? 0 : 1));
  const Result<trust::Json> json = trust::parse_json(content.substr(0, content.find('\n')), "key");
  if (!json.ok() || !json->is_object()) return key;
  const auto text = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  key = {text("keytype"), text("scheme"), text("public")};
  return trust::PublicKey::parse(key).ok() ? key : trust::KeyText();
}

std::string public_file_text(std::string_view role, const trust::KeyText& key) {
  return str("slipway public key for ", role, ": slipway keys add ", role, " names it in a root\n",
             stated_lines(key));
}

Result<trust::KeyText> read_public_key(std::string_view content) {
  trust::KeyText stated = stated_key(content);
  if (!stated.value.empty()) return stated;
  return trust::read_public_pem(content);
}

}  // namespace slipway::publish
