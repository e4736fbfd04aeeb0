#include "bundle/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/str.h"
#include "bundle/rules.h"
#include "bundle/sample.h"

namespace slipway::bundle {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in the sample";
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

std::string error_of(std::string_view text) {
  const Result<Manifest> manifest = parse_manifest(text);
  return manifest.ok() ? "" : manifest.error().message;
}

TEST(Manifest, ReadsBackFromItsText) {
  const Manifest manifest = sample_manifest();
  const std::string text = to_text(manifest);
  const Result<Manifest> read = parse_manifest(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->name, manifest.name);
  EXPECT_EQ(read->version.text(), "1.2.0-rc.1+7");
  EXPECT_EQ(read->inputs, manifest.inputs);
  EXPECT_EQ(read->outputs, manifest.outputs);
  EXPECT_EQ(read->targets, manifest.targets);
  EXPECT_EQ(read->files, manifest.files);
  EXPECT_EQ(to_text(*read), text);
}

// What is signed must be the same bytes on every machine and in every version.
TEST(Manifest, TextIsThis) {
  Manifest manifest = sample_manifest();
  manifest.targets.erase(manifest.targets.begin());
  manifest.files = {manifest.files[2]};
  EXPECT_EQ(
      to_text(manifest),
      "{\"files\":[{\"bytes\":5,\"path\":\"desk/model.onnx\",\"sha256\":\"" + sha256("onnx!") +
          "\"}],\"format\":1,"
          "\"inputs\":[{\"dims\":[\"batch\",20,25],\"dtype\":\"float\",\"name\":\"sensors\"}],"
          "\"name\":\"autopilot\","
          "\"outputs\":[{\"dims\":[\"batch\",1],\"dtype\":\"float\",\"name\":\"rudder\"}],"
          "\"targets\":[{\"file\":\"desk/model.onnx\",\"name\":\"desk\",\"needs\":{},"
          "\"options\":{\"provider\":\"cpu\"},\"parts\":{},\"precision\":\"f32\","
          "\"threads\":1}],\"version\":\"1.2.0-rc.1+7\"}");
}

struct TextCase {
  const char* name;
  const char* from;
  const char* to;
  const char* error;
};

class HostileText : public testing::TestWithParam<TextCase> {};

TEST_P(HostileText, IsRefused) {
  const TextCase& row = GetParam();
  const std::string text = replaced(to_text(sample_manifest()), row.from, row.to);
  EXPECT_NE(error_of(text).find(row.error), std::string::npos) << error_of(text);
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileText,
    testing::Values(
        TextCase{"Comma", ",\"format\"", "\"format\"", "not JSON, from byte"},
        TextCase{"SomethingAfterIt", "rc.1+7\"}", "rc.1+7\"}{", "not JSON, from byte"},
        TextCase{"NewlineAfterIt", "rc.1+7\"}", "rc.1+7\"}\n", "not canonical JSON, from byte"},
        TextCase{"WhiteSpace", "{\"bytes\"", "{ \"bytes\"", "not canonical JSON, from byte 12 "},
        TextCase{"Comment", "{\"bytes\"", "{/**/\"bytes\"", "not JSON"},
        TextCase{"Escape", "autopilot", "\\u0061utopilot", "not canonical"},
        TextCase{"EscapedSlash", "boat/golden.npz", "boat\\/golden.npz", "not canonical"},
        TextCase{"ByteOrderMark", "{\"files\"", "\xef\xbb\xbf{\"files\"", "not canonical"},
        TextCase{"NotUtf8", "autopilot", "auto\xffpilot", "not JSON"},
        TextCase{"Surrogate", "autopilot", "\\ud800", "not JSON"},
        TextCase{"ControlCharacter", "sensors", "sen\\u001bsors", "control character"},
        TextCase{"Nul", "sensors", "sen\\u0000sors", "control character"},
        TextCase{"Delete", "sensors", "sen\x7fsors", "control character"},
        TextCase{"C1Control", "sensors", "sen\xc2\x9bsors", "control character"},
        TextCase{"ControlInUnknownKey", ",\"inputs\"", ",\"i\\u0001\":1,\"inputs\"", "control"},
        TextCase{"NoFormat", "\"format\":1,", "", "format is missing"},
        TextCase{"KeysNotSorted", "\"dtype\":\"float\",\"name\":\"sensors\"",
                 "\"name\":\"sensors\",\"dtype\":\"float\"", "not canonical"},
        TextCase{"DuplicateKey", "\"format\":1", "\"format\":1,\"format\":1", "key 'format' twice"},
        TextCase{"DuplicateKeyInside", "\"threads\":2", "\"threads\":2,\"threads\":9",
                 "key 'threads' twice"},
        TextCase{"DuplicateUnknownKey", "\"needs\":{}", "\"needs\":{\"z\":1,\"z\":2}",
                 "key 'z' twice"},
        TextCase{"Fraction", "\"threads\":2", "\"threads\":2.5", "not whole"},
        TextCase{"FractionInUnknownKey", ",\"format\"", ",\"fine\":0.5,\"format\"", "not whole"},
        TextCase{"Exponent", "\"threads\":2", "\"threads\":2e0", "not whole"},
        TextCase{"NumberBeyondDouble", "\"threads\":2", "\"threads\":1e999", "beyond all bounds"},
        TextCase{"NumberBeyond64Bits", "\"threads\":2", "\"threads\":18446744073709551616",
                 "not whole"},
        TextCase{"LeadingZero", "\"threads\":2", "\"threads\":02", "not JSON"},
        TextCase{"Negative", "\"threads\":2", "\"threads\":-2", "target 1: threads is no whole"},
        TextCase{"NoThreads", "\"threads\":2", "\"threads\":0", "threads is no whole number"},
        TextCase{"TooManyThreads", "\"threads\":2", "\"threads\":4294967296", "from 1 to 1024"},
        TextCase{"NumberAsText", "\"threads\":2", "\"threads\":\"2\"", "threads is no whole"},
        TextCase{"TextAsNumber", "\"name\":\"boat\"", "\"name\":1", "target 1: name is no text"},
        TextCase{"ListAsText", "\"instruction_sets\":[\"dotprod\",\"neon\"]",
                 "\"instruction_sets\":\"neon\"", "instruction_sets is no list"},
        TextCase{"ObjectAsText", "\"needs\":{}", "\"needs\":\"none\"", "needs is no object"},
        TextCase{"NullIsNothing", "\"needs\":{}", "\"needs\":null", "needs is no object"},
        TextCase{"MisspeltKey", "\"threads\":2", "\"threds\":2", "target 1: threads is missing"},
        TextCase{"NoNeeds", "\"needs\":{},", "", "target 2: needs is missing"},
        TextCase{"NoPath", "\"path\":\"boat/golden.npz\",", "", "file 1: path is missing"},
        TextCase{"EmptyText", "\"power_mode\":\"15W\"", "\"power_mode\":\"\"", "is empty"},
        TextCase{"NoDrivers", "{\"cuda\":\"12.2\"}", "{}", "leave the key out"},
        TextCase{"NoInstructionSets", "[\"dotprod\",\"neon\"]", "[]", "leave the key out"},
        TextCase{"NoMemory", "\"memory_bytes\":1048576", "\"memory_bytes\":0",
                 "memory_bytes is no"},
        TextCase{"DimensionAsText", "[\"batch\",20,", "[\"batch\",\"20\",", "number as text"},
        TextCase{"EmptyDimension", "[\"batch\",20,", "[\"\",20,", "a dimension is empty"},
        TextCase{"NegativeDimension", "[\"batch\",20,", "[\"batch\",-20,",
                 "neither a whole number"},
        TextCase{"FormatOfTheFuture", "\"format\":1", "\"format\":2", "take a newer Slipway"},
        TextCase{"FormatZero", "\"format\":1", "\"format\":0", "format is no whole number"},
        TextCase{"FormatAsText", "\"format\":1", "\"format\":\"1\"", "format is no whole number"},
        TextCase{"Version", "1.2.0-rc.1+7", "1.2", "no semantic version"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Manifest, AFormatFromTheFutureIsUnsupportedNotInvalid) {
  const std::string text = replaced(to_text(sample_manifest()), "\"format\":1", "\"format\":2");
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_FALSE(manifest.ok());
  EXPECT_EQ(manifest.error().code, Code::kUnsupported);
}

TEST(Manifest, WhatIsNoObjectIsRefused) {
  for (const char* text : {"", "[]", "1", "null", "\"files\"", "{}", "\0", " "})
    EXPECT_NE(error_of(text), "") << text;
}

// Documents grow: a key that this version does not know is no reason to refuse one...
TEST(Manifest, KeysFromTheFutureAreLeftAlone) {
  std::string text = replaced(to_text(sample_manifest()), ",\"format\"",
                              ",\"fleet\":{\"a\":[1,-2,null,true]},\"format\"");
  text = replaced(text, "\"path\":\"boat/golden.npz\",",
                  "\"mode\":\"sparse\",\"path\":\"boat/golden.npz\",");
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  EXPECT_EQ(manifest->targets, sample_manifest().targets);
}

// ... except among the needs of a target, which then no machine of this version meets.
TEST(Manifest, ANeedFromTheFutureIsKeptAsUnmet) {
  const std::string text =
      replaced(to_text(sample_manifest()), "\"needs\":{}", "\"needs\":{\"qubits\":5}");
  const Result<Manifest> manifest = parse_manifest(text);
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  EXPECT_TRUE(manifest->targets[0].needs.unknown.empty());
  EXPECT_EQ(manifest->targets[1].needs.unknown, std::vector<std::string>{"qubits"});
  const Result<Manifest> again = parse_manifest(to_text(*manifest));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->targets[1].needs.unknown, std::vector<std::string>{"qubits"});
}

TEST(Manifest, SizeAndDepthAreBounded) {
  EXPECT_NE(error_of(std::string(kMostManifestBytes + 1, ' ')).find("more than 1048576 bytes"),
            std::string::npos);
  const std::string deep = "{\"a\":" + std::string(500'000, '[') + std::string(500'000, ']') + "}";
  EXPECT_NE(error_of(deep).find("nested deeper than 16"), std::string::npos) << error_of(deep);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"\":";
  EXPECT_NE(error_of(objects).find("nested deeper than 16"), std::string::npos);
}

// Each of them would take a hundred times its bytes, or a time that grows with their square.
TEST(Manifest, ManySmallValuesAreRefusedBeforeTheyAreKept) {
  for (const char* value : {"\"\",", "{},", "[],", "{\"\":0},", "0,", "null,"}) {
    std::string text = "{\"a\":[";
    while (text.size() < kMostManifestBytes - 10) text += value;
    text.back() = ']';
    EXPECT_NE(error_of(text + "}").find("more than 131072 values"), std::string::npos) << value;
  }
}

TEST(Manifest, TheLargestThereMayBeIsRead) {
  Manifest manifest = sample_manifest();
  while (manifest.files.size() < kMostFiles)
    manifest.files.push_back({str("x", 10'000 + manifest.files.size()), sha256("x"), 1});
  for (int i = 0; manifest.targets.size() < kMostTargets; ++i) {
    manifest.targets.push_back(manifest.targets[0]);
    manifest.targets.back().name = str(i);
  }
  const std::string text = to_text(manifest);
  EXPECT_LT(text.size(), kMostManifestBytes);
  const Result<Manifest> read = parse_manifest(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->files, manifest.files);
  EXPECT_EQ(read->targets, manifest.targets);
}

struct RuleCase {
  const char* name;
  std::function<void(Manifest&)> change;
  const char* error;
};

class BrokenRule : public testing::TestWithParam<RuleCase> {};

TEST_P(BrokenRule, IsRefused) {
  Manifest manifest = sample_manifest();
  GetParam().change(manifest);
  const Status rules = check_rules(manifest);
  ASSERT_FALSE(rules.ok());
  EXPECT_NE(rules.error().message.find(GetParam().error), std::string::npos)
      << rules.error().message;
  EXPECT_NE(error_of(to_text(manifest)), "");
}

RuleCase path_case(const char* name, const std::string& path, const char* error) {
  return {name, [path](Manifest& m) { m.files[3].path = path; }, error};
}

INSTANTIATE_TEST_SUITE_P(
    Paths, BrokenRule,
    testing::Values(path_case("Empty", "", "a path is empty"),
                    path_case("Absolute", "/etc/passwd", "must be relative"),
                    path_case("Above", "../model", "'..' leads elsewhere"),
                    path_case("AboveInside", "desk/../../model", "'..' leads elsewhere"),
                    path_case("AboveLast", "desk/..", "'..' leads elsewhere"),
                    path_case("Here", "desk/./x", "'.' leads elsewhere"),
                    path_case("EmptyPart", "desk//x", "a part is empty"),
                    path_case("Folder", "desk/x/", "a part is empty"),
                    path_case("Backslash", "desk\\..\\x", "only letters"),
                    path_case("Drive", "c:/x", "only letters"),
                    path_case("Nul", std::string("desk/x\0y", 8), "only letters"),
                    path_case("Newline", "desk/x\ny", "only letters"),
                    path_case("Escape", "desk/\x1b[2J", "only letters"),
                    path_case("Space", "desk/x y", "only letters"),
                    path_case("NotAscii", "desk/\xc3\xa9", "only letters"),
                    path_case("LongPart", "desk/" + std::string(201, 'x'), "more than 200 bytes"),
                    path_case("Long", std::string(513, 'x'), "at most 512"),
                    path_case("Twice", "desk/model.onnx", "is there twice"),
                    path_case("CaseClash", "desk/model.ONNX", "upper and lower case alone"),
                    path_case("FolderCaseClash", "dEsk/other", "upper and lower case alone"),
                    path_case("FileAsFolder", "desk/model.onnx/x", "is a file and a folder"),
                    path_case("FolderAsFile", "desk", "is a file and a folder"),
                    path_case("Manifest", "manifest.json", "the manifest's own"),
                    path_case("ManifestInCapitals", "Manifest.JSON", "upper and lower case"),
                    path_case("BelowManifest", "manifest.json/x", "is a file and a folder"),
                    path_case("NotInOrder", "aaa/first", "in the order of their paths")),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Files, BrokenRule,
    testing::Values(
        RuleCase{"ShortHash", [](Manifest& m) { m.files[0].sha256.pop_back(); }, "64 digits"},
        RuleCase{"UpperCaseHash", [](Manifest& m) { m.files[0].sha256[0] = 'A'; }, "64 digits"},
        RuleCase{"SizesOfOneHash", [](Manifest& m) { m.files[3].bytes = 6; }, "where that has 5"},
        RuleCase{"SizeBeyond", [](Manifest& m) { m.files[0].bytes = kMostBytes + 1; }, "too many"},
        RuleCase{"SizesOverflow",
                 [](Manifest& m) {
                   m.files[0].bytes = kMostBytes;
                   m.files[1].bytes = kMostBytes;
                 },
                 "too many bytes"},
        RuleCase{"SizesWrapAround",
                 [](Manifest& m) {
                   m.files[0].bytes = std::uint64_t{1} << 63;
                   m.files[1].bytes = std::uint64_t{1} << 63;
                 },
                 "too many bytes"},
        RuleCase{"TooMany",
                 [](Manifest& m) {
                   while (m.files.size() <= kMostFiles)
                     m.files.push_back({str("x", 10'000 + m.files.size()), sha256("x"), 1});
                 },
                 "at most 4096"}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Targets, BrokenRule,
    testing::Values(
        RuleCase{"None", [](Manifest& m) { m.targets.clear(); }, "there is none"},
        RuleCase{"NameEmpty", [](Manifest& m) { m.targets[0].name = ""; }, "name is empty"},
        RuleCase{"NoSuchFile", [](Manifest& m) { m.targets[0].file = "boat/other"; },
                 "'boat/other' is not among the files"},
        RuleCase{"FileElsewhere", [](Manifest& m) { m.targets[0].file = "/bin/sh"; },
                 "is not among the files"},
        RuleCase{"NoSuchPart", [](Manifest& m) { m.targets[0].parts["report"] = "../report"; },
                 "report '../report' is not among the files"},
        RuleCase{"Twice", [](Manifest& m) { m.targets[1] = m.targets[0]; },
                 "target 'boat' in int8 is there twice"},
        RuleCase{"Threads", [](Manifest& m) { m.targets[0].threads = 0; }, "threads are 0"},
        RuleCase{"TooMany",
                 [](Manifest& m) {
                   while (m.targets.size() <= kMostTargets) {
                     m.targets.push_back(m.targets[0]);
                     m.targets.back().name = str("t", m.targets.size());
                   }
                 },
                 "at most 256"},
        RuleCase{"TooManyOptions",
                 [](Manifest& m) {
                   for (int i = 0; i < 65; ++i) m.targets[0].options[str(i)] = "x";
                 },
                 "at most 64"},
        RuleCase{"OptionWithControl", [](Manifest& m) { m.targets[0].options["x"] = "\x1f"; },
                 "has a control character"},
        RuleCase{"OptionEmpty", [](Manifest& m) { m.targets[0].options["x"] = ""; }, "is empty"},
        RuleCase{"LongPrecision",
                 [](Manifest& m) { m.targets[0].precision = std::string(201, 'x'); },
                 "at most 200"},
        RuleCase{"EngineVersion", [](Manifest& m) { m.targets[0].needs.engine_version = "newest"; },
                 "'newest' is no version"},
        RuleCase{"DriverVersion", [](Manifest& m) { m.targets[0].needs.drivers["cuda"] = "12."; },
                 "driver cuda '12.' is no version"},
        RuleCase{"SetsNotSorted",
                 [](Manifest& m) {
                   m.targets[0].needs.instruction_sets = {"neon", "dotprod"};
                 },
                 "sorted, each there once"},
        RuleCase{"SetTwice",
                 [](Manifest& m) {
                   m.targets[0].needs.instruction_sets = {"neon", "neon"};
                 },
                 "sorted, each there once"},
        RuleCase{"Memory", [](Manifest& m) { m.targets[0].needs.memory_bytes = ~0ULL; },
                 "out of range"}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Model, BrokenRule,
    testing::Values(
        RuleCase{"NameWithSlash", [](Manifest& m) { m.name = "a/b"; }, "name 'a/b'"},
        RuleCase{"NameAbove", [](Manifest& m) { m.name = ".."; }, "name '..'"},
        RuleCase{"NameEmpty", [](Manifest& m) { m.name = ""; }, "name ''"},
        RuleCase{"NameLong", [](Manifest& m) { m.name = std::string(101, 'x'); }, "at most 100"},
        RuleCase{"PortTwice", [](Manifest& m) { m.inputs.push_back(m.inputs[0]); },
                 "input 'sensors' is there twice"},
        RuleCase{"PortUnnamed", [](Manifest& m) { m.outputs[0].name = ""; }, "name is empty"},
        RuleCase{"ManyDims", [](Manifest& m) { m.inputs[0].dims.assign(65, "1"); }, "at most 64"},
        RuleCase{"HugeDim", [](Manifest& m) { m.inputs[0].dims[1] = "1234567890123456"; },
                 "out of range"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Rules, TextIsUtf8) {
  Manifest manifest = sample_manifest();
  manifest.targets[0].needs.board = "\xc3\xa9";
  EXPECT_TRUE(check_rules(manifest).ok());
  manifest.targets[0].needs.board = "\xff";
  EXPECT_FALSE(check_rules(manifest).ok());
}

TEST(Rules, DottedVersions) {
  for (const char* text : {"1", "12.2", "10.3.0.26", "535.104.05", "0.0.0"})
    EXPECT_TRUE(is_dotted_version(text)) << text;
  for (const char* text :
       {"", ".", "1.", ".1", "1..2", "v1", "1.0-rc", "1.0 ", "1234567890", "1.2.3.4.5.6.7", "1,2"})
    EXPECT_FALSE(is_dotted_version(text)) << text;
}

// Whatever byte is changed, a manifest is refused or reads back as the same bytes: nothing is
// understood that is not written again.
TEST(Manifest, EveryChangedByteIsRefusedOrMeansSomethingElse) {
  const std::string text = to_text(sample_manifest());
  int taken = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x20U, 0x80U}) {
      std::string changed = text;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ flip);
      const Result<Manifest> manifest = parse_manifest(changed);
      if (!manifest.ok()) continue;
      ++taken;
      const bool has_unknown = std::ranges::any_of(
          manifest->targets, [](const Target& target) { return !target.needs.unknown.empty(); });
      if (has_unknown) continue;
      EXPECT_EQ(to_text(*manifest), changed) << "byte " << i;
    }
  }
  EXPECT_GT(taken, 0);
}

TEST(Manifest, EveryTruncationIsRefused) {
  const std::string text = to_text(sample_manifest());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_NE(error_of(text.substr(0, size)), "") << size;
}

}  // namespace
}  // namespace slipway::bundle
