// One plan for every batch: row i of a batch has the bits of the row run alone.
#include "compile/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/str.h"
#include "compile/compile.h"
#include "graph/text.h"
#include "onnx/reader.h"
#include "runtime/session.h"

namespace slipway::compile {
namespace {

Result<Model> model_of(const std::string& inputs, const std::string& body) {
  return parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 18\ngraph g(", inputs, ") {\n", body,
                         "\nreturn %y\n}\n"));
}

std::string weights(const std::string& shape, std::size_t count) {
  std::string text = str("float", shape, " {");
  for (std::size_t i = 0; i < count; ++i)
    text += str(i == 0 ? "" : ", ", static_cast<double>(i * 37 % 101) / 64.0 - 0.75);
  return text + "}";
}

std::string note_of(const Compiled& compiled, std::string_view pass) {
  for (const PassNote& note : compiled.passes) {
    if (note.pass == pass) return note.text;
  }
  return {};
}

// One input and one output, both of floats.
Result<std::vector<float>> run(const std::shared_ptr<const plan::Plan>& plan, std::int64_t batch,
                               Isa isa, std::size_t threads, std::span<const float> all,
                               std::size_t runs) {
  runtime::PrepareOptions options;
  options.batch = batch;
  options.isa = isa;
  options.threads = threads;
  options.make_interpreted = make_interpreted;
  const auto session = TRY(runtime::Session::prepare(plan, options));
  const std::size_t in = session->inputs()[0].bytes / sizeof(float);
  const std::size_t out = session->outputs()[0].bytes / sizeof(float);
  std::vector<float> results(out * runs);
  for (std::size_t i = 0; i < runs; ++i) {
    const void* const from[] = {all.data() + i * in};
    void* const to[] = {results.data() + i * out};
    if (session->run(from, to) != runtime::RunCode::kOk)
      return Error{Code::kInternal, "the session did not run"};
  }
  return results;
}

// `runs` of every batch against runs of each of its rows alone.
void check_rows(const Compiled& compiled, std::size_t item, const std::vector<std::size_t>& batches,
                std::size_t runs = 1) {
  const auto plan =
      std::make_shared<const plan::Plan>(plan::Plan::parse(compiled.file.bytes()).value());
  ASSERT_TRUE(plan->has_batch());
  for (const Isa isa : isas_here()) {
    for (const std::size_t batch : batches) {
      SCOPED_TRACE(testing::Message() << isa_name(isa) << ", batch " << batch);
      std::vector<float> x(runs * batch * item);
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(i * 7919 % 1009) / 256.0F - 2.0F;
      for (const std::size_t threads : {1U, 3U}) {
        const auto all = run(plan, static_cast<std::int64_t>(batch), isa, threads, x, runs);
        ASSERT_TRUE(all.ok()) << all.error().message;
        for (std::size_t row = 0; row < batch; ++row) {
          std::vector<float> alone;
          for (std::size_t i = 0; i < runs; ++i) {
            const auto first = x.begin() + static_cast<std::ptrdiff_t>((i * batch + row) * item);
            alone.insert(alone.end(), first, first + static_cast<std::ptrdiff_t>(item));
          }
          const auto one = run(plan, 1, isa, 1, alone, runs);
          ASSERT_TRUE(one.ok()) << one.error().message;
          const std::size_t out = one->size() / runs;
          for (std::size_t i = 0; i < runs; ++i) {
            ASSERT_EQ(std::memcmp(all->data() + (i * batch + row) * out, one->data() + i * out,
                                  out * sizeof(float)),
                      0)
                << "row " << row << " of run " << i;
          }
        }
      }
    }
  }
}

struct Row {
  const char* name;
  const char* input;
  std::size_t item;
  std::string body;
  std::int64_t batch = kOpenBatch;
};

std::vector<Row> rows() {
  return {
      {"dense layers", "%x: float[n,37]", 37,
       "init %w = " + weights("[37,20]", 740) + "\ninit %b = " + weights("[20]", 20) +
           "\n%p = MatMul(%x, %w)\n%q = Add(%p, %b)\n%r = Relu(%q)\n%y = Softmax(%r)",
       kAnyBatch},
      {"an unnamed batch", "%x: float[?,6]", 6, "%a = Tanh(%x)\n%y = Mul(%a, %x)"},
      {"convolutions", "%x: float[n,3,9,11]", 297,
       "init %w = " + weights("[20,3,3,3]", 540) + "\ninit %v = " + weights("[5,20,1,1]", 100) +
           "\n%a = Conv(%x, %w) {pads=[1,1,1,1]}\n%b = Relu(%a)\n%c = Conv(%b, %v)\n"
           "%d = MaxPool(%c) {kernel_shape=[2,2], strides=[2,2]}\n%e = Flatten(%d)\n%y = "
           "Sigmoid(%e)"},
      {"reshaped and normalised", "%x: float[n,4,6]", 24,
       "init %s = int64[3] {0, 6, 4}\ninit %g = " + weights("[4]", 4) +
           "\n%a = Reshape(%x, %s)\n%y = LayerNormalization(%a, %g)"},
      {"transposed", "%x: float[n,4,6]", 24,
       "%a = Transpose(%x) {perm=[1,0,2]}\n%b = Exp(%a)\n%y = Transpose(%b) {perm=[1,0,2]}",
       kAnyBatch},
  };
}

TEST(Batch, RowsOfABatchHaveTheBitsOfRowsAlone) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    Result<Model> model = model_of(row.input, row.body);
    ASSERT_TRUE(model.ok()) << model.error().message;
    CompileOptions options;
    options.batch = row.batch;
    const Result<Compiled> compiled = compile_model(*std::move(model), options);
    ASSERT_TRUE(compiled.ok()) << compiled.error().message;
    EXPECT_EQ(note_of(*compiled, "batch").find("open"), 0U) << note_of(*compiled, "batch");
    check_rows(*compiled, row.item, {1, 2, 3, 7});
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Batch, TheExamplesStayOpen) {
  struct Example {
    const char* path;
    std::size_t item;
    bool slides;
  };
  for (const Example& example : {Example{"examples/pitwall/tcn.onnx", 800, false},
                                 Example{"examples/pitwall/trees.onnx", 20, false},
                                 Example{"examples/pitwall/tcn.onnx", 16, true}}) {
    SCOPED_TRACE(example.path);
    Result<Model> model = read_model(example.path);
    ASSERT_TRUE(model.ok()) << model.error().message;
    CompileOptions options;
    options.batch = kAnyBatch;
    if (example.slides) options.slides = {{"telemetry", 2, 1}};
    const Result<Compiled> compiled = compile_model(*std::move(model), options);
    ASSERT_TRUE(compiled.ok()) << compiled.error().message;
    check_rows(*compiled, example.item, {3}, example.slides ? 20 : 1);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Batch, WhatKeepsItFixedIsTold) {
  struct Fixed {
    const char* name;
    const char* input;
    const char* body;
    const char* said;
  };
  const Fixed kFixed[] = {
      {"by the reference", "%x: float[n,4]", "%y = Mean(%x, %x)", "made for one batch"},
      {"a row for each other", "%x: float[n,4]", "%t = Transpose(%x)\n%y = MatMul(%x, %t)", ""},
      {"a shape for one", "%x: float[n,4]", "init %s = int64[2] {2, 2}\n%y = Reshape(%x, %s)",
       "at a batch of 2"},
  };
  for (const Fixed& row : kFixed) {
    CompileOptions options;
    const Result<Compiled> fixed = compile_model(model_of(row.input, row.body).value(), options);
    ASSERT_TRUE(fixed.ok()) << row.name << ": " << fixed.error().message;
    const std::string note = note_of(*fixed, "batch");
    EXPECT_EQ(note.find("fixed at 1: "), 0U) << row.name << ": " << note;
    EXPECT_NE(note.find(row.said), std::string::npos) << row.name << ": " << note;
    const plan::Plan plan = plan::Plan::parse(fixed->file.bytes()).value();
    EXPECT_FALSE(plan.has_batch()) << row.name;
    options.batch = kAnyBatch;
    const Result<Compiled> any = compile_model(model_of(row.input, row.body).value(), options);
    EXPECT_FALSE(any.ok()) << row.name;
  }
  CompileOptions any;
  any.batch = kAnyBatch;
  const Result<Compiled> closed =
      compile_model(model_of("%x: float[3,4]", "%y = Relu(%x)").value(), any);
  ASSERT_FALSE(closed.ok());
  EXPECT_NE(closed.error().message.find("its batch is fixed"), std::string::npos);
}

}  // namespace
}  // namespace slipway::compile
