#include "tensor/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/str.h"
#include "tensor/npy_header.h"
#include "tensor/numpy_files.h"

namespace slipway {
namespace {

using namespace std::string_literals;

Result<Tensor> read(std::string_view bytes, const NpyOptions& options = {}) {
  return read_npy_bytes(std::as_bytes(std::span(bytes)), options);
}

// A version 1 file with this dictionary and these element bytes.
std::string file(std::string_view dictionary, std::string_view elements) {
  std::string bytes = "\x93NUMPY\x01"s;
  bytes += '\0';
  bytes += static_cast<char>(dictionary.size() & 0xFFU);
  bytes += static_cast<char>(dictionary.size() >> 8);
  return str(bytes, dictionary, elements);
}

std::string header(std::string_view descr, std::string_view shape, bool fortran = false) {
  return str("{'descr': ", descr, ", 'fortran_order': ", fortran ? "True" : "False",
             ", 'shape': ", shape, ", }\n");
}

template <typename T>
std::vector<T> elements(const Tensor& tensor) {
  const std::span<const T> data = tensor.data<T>();
  return {data.begin(), data.end()};
}

TEST(Npy, ReadsNumpysOwnFiles) {
  const Result<Tensor> v2 = read_npy_bytes(from_hex(kNumpyVersion2));
  ASSERT_TRUE(v2.ok()) << v2.error().message;
  EXPECT_EQ(elements<float>(*v2), (std::vector<float>{1.5F, -2.0F}));
  const Result<Tensor> v3 = read_npy_bytes(from_hex(kNumpyVersion3));
  ASSERT_TRUE(v3.ok()) << v3.error().message;
  EXPECT_EQ(elements<std::uint8_t>(*v3), std::vector<std::uint8_t>{7});
}

TEST(Npy, ReadsFortranOrderAndForeignByteOrder) {
  const Result<Tensor> fortran = read(file(header("'|u1'", "(2, 3)", true), "\0\3\1\4\2\5"s));
  ASSERT_TRUE(fortran.ok()) << fortran.error().message;
  EXPECT_EQ(elements<std::uint8_t>(*fortran), (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5}));
  const Result<Tensor> swapped = read(file(header("'>i4'", "(2,)"), "\0\0\0\1\0\0\1\0"s));
  ASSERT_TRUE(swapped.ok()) << swapped.error().message;
  EXPECT_EQ(elements<std::int32_t>(*swapped), (std::vector<std::int32_t>{1, 256}));
  const Result<Tensor> complex = read(file(header("'>c8'", "()"), "\x3f\x80\0\0\x40\0\0\0"s));
  ASSERT_TRUE(complex.ok()) << complex.error().message;
  EXPECT_EQ(elements<std::complex<float>>(*complex)[0], std::complex<float>(1, 2));
}

TEST(Npy, ReadsText) {
  const std::string units = "\xe9\0\0\0b\0\0\0\0\0\0\0\0\0\0\0"s;
  const Result<Tensor> unicode = read(file(header("'<U2'", "(2,)"), units));
  ASSERT_TRUE(unicode.ok()) << unicode.error().message;
  EXPECT_EQ(elements<std::string>(*unicode), (std::vector<std::string>{"\xc3\xa9"
                                                                       "b",
                                                                       ""}));
  const Result<Tensor> bytes = read(file(header("'|S3'", "(2,)"), "ab\0abc"s));
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_EQ(elements<std::string>(*bytes), (std::vector<std::string>{"ab", "abc"}));
}

TEST(Npy, ReadsMlDtypesArrays) {
  EXPECT_EQ(read(file(header("'<V2'", "(1,)"), "\x80\x3f"))->dtype(), DType::kBfloat16);
  EXPECT_EQ(read(file(header("'<f1'", "(1,)"), "\x3c"))->dtype(), DType::kFloat8e5m2);
  EXPECT_FALSE(read(file(header("'<V1'", "(1,)"), "\x0f")).ok());
  const Result<Tensor> stated =
      read(file(header("'<V1'", "(1,)"), "\x0f"), {.void_type = DType::kInt4});
  ASSERT_TRUE(stated.ok()) << stated.error().message;
  EXPECT_EQ(elements<std::int8_t>(*stated), std::vector<std::int8_t>{-1});
}

TEST(Npy, EveryTypeReadsBackTheSame) {
  for (const DTypeInfo& type : all_dtypes()) {
    Tensor tensor = *Tensor::create(type.dtype, {2, 3});
    if (type.dtype == DType::kString) {
      tensor.mutable_data<std::string>()[1] = "r\xc3\xa9gate";
      tensor.mutable_data<std::string>()[5] = "a\0b"s;
    } else {
      std::span<std::byte> bytes = tensor.mutable_bytes();
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i % 2);
    }
    const Result<std::string> bytes = npy_bytes(tensor);
    ASSERT_TRUE(bytes.ok()) << type.name << ": " << bytes.error().message;
    const Result<Tensor> back = read(*bytes);
    ASSERT_TRUE(back.ok()) << type.name << ": " << back.error().message;
    EXPECT_EQ(back->dtype(), type.dtype);
    EXPECT_EQ(back->shape(), tensor.shape()) << type.name;
    if (type.dtype == DType::kString) {
      EXPECT_EQ(elements<std::string>(*back), elements<std::string>(tensor));
    } else {
      EXPECT_TRUE(std::ranges::equal(back->bytes(), tensor.bytes())) << type.name;
    }
  }
}

