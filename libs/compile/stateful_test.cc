// Windows that slide and states that the session keeps: run by run the bits of the whole model.
#include "compile/stateful.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/str.h"
#include "graph/text.h"
#include "onnx/reader.h"
#include "ops/interpreter.h"
#include "runtime/session.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

Result<Model> model_of(const std::string& inputs, const std::string& body,
                       const std::string& outputs = "%y") {
  return parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 18\ngraph g(", inputs, ") {\n", body,
                         "\nreturn ", outputs, "\n}\n"));
}

// "float[8,4,3] {...}" of numbers without a pattern.
std::string weights(const std::string& shape, std::size_t count, int seed) {
  std::string text = str("float", shape, " {");
  for (std::size_t i = 0; i < count; ++i)
    text += str(i == 0 ? "" : ", ", static_cast<double>((i * 37 + seed * 11) % 101) / 64.0 - 0.75);
  return text + "}";
}

class Numbers {
 public:
  float next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<float>(static_cast<std::int32_t>(state_ >> 32)) * 0x1p-30F;
  }

 private:
  std::uint64_t state_ = 42;
};

// One session with memory for what it reads and writes.
class Runner {
 public:
  static Result<Runner> create(const Compiled& compiled, Isa isa, std::size_t threads = 1) {
    Runner runner;
    runtime::PrepareOptions options;
    options.isa = isa;
    options.threads = threads;
    options.least_shared_work = 0;
    options.make_interpreted = make_interpreted;
    auto plan = std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(compiled.file.bytes())));
    runner.session = TRY(runtime::Session::prepare(std::move(plan), options));
    for (const runtime::Port& port : runner.session->inputs())
      runner.inputs.emplace_back(port.bytes / sizeof(float));
    for (const runtime::Port& port : runner.session->outputs())
      runner.outputs.emplace_back(port.bytes / sizeof(float));
    return runner;
  }

  void run() {
    std::vector<const void*> from;
    std::vector<void*> to;
    for (auto& input : inputs) from.push_back(input.data());
    for (auto& output : outputs) to.push_back(output.data());
    ASSERT_EQ(session->run(from, to), runtime::RunCode::kOk);
  }

  std::unique_ptr<runtime::Session> session;
  std::vector<std::vector<float>> inputs;
  std::vector<std::vector<float>> outputs;
};

// A window [before, length, after] that takes in `step` positions at the end of its second axis.
void slide(std::vector<float>& window, const std::vector<float>& fresh, std::size_t before,
           std::size_t length, std::size_t after, std::size_t step) {
  for (std::size_t b = 0; b < before; ++b) {
    float* const row = window.data() + b * length * after;
    std::copy(row + step * after, row + length * after, row);
    std::copy_n(fresh.data() + b * step * after, step * after, row + (length - step) * after);
  }
}

struct Row {
  const char* name;
  std::string input;  // the first is the window
  std::string body;
  std::int64_t axis;
  std::int64_t step = 1;
  std::string outputs = "%y";
};

void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(std::memcmp(&a[i], &b[i], sizeof(float)), 0)
        << "element " << i << " is " << a[i] << ", the whole window gives " << b[i];
  }
}

