#include "inspect/value_text.h"

#include <gtest/gtest.h>

#include "inspect/json.h"

namespace slipway {
namespace {

TEST(ValueText, Rows) {
  const struct {
    const char* name;
    Value value;
    const char* text;
  } rows[] = {
      {"scalar", Tensor::scalar<float>(0.1F), "0.1\n"},
      {"vector", Tensor::of<std::int64_t>({1, -2}), "[1, -2]\n"},
      {"matrix", Tensor::of<float>({2, 2}, {1, 2, 3, 4.5F}), "[[1, 2],\n [3, 4.5]]\n"},
      {"empty", Tensor::of<float>({0, 3}, {}), "[]\n"},
      {"text", Tensor::of<std::string>({std::string("a\nb")}), "[\"a\\x0ab\"]\n"},
      {"half", Tensor::scalar(Float16(1.5F)), "1.5\n"},
      {"flags", Tensor::of<bool>({true, false}), "[true, false]\n"},
      {"too many", Tensor::of<float>({1, 2, 3, 4, 5}),
       "1, 2, 3, 4, ... (5 elements, from 1 to 5)\n"},
      {"too many axes", Tensor::of<std::uint8_t>(Shape(12, 1), {7}),
       "7 (1 elements, from 7 to 7)\n"},
      {"sequence", Sequence{{Tensor::scalar<float>(1)}}, "0: float[]\n1\n"},
      {"no optional", Optional{}, "empty\n"},
      {"map", Map{Tensor::of<std::int64_t>({5}), Tensor::of<float>({0.5F})},
       "keys [5]\nvalues [0.5]\n"},
      {"absent", Value{}, "absent\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(value_text(row.value, 4), row.text) << row.name;
}

TEST(RunJson, WhatJsonHasNoNumberForIsText) {
  const std::string json = run_json(
      {{"y", Tensor::of<float>({1.5F, INFINITY})}, {"s", Sequence{{Tensor::scalar<bool>(true)}}}},
      0.5);
  for (const char* part : {"1.5", "\"inf\"", "\"seconds\":0.5", "\"type\":\"sequence\"", "true"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

}  // namespace
}  // namespace slipway
