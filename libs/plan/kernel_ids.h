// The kernels that a step may name. Numbers are part of the plan format: a number is never given a
// second meaning. The rows are in libs/runtime/list.cc.
#pragma once

#include <cstdint>

namespace slipway::plan {

enum class KernelId : std::uint16_t {
  kNone = 0,
  kInterpret = 1,  // the reference implementation of a piece of graph, kept in the params
  kCopy = 2,
  kUnary = 3,
  kRelayout = 4,
  kChain = 5,
  kGemm = 6,
  kTrees = 7,
  kConv = 8,
  kPool = 9,
  kMatMul = 10,
  kAttentionPack = 11,
  kAttention = 12,
  // What moves elements.
  kView = 20,
  kConcat = 21,
  kMapped = 22,
  kGather = 23,
  kGatherElements = 24,
  // Rows and columns.
  kSoftmax = 25,
  kLayerNorm = 26,
  kGroupNorm = 27,
  kBatchNorm = 28,
  kReduce = 29,
  kArgExtreme = 30,
  kResample = 31,
  // Elementwise, of more than floats.
  kCompare = 32,
  kWhere = 33,
  kRecurrent = 13,
  kConvert = 34,
  kQuantize = 35,
  kDequantize = 36,
  kTreeClasses = 37,
  kLogic = 38,
  kTopK = 39,
  kCumSum = 40,
  kGridSample = 41,
  kScatterElements = 42,
  kScatterBlocks = 43,
  kLrn = 44,
  kGatherBlocks = 55,
  kTriangle = 56,
  kReverseSequences = 57,
  // What skl2onnx makes models of.
  kSvm = 45,
  kSvmClasses = 46,
  kDistances = 47,
  kColumnProducts = 48,
  kLinearClasses = 49,
  kNormalizer = 52,
  kWhole = 53,
  kLookUp = 54,
  kDoubles = 58,
  kHardmax = 59,
  kConvPair = 50,
  kConvTriple = 51,
  // Of bytes in blocks of sixteen channels.
  kByteConv = 60,
  kBytePool = 61,
  kQuantizeBlocks = 62,
  kDequantizeBlocks = 63,
  kByteProduct = 64,
  kByteTable = 65,
  kByteChain = 66,
  kDynamicRange = 67,
  kIntegerProduct = 68,
  // Columns of a window that slides.
  kColumns = 70,
  kTakeColumns = 71,
  kPushColumns = 72,
};

}  // namespace slipway::plan
