// Text from outside, made fit for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace slipway {

// Control characters and bytes that are not UTF-8 as \xNN, so that a name in a file cannot move the
// cursor, change colours or break lines. With keep_lines, '\n' stays.
std::string printable(std::string_view text, bool keep_lines = false);

// Terminal columns of printable UTF-8 text, one a code point.
std::size_t column_count(std::string_view text);

// At most so many columns (at least 1); what does not fit gives way to an ellipsis in the middle.
std::string shortened(std::string_view text, std::size_t columns);

// As a shell reads one word: in quotes where it has to be.
std::string shell_word(std::string_view word);

// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);
// To three digits: 950, "1.23 k", "4.56 M", "7.89 G", "1.2 T".
std::string approximate(std::int64_t number);
// "950 B", "1.23 KiB", "4.56 MiB".
std::string bytes_text(std::int64_t bytes);
// "12.3 us", "4.56 ms", "1.23 s".
std::string seconds_text(double seconds);

}  // namespace slipway
