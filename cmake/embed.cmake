# slipway_embed(TARGET SYMBOL FILE): FILE's bytes become `extern const unsigned char SYMBOL[]` and
# `extern const unsigned long SYMBOL_bytes` in namespace slipway::embedded of TARGET, made again when FILE changes.
function(slipway_embed target symbol file)
  get_filename_component(file "${file}" ABSOLUTE)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cc")
  add_custom_command(
    OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" -DFILE=${file} -DSYMBOL=${symbol} -DSOURCE=${source}
            -P "${CMAKE_SOURCE_DIR}/cmake/write_bytes.cmake"
    DEPENDS "${file}" "${CMAKE_SOURCE_DIR}/cmake/write_bytes.cmake"
    COMMENT "embedding ${file}" VERBATIM)
  target_sources(${target} PRIVATE "${source}")
  set_source_files_properties("${source}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
