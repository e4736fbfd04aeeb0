// The parameters of steps, as a plan holds them: little-endian, no padding that is not named. What
// a tensor's shape says is not repeated here.
#pragma once

#include <cstdint>

namespace slipway::plan {

struct UnaryParams {
  std::uint32_t function;  // Unary
  float alpha;
  float beta;
};

// What follows a product or a convolution inside its kernel: kernels/activation.h.
struct ActivationParams {
  std::uint32_t kind;  // Activation
  float a;
  float b;
};

// Inputs: A, packed B (bytes), bias [n], addend [m, n], scales of an int8 B [n]; all but the first
// two may be left out. B is packed as kernels/gemm/pack.h says.
struct GemmParams {
  std::uint32_t n;
  std::uint32_t k;
  std::uint32_t chains;
  std::uint32_t weight_type;  // WeightType
  std::uint32_t abreast;      // panels of B
  ActivationParams activation;
};

// A chain's parameters are a ChainParams and as many ChainStepParams as it says.
struct ChainParams {
  std::uint32_t step_count;
};
struct ChainStepParams {
  std::uint8_t is_binary;
  std::uint8_t function;  // Unary or Binary
  std::uint8_t a;         // an input of the step, or, from their count on, an earlier step
  std::uint8_t b;
  float alpha;
  float beta;
};

// Inputs: A [..., m, k] and B [..., k, n], whose leading axes broadcast. Of doubles there is no
// activation.
struct MatMulParams {
  std::uint32_t chains;
  ActivationParams activation;
};

// softmax(Q K^T) V, in two steps: kAttentionPack has inputs K and V and gives a workspace of
// floats; kAttention has inputs Q, K, V, the workspace and a mask that broadcasts to [batch, head,
// query, key] (may be left out), and gives Y. Both have the same parameters. For Q, K, V and Y:
// which axis of the tensor counts batch items, heads, rows and columns, and which one stands still
// at `index`; kNoAxis where there is no such axis. Heads of Q share those of K and V in groups of
// equal size, neighbours first.
inline constexpr std::uint8_t kNoAxis = 0xFF;
struct AttentionAxes {
  std::uint8_t batch, head, row, column, fixed;
  std::uint8_t padding[3];  // zero
  std::uint32_t index;
};
enum AttentionFlags : std::uint32_t {
  kIsCausal = 1,
  kClosesRows = 2,  // AttentionSpec::closes_rows
  kAllAttentionFlags = 3,
};
struct AttentionParams {
  AttentionAxes q, k, v, y;
  std::uint32_t score_chains;
  std::uint32_t value_chains;
  std::uint32_t scaling;  // AttentionScale
  float scale;
  float softcap;  // 0: none
  std::uint32_t flags;
  std::int64_t causal_offset;  // keys before the first query
};

// Inputs: x, packed weights (bytes), bias (filled up to whole blocks of 16 channels), residual (of
// the shape and layout of the output), gate (blocked, [N, C, 1...]: x is multiplied by it first;
// kBlocked, pointwise); the last three may be left out. Weights are packed as the header of the
// kind says. The output is blocked.
enum class ConvKind : std::uint32_t {
  kBlocked,     // x blocked: kernels/conv/direct.h
  kPlain,       // x plain: kernels/conv/direct.h
  kDepthwise,   // x blocked: kernels/conv/depthwise.h
  kGrouped,     // x blocked: kernels/conv/grouped.h
  kTransposed,  // x blocked: kernels/conv/transposed.h
  // Groups that fill no blocks are images of their own: x and y are blocked, [batch * groups, a
  // group's channels, ...], and each group's bias is filled up to whole blocks.
  kApart,
  kTransposedApart,
  kWinograd,  // x blocked: kernels/conv/winograd.h
  kCount,
};
struct ConvAxisParams {
  std::uint32_t kernel;
  std::uint32_t stride;
  std::uint32_t dilation;
  std::int32_t pad;  // before the input
};
struct ConvParams {
  std::uint32_t kind;  // ConvKind
  std::uint32_t groups;
  std::uint32_t residual_is_last;
  ActivationParams activation;
  ConvAxisParams axes[3];  // of the spatial axes that the tensors have, outermost first
};

// A convolution of one group and the depthwise one after it (kernels/conv/conv_pair.h). Inputs: x,
// and packed weights and bias of each; a bias may be left out. The first's kind is kBlocked or
// kPlain. Tensors have two spatial axes.
struct ConvPairParams {
  ConvParams first;
  ConvParams second;
  std::uint32_t middle[3];  // channels and spatial extents of what lies between
};

// The same with a pointwise convolution after it (kernels/conv/conv_triple.h). Inputs: x, packed
// weights and bias of each, residual (of the shape and layout of the output); biases and residual
// may be left out.
struct ConvTripleParams {
  ConvPairParams pair;
  ConvParams third;
};

// One input and one output, both blocked.
enum class PoolKind : std::uint32_t { kMax, kAverage, kGlobalMax, kGlobalAverage, kCount };
struct PoolParams {
  std::uint32_t kind;  // PoolKind; the rest is of no meaning for the global ones
  std::uint32_t counts_padding;
  ConvAxisParams axes[3];
  std::int32_t pad_end[3];
};

// Zero points, and bounds, of a blocked tensor of int8 are 128 more than its elements', as is what
// the tensor holds.
struct ByteScale {
  float scale;
  std::int32_t zero;
};
struct ByteBounds {
  std::int32_t low, high;
};

// QLinearConv, as kernels/conv/byte_conv.h has it. Inputs: x, packed weights (int8), their sums
// (int32; left out of a depthwise one), bias (int32) and multiplier (float), both filled up to
// whole blocks of 16 channels, residual (of the shape and layout of the output); bias and residual
// may be left out. All constant but x and residual. x, residual and output are bytes, blocked.
// The output may be floats, blocked: then the multiplier has one element or one a channel and need
// not be constant, there is no residual, and there may be more inputs: the
// zero point of x as its type has it, in place of x_zero, and a bias of floats, filled up as above.
// Scales and bounds of the output are of no meaning.
struct ByteConvParams {
  std::uint32_t is_depthwise;
  std::uint32_t groups;
  std::int32_t x_zero;
  ByteScale y;  // before the residual; the scale counts where there is one
  ByteBounds range;
  ByteScale residual;
  ByteScale sum;
  ByteBounds sum_range;
  ConvAxisParams axes[3];
};

// kIntegerProduct: a batch of products of bytes. Inputs: A [..., m, k], B [..., k, n], whose
// leading axes broadcast; the zero point of A (one), those of B (one, or n), which may be left out.
// Output: int32 [..., m, n]. No parameters.

// A product of bytes with constant bytes. Inputs: A [..., k] (plain), weights (int8) and their sums
// (int32) packed as those of a pointwise convolution to n channels, bias (int32) and multiplier
// (float), both filled up to whole blocks of 16 columns; bias may be left out. Output: bytes
// [..., n] (plain). Zero points and bounds as above.
// The output may be floats, sums times the multiplier: then that has one element or n, and need not
// be constant, and there may be more inputs: the zero point of A as its type has it, in place of
// a_zero; a bias of floats [n]; an addend of the output's shape. They are added in this order
// before the activation; y_zero and the range are of no meaning.
struct ByteProductParams {
  std::uint32_t n;
  std::uint32_t k;
  std::int32_t a_zero;
  std::int32_t y_zero;
  ByteBounds range;
  ActivationParams activation;
};

// One input and one output, bytes, both blocked. The scales are of no meaning for a maximum.
enum class BytePoolKind : std::uint32_t { kMax, kGlobalAverage, kCount };
struct BytePoolParams {
  std::uint32_t kind;  // BytePoolKind
  ByteScale x, y;
  ConvAxisParams axes[3];
};

// kByteTable: inputs are bytes of any layout and a table of 256 bytes (constant), which holds for
// every byte that the tensor may hold the one that the output then holds.

// A chain of functions of dequantised bytes, quantised. Inputs: `byte_count` tensors of bytes, of
// the shape and layout of the output, then single floats. Zero points as above, whatever the
// layout. As many ChainStepParams follow as it has steps.
struct ByteChainParams {
  std::uint32_t step_count;
  std::uint32_t byte_count;
  ByteScale y;
  ByteScale operand[8];
};

// kQuantizeBlocks: floats, plain or blocked, to bytes, blocked; kDequantizeBlocks: bytes to floats,
// both blocked. The parameters are a ByteScale.

// Inputs: X, the packed parameters of each direction (bytes; the second left out where there is
// one), the lengths of the sequences (int32), the initial h and c; outputs Y, Y_h, Y_c. All but X
// and the first parameters may be left out, and the lengths' order is that of
// kernels/recurrent/recurrent.h.
enum RecurrentFlags : std::uint32_t {
  kHasPeepholes = 1,
  kCouplesInputForget = 2,
  kIsLinearBeforeReset = 4,
  kIsRelu = 8,
  kStartsReversed = 16,
  kIsBatchFirst = 32,
  kAllRecurrentFlags = 63,
};
struct RecurrentParams {
  std::uint32_t kind;  // RecurrentKind
  std::uint32_t inputs;
  std::uint32_t hidden;
  std::uint32_t directions;
  std::uint32_t weight_type;  // WeightType
  std::uint32_t flags;        // RecurrentFlags
  float clip;
};

// Inputs: the rows, the packed forest (bytes), the base values (float, or double where the forest
// adds up in double; one a target; may be left out).
struct TreesParams {
  std::uint32_t targets;
  std::uint32_t transform;  // TreeTransform
};

// Inputs: the rows, the packed forest, the base values (at most one a class; may be left out), the
// labels (int64, one a class). Outputs: the labels chosen, the scores.
struct TreeClassesParams {
  std::uint32_t transform;  // TreeTransform
  std::uint32_t is_binary;  // kernels/trees/finish.h
  std::uint32_t is_second_only;
  std::uint32_t is_probability;
};

// Support vector machines (kernels/vectors/svm.h). Inputs: the rows [.., k], the vectors (float
// [n / 16, k, 16], panels of sixteen), their coefficients (float, rows of n), what is added to each
// sum (float, one). Output: floats, one a row.
struct SvmParams {
  std::uint32_t kind;  // SvmKind
  float gamma;
  float coef0;
  float degree;
  std::uint32_t transform;     // TreeTransform
  std::uint32_t is_one_class;  // gives 1 or -1; not of kSvmClasses
};
// kSvmClasses, with the same parameters: a row of coefficients less than there are classes, a sum
// for each pair of classes; then where the vectors of each class begin, and the end (int32), the
// labels (int64, one a class), and the two numbers of each pair that make probabilities (float; may
// be left out). Outputs: the labels chosen, the scores.

// Squared distances. Inputs: the rows [.., k], vectors (float [n / 16 rounded up, k, 16], panels of
// sixteen). Output: a row of n for each row.
struct DistancesParams {
  std::uint32_t n;
};

// Products of columns. Inputs: the rows [.., columns], which columns each output multiplies (int32
// [outputs, width], `columns` standing for 1; width is 1, 2, 4, 8 or 16). Output: a row of outputs
// for each row. Factor j takes in factor j + width / 2, then quarters, as the tree of
// numeric/lanes.h.
struct ColumnProductsParams {
  std::uint32_t columns;
  std::uint32_t width;
};

// The scores of a linear classifier as classes. Inputs: the scores, one a class or, of two classes,
// one a row; the labels (int64, one a class). Outputs: the labels chosen, the scores of all
// classes.
struct LinearClassesParams {
  std::uint32_t transform;  // TreeTransform
};

// Rows, all of the last axis, divided by their norms.
struct NormalizerParams {
  std::uint32_t norm;  // RowNorm
};

// Two tensors of int8, uint8, int32 or int64, which wrap. The second one of a division is a
// constant without zeros.
struct WholeParams {
  std::uint32_t function;  // Whole (kernels/elementwise/whole.h)
};
// kDoubles: two tensors of doubles, and a Double (kernels/elementwise/doubles.h).
using DoublesParams = WholeParams;

// kLookUp: whole numbers (int64) in a table. Inputs: the numbers; the keys (int64, sorted); a value
// for each; the value of what is no key. Output: floats or int64, as the values. No parameters.

// A strided copy: the parameters are as many ViewAxis as the output has axes. Element i of an
// output axis is element start + i * step of an input axis, none of which is named twice; an axis
// of the input that is not named stands still at 0.
struct ViewAxis {
  std::int32_t axis;      // of the input; kRepeated: the output repeats itself along this axis
  std::uint32_t padding;  // zero
  std::int64_t start;
  std::int64_t step;
};
inline constexpr std::int32_t kRepeated = -1;

// The inputs one after the other along an axis.
struct ConcatParams {
  std::uint32_t axis;
};

// Inputs: the data; for each axis whose bit is set in `mapped`, one after the other, the index of
// the element that each output index takes, or -1 for the fill (int64); the fill, of one element,
// zero where it is left out. The other axes are as they are.
struct MappedParams {
  std::uint32_t mapped;
};

// Inputs: the data, the indices (int32 or int64).
struct GatherParams {
  std::uint32_t axis;
};

// Inputs: the data, the indices (int64 [batch, ..., k]); k indices name what stands at as many
// places after the first `batch` axes, which both share.
struct GatherBlocksParams {
  std::uint32_t batch;
};

// Inputs: matrices, and the number of the diagonal (int64), 0 where it is left out.
struct TriangleParams {
  std::uint32_t is_upper;
};

// Inputs: the data [time, sequences, ...] or [sequences, time, ...], the lengths (int64).
struct ReverseSequencesParams {
  std::uint32_t is_time_first;
};

// Over axes first .. end together. kHardmax has the same, and no logarithm.
struct SoftmaxParams {
  std::uint32_t first;
  std::uint32_t end;
  std::uint32_t is_log;
};

// Rows are all axes from `axis` on. Inputs: the data, scale, bias, each with an element for every
// one of a row; both may be left out.
enum NormFlags : std::uint32_t {
  kIsRms = 1,
  kIsWritten = 2,   // as nodes, one rounding each: WrittenNorm of kernels/rows/normalize.h
  kIsQuotient = 4,  // of those that are written
  kAllNormFlags = 7,
};
struct LayerNormParams {
  std::uint32_t axis;
  float epsilon;
  std::uint32_t flags;  // NormFlags
};

// [N, C, ...] in groups of channels. Inputs: the data, scale, bias, each with an element a channel
// or a group.
struct GroupNormParams {
  std::uint32_t groups;
  float epsilon;
  std::uint32_t is_per_group;
};

// The data as [rows, channels, ...], the channels an axis or, from `axis` to `end`, several as one;
// none where both are equal. Inputs: the data, scale, bias, mean, variance, each with an element a
// channel; filled up to whole blocks of 16 where the data is blocked, whose channels are axis 1.
struct BatchNormParams {
  std::uint32_t axis;
  std::uint32_t end;
  float epsilon;
  ActivationParams activation;
};

// Over axes first .. end together.
struct ReduceParams {
  std::uint32_t function;  // Reduction
  std::uint32_t first;
  std::uint32_t end;
};
struct ArgExtremeParams {
  std::uint32_t axis;
  std::uint32_t is_max;
  std::uint32_t takes_last;
};

// The first elements of an axis in sorted order: as many as the output has there. Outputs: values,
// indices (int64); one of them may be left out.
struct TopKParams {
  std::uint32_t axis;
  std::uint32_t is_largest;
};

// The sum of all elements of an axis up to each.
enum CumSumFlags : std::uint32_t {
  kIsExclusive = 1,
  kIsReversed = 2,
  kAllCumSumFlags = 3,
};
struct CumSumParams {
  std::uint32_t axis;
  std::uint32_t flags;  // CumSumFlags
};

// Images sampled at points. Inputs: the images [N, C, H, W], the points [N, h, w, 2] (plain). The
// images and the output [N, C, h, w] are both plain or both blocked.
struct GridSampleParams {
  std::uint32_t is_nearest;
  std::uint32_t padding;  // GridPadding
  std::uint32_t aligns_corners;
};

// Inputs: the data, the indices (int32 or int64), the updates.
struct ScatterElementsParams {
  std::uint32_t axis;
};

// kScatterBlocks: the data, the indices (int64 [..., k]), the updates; k indices name what stands
// at as many leading places. It has no parameters.

// ONNX LRN, of [N, C, ...].
struct LrnParams {
  std::uint32_t size;
  float alpha;
  float beta;
  float bias;
};

// Inputs: the data, positions (int32 [out, width]), weights (float [out, width]).
struct ResampleParams {
  std::uint32_t axis;
  std::uint32_t width;
};

// Columns of a window: tensors [batch, columns, ...], a column being what stands at one position of
// the time axis. A ring [batch, length, ...] in the state keeps the columns that earlier runs
// pushed; where it is written next is element `ring` of `positions` (int64, in the state). The
// sources of a step, one i32 for each column that it reads: >= 0 a column of the first input;
// kNoColumn; below it the ring's, kNoColumn - s columns before the place that is written next.
inline constexpr std::int32_t kNoColumn = -1;

// A convolution in one dimension. Inputs: columns [batch, columns, channels], packed weights
// (bytes, kernels/conv/direct.h), bias (filled up to whole blocks of 16 channels), ring, positions,
// residual columns, of the output's shape; all but the first two may be left out. After the
// parameters follow the sources: for each column of the output one for each tap, kNoColumn where it
// is padding.
struct ColumnsParams {
  std::uint32_t taps;
  std::uint32_t ring;
  std::uint32_t residual_is_last;
  ActivationParams activation;
};

// Columns as one tensor. Inputs: columns, ring, positions; the last two may be left out. After the
// parameters follow the sources, one for each column of the output.
struct TakeColumnsParams {
  std::uint32_t ring;
};

// Input: columns. Outputs: ring, positions. Writes columns first .. first + count into the ring,
// and moves the position on.
struct PushColumnsParams {
  std::uint32_t ring;
  std::uint32_t first;
  std::uint32_t count;
};

struct CompareParams {
  std::uint32_t function;  // Compare
};
// Of two tensors of bool.
struct LogicParams {
  std::uint32_t function;  // Logic
};

// QuantizeLinear and DequantizeLinear: a scale for each index of axes first .. end together; one
// for all where none are named. Inputs: the data, the scales (float), zero points of the quantised
// type, which may be left out.
struct ScaledParams {
  std::uint32_t first;
  std::uint32_t end;
};

}  // namespace slipway::plan
