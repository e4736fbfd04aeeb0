#include "ops/math/einsum_equation.h"

#include <algorithm>
#include <map>

namespace slipway {
namespace {

// A term as written: letters, and where the ellipsis stands among them.
struct Term {
  std::string letters;
  std::optional<std::size_t> ellipsis;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Result<Term> parse_term(const NodeView& view, std::string_view text) {
  Term term;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_letter(text[i])) {
      term.letters += text[i];
    } else if (text.substr(i, 3) == "..." && !term.ellipsis.has_value()) {
      term.ellipsis = term.letters.size();
      i += 2;
    } else {
      return view.fail("the equation's term \"", text, "\" may hold letters and one \"...\" only");
    }
  }
  return term;
}

std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = text.find(',', begin);
    terms.push_back(text.substr(begin, comma - begin));
    if (comma == std::string_view::npos) return terms;
    begin = comma + 1;
  }
}

// Labels of the ellipsis' dimensions come first, aligned at the last; letters follow as they
// appear.
class Labels {
 public:
  explicit Labels(std::size_t ellipsis_rank)
      : ellipsis_rank_(ellipsis_rank), count_(ellipsis_rank) {}

  std::size_t count() const { return count_; }
  bool knows(char letter) const { return letters_.contains(letter); }

  std::vector<Label> of(const Term& term, std::size_t ellipsis_rank) {
    std::vector<Label> labels;
    for (std::size_t i = 0; i <= term.letters.size(); ++i) {
      if (term.ellipsis == i) {
        for (std::size_t d = 0; d < ellipsis_rank; ++d) {
          labels.push_back(static_cast<Label>(ellipsis_rank_ - ellipsis_rank + d));
        }
      }
      if (i == term.letters.size()) break;
      const auto [at, is_new] = letters_.try_emplace(term.letters[i], static_cast<Label>(count_));
      if (is_new) ++count_;
      labels.push_back(at->second);
    }
    return labels;
  }

 private:
  std::size_t ellipsis_rank_;
  std::size_t count_;
  std::map<char, Label> letters_;
};

// Without "->": the ellipsis, then the letters that occur once, in the order of their codes.
Term implicit_result(const std::vector<Term>& terms) {
  std::map<char, int> occurrences;
  Term result;
  for (const Term& term : terms) {
    for (const char letter : term.letters) ++occurrences[letter];
    if (term.ellipsis.has_value()) result.ellipsis = 0;
  }
  for (const auto& [letter, count] : occurrences) {
    if (count == 1) result.letters += letter;
  }
  return result;
}

Status check_result(const NodeView& view, const Term& result, const Labels& labels) {
  for (std::size_t i = 0; i < result.letters.size(); ++i) {
    const char letter = result.letters[i];
    if (!labels.knows(letter)) {
      return view.fail("the equation's result has '", letter, "', which no operand has");
    }
    if (result.letters.find(letter, i + 1) != std::string::npos) {
      return view.fail("the equation's result has '", letter, "' twice");
    }
  }
  return {};
}

}  // namespace

Result<EinsumEquation> parse_equation(const NodeView& view, std::string_view text,
                                      const std::vector<std::size_t>& ranks) {
  std::string compact(text);
  std::erase(compact, ' ');
  const std::size_t arrow = compact.find("->");
  std::vector<Term> terms;
  for (const std::string_view word : split_terms(std::string_view(compact).substr(0, arrow))) {
    terms.push_back(TRY(parse_term(view, word)));
  }
  if (terms.size() != ranks.size()) {
    return view.fail("the equation \"", text, "\" has ", terms.size(), " terms for ", ranks.size(),
                     " inputs");
  }
  std::vector<std::size_t> ellipsis_ranks;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::size_t letters = terms[i].letters.size();
    if (ranks[i] < letters || (ranks[i] > letters && !terms[i].ellipsis.has_value())) {
      return view.fail("input ", i, " has rank ", ranks[i], ", its term in the equation \"", text,
                       "\" names ", letters, " dimensions");
    }
    ellipsis_ranks.push_back(ranks[i] - letters);
  }
  const std::size_t ellipsis_rank = *std::max_element(ellipsis_ranks.begin(), ellipsis_ranks.end());
  Labels labels(ellipsis_rank);
  EinsumEquation equation;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    equation.operands.push_back(labels.of(terms[i], ellipsis_ranks[i]));
  }
  const Term result = arrow == std::string::npos
                          ? implicit_result(terms)
                          : TRY(parse_term(view, std::string_view(compact).substr(arrow + 2)));
  TRY(check_result(view, result, labels));
  equation.result = labels.of(result, ellipsis_rank);
  equation.label_count = labels.count();
  return equation;
}

}  // namespace slipway
