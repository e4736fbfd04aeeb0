// Made by scripts/numerics/derive_polynomials.py: change that, never this file.
// Lowest power first. docs/numerics.md says how each is evaluated.
#pragma once

#include <cstdint>

namespace slipway::numeric::constants {

// error 2^-25.8
inline constexpr float kExp32[] = {
    0x1.fffffe0000000p-2F, 0x1.5554b00000000p-3F,  0x1.5556740000000p-5F,
    0x1.1227760000000p-7F, 0x1.6bec020000000p-10F,
};
// exp(-u) = 1 - u (1 - u q(u)): the same at -u
inline constexpr float kFallingExp32[] = {
    0x1.fffffe0000000p-2F,  -0x1.5554b00000000p-3F, 0x1.5556740000000p-5F,
    -0x1.1227760000000p-7F, 0x1.6bec020000000p-10F,
};
// -expm1(-2 v) / 2 = v + v^2 q(v): the same at -2 v
inline constexpr float kTanh32[] = {
    -0x1.fffffe0000000p-1F, 0x1.5554b00000000p-1F,  -0x1.5556740000000p-2F,
    0x1.1227760000000p-3F,  -0x1.6bec020000000p-5F,
};
// error 2^-59.3
inline constexpr double kExp64[] = {
    0x1.0000000000000p-1,  0x1.5555555555555p-3,  0x1.5555555555559p-5,  0x1.1111111111105p-7,
    0x1.6c16c16c14e3bp-10, 0x1.a01a01a02094ep-13, 0x1.a01a01ad8e310p-16, 0x1.71de3a3d709f3p-19,
    0x1.27e4cc7ccf82bp-22, 0x1.ae649961b2fbfp-26, 0x1.1f8ab4a95728dp-29, 0x1.61281b6c60346p-33,
};
// error 2^-28.2
inline constexpr float kLog32[] = {
    0x1.5555480000000p-2F,  -0x1.0000060000000p-2F, 0x1.99a4b60000000p-3F,
    -0x1.555c4e0000000p-3F, 0x1.23376a0000000p-3F,  -0x1.fc22120000000p-4F,
    0x1.e6f05e0000000p-4F,  -0x1.de3bd00000000p-4F, 0x1.1457700000000p-4F,
};
// error 2^-71.2
inline constexpr double kLog64[] = {
    0x1.24924924927cdp-3, 0x1.c71c71c65a27cp-4, 0x1.745d17d75194ep-4, 0x1.3b1378399c605p-4,
    0x1.111dcd81a79bcp-4, 0x1.de9eacddac94bp-5, 0x1.e7de727677ce0p-5,
};
// error 2^-28.7
inline constexpr float kErf32Near[] = {
    0x1.06eba80000000p-3F, -0x1.81273e0000000p-2F,  0x1.ce2cf80000000p-4F,  -0x1.b7f90e0000000p-6F,
    0x1.5405b20000000p-8F, -0x1.a3f7060000000p-11F, 0x1.496a420000000p-14F,
};
// error 2^-26.9
inline constexpr float kErf32Far[] = {
    0x1.d97fc00000000p+0F,   0x1.51c9b00000000p+1F,  0x1.afabb40000000p-1F,
    0x1.547fac0000000p-5F,   -0x1.4951d40000000p-7F, 0x1.0865c00000000p-9F,
    -0x1.33e2b60000000p-12F, 0x1.86fcba0000000p-16F, -0x1.0df0e40000000p-22F,
};
// error 2^-56.3
inline constexpr double kErf64Near[] = {
    0x1.06eba8214db69p-3,  -0x1.812746b0379e6p-2,  0x1.ce2f21a042b20p-4,  -0x1.b82ce3128499dp-6,
    0x1.565bcd0db02e8p-8,  -0x1.c02db3d8ed25cp-11, 0x1.f9a321a11d19ep-14, -0x1.f4d1df3930165p-17,
    0x1.b9def19c0f534p-20, -0x1.5f1d36aede2f5p-23, 0x1.f7a4114284a40p-27, -0x1.386abdaf453d6p-30,
    0x1.0579a1e97816ep-34,
};
// error 2^-59.4
inline constexpr double kErf64Far[] = {
    0x1.058671b52c776p-2,   -0x1.b57034efd3f72p-2,  0x1.eeea7dc8a78b3p-3,   -0x1.437f0b68c0c20p-4,
    0x1.e9471597a0887p-9,   0x1.ca95ed5344468p-8,   -0x1.bc25a47f7e5f2p-11, -0x1.016b5ceb0b438p-10,
    0x1.6d5f0420d2c3cp-15,  0x1.6da9791dffba9p-13,  0x1.cdca637b50eedp-16,  -0x1.ceb90ba56e951p-16,
    -0x1.d4786e64d369cp-17, 0x1.761baae0c839ap-20,  0x1.f748de84603ecp-19,  0x1.40384020b83ffp-20,
    -0x1.bb6c7eb4891d4p-22, -0x1.0d2983a476ddcp-21, -0x1.28d4741a359ddp-23, 0x1.13c076382ed76p-24,
    0x1.2fc1e2e468fffp-24,  0x1.7942d71a6d36bp-26,
};
// error 2^-57.1
inline constexpr double kSin64[] = {
    -0x1.5555555555555p-3,  0x1.111111111110bp-7,  -0x1.a01a01a018a6ap-13, 0x1.71de3a5330522p-19,
    -0x1.ae64528d3258cp-26, 0x1.61208c168ec0ap-33, -0x1.aaa22e466a2dbp-41,
};
// error 2^-59.7
inline constexpr double kCos64[] = {
    0x1.555555555554bp-5,   -0x1.6c16c16c14f8ep-10, 0x1.a01a019c83f34p-16,
    -0x1.27e4f7ea802ebp-22, 0x1.1ee9d78504807p-29,  -0x1.8fa4809f40c27p-37,
};
// error 2^-60.5
inline constexpr double kAtan64[] = {
    -0x1.5555555555555p-2, 0x1.9999999999941p-3,  -0x1.249249248ab8dp-3,
    0x1.c71c71bcf3a75p-4,  -0x1.745d1368c156dp-4, 0x1.3b12cda942383p-4,
    -0x1.10f0b475bb39fp-4, 0x1.dc4c8a5d72f3ep-5,  -0x1.69da303357624p-5,
};
// error 2^-58.7
inline constexpr double kAsin64[] = {
    0x1.5555555555578p-3, 0x1.333333332df7fp-4, 0x1.6db6db7226086p-5, 0x1.f1c71a8dc3c12p-6,
    0x1.6e8bdfa66ee5dp-6, 0x1.1c49e2bacbc30p-6, 0x1.ca20ce264f78ap-7, 0x1.757b793bacdd3p-7,
    0x1.6173f800b6e96p-7, 0x1.e2be58b548e35p-9, 0x1.6492bacc24041p-6, -0x1.59548cb20628ep-6,
    0x1.0bb0644f53841p-5,
};
// error 2^-43.7
inline constexpr double kNearSin[] = {
    -0x1.555555554711ep-3, 0x1.1111110a54bc2p-7,   -0x1.a019fd58e3894p-13,
    0x1.71dcf833cc433p-19, -0x1.ae03f37997e2ap-26, 0x1.52db9250a37e4p-33,
};
// error 2^-47.5
inline constexpr double kNearSinQuarter[] = {
    -0x1.5555555552233p-3, 0x1.1111110c86bdfp-7,   -0x1.a019f938c57b8p-13,
    0x1.71d76cbe30be0p-19, -0x1.a96180fd67743p-26,
};
// error 2^-42.9
inline constexpr double kNearCosQuarter[] = {
    0x1.5555554ed8da1p-5,
    -0x1.6c16b8295f92bp-10,
    0x1.a010de5985ba2p-16,
    -0x1.241e83b635b4dp-22,
};
// error 2^-45.1
inline constexpr double kNearAtan[] = {
    -0x1.555555550cd8fp-2, 0x1.9999992ce5e03p-3, -0x1.24922d39c74c0p-3, 0x1.c7157b5ddc3aep-4,
    -0x1.73e13dd5bc4bfp-4, 0x1.35fec00ea68bbp-4, -0x1.e27ffa323d031p-5, 0x1.f9e0fb3e13d8fp-6,
};
// error 2^-43.9
inline constexpr double kNearAsin[] = {
    0x1.555555565fc5ap-3, 0x1.333331ed326a7p-4,  0x1.6db76480fcfe1p-5,
    0x1.f1aaf671b2f7ap-6, 0x1.702b780bb5f85p-6,  0x1.0df8ef98c2f5cp-6,
    0x1.313c04928eca6p-6, -0x1.7684c53e34cc6p-9, 0x1.05cd9adb4968dp-5,
};
// error 2^-43.5
inline constexpr double kNearExp[] = {
    0x1.fffffffff7c04p-2,  0x1.5555555567228p-3,  0x1.5555557322fd9p-5,  0x1.111110e13d61bp-7,
    0x1.6c164fcf9c2f5p-10, 0x1.a01a7d321a3a2p-13, 0x1.a15848dd138c0p-16, 0x1.71e949bdcfd2bp-19,
};
// error 2^-44.9
inline constexpr double kNearLog[] = {
    0x1.555555561e464p-2, 0x1.999996a9415d3p-3, 0x1.249411f1ea5abp-3,
    0x1.c62b137553512p-4, 0x1.91159f5d7e35fp-4,
};

inline constexpr float kLog2E32 = 0x1.7154760000000p+0F;
inline constexpr float kLeastExponent32 = -0x1.6000000000000p+6F;
inline constexpr float kLeastSigmoid32 = -0x1.6000000000000p+5F;
inline constexpr float kMostSigmoid32 = 0x1.5c00000000000p+6F;
inline constexpr float kLn2High32 = 0x1.62e4000000000p-1F;
inline constexpr float kLn2Low32 = 0x1.7f7d1c0000000p-20F;
inline constexpr float kSqrtHalf32 = 0x1.6a09e60000000p-1F;
inline constexpr double kLog2E64 = 0x1.71547652b82fep+0;
inline constexpr double kLn2High64 = 0x1.62e42fefa3800p-1;
inline constexpr double kLn2Low64 = 0x1.ef35793c76730p-45;
inline constexpr double kSqrtHalf64 = 0x1.6a09e667f3bcdp-1;
inline constexpr double kThirdHigh = 0x1.5555555555555p-2;
inline constexpr double kThirdLow = 0x1.5555555555555p-56;
inline constexpr double kFifthHigh = 0x1.999999999999ap-3;
inline constexpr double kFifthLow = -0x1.999999999999ap-57;
inline constexpr double kPiHigh = 0x1.921fb54442d18p+1;
inline constexpr double kPiLow = 0x1.1a62633145c07p-53;
inline constexpr double kHalfPiHigh = 0x1.921fb54442d18p+0;
inline constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;
inline constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
inline constexpr float kSqrtTwoOverPi32 = 0x1.9884540000000p-1F;
inline constexpr double kSqrtTwoOverPi64 = 0x1.9884533d43651p-1;
// pi/2 in parts: n times the first or the second is exact for n < 2^20.
inline constexpr double kHalfPiParts[] = {
    0x1.921fb54400000p+0,
    0x1.0b4611a600000p-34,
    0x1.3198a2e037073p-69,
    0x1.129024e088a68p-123,
};
inline constexpr double kAtanPoint[] = {
    0x0.0p+0,
    0x1.a827999fcef32p-2,
    0x1.0000000000000p+0,
    0x1.3504f333f9de6p+1,
};
inline constexpr double kAtanHigh[] = {
    0x0.0p+0,
    0x1.921fb54442d18p-2,
    0x1.921fb54442d18p-1,
    0x1.2d97c7f3321d2p+0,
    0x1.921fb54442d18p+0,
};
inline constexpr double kAtanLow[] = {
    0x0.0p+0,
    0x1.c398861b78b55p-59,
    0x1.1a62633145c07p-55,
    0x1.fc774dbe287a0p-56,
    0x1.1a62633145c07p-54,
};
inline constexpr double kAtanLimit[] = {
    0x1.975f5e0553158p-3,
    0x1.561b82ab7f990p-1,
    0x1.7f218e25a7461p+0,
    0x1.41bfee2424771p+2,
};
// The first 1280 bits of 2/pi after the point, highest first.
inline constexpr std::uint64_t kTwoOverPiBits[] = {
    0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561,
    0xB7246E3A424DD2E0, 0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484,
    0xE99C7026B45F7E41, 0x3991D639835339F4, 0x9C845F8BBDF9283B, 0x1FF897FFDE05980F,
    0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7, 0x4F463F669E5FEA2D, 0x7527BAC7EBE5F17B,
    0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB, 0xF0CFBC209AF4361D,
};

}  // namespace slipway::numeric::constants
