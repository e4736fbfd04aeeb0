#include <algorithm>
#include <map>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kMaxColumns = std::int64_t{1} << 31;

// Terms are numbered in the pool, so that text and integers are counted alike. The n-grams, each a
// run of term numbers, lead to the output column they count for.
struct Vocabulary {
  std::map<std::string, std::int64_t, std::less<>> text_terms;
  std::map<std::int64_t, std::int64_t> int_terms;
  std::map<Ints, std::size_t> ngrams;
  std::int64_t columns = 0;
  std::size_t longest = 0;
};

Result<std::int64_t> column_count(const NodeView& view) {
  const Ints* columns = view.get_ints("ngram_indexes");
  std::int64_t count = 0;
  if (columns == nullptr) return count;
  for (const std::int64_t column : *columns) {
    if (column < 0 || column >= kMaxColumns) {
      return view.fail("ngram_indexes holds ", column, ": columns are numbered from 0");
    }
    count = std::max(count, column + 1);
  }
  return count;
}

Ints pool_terms(const NodeView& view, Vocabulary& vocabulary) {
  Ints terms;
  const auto number = [&terms](auto& known, const auto& term) {
    const auto next = static_cast<std::int64_t>(known.size());
    terms.push_back(known.emplace(term, next).first->second);
  };
  if (const auto* strings = view.get_strings("pool_strings")) {
    for (const std::string& term : *strings) number(vocabulary.text_terms, term);
  } else if (const auto* ints = view.get_ints("pool_int64s")) {
    for (const std::int64_t term : *ints) number(vocabulary.int_terms, term);
  }
  return terms;
}

// ngram_counts[n - 1] is where the n-grams of n terms begin in the pool.
Result<Vocabulary> read_vocabulary(const NodeView& view) {
  const Ints* starts = view.get_ints("ngram_counts");
  const Ints* columns = view.get_ints("ngram_indexes");
  if (starts == nullptr || columns == nullptr) {
    return view.fail("ngram_counts and ngram_indexes are required");
  }
  Vocabulary vocabulary;
  vocabulary.columns = TRY(column_count(view));
  const Ints terms = pool_terms(view, vocabulary);
  std::size_t ngram = 0;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const auto width = static_cast<std::int64_t>(i) + 1;
    const std::int64_t begin = (*starts)[i];
    const std::int64_t end =
        i + 1 < starts->size() ? (*starts)[i + 1] : static_cast<std::int64_t>(terms.size());
    if (begin < 0 || end < begin || end > static_cast<std::int64_t>(terms.size()) ||
        (end - begin) % width != 0) {
      return view.fail("ngram_counts ", shape_text(*starts), " does not divide a pool of ",
                       terms.size(), " terms");
    }
    for (std::int64_t at = begin; at < end; at += width, ++ngram) {
      if (ngram >= columns->size()) return view.fail("ngram_indexes names too few columns");
      const Ints key(terms.begin() + at, terms.begin() + at + width);
      vocabulary.ngrams.emplace(key, static_cast<std::size_t>((*columns)[ngram]));
      vocabulary.longest = std::max(vocabulary.longest, key.size());
    }
  }
  return vocabulary;
}

// The terms of the input as numbers of the vocabulary, -1 for those it does not have.
Result<Ints> number_terms(const EvalContext& ctx, const Vocabulary& vocabulary) {
  Ints terms;
  if (ctx.input(0).dtype() == DType::kString) {
    for (const std::string& term : ctx.input(0).data<std::string>()) {
      const auto known = vocabulary.text_terms.find(term);
      terms.push_back(known == vocabulary.text_terms.end() ? -1 : known->second);
    }
    return terms;
  }
  const Ints values = TRY(ctx.ints(0));
  for (const std::int64_t term : values) {
    const auto known = vocabulary.int_terms.find(term);
    terms.push_back(known == vocabulary.int_terms.end() ? -1 : known->second);
  }
  return terms;
}

struct Lengths {
  std::int64_t shortest, longest, skips;
};

Result<Lengths> read_lengths(const NodeView& view) {
  const Lengths lengths{view.get_int("min_gram_length", 1), view.get_int("max_gram_length", 1),
                        view.get_int("max_skip_count", 0)};
  if (lengths.shortest < 1 || lengths.longest < lengths.shortest || lengths.skips < 0) {
    return view.fail("n-grams of ", lengths.shortest, " to ", lengths.longest, " terms with up to ",
                     lengths.skips, " skipped make no sense");
  }
  return lengths;
}

