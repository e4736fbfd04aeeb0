#include "cli/table.h"

#include <algorithm>

#include "cli/text.h"

namespace slipway {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastWidth = 8;  // no column shrinks below this

std::vector<std::size_t> natural_widths(const std::vector<Column>& columns,
                                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t width = column_count(columns[c].title);
    for (const auto& row : rows) width = std::max(width, column_count(printable(row[c])));
    widths.push_back(width);
  }
  return widths;
}

// Takes from the widest column that may shrink until the table fits or none may shrink further.
void shrink(std::vector<std::size_t>& widths, const std::vector<Column>& columns,
            std::size_t width) {
  std::size_t total = kGap * (columns.size() - 1);
  for (const std::size_t w : widths) total += w;
  while (total > width) {
    std::size_t widest = columns.size();
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!columns[c].may_shrink || widths[c] <= kLeastWidth) continue;
      if (widest == columns.size() || widths[c] > widths[widest]) widest = c;
    }
    if (widest == columns.size()) return;
    --widths[widest];
    --total;
  }
}

void add_line(std::string& text, const std::vector<Column>& columns,
              const std::vector<std::size_t>& widths, const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::string cell = shortened(printable(cells[c]), widths[c]);
    const std::string space(widths[c] - column_count(cell), ' ');
    if (c > 0) line.append(kGap, ' ');
    line += columns[c].is_number ? space + cell : cell + space;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  text += line;
  text += '\n';
}

}  // namespace

std::string table_text(const std::vector<Column>& columns,
                       const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  if (columns.empty()) return "";
  std::vector<std::size_t> widths = natural_widths(columns, rows);
  shrink(widths, columns, width);
  std::vector<std::string> titles;
  for (const Column& column : columns) titles.emplace_back(column.title);
  std::string text;
  add_line(text, columns, widths, titles);
  for (const auto& row : rows) add_line(text, columns, widths, row);
  return text;
}

}  // namespace slipway
