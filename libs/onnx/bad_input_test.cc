// What is wrong with a file is said with the place, the reason and the way out; nothing crashes,
// hangs or allocates for it.
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "graph/text.h"
#include "onnx/model_builder.h"
#include "onnx/reader.h"
#include "onnx/writer.h"

namespace slipway {
namespace {

using namespace std::string_literals;
using namespace onnx_test;
namespace fs = std::filesystem;

Result<Model> read(std::string_view bytes, Problems* problems = nullptr) {
  return read_model_bytes(std::as_bytes(std::span(bytes)), nullptr, {}, problems);
}

GraphMessage relu() {
  GraphMessage graph;
  return graph.node(node("Relu", {"x"}, {"y"}, "act")).input("x").output("y");
}

// A TensorProto header and one more field.
WireWriter tensor(const std::vector<std::int64_t>& dims, std::int64_t type, std::string_view name) {
  WireWriter out;
  for (const std::int64_t dim : dims) out.number(1, dim);
  out.number(2, type);
  out.text(8, name);
  return out;
}

WireWriter raw_tensor(const std::vector<std::int64_t>& dims, std::int64_t type,
                      std::string_view raw) {
  WireWriter out = tensor(dims, type, "w");
  out.text(9, raw);
  return out;
}

std::string with_initializer(WireWriter message) {
  GraphMessage graph = relu();
  return model_of(graph.initializer(std::move(message)));
}

std::string with_external(std::string_view location, std::string_view offset = "0",
                          std::string_view length = "8") {
  WireWriter out = tensor({2}, 1, "w");
  out.message(13, entry_message("location", location));
  out.message(13, entry_message("offset", offset));
  out.message(13, entry_message("length", length));
  out.number(14, 1);
  return with_initializer(std::move(out));
}

std::string nested_graphs(int depth) {
  WireWriter graph = relu().out;
  for (int i = 0; i < depth; ++i) {
    WireWriter around = node("If", {"x"}, {"y"}, "deep");
    around.message(5, graph_attribute("then_branch", std::move(graph)));
    GraphMessage next;
    graph = next.node(std::move(around)).input("x").output("y").out;
  }
  return model_of({std::move(graph)});
}

std::string nested_types(int depth) {
  Type type = Type::tensor(DType::kFloat32);
  for (int i = 0; i < depth; ++i) type = Type::sequence(std::move(type));
  GraphMessage graph = relu();
  return model_of(graph.input("deep", type));
}

std::string with_attribute(WireWriter attribute) {
  WireWriter relu_node = node("Relu", {"x"}, {"y"}, "act");
  relu_node.message(5, std::move(attribute));
  GraphMessage graph;
  return model_of(graph.node(std::move(relu_node)).input("x").output("y"));
}

WireWriter named_attribute(std::string_view name, std::int64_t kind) {
  WireWriter out;
  out.text(1, name);
  out.number(20, kind);
  return out;
}

std::string no_opset() {
  WireWriter out;
  out.number(1, 8);
  out.message(7, relu().out);
  return bytes_of(out);
}

std::string saved_model() { return "\x08\x01\x12\x05\x0a\x03\x0a\x01\x73"s; }

struct BadModel {
  const char* name;
  std::string bytes;
  const char* says;
};

std::vector<BadModel> bad_models() {
  GraphMessage cycle;
  cycle.node(node("Add", {"x", "c"}, {"a"}, "first"))
      .node(node("Relu", {"a"}, {"b"}, "second"))
      .node(node("Neg", {"b"}, {"c"}, "third"))
      .input("x")
      .output("c");
  GraphMessage self;
  self.node(node("Add", {"x", "y"}, {"y"}, "own")).input("x").output("y");
  GraphMessage missing;
  missing.node(node("Conv", {"x", "conv.wieght"}, {"y"}, "conv")).input("x").output("y");
  missing.initializer(tensor_message(Tensor::of<float>({1}), "conv.weight", {}, nullptr));
  GraphMessage undefined_output = relu();
  undefined_output.output("z");
  GraphMessage twice;
  twice.node(node("Relu", {"x"}, {"y"})).node(node("Neg", {"x"}, {"y"})).input("x").output("y");
  GraphMessage same_inputs = relu();
  same_inputs.input("x");
  GraphMessage clash = relu();
  clash.add(13, value("y", Type::tensor(DType::kInt64)));
  GraphMessage rank_clash;
  rank_clash.node(node("Relu", {"x"}, {"y"})).input("x", Type::tensor(DType::kFloat32, Dims{2, 3}));
  rank_clash.output("y").initializer(tensor_message(Tensor::of<float>({1}), "x", {}, nullptr));
  GraphMessage no_operator = relu();
  no_operator.node(node("", {"x"}, {"z"}));
  WireWriter negative_dim;
  negative_dim.number(1, -5);
  WireWriter shape;
  shape.message(1, std::move(negative_dim));
  WireWriter tensor_type;
  tensor_type.number(1, 1);
  tensor_type.message(2, std::move(shape));
  WireWriter type;
  type.message(1, std::move(tensor_type));
  WireWriter bad_input;
  bad_input.text(1, "bad");
  bad_input.message(2, std::move(type));
  GraphMessage negative = relu();
  negative.add(11, std::move(bad_input));
  WireWriter segment = tensor({2}, 1, "w");
  segment.message(3, WireWriter());
  WireWriter reference = named_attribute("alpha", 1);
  reference.text(21, "outer_alpha");
  WireWriter out_of_range = tensor({1}, 3, "w");
  out_of_range.number(5, 300);

  return {
      {"empty", "", "is empty"},
      {"zip", "PK\x03\x04rest"s, "zip archive"},
      {"pickle", "\x80\x02}q\x00."s, "pickle"},
      {"HDF5", "\x89HDF\r\n\x1a\n"s, "HDF5"},
      {"GGUF", "GGUF\x03\0\0\0"s, "GGUF"},
      {"NumPy array", "\x93NUMPY\x01\0"s, "NumPy array"},
      {"Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"},
      {"gzip", "\x1f\x8b\x08\0"s, "gunzip"},
      {"TensorFlow Lite", "\x1c\0\0\0TFL3"s, "TensorFlow Lite"},
      {"TensorFlow SavedModel", saved_model(), "SavedModel"},
      {"TensorFlow graph", "\x0a\x09\x0a\x01x\x12\x04Relu"s, "is a TensorFlow graph"},
      {"a message of some other kind", "\x0a\x02\x08\0"s, "does not look like an ONNX model"},
      {"saved tensor", "\x08\x02\x08\x03\x10\x01\x4a\x04"s, "is a saved tensor"},
      {"ONNX Runtime's own format", "\x1c\0\0\0ORTM"s, "ONNX Runtime"},
      {"ExecuTorch program", "\x1c\0\0\0ET12"s, "ExecuTorch"},
      {"safetensors", "\x40\0\0\0\0\0\0\0{\"weight\":{}}"s, "is a safetensors file"},
      {"TensorRT engine", "ptrt\0\0\0\0"s, "TensorRT"},
      {"PyTorch file", "PK\x03\x04\0\0\0\0archive/data.pkl\x80\x02"s, "torch.onnx.export"},
      {"NumPy archive", "PK\x03\x04\0\0\0\0a.npy\x93NUMPY"s, "archive of NumPy arrays"},
      {"tar archive", std::string(257, 'm') + "ustar\0"s, "tar archive"},
      {"picture", "\x89PNG\r\n\x1a\n"s, "picture"},
      {"zeros", std::string(1000, '\0'), "nothing but zeros"},
      {"JSON", "{\"format\": 1}", "JSON"},
      {"JSON after white space", "\r\n  {\"format\": 1}", "JSON"},
      {"web page", "<!DOCTYPE html><html>", "web page"},
      {"web page in small letters", "\n<!doctype HTML>", "web page"},
      {"XML with a byte order mark", "\xef\xbb\xbf<?xml version=\"1.0\"?>", "is XML"},
      {"protobuf text", "ir_version: 8\n", "protobuf text"},
      {"notes", "# Model\n\nTrained in May.\n", "is plain text, not an ONNX model: name the file"},
      {"notes in Greek", "\xce\xb1\xce\xb2\n", "is plain text"},
      {"blanks", " \n", "is plain text"},
      {"bytes of no kind", "\x66\x01\x02\x03"s, "does not look like an ONNX model"},
      {"no graph", "\x08\x08"s, "holds no graph"},
      {"truncated number", "\x08\x88"s, "truncated at byte 2"},
      {"length beyond the file", "\x08\x08\x3a\x7f"s, "truncated at byte 4"},
      {"length of 2^63", "\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s,
       "truncated at byte 12"},
      {"number of eleven bytes", "\x08"s + std::string(11, '\xff'), "ten bytes"},
      {"field number zero", "\x08\x08\x02\0"s, "field number 0"},
      {"unknown wire type", "\x08\x08\x3b"s, "wire type 3"},
      {"wrong wire type", "\x08\x08\x38\x01"s, "field 7 is not"},
      {"IR version 0", model_of(relu(), 0), "IR version 0"},
      {"IR version 15", model_of(relu(), 15), "newest this slipway reads is 14"},
      {"no operator set", no_opset(), "imports no operator set"},
      {"cycle", model_of(cycle),
       "node first (Add) needs node third (Neg) needs node second (Relu)"},
      {"node that needs itself", model_of(self), "cycle: node own (Add)"},
      {"missing initializer", model_of(missing),
       "uses conv.wieght, which nothing defines (is conv.weight meant?)"},
      {"undefined output", model_of(undefined_output), "uses z, which nothing defines"},
      {"two nodes, one output", model_of(twice), "defines y, which is defined already"},
      {"duplicate inputs", model_of(same_inputs), "defines x, which is defined already"},
      {"type clash", model_of(clash), "int64 and float contradict"},
      {"rank clash", model_of(rank_clash), "float[2,3] and float[1] contradict"},
      {"node without operator", model_of(no_operator), "names no operator"},
      {"negative dimension of an input", model_of(negative), "negative dimension -5"},
      {"negative dimension of a tensor", with_initializer(raw_tensor({-1}, 1, "")),
       "negative dimension"},
      {"enormous tensor", with_initializer(raw_tensor({1LL << 40}, 1, "1234")),
       "does not fit its 4 bytes"},
      {"overflowing tensor", with_initializer(raw_tensor({1LL << 62, 1LL << 62}, 1, "")),
       "64 bits"},
      {"enormous tensor, typed", with_initializer(tensor({1LL << 40}, 1, "w")),
       "the file holds 0 bytes"},
      {"enormous text tensor", with_initializer(tensor({1LL << 40}, 8, "w")), "the file holds 0"},
      {"raw data too short", with_initializer(raw_tensor({2}, 1, "1234")),
       "does not fit its 4 bytes"},
      {"no element type", with_initializer(raw_tensor({1}, 0, "1234")), "element type number 0"},
      {"unknown element type", with_initializer(raw_tensor({1}, 99, "1234")),
       "element type number 99"},
      {"segmented tensor", with_initializer(std::move(segment)), "segments"},
      {"element out of range", with_initializer(std::move(out_of_range)),
       "does not fit the type int8"},
      {"unnamed initializer", with_initializer(tensor({0}, 1, "")), "initializer without name"},
      {"deep subgraphs", nested_graphs(100), "nested deeper than 64"},
      {"deep types", nested_types(100), "nested deeper than 64"},
      {"attribute of no kind", with_attribute(named_attribute("a", 99)), "kind number 99"},
      {"attribute without value", with_attribute(named_attribute("a", 4)), "holds none"},
      {"attribute without name", with_attribute(named_attribute("", 2)), "without name"},
      {"reference outside of a function", with_attribute(std::move(reference)), "stands in none"},
      {"external data without a folder", with_external("data.bin"), "not in a folder"},
  };
}

TEST(BadInput, ModelsAreRefusedWithTheReason) {
  for (const BadModel& row : bad_models()) {
    const Result<Model> model = read(row.bytes);
    ASSERT_FALSE(model.ok()) << row.name;
    EXPECT_NE(model.error().message.find(row.says), std::string::npos)
        << row.name << ": " << model.error().message;
  }
}

TEST(BadInput, EveryProblemIsListed) {
  GraphMessage graph = relu();
  graph.node(node("Add", {"x", "lost"}, {"z"}, "sum")).node(node("Neg", {"gone"}, {"y"}, "neg"));
  Problems problems;
  ASSERT_TRUE(read(model_of(graph), &problems).ok());
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].where, "node neg (Neg)");
  EXPECT_EQ(problems[0].what, "defines y, which is defined already");
  EXPECT_EQ(problems[1].where, "node sum (Add)");
  EXPECT_EQ(problems[2].where, "node neg (Neg)");
}

