// Mathematical functions that any compiler can vectorise in loops over neurons and synapses.
#ifndef STDPBENCH_VECTOR_MATH_H
#define STDPBENCH_VECTOR_MATH_H

namespace resident {

// exp(r) for |r| <= NEAR, and for fast_exp with |r| <= ln(2)/2: P(r) = 1 + r + r^2 Q(r), Q the Chebyshev fit of degree 9.
RESIDENT_INLINE double near_exp(double r)
{
    double p = 2.510038549551032e-08;
    p = p * r + 2.7620088445409746e-07;
    p = p * r + 2.7557268459997064e-06;
    p = p * r + 2.4801521295954376e-05;
    p = p * r + 1.9841269863053618e-04;
    p = p * r + 1.3888888917213717e-03;
    p = p * r + 8.333333333330062e-03;
    p = p * r + 4.166666666662413e-02;
    p = p * r + 1.6666666666666669e-01;
    p = p * r + 5.000000000000001e-01;
    return p * (r * r) + r + 1.0;
}

// The same for float; Q has degree 4.
RESIDENT_INLINE float near_exp(float r)
{
    float p = 0.0013926326f;
    p = p * r + 0.0083632926f;
    p = p * r + 0.041666552f;
    p = p * r + 0.16666576f;
    p = p * r + 0.5f;
    return p * (r * r) + r + 1.0f;
}

// Up to this size of x, near_exp(x) is bit-identical to fast_exp(x), without its range reduction.
static const double NEAR = 0.34;

// exp(x) to one unit in the last place: 2^n * P(r), |r| <= ln(2)/2. Free of branches and calls, so that loops over it vectorise with any
// compiler, with or without a vector libm.
RESIDENT_INLINE double fast_exp(double x)
{
    x = x < -708.0 ? -708.0 : (x > 709.0 ? 709.0 : x);
    const double n = __builtin_rint(x * 1.4426950408889634074);
    const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    const double p = near_exp(r);
    const double shifted = n + 6755399441055744.0;  // 1.5 * 2^52: n in the lowest bits; AVX2 cannot convert to int64_t
    int64_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (int64_t)((uint64_t)(bits + 1023) << 52);
    double scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

// The same for float, also to one unit in the last place.
RESIDENT_INLINE float fast_exp(float x)
{
    x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
    const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: the nearest integer n in the lowest bits
    const float n = shifted - 12582912.0f;
    const float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
    const float p = near_exp(r);
    int32_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)((uint32_t)(bits + 127) << 23);
    float scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

// exp(x); also update the largest argument so far.
template <typename T, typename U> RESIDENT_INLINE U largest_exp(T &largest, U x)
{
    const T size = std::fabs(x);
    largest = largest < size ? size : largest;
    return fast_exp(x);
}

// log(x) of a positive, normal x to two units in the last place: x = 2^e * m, m in [sqrt(1/2), sqrt(2)], and
// log(m) = 2 atanh(s) = 2 s (1 + s^2 Q(s^2)), s = (m - 1)/(m + 1), Q the Chebyshev fit of degree 7.
RESIDENT_INLINE double fast_log(double x)
{
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const uint64_t exponent = (bits >> 52) | 0x4330000000000000ull, mantissa = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
    double e, m;
    std::memcpy(&e, &exponent, sizeof e);
    std::memcpy(&m, &mantissa, sizeof m);
    e -= 4503599627370496.0 + 1023.0;
    const bool above = m > 1.4142135623730951;
    m = above ? 0.5 * m : m;
    e = above ? e + 1.0 : e;
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    double q = 0.06543383504974087;
    q = q * z + 0.06634379834280306;
    q = q * z + 0.07693120102906739;
    q = q * z + 0.09090897815442377;
    q = q * z + 0.11111111195900235;
    q = q * z + 0.14285714285401616;
    q = q * z + 0.2000000000000044;
    q = q * z + 0.3333333333333333;
    return (2.0 * s * (z * q) + e * 1.90821492927058770002e-10) + 2.0 * s + e * 6.93147180369123816490e-01;
}

// The same for float; Q has degree 3.
RESIDENT_INLINE float fast_log(float x)
{
    int32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const int32_t mantissa = (bits & 0x7fffff) | 0x3f800000;
    float e = (float)((bits >> 23) - 127), m;
    std::memcpy(&m, &mantissa, sizeof m);
    const bool above = m > 1.41421356f;
    m = above ? 0.5f * m : m;
    e = above ? e + 1.0f : e;
    const float s = (m - 1.0f) / (m + 1.0f), z = s * s;
    float q = 0.11665234f;
    q = q * z + 0.14275411f;
    q = q * z + 0.20000061f;
    q = q * z + 0.33333334f;
    return (2.0f * s * (z * q) + e * 1.42860677e-6f) + 2.0f * s + e * 0.693145752f;
}

// pow(x, p), without branches and calls; NaN for negative x unless p is an integer. Written without nested conditions, which compilers turn
// into branches and then do not vectorise.
template <typename T> RESIDENT_INLINE T power(T x, T p)
{
    const T zero = 0, one = 1, two = 2, half = (T)0.5, huge = (T)(sizeof(T) == 8 ? 1e300 : 1e38);
    const T size = std::fabs(x), odd = p - two * std::floor(half * p);  // odd: 0 or 1 for an integer p
    const T sign = one - two * odd + std::sqrt(odd * (odd - one));
    const T at_zero = std::fmax(zero, one - huge * std::fabs(p)) + std::fmax(zero, -huge * p);  // 0, 1 or huge
    const T some = size < std::numeric_limits<T>::min() ? zero : one;
    const T r = fast_exp(p * fast_log(size + (one - some)));
    return (x < zero ? sign : one) * some * r + (one - some) * at_zero;
}

// For a float and an integer, C++ would compute in double, which takes twice as long.
template <typename T, typename U> RESIDENT_INLINE auto fast_pow(T x, U p)
{
    const bool single = std::is_same<T, float>::value && !std::is_same<U, double>::value;
    typedef typename std::conditional<single, float, double>::type R;
    return power<R>((R)x, (R)p);
}

// x limited to low .. high.
RESIDENT_INLINE float clip(float x, float low, float high) { return x < low ? low : (x > high ? high : x); }

}  // namespace resident

#endif
