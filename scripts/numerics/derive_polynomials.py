#!/usr/bin/env python3
"""Derives every constant of libs/kernels/numeric/polynomials.h and prints that header.

    scripts/numerics/derive_polynomials.py | clang-format > libs/kernels/numeric/polynomials.h

Each polynomial minimises the largest weighted error (Remez exchange in 60-digit arithmetic, Debian:
python3-mpmath), then its coefficients are rounded. The error after rounding is printed beside it.
"""

import struct
from mpmath import mp, mpf

mp.dps = 60


def to_f32(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def to_f64(x):
    return mpf(float(x))


def fit(xs, target, weight, degree):
    """Coefficients of the polynomial P with the least max |weight (P - target)| on the grid."""
    n = degree + 1
    picks = [round(i * (len(xs) - 1) / n) for i in range(n + 1)]
    for _ in range(40):
        a = mp.matrix(n + 1, n + 1)
        b = mp.matrix(n + 1, 1)
        for row, k in enumerate(picks):
            for p in range(n):
                a[row, p] = xs[k] ** p
            a[row, n] = (-1) ** row / weight[k]
            b[row] = target[k]
        solution = mp.lu_solve(a, b)
        coefficients = [solution[i] for i in range(n)]
        errors = [w * (mp.polyval(coefficients[::-1], x) - t) for x, t, w in zip(xs, target, weight)]
        # The largest error of every run of one sign; adjacent runs alternate by construction.
        extrema = []
        for k, e in enumerate(errors):
            if extrema and (errors[extrema[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[extrema[-1]]):
                    extrema[-1] = k
            else:
                extrema.append(k)
        while len(extrema) > n + 1:
            end = 0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1
            extrema.pop(end)
        if len(extrema) < n + 1 or extrema == picks:
            break
        picks = extrema
    return coefficients


def polynomial(name, rounding, degree, interval, target, weight, points=700):
    """Emits the best polynomial and returns its rounded coefficients."""
    low, high = mpf(interval[0]), mpf(interval[1])
    # Chebyshev points: dense at the ends, never exactly at the middle, where targets are 0/0.
    xs = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (k + mpf(1) / 2) / points) for k in range(points)]
    goal = [target(x) for x in xs]
    weights = [weight(x) for x in xs]
    coefficients = [rounding(c) for c in fit(xs, goal, weights, degree)]
    worst = max(w * abs(mp.polyval(coefficients[::-1], x) - t) for x, t, w in zip(xs, goal, weights))
    emit(name, rounding, coefficients, f"error 2^{float(mp.log(worst, 2)):.1f}")
    return coefficients


def emit(name, rounding, values, comment):
    kind, suffix = ("float", "F") if rounding is to_f32 else ("double", "")
    print(f"// {comment}" if comment else "", end="\n" if comment else "")
    if len(values) == 1:
        print(f"inline constexpr {kind} {name} = {float(values[0]).hex()}{suffix};")
        return
    print(f"inline constexpr {kind} {name}[] = {{")
    texts = [float(v).hex() + suffix for v in values]
    for i in range(0, len(texts), 4):
        print("    " + ", ".join(texts[i:i + 4]) + ",")
    print("};")


def split(value, bits):
    """`value` as parts: the first ones cut to the given number of bits, the last rounded."""
    parts = []
    for b in bits:
        scale = mpf(2) ** (b - 1 - mp.floor(mp.log(abs(value), 2)))
        part = mp.floor(value * scale) / scale if b < 53 else to_f64(value)
        parts.append(part)
        value -= part
    return parts


def constant(name, value, rounding=to_f64):
    emit(name, rounding, [rounding(value)], "")


def main():
    ln2 = mp.log(2)
    print("// Made by scripts/numerics/derive_polynomials.py: change that, never this file.")
    print("// Lowest power first. docs/numerics.md says how each is evaluated.")
    print("#pragma once\n\n#include <cstdint>\n\nnamespace slipway::numeric::constants {\n")

    # exp(r) = 1 + r + r^2 q(r), expm1(r) = r + r^2 q(r); relative to expm1.
    half = ln2 / 2 * mpf("1.0001")
    exp_q = lambda r: (mp.expm1(r) - r) / r**2
    exp_w = lambda r: r**2 / abs(mp.expm1(r))
    exp32 = polynomial("kExp32", to_f32, 4, (-half, half), exp_q, exp_w)
    emit("kFallingExp32", to_f32, [c * (-1)**i for i, c in enumerate(exp32)],
         "exp(-u) = 1 - u (1 - u q(u)): the same at -u")
    emit("kTanh32", to_f32, [c * (-1)**(i + 1) * 2**(i + 1) for i, c in enumerate(exp32)],
         "-expm1(-2 v) / 2 = v + v^2 q(v): the same at -2 v")
    polynomial("kExp64", to_f64, 11, (-half, half), exp_q, exp_w)

    # log(1 + f) = f - f^2/2 + f^3 q(f).
    polynomial("kLog32", to_f32, 8, (mp.sqrt(2) / 2 - 1, mp.sqrt(2) - 1),
               lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3, lambda f: abs(f**3 / mp.log1p(f)))
    # atanh(s) / s = 1 + z/3 + z^2/5 + z^3 q(z), z = s^2; the first two terms carry two doubles each.
    s_max = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
    atanh_q = lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1 - z / 3 - z**2 / 5) / z**3
    polynomial("kLog64", to_f64, 6, (0, s_max**2 * mpf("1.0001")), atanh_q, lambda z: z**3)

    # erf(x) = x + x q(x^2) below the split, 1 - exp(-q(x - centre)) above it.
    erf_q = lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1
    erf_w = lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z))
    polynomial("kErf32Near", to_f32, 6, (0, 1), erf_q, erf_w)
    centre = mpf("1")
    polynomial("kErf32Far", to_f32, 8, (1 - centre, 4 - centre),
               lambda u: -mp.log(mp.erfc(u + centre)), lambda u: mp.erfc(u + centre))
    polynomial("kErf64Near", to_f64, 12, (0, 1), erf_q, erf_w)
    # erfc(x) = exp(-x^2) q(u), u = (x - 2) / (x + 2).
    x_of = lambda u: 2 * (1 + u) / (1 - u)
    polynomial("kErf64Far", to_f64, 21, (mpf(-1) / 3, mpf(1) / 2),
               lambda u: mp.exp(x_of(u)**2) * mp.erfc(x_of(u)), lambda u: mp.exp(-x_of(u)**2))

    # sin r = r + r z q(z), cos r = 1 - z/2 + z^2 q(z), z = r^2, |r| <= pi/4.
    z_max = (mp.pi / 4)**2 * mpf("1.0001")
    polynomial("kSin64", to_f64, 6, (0, z_max), lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
               lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)))
    polynomial("kCos64", to_f64, 5, (0, z_max), lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
               lambda z: z**2 / mp.cos(mp.sqrt(z)))
    # atan t = t + t z q(z), z = t^2, |t| <= tan(pi/16).
    polynomial("kAtan64", to_f64, 8, (0, mp.tan(mp.pi / 16)**2 * mpf("1.0001")),
               lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: z)
    # asin s = s + s z q(z), z = s^2, |s| <= 1/2.
    polynomial("kAsin64", to_f64, 12, (0, mpf(1) / 4), lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
               lambda z: z)

    # Shorter ones, for what is only compared with the middle of two floats (rounded-inl.h).
    # sin r = r + r z q(z), |r| <= pi/2; sin and cos to pi/4, asin as above, atan to tan(pi/8).
    sin_q = lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z
    sin_w = lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z))
    polynomial("kNearSin", to_f64, 5, (0, (mp.pi / 2)**2 * mpf("1.0001")), sin_q, sin_w)
    polynomial("kNearSinQuarter", to_f64, 4, (0, z_max), sin_q, sin_w)
    polynomial("kNearCosQuarter", to_f64, 3, (0, z_max), lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
               lambda z: z**2 / mp.cos(mp.sqrt(z)))
    polynomial("kNearAtan", to_f64, 7, (0, mp.tan(mp.pi / 8)**2 * mpf("1.001")),
               lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: z)
    polynomial("kNearAsin", to_f64, 8, (0, mpf(1) / 4), lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
               lambda z: z)
    polynomial("kNearExp", to_f64, 7, (-half, half), exp_q, exp_w)
    # atanh s = s + s z q(z)
    polynomial("kNearLog", to_f64, 4, (0, s_max**2 * mpf("1.0001")),
               lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: z)

    print()
    constant("kLog2E32", 1 / ln2, to_f32)
    constant("kLeastExponent32", mpf(-88), to_f32)  # that of 2^-127, the greatest power that counts as 0
    constant("kLeastSigmoid32", mpf(-44), to_f32)  # the square of a sigmoid of this is a normal number
    constant("kMostSigmoid32", mpf(87), to_f32)  # from which exp(-x) is a normal number
    high = to_f32(split(ln2, [16])[0])
    constant("kLn2High32", high, to_f32)
    constant("kLn2Low32", ln2 - high, to_f32)
    constant("kSqrtHalf32", mp.sqrt(mpf(1) / 2), to_f32)
    constant("kLog2E64", 1 / ln2)
    # 42 bits, so that its product with any exponent is exact; the rest in a second one.
    high, low = split(ln2, [42, 53])
    constant("kLn2High64", high)
    constant("kLn2Low64", low)
    constant("kSqrtHalf64", mp.sqrt(mpf(1) / 2))
    for name, value in (("Third", mpf(1) / 3), ("Fifth", mpf(1) / 5), ("Pi", mp.pi), ("HalfPi", mp.pi / 2)):
        high, low = split(value, [53, 53])
        constant(f"k{name}High", high)
        constant(f"k{name}Low", low)
    constant("kTwoOverPi", 2 / mp.pi)
    constant("kSqrtTwoOverPi32", mp.sqrt(2 / mp.pi), to_f32)
    constant("kSqrtTwoOverPi64", mp.sqrt(2 / mp.pi))
    emit("kHalfPiParts", to_f64, split(mp.pi / 2, [33, 33, 53, 53]),
         "pi/2 in parts: n times the first or the second is exact for n < 2^20.")
    # atan around tan(j pi/8): the double nearest to it, and its arctangent in two doubles.
    points = [to_f64(mp.tan(j * mp.pi / 8)) for j in range(4)]
    angles = [split(mp.atan(p), [53, 53]) if p else [mpf(0), mpf(0)] for p in points]
    emit("kAtanPoint", to_f64, points, "")
    emit("kAtanHigh", to_f64, [a[0] for a in angles] + [split(mp.pi / 2, [53])[0]], "")
    emit("kAtanLow", to_f64, [a[1] for a in angles] + [split(mp.pi / 2, [53, 53])[1]], "")
    emit("kAtanLimit", to_f64, [to_f64(mp.tan((2 * j + 1) * mp.pi / 16)) for j in range(4)], "")

    words = 20
    mp.dps = 500
    bits = int(mp.floor(2 / mp.pi * mpf(2) ** (64 * words)))
    print("// The first 1280 bits of 2/pi after the point, highest first.")
    print("inline constexpr std::uint64_t kTwoOverPiBits[] = {")
    texts = [f"0x{(bits >> (64 * (words - 1 - i))) & (2**64 - 1):016X}" for i in range(words)]
    for i in range(0, words, 5):
        print("    " + ", ".join(texts[i:i + 5]) + ",")
    print("};\n\n}  // namespace slipway::numeric::constants")


main()
