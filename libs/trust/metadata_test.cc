#include "trust/metadata.h"

#include <nlohmann/json.hpp>

#include "trust/json.h"
#include "trust/test_repository.h"

namespace slipway::trust {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

TEST(Metadata, WhatIsWrittenReadsBack) {
  TestRepository repository;
  repository.delegate("targets", "team", {"team/*"}).is_terminating = true;
  repository.add_file("targets", "a/model.slip", "content");
  repository.targets["targets"].files["a/model.slip"].custom = R"({"kind":"bundle"})";
  repository.states_hashes = true;
  repository.publish_all();
  const Root root = *parse_root(repository.file("metadata/2.root.json"));
  EXPECT_EQ(root.version, 2U);
  EXPECT_EQ(root.expires, TestRepository::kLater);
  EXPECT_TRUE(root.is_consistent);
  EXPECT_EQ(root.keys, repository.root.keys);
  const Targets targets = *parse_targets(repository.file("metadata/2.targets.json"), "targets");
  ASSERT_EQ(targets.delegations.size(), 1U);
  EXPECT_EQ(targets.delegations[0].name, "team");
  EXPECT_TRUE(targets.delegations[0].is_terminating);
  EXPECT_EQ(targets.files.at("a/model.slip").hashes.at("sha256"), sha256("content"));
  EXPECT_EQ(targets.files.at("a/model.slip").custom, R"({"kind":"bundle"})");
  const Snapshot snapshot = *parse_snapshot(repository.file("metadata/2.snapshot.json"));
  EXPECT_EQ(snapshot.files.at("team.json").version, 1U);
  EXPECT_EQ(snapshot.files.at("team.json").hashes.size(), 1U);
  EXPECT_EQ(parse_timestamp(repository.file("metadata/timestamp.json"))->snapshot.version, 2U);
}

TEST(Metadata, SignedBytesAreCanonicalAndHoldWhatIsNotDefined) {
  TestRepository repository;
  const std::string text =
      replaced(repository.file("metadata/timestamp.json"), "\"_type\"",
               "\"extra\": {\"b\": [1, \"quo\\\"te\", null, true], \"a\": \"\\u00e4\"}, \"_type\"");
  const Timestamp timestamp = *parse_timestamp(text);
  EXPECT_NE(
      timestamp.bytes.find("\"extra\":{\"a\":\"\xc3\xa4\",\"b\":[1,\"quo\\\"te\",null,true]}"),
      std::string::npos)
      << timestamp.bytes;
}

struct BadRow {
  const char* name;
  const char* from;
  const char* to;
  const char* says;
};

TEST(Metadata, EachFaultOfARootIsNamed) {
  const std::string good = TestRepository().file("metadata/1.root.json");
  const BadRow rows[] = {
      {"type", "\"root\",", "\"toor\",", "_type is 'toor', not 'root'"},
      {"no version", "\"version\"", "\"noisrev\"", "version is missing"},
      {"version 0", "\"version\": 1", "\"version\": 0", "version is below 1"},
      {"negative version", "\"version\": 1", "\"version\": -1", "version is below 1"},
      {"fraction", "\"version\": 1", "\"version\": 1.5", "no integer"},
      {"huge version", "\"version\": 1", "\"version\": 99999999999999999999", "no integer"},
      {"text for a number", "\"version\": 1", "\"version\": \"1\"", "version is no whole number"},
      {"specification 2", "\"1.0.34\"", "\"2.0.0\"", "reads version 1 of TUF"},
      {"no specification", "\"1.0.34\"", "\"1..\"", "reads version 1 of TUF"},
      {"time", "2026-12-18", "2026-12-99", "expires is '2026-12-99T"},
      {"threshold", "\"threshold\": 1", "\"threshold\": 0", "threshold is below 1"},
      {"no timestamp", "\"timestamp\":", "\"pmatsemit\":", "timestamp is missing"},
      {"keys", "\"keys\":", "\"keys\": [], \"syek\":", "keys is no object"},
      {"twice", "\"_type\":", "\"version\": 1, \"_type\":", "has the key 'version' twice"},
      {"no JSON", "{", "[{", "root is not JSON"},
      {"a list", "{", "[]", "root is not JSON"},
  };
  for (const BadRow& row : rows) {
    const Result<Root> root = parse_root(replaced(good, row.from, row.to));
    ASSERT_FALSE(root.ok()) << row.name;
    EXPECT_EQ(root.error().code, Code::kInvalid);
    EXPECT_NE(root.error().message.find(row.says), std::string::npos)
        << row.name << ": " << root.error().message;
  }
  EXPECT_TRUE(parse_root(good).ok());
}

TEST(Metadata, OneKeySigningTwiceIsRefused) {
  TestRepository repository;
  repository.signers["root"].push_back(repository.signers["root"][0]);
  repository.publish_root();
  EXPECT_NE(parse_root(repository.file("metadata/2.root.json")).error().message.find("twice"),
            std::string::npos);
}

TEST(Metadata, DepthIsBounded) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += open;
    const Result<Root> root = parse_root(deep);
    ASSERT_FALSE(root.ok());
    EXPECT_NE(root.error().message.find("nested deeper"), std::string::npos);
  }
}

TEST(Metadata, WhatIsManyIsReadInTimeThatGrowsWithIt) {
  std::string many = "[";
  for (int i = 0; i < 300000; ++i) many += "{},";
  many += "{}]";
  EXPECT_TRUE(parse_json(many, "x").ok());
  std::string values = "[0";
  for (std::size_t i = 0; i < kJsonLimits.most_values; ++i) values += ",0";
  const Result<Json> refused = parse_json(values + "]", "x");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("more than"), std::string::npos);
}

TEST(Metadata, AZeroByteEndsNothing) {
  std::string text = TestRepository().file("metadata/1.root.json");
  text += '\0';
  EXPECT_FALSE(parse_root(text).ok());
  EXPECT_FALSE(parse_root(text + "{}").ok());
}

TEST(Metadata, EveryByteCutOffIsAnErrorAndNoneACrash) {
  const std::string good = TestRepository().file("metadata/1.targets.json");
  for (std::size_t size = 0; size + 2 < good.size(); ++size)
    EXPECT_FALSE(parse_targets(good.substr(0, size), "targets").ok()) << size;
}

TEST(Metadata, DelegationsMayNotTakeTheNamesOfRootsRoles) {
  TestRepository repository;
  repository.delegate("targets", "team", {"*"}).name = "snapshot";
  repository.publish_targets("targets");
  EXPECT_FALSE(parse_targets(repository.file("metadata/2.targets.json"), "targets").ok());
}

}  // namespace
}  // namespace slipway::trust
