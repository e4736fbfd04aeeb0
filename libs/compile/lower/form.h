// For tests: a graph of one form of an operator, compiled, and proved to run by kernels alone with
// the bits of the reference.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "graph/text.h"

namespace slipway::compile {

struct Form {
  const char* name;
  const char* inputs;
  const char* body;
  const char* kernel;  // of one of the steps; empty: there is no step but copies
  int opset = 18;
};

inline Result<Compiled> compile_form(const Form& form) {
  const std::string text =
      str("slipway-text 1\nir 8\nopset ai.onnx ", form.opset, "\nopset ai.onnx.ml 5\ngraph g(",
          form.inputs, ") {\n", form.body, "\nreturn %y\n}\n");
  Model model = TRY(parse_model(text));
  return compile_model(std::move(model), {});
}

inline void expect_kernels(const std::vector<Form>& forms) {
  for (const Form& form : forms) {
    const Result<Compiled> compiled = compile_form(form);
    ASSERT_TRUE(compiled.ok()) << form.name << ": " << compiled.error().message;
    bool is_there = *form.kernel == '\0';
    for (const StepNote& step : compiled->steps) {
      EXPECT_NE(step.kernel, "interpret") << form.name << ": " << step.step;
      is_there |= step.kernel == form.kernel;
    }
    EXPECT_TRUE(is_there) << form.name << " has no step " << form.kernel;
    const auto inputs = sample_inputs(compiled->model, 7);
    ASSERT_TRUE(inputs.ok()) << form.name << ": " << inputs.error().message;
    const Status proof = prove(*compiled, *inputs, {{}, {1, 2, 3, 4}});
    EXPECT_TRUE(proof.ok()) << form.name << ": " << proof.error().message;
  }
}

}  // namespace slipway::compile
