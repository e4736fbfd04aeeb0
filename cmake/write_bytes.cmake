# Run by slipway_embed: writes the bytes of FILE to the C++ file SOURCE, as an array named SYMBOL.
file(READ "${FILE}" digits HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${digits}")
string(LENGTH "${digits}" length)
math(EXPR length "${length} / 2")
file(WRITE "${SOURCE}" "namespace slipway::embedded {\n"
     "extern const unsigned char ${SYMBOL}[];\nextern const unsigned long ${SYMBOL}_bytes;\n"
     "const unsigned char ${SYMBOL}[] = {${bytes}};\nconst unsigned long ${SYMBOL}_bytes = ${length};\n}\n")