TEST(Npy, HeadersAreWrittenAsNumpyWritesThem) {
  const std::string text = npy_header_text("'<f4'", {3});
  EXPECT_EQ(text.size() % 64, 0U);
  EXPECT_EQ(text.substr(10, 58), "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } ");
  EXPECT_EQ(text.back(), '\n');
  EXPECT_NE(npy_header_text("'<f4'", {}).find("'shape': (), }"), std::string::npos);
  EXPECT_NE(npy_header_text("'<f4'", {2, 3}).find("'shape': (2, 3), }"), std::string::npos);
  const std::string bf16 = *npy_bytes(*Tensor::create(DType::kBfloat16, {0}));
  EXPECT_NE(bf16.find("[('bfloat16', '<u2')]"), std::string::npos);
}

TEST(Npy, TextThatIsNotUtf8BecomesBytes) {
  const Tensor tensor = Tensor::of<std::string>({"\xff\xfe", "a"});
  const std::string bytes = *npy_bytes(tensor);
  EXPECT_NE(bytes.find("'|S2'"), std::string::npos);
  EXPECT_EQ(elements<std::string>(*read(bytes)), elements<std::string>(tensor));
  EXPECT_FALSE(npy_bytes(Tensor::of<std::string>({"ends in NUL\0"s})).ok());
}

struct BadFile {
  const char* name;
  std::string bytes;
  const char* says;
};

TEST(Npy, BadFilesAreRefusedWithTheReason) {
  const BadFile rows[] = {
      {"empty", "", "is no .npy file"},
      {"zip", "PK\3\4", "zip archive"},
      {"version 9", "\x93NUMPY\x09\0\0\0\0\0"s, "version 9"},
      {"header cut", "\x93NUMPY\x01\0\x76"s, "ends inside it"},
      {"header longer than the file", "\x93NUMPY\x02\0\xff\xff\xff\xff{"s, "ends inside it"},
      {"objects", file(header("'|O'", "(1,)"), "x"), "allow_pickle"},
      {"dates", file(header("'<M8[ns]'", "(1,)"), "12345678"), "dates or times"},
      {"long double", file(header("'<f16'", "(1,)"), std::string(16, 'x')), "f16"},
      {"several fields", file(header("[('a', '<f4'), ('b', '<f4')]", "(1,)"), "12345678"),
       "several fields"},
      {"unknown field", file(header("[('a', '<u2')]", "(1,)"), "12"), "save the field alone"},
      {"field of another width", file(header("[('bfloat16', '<u4')]", "(1,)"), "1234"),
       "structures"},
      {"negative dimension", file(header("'<f4'", "(-1,)"), ""), "negative"},
      {"enormous dimensions", file(header("'<f4'", "(4611686018427387904, 4)"), ""), "64 bits"},
      {"enormous dimension", file(header("'<f4'", "(4611686018427387903,)"), "1234"), "incomplete"},
      {"dimension of 20 digits", file(header("'<f4'", "(99999999999999999999,)"), ""), "64-bit"},
      {"too few elements", file(header("'<f4'", "(2,)"), "1234"), "incomplete"},
      {"too many elements", file(header("'<f4'", "(1,)"), "12345678"), "incomplete"},
      {"text of no width", file(header("'<U0'", "(1000000000000,)"), ""), "no width"},
      {"surrogate", file(header("'<U1'", "(1,)"), "\0\xd8\0\0"s), "no character"},
      {"no shape", file("{'descr': '<f4', 'fortran_order': False}", ""), "required"},
      {"key twice", file("{'descr': '<f4', 'descr': '<f4'}", ""), "twice"},
      {"unknown key", file("{'allow': True}", ""), "unknown key allow"},
      {"open quote", file("{'descr", ""), "not closed"},
      {"after the dictionary", file(header("'<f4'", "()") + "; evil", "1234"),
       "after the dictionary"},
  };
  for (const BadFile& row : rows) {
    const Result<Tensor> tensor = read(row.bytes);
    ASSERT_FALSE(tensor.ok()) << row.name;
    EXPECT_NE(tensor.error().message.find(row.says), std::string::npos)
        << row.name << ": " << tensor.error().message;
  }
}

}  // namespace
}  // namespace slipway
