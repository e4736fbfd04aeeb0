/* Slipway's C interface: load a compiled model, prepare a session, run it.
 *
 *     slipway_model* model;
 *     slipway_session* session;
 *     if (slipway_model_open("autopilot.plan", &model) != SLIPWAY_OK ||
 *         slipway_session_create(model, NULL, &session) != SLIPWAY_OK) {
 *       fprintf(stderr, "%s\n", slipway_last_error());
 *       return 1;
 *     }
 *     const void* inputs[] = {window};
 *     void* outputs[] = {&rudder};
 *     slipway_run(session, inputs, outputs);   // in the loop: no allocation, no lock, no system
 * call
 *
 * Every function but slipway_run and those of a session's state may allocate. Models may be shared
 * by threads and by sessions; one thread at a time may use a session. */
#ifndef SLIPWAY_SLIPWAY_H
#define SLIPWAY_SLIPWAY_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SLIPWAY_API __attribute__((visibility("default")))
#else
#define SLIPWAY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum slipway_status {
  SLIPWAY_OK = 0,
  SLIPWAY_BAD_USAGE = 1,   /* the call makes no sense */
  SLIPWAY_INVALID = 2,     /* the file is malformed or damaged */
  SLIPWAY_UNSUPPORTED = 3, /* well-formed, and this build cannot run it */
  SLIPWAY_NOT_FOUND = 4,
  SLIPWAY_IO = 5,
  SLIPWAY_TOO_LARGE = 6,   /* more memory than there is */
  SLIPWAY_INTERNAL = 7,    /* a defect of Slipway */
  SLIPWAY_BAD_POINTER = 8, /* run: an input or output is null or not aligned to its element */
  SLIPWAY_BAD_INDEX = 9,   /* run: an index in the data is out of range */
  SLIPWAY_RUN_FAILED = 10  /* run: an operator without a kernel failed */
} slipway_status;

/* Element types, with the numbers of ONNX. */
typedef enum slipway_type {
  SLIPWAY_FLOAT32 = 1,
  SLIPWAY_UINT8 = 2,
  SLIPWAY_INT8 = 3,
  SLIPWAY_UINT16 = 4,
  SLIPWAY_INT16 = 5,
  SLIPWAY_INT32 = 6,
  SLIPWAY_INT64 = 7,
  SLIPWAY_BOOL = 9,
  SLIPWAY_FLOAT16 = 10,
  SLIPWAY_FLOAT64 = 11,
  SLIPWAY_UINT32 = 12,
  SLIPWAY_UINT64 = 13,
  SLIPWAY_BFLOAT16 = 16
} slipway_type;

typedef struct slipway_model slipway_model;
typedef struct slipway_session slipway_session;

/* "0.1.0" */
SLIPWAY_API const char* slipway_version(void);

/* What went wrong in this thread's last call that did not give SLIPWAY_OK: what, why, what to do.
 * Valid until the thread's next call. */
SLIPWAY_API const char* slipway_last_error(void);

/* A plan, or an ONNX model, which is compiled first. A plan is mapped and its weights are used in
 * place. */
SLIPWAY_API slipway_status slipway_model_open(const char* path, slipway_model** model);

/* The same from memory; the bytes are copied. */
SLIPWAY_API slipway_status slipway_model_read(const void* bytes, size_t count,
                                              slipway_model** model);

/* How an ONNX model is compiled. Set to zeros, then change what is wanted. */
typedef struct slipway_compile_options {
  /* Of the open first dimension of inputs. N: the plan is for batches of N; -1: the batch is bound
   * when a session is created, or the model is refused; 0: so where that costs nothing at batch 1,
   * else the plan is for batches of 1. */
  int64_t batch;
  /* Windows that slide, "INPUT=AXIS" or "INPUT=AXIS:STEP": a run takes the newest STEP positions
   * (1) of the input's axis and gives what the model gives for the window that ends with them.
   * Before the first run the window holds zeros. */
  const char* const* slides;
  size_t slide_count;
  /* States, "OUTPUT=INPUT": what a run gives as OUTPUT the next one takes as INPUT; neither is the
   * caller's any more. Before the first run it is zeros, or what the model says. */
  const char* const* states;
  size_t state_count;
} slipway_compile_options;

/* An ONNX model, compiled by these options. */
SLIPWAY_API slipway_status slipway_model_compile(const char* path,
                                                 const slipway_compile_options* options,
                                                 slipway_model** model);

/* Sessions keep what they need of their model. NULL is allowed. */
SLIPWAY_API void slipway_model_free(slipway_model* model);

/* Set to zeros, then change what is wanted. */
typedef struct slipway_options {
  int64_t batch;    /* 0: 1 */
  size_t threads;   /* 0: 1; the calling thread counts */
  const int* cores; /* thread i runs on cores[i]; NULL: anywhere */
  size_t core_count;
  uint32_t spin_us; /* how long helping threads spin for the next run before they sleep */
  void* memory;     /* aligned to 64, not freed before the session; NULL: allocated */
  size_t memory_bytes;
} slipway_options;

/* options may be NULL. After this, runs touch only memory that is there. */
SLIPWAY_API slipway_status slipway_session_create(const slipway_model* model,
                                                  const slipway_options* options,
                                                  slipway_session** session);
SLIPWAY_API void slipway_session_free(slipway_session* session);

/* An input or output. The pointers live as long as the session. */
typedef struct slipway_port {
  const char* name;
  slipway_type type;
  size_t rank;
  const int64_t* dims;
  size_t bytes;
} slipway_port;

SLIPWAY_API size_t slipway_input_count(const slipway_session* session);
SLIPWAY_API size_t slipway_output_count(const slipway_session* session);
/* i must be below the count. */
SLIPWAY_API slipway_port slipway_input(const slipway_session* session, size_t i);
SLIPWAY_API slipway_port slipway_output(const slipway_session* session, size_t i);

/* What slipway_options.memory must hold for this session. */
SLIPWAY_API size_t slipway_memory_bytes(const slipway_session* session);

/* One pointer for each input and output, in order; they are read and written in place, may differ
 * from run to run and must not overlap. */
SLIPWAY_API slipway_status slipway_run(slipway_session* session, const void* const* inputs,
                                       void* const* outputs);

/* What a session keeps from run to run: recurrent states, the past of windows that slide. These
 * functions touch only memory that is there, make no system call and allocate nothing, except for
 * the message of a call that makes no sense. */
SLIPWAY_API size_t slipway_state_bytes(const slipway_session* session);
/* As before the first run. */
SLIPWAY_API void slipway_reset(slipway_session* session);
/* To and from slipway_state_bytes() bytes, good for any session of the same plan and batch, on this
 * machine or another. */
SLIPWAY_API slipway_status slipway_snapshot(const slipway_session* session, void* state,
                                            size_t bytes);
SLIPWAY_API slipway_status slipway_restore(slipway_session* session, const void* state,
                                           size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
