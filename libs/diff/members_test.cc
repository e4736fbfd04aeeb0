// The models of a bundle are found, and who was who before.
#include "diff/members.h"

#include <map>

#include "bundle/layout.h"
#include "delta/varint.h"
#include "diff/testing.h"
#include "digest/digest.h"

namespace slipway::diff {
namespace {

// An ONNX model of one tensor.
std::string model(unsigned seed) {
  const auto field = [](char key, const std::string& content) {
    std::string out(1, key);
    delta::put_varint(out, content.size());
    return out + content;
  };
  const std::string head = {0x08, 100, 0x10, 1};  // 100 elements of float32
  const std::string name = field(0x42, "w");
  return field(0x3A, field(0x2A, head + name + field(0x4A, file_of(weights(100, seed)))));
}

std::string bundle_of(const std::vector<std::pair<std::string, std::string>>& files) {
  bundle::Manifest manifest;
  manifest.name = "boat";
  manifest.version = {1, 0, 0, "", ""};
  std::map<std::string, std::string> objects;
  for (const auto& [path, content] : files) {
    manifest.files.push_back({path, sha256(content), content.size()});
    objects.emplace(sha256(content), content);
  }
  bundle::Target target;
  target.name = "default";
  target.precision = "f32";
  target.file = files.front().first;
  manifest.targets = {target};
  const std::string text = to_text(manifest);
  const bundle::Layout layout = layout_of(manifest, text.size());
  const bundle::HeaderBytes header =
      to_bytes(bundle::Header{static_cast<std::uint32_t>(text.size()), sha256(text)});
  std::string out(reinterpret_cast<const char*>(header.data()), header.size());
  out += text;
  out.resize(layout.end);
  for (const auto& [hash, content] : objects)
    out.replace(layout.offsets.at(hash), content.size(), content);
  return out;
}

const Member* member_of(const std::vector<Member>& members, std::string_view path) {
  for (const Member& member : members) {
    for (const std::string& own : member.paths) {
      if (own == path) return &member;
    }
  }
  return nullptr;
}

TEST(Members, OfABundleAreItsObjectsWithTheirTensors) {
  const std::string file =
      bundle_of({{"a.onnx", model(1)}, {"b.onnx", model(2)}, {"c.onnx", model(1)}, {"d", "text"}});
  const std::vector<Member> members = find_members(bytes_of(file));
  ASSERT_EQ(members.size(), 3U);
  const Member* const both = member_of(members, "a.onnx");
  ASSERT_NE(both, nullptr);
  EXPECT_EQ(both, member_of(members, "c.onnx"));
  ASSERT_EQ(both->tensors.size(), 1U);
  EXPECT_EQ(file.substr(both->tensors[0].offset, 400), file_of(weights(100, 1)));
  EXPECT_TRUE(member_of(members, "d")->tensors.empty());
}

TEST(Members, OfWhatIsNoBundleToTheByteAreTheFile) {
  const std::string file = bundle_of({{"a.onnx", model(1)}});
  for (std::size_t size = 0; size < file.size(); size += size < 300 ? 1 : 97) {
    EXPECT_EQ(find_members(bytes_of(file).first(size)).size(), 1U);
    EXPECT_TRUE(find_members(bytes_of(file).first(size))[0].paths.empty());
  }
  for (std::size_t i = 0; i < 300; ++i) {  // its header and manifest
    std::string damaged = file;
    damaged[i] ^= 4;
    const std::vector<Member> members = find_members(bytes_of(damaged));
    ASSERT_EQ(members.size(), 1U) << i;
    EXPECT_EQ(members[0].bytes, file.size());
    EXPECT_TRUE(members[0].tensors.empty());
  }
}

TEST(Members, AreMatchedByPathElseByTensors) {
  const std::string was = bundle_of({{"a.onnx", model(1)}, {"b", "text"}});
  const std::string is =
      bundle_of({{"a.onnx", model(3)}, {"b", "other text"}, {"new", "text"}, {"z.onnx", model(4)}});
  const std::vector<Member> before = find_members(bytes_of(was));
  const std::vector<Member> now = find_members(bytes_of(is));
  const std::vector<MemberMatch> matches = match_members(before, now);
  const auto past = [&](const char* path) -> const Member* {
    const auto number = static_cast<std::size_t>(member_of(now, path) - now.data());
    return matches[number].member.has_value() ? &before[*matches[number].member] : nullptr;
  };
  EXPECT_EQ(past("a.onnx"), member_of(before, "a.onnx"));
  EXPECT_EQ(past("b"), member_of(before, "b"));
  EXPECT_EQ(past("new"), nullptr);
  EXPECT_EQ(past("z.onnx"), member_of(before, "a.onnx"));
}

}  // namespace
}  // namespace slipway::diff
