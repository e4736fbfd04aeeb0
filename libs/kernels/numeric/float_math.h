// The elementary functions whose bits every kernel reproduces: fixed range reductions, polynomials
// in Horner order with fused multiply-add, no call into the platform's mathematics library.
//
// docs/numerics.md gives the formulas and the measured errors. In short: the hot float functions
// (exp, expm1, log, tanh, sigmoid, erf) are evaluated in float and stay within 3 ulp; every other
// float function is the double one rounded once; double functions stay within 2 ulp. Signed zeros,
// infinities, NaN, overflow and gradual underflow behave as in IEC 60559.
#pragma once

namespace slipway::numeric {

float exp(float x);
float expm1(float x);
float log(float x);
float log1p(float x);
float sqrt(float x);
float pow(float x, float y);
float tanh(float x);
float sigmoid(float x);   // 1 / (1 + exp(-x))
float softplus(float x);  // log(1 + exp(x))
float erf(float x);
float sin(float x);
float cos(float x);
float tan(float x);
float asin(float x);
float acos(float x);
float atan(float x);
float sinh(float x);
float cosh(float x);
float asinh(float x);
float acosh(float x);
float atanh(float x);
float gelu(float x);       // x/2 (1 + erf(x / sqrt 2))
float gelu_tanh(float x);  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))

double exp(double x);
double expm1(double x);
double log(double x);
double log1p(double x);
double sqrt(double x);
double pow(double x, double y);
double tanh(double x);
double sigmoid(double x);
double softplus(double x);
double erf(double x);
double sin(double x);
double cos(double x);
double tan(double x);
double asin(double x);
double acos(double x);
double atan(double x);
double sinh(double x);
double cosh(double x);
double asinh(double x);
double acosh(double x);
double atanh(double x);
double gelu(double x);
double gelu_tanh(double x);

}  // namespace slipway::numeric
