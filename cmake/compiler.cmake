# Flags every target shares. The numeric contract (docs/numerics.md) needs the compiler to leave
# floating point alone: no contraction, no reassociation.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(SLIPWAY_CCACHE "compile through ccache where it is installed" ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)  # libslipway.so shows its C interface and nothing else
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
find_program(CCACHE_PROGRAM ccache)
if(SLIPWAY_CCACHE AND CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_BASEDIR=${CMAKE_SOURCE_DIR};CCACHE_NOHASHDIR=1;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE_PROGRAM}")
endif()

add_compile_options(-ffp-contract=off -fno-math-errno -fno-semantic-interposition -ffunction-sections -fdata-sections
                    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
                    -Wall -Wextra -Wshadow -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # without it ccache cannot cache what uses the precompiled header
endif()

set(SLIPWAY_SANITIZE "" CACHE STRING "sanitizers for every target, e.g. address,undefined")
if(SLIPWAY_SANITIZE)
  add_compile_options(-fsanitize=${SLIPWAY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SLIPWAY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)  # g++ 12 sees it in its own std::regex once instrumented
  endif()
  if(SLIPWAY_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=vptr)  # it needs the RTTI that the device's libraries are built without
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND SLIPWAY_SANITIZE MATCHES "address")
      # Half the time of building. The address sanitizer sees a null pointer and the end of an object itself;
      # the preset fuzz, with clang, checks alignment.
      add_compile_options(-fno-sanitize=null,alignment,object-size)
    endif()
  endif()
endif()

# slipway_fold_identical_code(TARGET safe|all): functions of a shared object that have the same code, of templates for
# several types, are in it once, where the linker gold is there to do so. safe: but for those whose address may be
# compared, which on AArch64 it takes all for except constructors and destructors. all: no address is ever compared.
function(slipway_fold_identical_code target which)
  if(SLIPWAY_SANITIZE OR CMAKE_CXX_FLAGS_RELEASE MATCHES "--coverage")
    return()
  endif()
  include(CheckLinkerFlag)
  set(options -fuse-ld=gold LINKER:--icf=${which})
  check_linker_flag(CXX "${options}" SLIPWAY_CAN_FOLD)
  if(SLIPWAY_CAN_FOLD)
    target_link_options(${target} PRIVATE ${options})
  endif()
endfunction()

# A library for named models only, made by ./dev build --only-for: libs/kernels/only.h says what it leaves out.
set(SLIPWAY_ONLY_KERNELS "" CACHE STRING "numbers of the kernels that libslipway.so has, with commas; empty: all")
set(SLIPWAY_ONLY_ACTIVATIONS 0 CACHE STRING "a bit for each activation")
set(SLIPWAY_ONLY_RECURRENT 0 CACHE STRING "a bit for each kind of recurrent layer")
set(SLIPWAY_ONLY_NARROW_WEIGHTS 0 CACHE STRING "1: weights in fewer than 32 bits, too")
if(SLIPWAY_ONLY_KERNELS)
  add_compile_definitions("SLIPWAY_ONLY_KERNELS=${SLIPWAY_ONLY_KERNELS}"
                          "SLIPWAY_ONLY_ACTIVATIONS=${SLIPWAY_ONLY_ACTIVATIONS}"
                          "SLIPWAY_ONLY_RECURRENT=${SLIPWAY_ONLY_RECURRENT}"
                          "SLIPWAY_ONLY_NARROW_WEIGHTS=${SLIPWAY_ONLY_NARROW_WEIGHTS}")
endif()