TEST(BadInput, EveryTruncationIsAnError) {
  const Result<Model> model = parse_model(R"(slipway-text 1
ir 8
opset ai.onnx 17
graph g(%x: float[2]) {
  init %w = float[2] {1, 2}
  %y = Add(%x, %w) {mode="a", body=graph b() captures(%x) {return %x}}
  return %y
})");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::string bytes = *model_bytes(*model);
  ASSERT_TRUE(read(bytes).ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

class BadFiles : public testing::Test {
 protected:
  BadFiles() {
    fs::create_directories(folder / "model");
    EXPECT_TRUE(write_file(folder / "outside.bin", "12345678").ok());
    EXPECT_TRUE(write_file(folder / "model" / "data.bin", "12345678").ok());
    fs::create_symlink(folder / "outside.bin", folder / "model" / "link.bin");
    fs::create_directory_symlink(folder, folder / "model" / "up");
    fs::create_directories(folder / "model" / "sub");
  }
  ~BadFiles() override { fs::remove_all(folder); }

  Result<Model> read_with(const std::string& bytes) const {
    EXPECT_TRUE(write_file(folder / "model" / "m.onnx", bytes).ok());
    return read_model(folder / "model" / "m.onnx");
  }
  const fs::path folder = fs::temp_directory_path() / str("slipway-bad-", getpid());
};

struct BadLocation {
  const char* name;
  std::string location;
  const char* offset;
  const char* length;
  const char* says;
};

TEST_F(BadFiles, ExternalDataStaysInTheFolder) {
  const Result<Model> good = read_with(with_external("data.bin"));
  ASSERT_TRUE(good.ok()) << good.error().message;
  const BadLocation rows[] = {
      {"absolute", (folder / "outside.bin").string(), "0", "8", "outside the model's folder"},
      {"parent", "../outside.bin", "0", "8", "outside the model's folder"},
      {"parent, hidden", "sub/../../outside.bin", "0", "8", "outside the model's folder"},
      {"link to a file outside", "link.bin", "0", "8", "outside the model's folder"},
      {"link to a folder outside", "up/outside.bin", "0", "8", "outside the model's folder"},
      {"absent", "absent.bin", "0", "8", "copy it there"},
      {"a folder", "sub", "0", "8", "is a folder"},
      {"empty", "", "0", "8", "without a location"},
      {"NUL", "data.bin\0x"s, "0", "8", "outside the model's folder"},
      {"offset beyond the end", "data.bin", "4", "8", "has 8 bytes"},
      {"offset of 2^64 - 4", "data.bin", "18446744073709551612", "8", "has 8 bytes"},
      {"offset of 2^64", "data.bin", "18446744073709551616", "8", "not numbers"},
      {"negative offset", "data.bin", "-1", "8", "not numbers"},
      {"length of another shape", "data.bin", "0", "4", "type and shape need 8"},
      {"length that is no number", "data.bin", "0", "eight", "not numbers"},
  };
  for (const BadLocation& row : rows) {
    const Result<Model> model = read_with(with_external(row.location, row.offset, row.length));
    ASSERT_FALSE(model.ok()) << row.name;
    EXPECT_NE(model.error().message.find(row.says), std::string::npos)
        << row.name << ": " << model.error().message;
  }
}

TEST_F(BadFiles, AbsentFilesAndFolders) {
  EXPECT_EQ(read_model(folder / "absent.onnx").error().code, Code::kNotFound);
  EXPECT_EQ(read_model(folder).error().code, Code::kUsage);
  EXPECT_EQ(read_value(folder / "absent.pb", {}).error().code, Code::kNotFound);
}

TEST(BadInput, ValuesOfTheWrongKind) {
  const std::string tensor_bytes = *value_bytes(Value(Tensor::of<float>({1, 2})));
  const auto read_as = [](std::string_view bytes, const Type& type) {
    return read_value_bytes(std::as_bytes(std::span(bytes)), nullptr, type);
  };
  const Type floats = Type::tensor(DType::kFloat32);
  EXPECT_TRUE(read_as(tensor_bytes, floats).ok());
  EXPECT_FALSE(read_as(tensor_bytes, Type::map(DType::kInt64, floats)).ok());
  const Value sequence(Sequence{{Value(Tensor::of<float>({1}))}});
  EXPECT_FALSE(read_as(*value_bytes(sequence), Type::sequence(Type::sequence(floats))).ok());
  EXPECT_FALSE(read_as("\x08", floats).ok());
}

}  // namespace
}  // namespace slipway
