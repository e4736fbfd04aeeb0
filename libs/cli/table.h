// Rows of text in aligned columns, as wide as the terminal at most.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway {

struct Column {
  std::string_view title;
  bool is_number = false;   // to the right
  bool may_shrink = false;  // its cells are shortened when the table is too wide
};

// A title line, then the rows; two spaces between columns, none at a line's end. Each row has one
// cell a column. Cells are printed as printable().
std::string table_text(const std::vector<Column>& columns,
                       const std::vector<std::vector<std::string>>& rows, std::size_t width);

}  // namespace slipway
