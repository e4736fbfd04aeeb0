#include "engines/extents.h"

#include <gtest/gtest.h>

namespace slipway::engines {
namespace {

TEST(Extents, FillWhatIsOpen) {
  const Extents extents{{{"length", 7}, {"x[2]", 9}}, 4};
  EXPECT_EQ(*definite(extents, "x", {-1, -1, -1, 3}, {"batch", "length", "", ""}),
            (Shape{4, 7, 9, 3}));
  // A name beats the batch.
  EXPECT_EQ(*definite({{{"batch", 2}}, 4}, "x", {-1}, {"batch"}), (Shape{2}));
  EXPECT_EQ(*definite({}, "x", {}, {}), (Shape{}));
}

TEST(Extents, NameTheOneThatNobodyStated) {
  const auto shape = definite({}, "x", {-1, -1}, {"batch", ""});
  ASSERT_FALSE(shape.ok());
  EXPECT_EQ(shape.error().message,
            "input x: its dimension x[1] is open: give its extent, as in --set x[1]=N");
}

}  // namespace
}  // namespace slipway::engines
