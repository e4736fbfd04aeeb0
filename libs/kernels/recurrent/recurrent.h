// Whole LSTM, GRU and RNN layers in float, as ONNX defines them; the bits of docs/numerics.md,
// "Recurrent layers". Their activations are ONNX's defaults, Sigmoid and Tanh, or Relu in an RNN;
// other ones have no kernel here. Weights of int8 are multiplied in integers.
//
// A layer has one or two directions. Each direction's parameters are packed into one block that is
// the same for every instruction set. No call allocates; scratch comes from the caller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gemm/pack.h"
#include "kernels/simd/isa.h"

namespace slipway {

enum class RecurrentKind : std::uint8_t { kLstm, kGru, kRnn };

inline constexpr std::size_t kNearBytes = std::size_t{48} * 1024;  // stay in a first-level cache

// What the layer is, known when its parameters are packed.
struct RecurrentForm {
  RecurrentKind kind;
  std::size_t inputs, hidden;
  WeightType type = WeightType::kF32;   // of W and R; int8 has a scale for each row
  bool has_peepholes = false;           // LSTM
  bool couples_input_forget = false;    // LSTM: f = 1 - i
  bool is_linear_before_reset = false;  // GRU
  bool is_relu = false;                 // RNN: Relu instead of Tanh
  float clip = 0;                       // of what goes into the gates' activations; 0: none
  bool is_prepared = false;             // prepare_recurrent has made the block

  // What the block holds W and R in.
  WeightType w_type() const { return is_prepared ? WeightType::kF32 : type; }
  WeightType r_type() const {
    const bool is_widened =
        is_prepared && type == WeightType::kF16 && columns() * hidden * 4 <= kNearBytes;
    return is_widened ? WeightType::kF32 : type;
  }
  std::size_t gates() const {
    return kind == RecurrentKind::kLstm ? 4 : kind == RecurrentKind::kGru ? 3 : 1;
  }
  // Hidden units are worked on in groups of sixteen, the last one padded.
  std::size_t groups() const { return (hidden + 15) / 16; }
  std::size_t columns() const { return groups() * gates() * 16; }
};

// One direction's parameters as ONNX has them: gates in the order i o f c, z r h. W and R are of
// the form's type, int8 with a scale for each of their rows.
struct RecurrentParameters {
  const void* w;                   // [gates * hidden][inputs]
  const void* r;                   // [gates * hidden][hidden]
  const float* w_scale = nullptr;  // [gates * hidden]
  const float* r_scale = nullptr;
  const float* bias = nullptr;       // [2][gates * hidden]: Wb, Rb
  const float* peepholes = nullptr;  // [3][hidden]: i o f
};

std::size_t recurrent_packed_bytes(const RecurrentForm& form);

// `packed` is 64-byte aligned.
void pack_recurrent(const RecurrentForm& form, const RecurrentParameters& from, void* packed);

// The form in which the kernels multiply fastest by weights that are stored as halves or bfloat16
// and small enough for the second-level cache; else the form itself. Its block, of
// recurrent_packed_bytes of the result, is made once from the packed one: W widened to float, and
// small R of half too. The bits of a layer do not depend on it.
RecurrentForm prepared_form(const RecurrentForm& form);
void prepare_recurrent(const RecurrentForm& form, const void* packed, void* prepared);

struct RecurrentCall {
  RecurrentForm form;
  const void* packed[2];  // of each direction, 64-byte aligned
  std::size_t steps, batch;
  std::size_t directions = 1;
  bool starts_reversed = false;  // the first direction runs backwards; a second always does
  bool is_batch_first = false;   // ONNX layout 1
  bool widens_by_eight = widens_halves_by_eight();  // R of halves; a choice of speed

  // Layout 0: x [steps][batch][inputs], y [steps][directions][batch][hidden], states
  // [directions][batch][hidden]. Layout 1: batch comes first in all of them.
  const float* x;
  const std::int32_t* lengths = nullptr;  // [batch], held within 0 and steps; null: all of them
  const float* initial_h = nullptr;       // null: zeros
  const float* initial_c = nullptr;       // LSTM
  float* y = nullptr;                     // each output may be null
  float* y_h = nullptr;
  float* y_c = nullptr;  // LSTM
  float* scratch;        // recurrent_scratch_floats, 64-byte aligned
};

std::size_t recurrent_scratch_floats(const RecurrentForm& form, std::size_t steps,
                                     std::size_t batch);

struct RecurrentKernels {
  void (*run)(const RecurrentCall& call);
};

// For weights of every type but int8, and for int8.
const RecurrentKernels& lstm_kernels(Isa isa);
const RecurrentKernels& gru_kernels(Isa isa);
const RecurrentKernels& rnn_kernels(Isa isa);
const RecurrentKernels& byte_lstm_kernels(Isa isa);
const RecurrentKernels& byte_gru_kernels(Isa isa);
const RecurrentKernels& byte_rnn_kernels(Isa isa);

}  // namespace slipway
