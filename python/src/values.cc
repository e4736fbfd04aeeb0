#include "values.h"

#include <cstring>
#include <vector>

#include "arrays.h"
#include "base/str.h"
#include "errors.h"

namespace slipway::python {
namespace {

Tensor made(Result<Tensor> tensor) {
  if (!tensor.ok()) raise_of_run(tensor.error());
  return std::move(tensor).value();
}

Shape shape_of(nb::handle array) {
  Shape shape;
  for (const nb::handle extent : nb::tuple(array.attr("shape")))
    shape.push_back(nb::cast<std::int64_t>(extent));
  return shape;
}

Tensor text_tensor(nb::handle object, const std::string& what) {
  const nb::object array = numpy("asarray")(object);
  const std::string kind = nb::cast<std::string>(array.attr("dtype").attr("kind"));
  if (kind != "U" && kind != "O") {
    raise(Raised::kInputType, str(what, " takes text, and ", describe_object(object),
                                  " was given: give an array of str"));
  }
  Tensor tensor = made(Tensor::create(DType::kString, shape_of(array)));
  std::size_t i = 0;
  for (const nb::handle item : nb::list(array.attr("ravel")().attr("tolist")())) {
    if (!nb::isinstance<nb::str>(item)) {
      raise(Raised::kInputType, str(what, " takes text, and there is ", describe_object(item),
                                    " in it: give an array of str"));
    }
    tensor.mutable_data<std::string>()[i++] = nb::cast<std::string>(item);
  }
  return tensor;
}

Tensor number_tensor(nb::handle object, const Type& type, const std::string& what, bool copies) {
  Buffer buffer;
  nb::object array = nb::borrow(object);
  if (!buffer.take(object.ptr(), false)) {
    array = to_array(object, type.dtype, what);
    buffer.take(array.ptr(), false);
  }
  if (buffer.dtype() == DType::kUndefined) {
    raise(Raised::kInputType, str(what, " takes an array of ", numpy_name(type.dtype), ", and ",
                                  describe_object(array), " was given"));
  }
  if (type.dtype != DType::kUndefined && buffer.dtype() != type.dtype) {
    if (!copies) {
      raise(
          Raised::kInputType,
          str(what, " takes an array of ", numpy_name(type.dtype), ", and ", describe_object(array),
              " was given: convert it, array.astype('", numpy_name(type.dtype), "')"));
    }
    array = numpy("asarray")(array, numpy_dtype(type.dtype));
    buffer.take(array.ptr(), false);
  }
  if (!buffer.is_contiguous()) {
    array = numpy("ascontiguousarray")(array);
    buffer.take(array.ptr(), false);
  }
  Tensor tensor =
      made(Tensor::create(buffer.dtype(), Shape(buffer.shape().begin(), buffer.shape().end())));
  if (buffer.bytes() != 0)
    std::memcpy(tensor.mutable_bytes().data(), buffer.data(), buffer.bytes());
  return tensor;
}

Value map_value(nb::handle object, const Type& type, const std::string& what) {
  if (!nb::isinstance<nb::dict>(object))
    raise(Raised::kInputType,
          str(what, " takes a dict, and ", describe_object(object), " was given"));
  const nb::object keys =
      numpy("asarray")(nb::list(object.attr("keys")()), numpy_dtype(type.dtype));
  const DType item = type.element.empty() ? DType::kFloat32 : type.element.front().dtype;
  const nb::object values = numpy("asarray")(nb::list(object.attr("values")()), numpy_dtype(item));
  Map map;
  map.keys = to_value(keys, Type::tensor(type.dtype), str("the keys of ", what)).tensor();
  map.values = to_value(values, Type::tensor(item), str("the values of ", what)).tensor();
  return map;
}

nb::object text_array(const Tensor& tensor) {
  nb::list items;
  for (const std::string& text : tensor.data<std::string>())
    items.append(nb::str(text.data(), text.size()));
  nb::list shape;
  for (const std::int64_t extent : tensor.shape()) shape.append(extent);
  const nb::object array = empty_array(nb::tuple(shape).ptr(), numpy_dtype(DType::kString).ptr());
  if (tensor.size() != 0)
    array.attr("__setitem__")(nb::ellipsis(),
                              numpy("asarray")(items, "object").attr("reshape")(nb::tuple(shape)));
  return array;
}

nb::object tensor_array(const Tensor& stored) {
  if (stored.dtype() == DType::kString) return text_array(stored);
  const Tensor tensor = made(stored.direct());
  nb::list shape;
  for (const std::int64_t extent : tensor.shape()) shape.append(extent);
  const bool is_numpys = !info(tensor.dtype()).numpy.empty() || tensor.dtype() == DType::kBfloat16;
  if (!is_numpys) {
    raise(Raised::kUnsupportedModel, str("an output has elements of type ", name(tensor.dtype()),
                                         ", which NumPy does not have"));
  }
  const nb::object array = empty_array(nb::tuple(shape).ptr(), numpy_dtype(tensor.dtype()).ptr());
  Buffer buffer;
  if (!buffer.take(array.ptr(), true)) raise(Raised::kRun, "NumPy gave no memory for an output");
  if (buffer.bytes() != 0) std::memcpy(buffer.data(), tensor.bytes().data(), buffer.bytes());
  return array;
}

nb::object map_dict(const Map& map) {
  const nb::list keys(tensor_array(map.keys).attr("tolist")());
  const nb::list values(tensor_array(map.values).attr("tolist")());
  nb::dict made;
  for (std::size_t i = 0; i < keys.size(); ++i) made[keys[i]] = values[i];
  return made;
}

}  // namespace

Value to_value(nb::handle object, const Type& type, const std::string& what, bool copies) {
  switch (type.kind) {
    case Type::Kind::kSequence: {
      if (!nb::isinstance<nb::list>(object) && !nb::isinstance<nb::tuple>(object))
        raise(Raised::kInputType,
              str(what, " takes a list, and ", describe_object(object), " was given"));
      Sequence sequence;
      for (const nb::handle item : object)
        sequence.items.push_back(
            to_value(item, type.element.front(), str("an item of ", what), copies));
      return sequence;
    }
    case Type::Kind::kOptional: {
      Optional optional;
      if (!object.is_none())
        optional.held.push_back(to_value(object, type.element.front(), what, copies));
      return optional;
    }
    case Type::Kind::kMap:
      return map_value(object, type, what);
    default:
      break;
  }
  if (type.dtype == DType::kString) return text_tensor(object, what);
  return number_tensor(object, type, what, copies);
}

nb::object to_python(const Value& value) {
  if (value.is_tensor()) return tensor_array(value.tensor());
  if (value.is_map()) return map_dict(value.map());
  if (value.is_sequence()) {
    nb::list items;
    for (const Value& item : value.sequence().items) items.append(to_python(item));
    return items;
  }
  if (value.is_optional() && !value.optional().held.empty())
    return to_python(value.optional().held.front());
  return nb::none();
}

}  // namespace slipway::python