// Counts the n-grams of one row: for each number of skipped terms, runs of terms that far apart.
void count_row(std::span<const std::int64_t> row, const Lengths& lengths,
               const Vocabulary& vocabulary, std::span<float> counts) {
  const auto size = static_cast<std::int64_t>(row.size());
  const std::int64_t longest =
      std::min(lengths.longest, static_cast<std::int64_t>(vocabulary.longest));
  for (std::int64_t n = lengths.shortest; n <= longest && n <= size; ++n) {
    // A single term has nothing to skip, and further apart than the row is long there is nothing.
    const std::int64_t widest = n == 1 ? 1 : std::min(lengths.skips, size) + 1;
    Ints key(static_cast<std::size_t>(n));
    for (std::int64_t step = 1; step <= widest && (n - 1) * step < size; ++step) {
      for (std::int64_t start = 0; start + (n - 1) * step < size; ++start) {
        for (std::int64_t i = 0; i < n; ++i) {
          key[static_cast<std::size_t>(i)] = row[static_cast<std::size_t>(start + i * step)];
        }
        const auto found = vocabulary.ngrams.find(key);
        if (found != vocabulary.ngrams.end()) counts[found->second] += 1.0F;
      }
    }
  }
}

Status weigh(const EvalContext& ctx, std::span<float> counts, std::size_t columns) {
  const std::string mode = ctx.get_string("mode", "");
  if (mode == "TF") return {};
  if (mode != "IDF" && mode != "TFIDF") {
    return ctx.fail("mode \"", mode, "\" is none of TF, IDF, TFIDF");
  }
  const auto* weights = ctx.get_floats("weights");
  if (weights != nullptr && weights->size() < columns) {
    return ctx.fail(weights->size(), " weights for ", columns, " columns");
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const float weight = weights == nullptr ? 1.0F : (*weights)[i % columns];
    if (mode == "TFIDF") {
      counts[i] *= weight;
    } else {
      counts[i] = counts[i] > 0 ? weight : 0.0F;
    }
  }
  return {};
}

Status infer_tfidf_vectorizer(InferContext& ctx) {
  ctx.set_output(0, DType::kFloat32);
  const Dim columns = TRY(column_count(ctx));
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) return {};
  if (dims->empty() || dims->size() > 2) {
    return ctx.fail("its input ", to_text(ctx.input(0)), " is neither [C] nor [N,C]");
  }
  Dims out{columns};
  if (dims->size() == 2) out.insert(out.begin(), (*dims)[0]);
  ctx.set_output(0, DType::kFloat32, std::move(out));
  return {};
}

Status evaluate_tfidf_vectorizer(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  if (data.rank() == 0 || data.rank() > 2) {
    return ctx.fail("its input ", shape_text(data.shape()), " is neither [C] nor [N,C]");
  }
  const Vocabulary vocabulary = TRY(read_vocabulary(ctx));
  const Lengths lengths = TRY(read_lengths(ctx));
  const Ints terms = TRY(number_terms(ctx, vocabulary));
  Shape shape{vocabulary.columns};
  if (data.rank() == 2) shape.insert(shape.begin(), data.dim(0));
  Tensor out = TRY(ctx.make(DType::kFloat32, std::move(shape)));
  if (out.size() != 0) {
    const auto columns = static_cast<std::size_t>(vocabulary.columns);
    const auto counts = out.mutable_data<float>();
    const std::size_t rows = out.size() / columns;
    const std::size_t width = terms.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
      count_row(std::span(terms).subspan(row * width, width), lengths, vocabulary,
                counts.subspan(row * columns, columns));
    }
    TRY(weigh(ctx, counts, columns));
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> tfidf_vectorizer_ops() {
  return {{.name = "TfIdfVectorizer",
           .versions = {{9, "X: T -> Y: T1 | T = int32 int64 string, T1 = float",
                         "max_gram_length int!, max_skip_count int!, min_gram_length int!, "
                         "mode string!, ngram_counts ints!, ngram_indexes ints!, pool_int64s ints, "
                         "pool_strings strings, weights floats"}},
           .infer = infer_tfidf_vectorizer,
           .evaluate = evaluate_tfidf_vectorizer}};
}

}  // namespace slipway
