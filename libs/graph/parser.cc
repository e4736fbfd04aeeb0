// Graphs, functions and models of the text form.
#include "graph/parser.h"

#include <limits>
#include <optional>

#include "base/str.h"
#include "graph/text.h"

namespace slipway {
namespace {

Result<ValueId> define(TokenCursor& cursor, TextScope& scope) {
  std::string name = TRY(cursor.value());
  if (name.empty()) return cursor.error("a value needs a name");
  const ValueId id = scope.graph.add_value(name);
  if (!scope.names.emplace(std::move(name), id).second) {
    return cursor.error(str("%", shorten(scope.graph.value(id).name), " is defined already"));
  }
  return id;
}

Result<ValueId> use(TokenCursor& cursor, const TextScope& scope) {
  const Token token = cursor.token();
  const std::string name = TRY(cursor.value());
  const auto found = scope.names.find(name);
  if (found == scope.names.end()) {
    return cursor.error(str("%", shorten(name), " is not defined above",
                            scope.outer == nullptr ? "" : ", nor captured"));
  }
  return found->second;
}

Result<ValueId> use_or_none(TokenCursor& cursor, const TextScope& scope) {
  if (TRY(cursor.accept_word("_"))) return kNoValue;
  return use(cursor, scope);
}

Status parse_parameters(TokenCursor& cursor, TextScope& scope) {
  TRY(cursor.expect('('));
  return cursor.list(')', [&]() -> Status {
    const ValueId id = TRY(define(cursor, scope));
    scope.graph.inputs.push_back(id);
    scope.graph.value(id).type = TRY(parse_optional_type(cursor));
    return {};
  });
}

// %inner, with its type where the outer value's is another and the outer name where that is
// another.
Status parse_capture(TokenCursor& cursor, TextScope& scope) {
  if (scope.outer == nullptr) return cursor.error("there is no graph around to capture from");
  const ValueId inner = TRY(define(cursor, scope));
  const std::string name = scope.graph.value(inner).name;
  const bool typed = cursor.at(':');
  Type type = TRY(parse_optional_type(cursor));
  ValueId outer = kNoValue;
  if (TRY(cursor.accept('='))) {
    outer = TRY(use(cursor, *scope.outer));
  } else {
    const auto found = scope.outer->names.find(name);
    if (found == scope.outer->names.end()) {
      return cursor.error(str("%", shorten(name), " is not defined in the graph around"));
    }
    outer = found->second;
  }
  scope.graph.value(inner).type = typed ? std::move(type) : scope.outer->graph.value(outer).type;
  scope.graph.captures.push_back({outer, inner});
  return {};
}

Status parse_initializer(TokenCursor& cursor, TextScope& scope) {
  const bool is_known = scope.names.contains(cursor.token().text);
  const ValueId id = TRY(is_known ? use(cursor, scope) : define(cursor, scope));
  const bool typed = cursor.at(':');
  Type stated = TRY(parse_optional_type(cursor));
  TRY(cursor.expect('='));
  if (scope.graph.initializers.contains(id) || scope.graph.sparse_initializers.contains(id)) {
    return cursor.error(str("%", shorten(scope.graph.value(id).name), " is initialized twice"));
  }
  Type own;
  if (TRY(cursor.accept_word("sparse"))) {
    SparseTensor sparse = TRY(parse_sparse(cursor));
    own = Type::tensor(sparse.values.dtype(), to_dims(sparse.shape));
    scope.graph.sparse_initializers.emplace(id, std::move(sparse));
  } else {
    Tensor tensor = TRY(parse_tensor(cursor));
    own = Type::tensor(tensor.dtype(), to_dims(tensor.shape()));
    scope.graph.initializers.emplace(id, std::move(tensor));
  }
  scope.graph.value(id).type = typed ? std::move(stated) : std::move(own);
  return {};
}

Status parse_about(TokenCursor& cursor, TextScope& scope) {
  const ValueId id = TRY(use(cursor, scope));
  scope.graph.value(id).doc = TRY(cursor.doc());
  if (TRY(cursor.accept_word("meta"))) scope.graph.value(id).metadata = TRY(cursor.metadata());
  return {};
}

// [domain::]op[:overload][@version]
Status parse_operator(TokenCursor& cursor, const TextScope& scope, Node& node) {
  node.op = TRY(cursor.name());
  if (TRY(cursor.accept(':'))) {
    if (TRY(cursor.accept(':'))) {
      node.domain = canonical_domain(std::exchange(node.op, {}));
      node.op = TRY(cursor.name());
      node.overload = TRY(cursor.overload());
    } else {
      node.overload = TRY(cursor.name());
    }
  }
  std::int64_t version = 0;
  for (const OpsetImport& opset : scope.opsets) {
    if (canonical_domain(opset.domain) != node.domain) continue;
    version = opset.version;
    break;
  }
  if (TRY(cursor.accept('@'))) version = TRY(cursor.integer());
  if (version < 0 || version > std::numeric_limits<int>::max()) {
    return cursor.error(str("operator version ", version));
  }
  node.version = static_cast<int>(version);
  return {};
}

struct Output {
  std::optional<std::string> name;  // nullopt: omitted
  Type type;
};

// The outputs are defined last: a node does not see them.
Status parse_node(TokenCursor& cursor, TextScope& scope) {
  std::vector<Output> outputs;
  if (TRY(cursor.accept('('))) {
    TRY(cursor.expect(')'));
  } else {
    do {
      Output output;
      if (!TRY(cursor.accept_word("_"))) {
        output.name = TRY(cursor.value());
        output.type = TRY(parse_optional_type(cursor));
      }
      outputs.push_back(std::move(output));
    } while (TRY(cursor.accept(',')));
  }
  TRY(cursor.expect('='));
  Node node;
  TRY(parse_operator(cursor, scope, node));
  TRY(cursor.expect('('));
  TRY(cursor.list(')', [&]() -> Status {
    node.inputs.push_back(TRY(use_or_none(cursor, scope)));
    return {};
  }));
  if (TRY(cursor.accept('{'))) {
    TRY(cursor.list('}', [&]() -> Status {
      node.attributes.push_back(TRY(parse_attribute(cursor, scope)));
      return {};
    }));
  }
  if (cursor.token().kind == Token::Kind::kString) node.name = TRY(cursor.string());
  node.doc = TRY(cursor.doc());
  if (TRY(cursor.accept_word("meta"))) node.metadata = TRY(cursor.metadata());
  for (Output& output : outputs) {
    if (!output.name.has_value()) {
      node.outputs.push_back(kNoValue);
      continue;
    }
    const ValueId id = scope.graph.add_value(*output.name, std::move(output.type));
    if (output.name->empty() || !scope.names.emplace(*output.name, id).second) {
      return cursor.error(str("%", shorten(*output.name), " is defined already"));
    }
    node.outputs.push_back(id);
  }
  scope.graph.nodes.push_back(std::move(node));
  return {};
}

Status parse_statements(TokenCursor& cursor, TextScope& scope) {
  while (!TRY(cursor.accept_word("return"))) {
    if (TRY(cursor.accept_word("init"))) {
      TRY(parse_initializer(cursor, scope));
    } else if (TRY(cursor.accept_word("about"))) {
      TRY(parse_about(cursor, scope));
    } else {
      TRY(parse_node(cursor, scope));
    }
  }
  if (cursor.at('}')) return cursor.advance();
  do {
    scope.graph.outputs.push_back(TRY(use(cursor, scope)));
  } while (TRY(cursor.accept(',')));
  return cursor.expect('}');
}

Status parse_about_lines(TokenCursor& cursor, std::string& doc, Metadata& metadata) {
  doc = TRY(cursor.doc());
  if (TRY(cursor.accept_word("meta"))) metadata = TRY(cursor.metadata());
  return {};
}

Status parse_opsets(TokenCursor& cursor, std::vector<OpsetImport>& opsets) {
  while (TRY(cursor.accept_word("opset"))) {
    OpsetImport opset;
    opset.domain = canonical_domain(TRY(cursor.name()));
    opset.version = TRY(cursor.integer());
    opsets.push_back(std::move(opset));
  }
  return {};
}

Result<Function> parse_function(TokenCursor& cursor) {
  Function function;
  function.domain = canonical_domain(TRY(cursor.name()));
  TRY(cursor.expect(':'));
  TRY(cursor.expect(':'));
  function.name = TRY(cursor.name());
  function.overload = TRY(cursor.overload());
  function.body.name = function.name;
  TextScope scope{function.body, function.opsets};
  TRY(parse_parameters(cursor, scope));
  if (TRY(cursor.accept_word("attributes"))) {
    TRY(cursor.expect('('));
    TRY(cursor.list(')', [&]() -> Status {
      // A name alone is required; a name with a value has a default.
      TokenCursor ahead = cursor;
      TRY(ahead.name());
      if (ahead.at('=')) {
        function.default_attributes.push_back(TRY(parse_attribute(cursor, scope)));
      } else {
        function.attributes.push_back(TRY(cursor.name()));
      }
      return {};
    }));
  }
  TRY(cursor.expect('{'));
  TRY(parse_opsets(cursor, function.opsets));
  TRY(parse_about_lines(cursor, function.doc, function.metadata));
  TRY(parse_statements(cursor, scope));
  return function;
}

Status parse_model_header(TokenCursor& cursor, Model& model) {
  TRY(cursor.expect_word("slipway-text"));
  if (TRY(cursor.integer()) != 1) return cursor.error("only version 1 of the text form is known");
  TRY(cursor.expect_word("ir"));
  model.ir_version = TRY(cursor.integer());
  TRY(parse_opsets(cursor, model.opsets));
  if (TRY(cursor.accept_word("producer"))) {
    model.producer_name = TRY(cursor.string());
    model.producer_version = TRY(cursor.string());
  }
  if (TRY(cursor.accept_word("domain"))) model.domain = TRY(cursor.string());
  if (TRY(cursor.accept_word("model_version"))) model.model_version = TRY(cursor.integer());
  return parse_about_lines(cursor, model.doc, model.metadata);
}

}  // namespace

Status parse_graph(TokenCursor& cursor, TextScope& scope) {
  scope.graph.name = TRY(cursor.name());
  TRY(parse_parameters(cursor, scope));
  if (TRY(cursor.accept_word("captures"))) {
    TRY(cursor.expect('('));
    TRY(cursor.list(')', [&] { return parse_capture(cursor, scope); }));
  }
  TRY(cursor.expect('{'));
  TRY(parse_about_lines(cursor, scope.graph.doc, scope.graph.metadata));
  return parse_statements(cursor, scope);
}

Result<Model> parse_model(std::string_view text) {
  TokenCursor cursor(text);
  TRY(cursor.start());
  Model model;
  TRY(parse_model_header(cursor, model));
  while (TRY(cursor.accept_word("function"))) {
    model.functions.push_back(TRY(parse_function(cursor)));
  }
  TRY(cursor.expect_word("graph"));
  TextScope scope{model.graph, model.opsets};
  TRY(parse_graph(cursor, scope));
  if (cursor.token().kind != Token::Kind::kEnd) return cursor.error("text after the model's graph");
  return model;
}

}  // namespace slipway
