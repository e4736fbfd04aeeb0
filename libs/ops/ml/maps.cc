// Between maps and tensors: CastMap, DictVectorizer, ZipMap.
#include <algorithm>
#include <map>

#include "ops/ml/table.h"
#include "ops/op.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

Result<DType> cast_map_dtype(const NodeView& view) {
  const std::string to = view.get_string("cast_to", "TO_FLOAT");
  if (to == "TO_FLOAT") return DType::kFloat32;
  if (to == "TO_INT64") return DType::kInt64;
  if (to == "TO_STRING") return DType::kString;
  return view.fail("cast_to is '", to, "': use TO_FLOAT, TO_INT64 or TO_STRING");
}

// DENSE: the values in ascending order of their keys. SPARSE: max_map places, each value at the
// place its key names, zeros elsewhere; keys beyond max_map are left out.
Status evaluate_cast_map(EvalContext& ctx) {
  if (!ctx.value(0).is_map()) return ctx.fail("the input must be a map");
  const Map& map = ctx.value(0).map();
  const DType dtype = TRY(cast_map_dtype(ctx));
  const Tensor keys = TRY(cast(map.keys, DType::kInt64));
  const Tensor values = TRY(cast(map.values, dtype));
  const bool is_sparse = ctx.get_string("map_form", "DENSE") == "SPARSE";
  std::map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) places[keys.data<std::int64_t>()[i]] = i;
  if (!places.empty() && places.begin()->first < 0) {
    return ctx.fail("the map has the negative key ", places.begin()->first);
  }
  const std::int64_t count =
      is_sparse ? ctx.get_int("max_map", 1) : static_cast<std::int64_t>(places.size());
  if (count < 0) return ctx.fail("max_map is ", count);
  Tensor y = TRY(ctx.make(dtype, {1, count}));
  if (dtype == DType::kString && is_sparse) {
    for (std::string& text : y.mutable_data<std::string>()) text = "0";
  }
  visit_width(dtype, [&]<typename T>() {
    const auto out = y.mutable_data<T>();
    std::size_t next = 0;
    for (const auto& [key, i] : places) {
      const std::size_t at = is_sparse ? static_cast<std::size_t>(key) : next++;
      if (at < out.size()) out[at] = values.data<T>()[i];
    }
  });
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_cast_map(InferContext& ctx) {
  const bool is_sparse = ctx.get_string("map_form", "DENSE") == "SPARSE";
  ctx.set_output(0, TRY(cast_map_dtype(ctx)),
                 {Dim(1), is_sparse ? Dim(ctx.get_int("max_map", 1)) : Dim()});
  return {};
}

template <typename Key>
void place_values(const Map& map, const std::vector<Key>& vocabulary, Tensor& y) {
  std::map<Key, std::size_t> places;
  const auto keys = map.keys.data<Key>();
  for (std::size_t i = 0; i < keys.size(); ++i) places[keys[i]] = i;
  visit_width(y.dtype(), [&]<typename T>() {
    const auto out = y.mutable_data<T>();
    for (std::size_t v = 0; v < vocabulary.size(); ++v) {
      const auto at = places.find(vocabulary[v]);
      if (at != places.end()) out[v] = map.values.data<T>()[at->second];
    }
  });
}

std::size_t vocabulary_size(const NodeView& view) {
  if (const auto* words = view.get_strings("string_vocabulary"); words && !words->empty()) {
    return words->size();
  }
  const auto* numbers = view.get_ints("int64_vocabulary");
  return numbers == nullptr ? 0 : numbers->size();
}

// One row: for each word of the vocabulary the map's value, zero (or empty) where it has none.
Status evaluate_dict_vectorizer(EvalContext& ctx) {
  if (!ctx.value(0).is_map()) return ctx.fail("the input must be a map");
  const Map& map = ctx.value(0).map();
  Tensor y =
      TRY(ctx.make(map.values.dtype(), {1, static_cast<std::int64_t>(vocabulary_size(ctx))}));
  const auto* words = ctx.get_strings("string_vocabulary");
  const auto* numbers = ctx.get_ints("int64_vocabulary");
  if (map.keys.dtype() == DType::kString && words != nullptr) {
    place_values(map, *words, y);
  } else if (map.keys.dtype() == DType::kInt64 && numbers != nullptr) {
    place_values(map, *numbers, y);
  } else {
    return ctx.fail("a map with ", name(map.keys.dtype()), " keys needs ",
                    map.keys.dtype() == DType::kString ? "string_vocabulary" : "int64_vocabulary");
  }
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_dict_vectorizer(InferContext& ctx) {
  const Type& input = ctx.input(0);
  const bool is_known = input.kind == Type::Kind::kMap && !input.element.empty();
  ctx.set_output(0, is_known ? input.element[0].dtype : DType::kUndefined,
                 {Dim(1), Dim(static_cast<std::int64_t>(vocabulary_size(ctx)))});
  return {};
}

// One map a row, from the class labels to that row's scores.
Status evaluate_zip_map(EvalContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_int64s", "classlabels_strings"));
  const Table table = TRY(read_table(ctx, 0, DType::kFloat32));
  if (static_cast<std::int64_t>(labels.size()) != table.columns || table.columns == 0) {
    return ctx.fail("there are ", labels.size(), " class labels for ", table.columns, " columns");
  }
  const Tensor keys = labels.strings.empty() ? Tensor::of(labels.ints) : Tensor::of(labels.strings);
  Sequence sequence;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    Tensor values = TRY(ctx.make(DType::kFloat32, {table.columns}));
    std::copy_n(table.values.data<float>().begin() + row * table.columns, table.columns,
                values.mutable_data<float>().begin());
    sequence.items.emplace_back(Map{keys, std::move(values)});
  }
  ctx.set_output(0, std::move(sequence));
  return {};
}

Status infer_zip_map(InferContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_int64s", "classlabels_strings"));
  ctx.set_output(0,
                 Type::sequence(Type::map(labels.dtype(), Type::tensor(DType::kFloat32, Dims{}))));
  return {};
}

}  // namespace

std::vector<Op> map_ops() {
  return {
      {.name = "CastMap",
       .domain = kMl,
       .versions = {{1,
                     "X: T1 -> Y: T2 | T1 = map(int64,string) map(int64,float), "
                     "T2 = float int64 string",
                     "cast_to string, map_form string, max_map int"}},
       .infer = infer_cast_map,
       .evaluate = evaluate_cast_map},
      {.name = "DictVectorizer",
       .domain = kMl,
       .versions = {{1,
                     "X: T1 -> Y: T2 | T1 = map(string,int64) map(int64,string) "
                     "map(int64,float) map(int64,double) map(string,float) map(string,double), "
                     "T2 = float int64 string double",
                     "int64_vocabulary ints, string_vocabulary strings"}},
       .infer = infer_dict_vectorizer,
       .evaluate = evaluate_dict_vectorizer},
      {.name = "ZipMap",
       .domain = kMl,
       .versions = {{1, "X: float -> Z: T | T = seq(map(string,float)) seq(map(int64,float))",
                     "classlabels_int64s ints, classlabels_strings strings"}},
       .infer = infer_zip_map,
       .evaluate = evaluate_zip_map},
  };
}

}  // namespace slipway