// Streams numbers through the sliding plan and through the reference on whole windows.
void check_stream(const Row& row, std::size_t runs) {
  Result<Model> model = model_of(row.input, row.body, row.outputs);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Result<Compiled> whole = compile_model(model->clone(), {});
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  CompileOptions options;
  options.slides = {{"x", row.axis, row.step}};
  const Result<Compiled> sliding = compile_model(model->clone(), options);
  ASSERT_TRUE(sliding.ok()) << sliding.error().message;
  const Shape shape =
      *known_shape(*whole->model.graph.value(whole->model.graph.inputs[0]).type.dims);
  const auto axis = static_cast<std::size_t>(row.axis);
  std::size_t before = 1;
  std::size_t after = 1;
  for (std::size_t i = 0; i < shape.size(); ++i)
    (i < axis ? before : after) *= i == axis ? 1 : static_cast<std::size_t>(shape[i]);
  const auto length = static_cast<std::size_t>(shape[axis]);
  for (const Isa isa : isas_here()) {
    for (const std::size_t threads : {1U, 3U}) {
      SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << threads << " threads");
      Result<Runner> old = Runner::create(*whole, Isa::kScalar);
      Result<Runner> fresh = Runner::create(*sliding, isa, threads);
      ASSERT_TRUE(old.ok()) << old.error().message;
      ASSERT_TRUE(fresh.ok()) << fresh.error().message;
      Numbers numbers;
      for (std::size_t run = 0; run < runs; ++run) {
        for (float& x : fresh->inputs[0]) x = numbers.next();
        slide(old->inputs[0], fresh->inputs[0], before, length, after,
              static_cast<std::size_t>(row.step));
        old->run();
        fresh->run();
        for (std::size_t i = 0; i < old->outputs.size(); ++i) {
          SCOPED_TRACE(testing::Message() << "run " << run);
          expect_same_bits(fresh->outputs[i], old->outputs[i]);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

const std::string kLast = "init %at = int64[] {-1}\n%y = Gather(%z, %at) {axis=2}";

std::string causal(const char* from, const char* to, int channels, int out, int dilation) {
  return str("init %w", to + 1, " = ",
             weights(str("[", out, ",", channels, ",3]"), out * channels * 3, dilation), "\n", to,
             " = Conv(", from, ", %w", to + 1, ") {dilations=[", dilation, "], pads=[",
             2 * dilation, ",0]}\n");
}

std::vector<Row> rows() {
  const std::string two =
      causal("%x", "%a", 4, 8, 1) + "%r = Relu(%a)\n" + causal("%r", "%b", 8, 8, 3);
  return {
      {"the last column", "%x: float[1,4,30]", two + "%z = Relu(%b)\n" + kLast, 2},
      {"a residual", "%x: float[1,4,40]",
       two + "%c = Add(%b, %r)\n%d = Relu(%c)\n" + causal("%d", "%z", 8, 19, 5) + kLast, 2},
      {"a receptive field beyond the window", "%x: float[1,4,12]",
       two + "%c = Add(%b, %r)\n" + causal("%c", "%z", 8, 16, 4) + kLast, 2},
      {"the whole window's mean", "%x: float[1,4,20]", two + "%y = GlobalAveragePool(%b)", 2},
      {"everything", "%x: float[1,4,20]", two + "%y = Tanh(%b)", 2},
      {"two outputs", "%x: float[1,4,20]", two + "%z = Sigmoid(%b)\n" + kLast, 2, 1, "%y, %r"},
      {"two at a time", "%x: float[1,4,30]", two + "%z = Relu(%b)\n" + kLast, 2, 2},
      {"seven at a time", "%x: float[1,4,30]", two + "%z = Relu(%b)\n" + kLast, 2, 7},
      {"two in a batch", "%x: float[2,4,30]", two + "%z = Relu(%b)\n" + kLast, 2},
      {"padding at both ends", "%x: float[1,4,25]",
       "init %w = " + weights("[6,4,5]", 120, 1) +
           "\n%a = Conv(%x, %w) {pads=[2,2]}\n%b = Relu(%a)\n" +
           "init %v = " + weights("[5,6,3]", 90, 2) + "\n%z = Conv(%b, %v) {pads=[1,1]}\n" + kLast,
       2},
      {"padding cut off at the end", "%x: float[1,4,25]",
       "init %w = " + weights("[6,4,3]", 72, 1) +
           "\n%a = Conv(%x, %w) {pads=[2,2]}\ninit %s = int64[1] {0}\ninit %e = int64[1] {-2}\n"
           "init %t = int64[1] {2}\n%b = Slice(%a, %s, %e, %t)\n%d = Relu(%b)\n" +
           causal("%d", "%z", 6, 5, 2) + kLast,
       2},
      {"stride 2", "%x: float[1,4,32]",
       "init %w = " + weights("[6,4,3]", 72, 1) +
           "\n%a = Conv(%x, %w) {pads=[1,0], strides=[2]}\n%b = Relu(%a)\n" +
           causal("%b", "%z", 6, 5, 2) + kLast,
       2, 2},
      {"time first, a dense layer and a norm", "%x: float[1,24,4]",
       "init %m = " + weights("[4,6]", 24, 3) + "\ninit %g = " + weights("[6]", 6, 4) +
           "\ninit %k = " + weights("[6]", 6, 5) +
           "\n%p = MatMul(%x, %m)\n%q = Add(%p, %k)\n%n = LayerNormalization(%q, %g, %k) "
           "{axis=-1}\n"
           "%s = Transpose(%n) {perm=[0,2,1]}\n" +
           causal("%s", "%z", 6, 5, 2) + kLast,
       1},
      {"channels joined, a constant a channel", "%x: float[1,4,24]",
       causal("%x", "%a", 4, 3, 1) + "init %k = " + weights("[3,1]", 3, 5) +
           "\n%b = Mul(%a, %k)\n%d = Concat(%b, %x) {axis=1}\n" + causal("%d", "%z", 7, 5, 2) +
           kLast,
       2},
  };
}

TEST(Sliding, AStreamGivesTheBitsOfWholeWindows) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    check_stream(row, 70);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Sliding, AThousandSamplesOfThePitWall) {
  Result<Model> model = read_model("examples/pitwall/tcn.onnx");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Result<Compiled> whole = compile_model(model->clone(), {});
  ASSERT_TRUE(whole.ok()) << whole.error().message;
  CompileOptions options;
  options.slides = {{"telemetry", -1, 1}};
  const Result<Compiled> sliding = compile_model(model->clone(), options);
  ASSERT_TRUE(sliding.ok()) << sliding.error().message;
  std::vector<float> expected;  // on the fastest instruction set: prove() holds it to the others
  for (const Isa isa : isas_here()) {
    SCOPED_TRACE(isa_name(isa));
    Result<Runner> old = Runner::create(*whole, best_isa());
    Result<Runner> fresh = Runner::create(*sliding, isa);
    ASSERT_TRUE(old.ok() && fresh.ok());
    Numbers numbers;
    for (std::size_t run = 0; run < 1000; ++run) {
      for (float& x : fresh->inputs[0]) x = numbers.next();
      if (isa == isas_here().front()) {
        slide(old->inputs[0], fresh->inputs[0], 16, 50, 1, 1);
        old->run();
        expected.push_back(old->outputs[0][0]);
      }
      fresh->run();
      ASSERT_EQ(std::memcmp(&fresh->outputs[0][0], &expected[run], sizeof(float)), 0)
          << "run " << run << ": " << fresh->outputs[0][0] << ", not " << expected[run];
    }
  }
}

TEST(State, IsFedBackAndBeginsAsTheModelSays) {
  // h' = h + x, c' = the h before; g begins at 5.
  Result<Model> model =
      model_of("%x: float[1,3], %h: float[1,3], %c: float[1,3], %g: float[1,3]",
               "init %g = float[1,3] {5, 6, 7}\n%h2 = Add(%h, %x)\n%c2 = Identity(%h)\n"
               "%g2 = Mul(%g, %x)\n%s = Add(%c, %g)\n%y = Add(%s, %h2)",
               "%y, %h2, %c2, %g2");
  ASSERT_TRUE(model.ok()) << model.error().message;
  CompileOptions options;
  options.states = {{"h2", "h"}, {"c2", "c"}, {"g2", "g"}};
  const Result<Compiled> compiled = compile_model(model->clone(), options);
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  Result<Runner> runner = Runner::create(*compiled, best_isa());
  ASSERT_TRUE(runner.ok()) << runner.error().message;
  ASSERT_EQ(runner->inputs.size(), 1U);
  ASSERT_EQ(runner->outputs.size(), 1U);
  const auto stream = [&] {
    float h = 0;
    float c = 0;
    float g = 5;
    for (int i = 1; i < 8; ++i) {
      const auto x = static_cast<float>(i);
      std::ranges::fill(runner->inputs[0], x);
      runner->run();
      EXPECT_EQ(runner->outputs[0][0], c + g + (h + x)) << "run " << i;
      c = h;
      h += x;
      g *= x;
    }
  };
  stream();
  runner->session->reset();
  stream();
}

TEST(State, WhatCannotBeKeptIsTold) {
  struct Refused {
    const char* name;
    CompileOptions options;
    const char* said;
  };
  Refused refused[] = {
      {"no output", {}, "there is no output z"},
      {"another shape", {}, "cannot become input x"},
      {"no axis", {}, "cannot slide along axis 3"},
      {"the batch", {}, "cannot slide along axis 0"},
      {"all of it", {}, "cannot slide by 8"},
      {"nothing in common", {}, "this window cannot slide"},
  };
  refused[0].options.states = {{"z", "x"}};
  refused[1].options.states = {{"y", "x"}};
  refused[2].options.slides = {{"x", 3, 1}};
  refused[3].options.slides = {{"x", 0, 1}};
  refused[4].options.slides = {{"x", 2, 8}};
  refused[5].options.slides = {{"x", 2, 1}};
  for (const Refused& row : refused) {
    Result<Model> model = model_of("%x: float[2,4,8]", "%y = GlobalAveragePool(%x)");
    ASSERT_TRUE(model.ok()) << model.error().message;
    const Result<Compiled> compiled = compile_model(*std::move(model), row.options);
    ASSERT_FALSE(compiled.ok()) << row.name;
    EXPECT_NE(compiled.error().message.find(row.said), std::string::npos)
        << row.name << ": " << compiled.error().message;
  }
  EXPECT_FALSE(parse_slide("x").ok());
  EXPECT_FALSE(parse_slide("=2").ok());
  EXPECT_FALSE(parse_slide("x=2:").ok());
  EXPECT_FALSE(parse_slide("x=two").ok());
  EXPECT_FALSE(parse_state_pair("h=").ok());
  const Result<Slide> slide = parse_slide("a=b=-1:25");
  ASSERT_TRUE(slide.ok());
  EXPECT_EQ(slide->input, "a=b");
  EXPECT_EQ(slide->axis, -1);
  EXPECT_EQ(slide->step, 25);
}

}  // namespace
}  // namespace slipway::compile
