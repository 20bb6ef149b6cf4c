// What the generated code of a resident network shares: the presentation that is running, and a vectorisable exp and power.
#ifndef STDPBENCH_RESIDENT_H
#define STDPBENCH_RESIDENT_H

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <vector>
#include "brianlib/common_math.h"
#include "brianlib/stdint_compat.h"

// Nothing outside of the library uses what follows, but for the functions that Python calls: arrays are then read, and functions called,
// without a table of addresses.
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif
#include "objects.h"

// The iterations of the loop that follows touch different elements: no aliasing checks are needed to vectorise it.
#if defined(__clang__)
#define RESIDENT_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define RESIDENT_INDEPENDENT _Pragma("GCC ivdep")
#else
#define RESIDENT_INDEPENDENT
#endif

// A loop is vectorised only if all that it calls is inlined, which compilers do not do by themselves with long functions.
#if defined(__GNUC__)
#define RESIDENT_INLINE static inline __attribute__((always_inline))
#else
#define RESIDENT_INLINE static inline
#endif

// What runs once or never: it is not inlined, and compiled for size.
#if defined(__GNUC__)
#define RESIDENT_COLD __attribute__((cold, noinline))
#else
#define RESIDENT_COLD
#endif

namespace resident {

// Arrays of the network, filled with 0.
template <typename T> RESIDENT_COLD void allocate(T *&array, size_t n)
{
    array = Aligned<T>().allocate(n);
    std::fill(array, array + n, T());
}
template <typename T> RESIDENT_COLD void allocate(Vector<T> &array, size_t n) { array.resize(n); }
template <typename T> RESIDENT_COLD void release(T *&array)
{
    if (array)
        Aligned<T>().deallocate(array, 0);
    array = nullptr;
}
template <typename T> RESIDENT_COLD void release(Vector<T> &array) { Vector<T>().swap(array); }

// Spikes of a population: those of the presentation, and, where projections from it have delays, those of the steps before it.
struct Train {
    int32_t before = 0;             // steps before the presentation
    const int32_t *given = nullptr; // of the input: the neuron of each spike, in a stream with those of the steps before
    std::vector<int32_t> index, bin; // of other populations: neuron and bin of each spike, in order
    std::vector<int32_t> first;     // first[b + before] .. first[b + before + 1]: the spikes of bin b
    double *recent = nullptr;       // the spikes of the steps before, as the caller has them: (before, n), 0 or 1

    int32_t count(int32_t b) const { return b < -before ? 0 : first[b + before + 1] - first[b + before]; }
    const int32_t *at(int32_t b) const { return (given ? given : index.data()) + (b < -before ? 0 : first[b + before]); }
    void give(const int32_t *spikes, const int32_t *bins, int32_t n, int32_t n_bins, int32_t steps)
    {
        given = spikes;
        before = steps;
        first.assign((size_t)n_bins + before + 1, 0);
        for (int32_t k = 0; k < n; k++)  // spikes are sorted by bins: the last one of a bin says how many there are until then
            first[bins[k] + before + 1] = k + 1;
        for (int32_t b = 0; b < n_bins + before; b++)
            first[b + 1] = std::max(first[b + 1], first[b]);
    }
    void start(int32_t steps, int32_t n)
    {
        before = steps;
        index.clear();
        bin.clear();
        first.assign(1, 0);
        for (int32_t b = -before; b < 0; b++) {
            const double *row = recent + (size_t)(b + before) * n;
            for (int32_t i = 0; i < n; i++)
                if (row[i] != 0) {
                    index.push_back(i);
                    bin.push_back(b);
                }
            first.push_back((int32_t)index.size());
        }
    }
    void keep_last(int32_t n, int32_t n_bins)
    {
        std::fill(recent, recent + (size_t)before * n, 0.0);
        for (size_t k = first[n_bins]; k < index.size(); k++)
            recent[(size_t)(bin[k] - n_bins + before) * n + index[k]] = 1.0;
    }
    int32_t start_of_last() const { return first.empty() ? 0 : first[before]; }
    int32_t n_spikes() const { return (int32_t)index.size() - start_of_last(); }
    void copy(int32_t *to_index, int32_t *to_bin) const
    {
        std::copy(index.begin() + start_of_last(), index.end(), to_index);
        std::copy(bin.begin() + start_of_last(), bin.end(), to_bin);
    }
    void take(const int32_t *events, int32_t n, int32_t now)
    {
        for (int32_t k = 0; k < n; k++) {
            index.push_back(events[k]);
            bin.push_back(now);
        }
        first.push_back((int32_t)index.size());
    }
};

// Noise into a population: the neurons that its spikes reach, bin by bin; a neuron may occur several times in a bin.
struct Noise {
    double weight = 0;
    std::vector<int32_t> index;
    std::vector<int32_t> first;   // first[b] .. first[b + 1]: the spikes of bin b
    void set(const int32_t *neurons, const int32_t *bins, int32_t n, int32_t n_bins, double each)
    {
        weight = each;
        index.assign(neurons, neurons + n);
        first.assign((size_t)n_bins + 1, 0);
        for (int32_t k = 0; k < n; k++)
            first[bins[k] + 1]++;
        for (int32_t b = 0; b < n_bins; b++)
            first[b + 1] += first[b];
    }
    template <typename T> void add(T *receptor, int32_t bin) const
    {
        for (int32_t k = first[bin]; k < first[bin + 1]; k++)
            receptor[index[k]] += (T)weight;
    }
};

// What the first n_steps steps add to the receptor of a population: a row of n values each, or the same one for all. The values belong to
// the caller.
struct Drive {
    const double *values = nullptr;
    int32_t n_rows = 0, n_steps = 0;
    template <typename T> void add(T *receptor, int32_t n, int32_t bin) const
    {
        const double *row = values + (n_rows == 1 ? 0 : (size_t)bin * n);
        for (int32_t i = 0; i < n; i++)
            receptor[i] += (T)row[i];
    }
};

// Neurons of which it is asked at once whether one fires: with more, a large population scans what did not fire; with fewer, loops
// are too short.
static const int BLOCK = 128;

// Of a projection whose synapses differ in their delays.
struct Delays {
    int32_t longest = 0;          // in bins
    std::vector<int32_t> first;   // (source, delay): where in the row of the source the synapses of that delay start
    std::vector<int32_t> order;   // places in the row of each source, sorted by delay, then ascending
    std::vector<int32_t> bins;    // the delay of each synapse
    std::vector<int64_t> rows;    // rows[i] to rows[i + 1]: the synapses of source i
    std::vector<int32_t> next;
    // `limit`: the longest delay that there may ever be, where delays learn; else 0.
    void set(const int32_t *values, const int64_t *starts, int32_t n_sources, int32_t limit)
    {
        const size_t n = (size_t)starts[n_sources];
        longest = std::max(limit, n ? *std::max_element(values, values + n) : 0);
        first.assign((size_t)n_sources * (longest + 2), 0);
        order.resize(n);
        rows.assign(starts, starts + n_sources + 1);
        bins.assign(values, values + n);
        for (int32_t source = 0; source < n_sources; source++)
            sort(source, values + rows[source]);
    }
    void sort(int32_t source, const int32_t *row)
    {
        const int32_t width = longest + 2, length = (int32_t)(rows[source + 1] - rows[source]);
        int32_t *places = &first[(size_t)source * width];
        std::fill(places, places + width, 0);
        for (int32_t each = 0; each < length; each++)
            places[row[each] + 1]++;
        for (int32_t delay = 0; delay <= longest; delay++)
            places[delay + 1] += places[delay];
        next.assign(places, places + width);
        for (int32_t each = 0; each < length; each++)
            order[rows[source] + next[row[each]]++] = each;
    }
    // Take delays in seconds, rounded to steps; only rows in which one has changed are sorted again.
    // Gives back false, and takes none, if one is not a number or out of bounds.
    RESIDENT_COLD bool update(const double *delays, double steps_per_second)
    {
        uint32_t largest = 0;  // of a negative number or none at all, the conversion is a large one
        for (size_t each = 0; each < bins.size(); each++)
            largest = std::max(largest, (uint32_t)(int32_t)__builtin_rint(delays[each] * steps_per_second));
        if (largest > (uint32_t)longest + 1)  // half a step beyond is rounding
            return false;
        for (size_t source = 0; source + 1 < rows.size(); source++) {
            const int64_t start = rows[source], n = rows[source + 1] - start;
            const double *given = delays + start;
            int32_t *mine = bins.data() + start, changed = 0;
            for (int64_t each = 0; each < n; each++) {
                const int32_t now = std::min((int32_t)__builtin_rint(given[each] * steps_per_second), longest);
                changed |= now ^ mine[each];
                mine[each] = now;
            }
            if (changed)
                sort((int32_t)source, mine);
        }
        return true;
    }
};

// Spikes of the input in a presentation by neuron, from which follows what their last arrivals at synapses were; see arrivals.py.
struct Arrivals {
    std::vector<int32_t> first, bins, next;  // first[i] to first[i + 1]: the bins of the spikes of neuron i, ascending
    void start(const int32_t *index, const int32_t *bin, int32_t n, int32_t n_sources)
    {
        first.assign((size_t)n_sources + 1, 0);
        bins.resize(n);
        for (int32_t k = 0; k < n; k++)
            first[index[k] + 1]++;
        for (int32_t i = 0; i < n_sources; i++)
            first[i + 1] += first[i];
        next.assign(first.begin(), first.end());
        for (int32_t k = 0; k < n; k++)
            bins[next[index[k]]++] = bin[k];
    }
    // When the last spike of a source arrived with a delay, until `now`; below 0 if none did in this presentation.
    int32_t last(int32_t source, int32_t delay, int32_t now) const
    {
        for (int32_t k = first[source + 1]; k > first[source]; k--)
            if (bins[k - 1] + delay <= now)
                return bins[k - 1] + delay;
        return -1;
    }
};

// Synapses of a projection that connects only some pairs of neurons, from both sides. The arrays belong to the caller.
struct Rows {
    const int32_t *first = nullptr, *target = nullptr;  // first[i] to first[i + 1]: the synapses of source i; their targets
    const int32_t *first_in = nullptr, *synapse = nullptr, *source = nullptr;  // those of each target, and their sources
    int32_t n_sources = 0;
};

{% for number in trains %}
extern Train train_{{number}};
{% endfor %}
{% for each in noisy %}
extern Noise noise_{{each.number}};
{% endfor %}
{% for each in driven %}
extern Drive drive_{{each.number}};
{% endfor %}
{% for number in delayed %}
extern Delays delays_{{number}};
{% endfor %}
{% for number in delays_kept %}
extern Delays delays_{{number}}_before;  // of spikes that left before the presentation
{% endfor %}
{% for number in sparse %}
extern Rows rows_{{number}};
{% endfor %}
// Traces of a population all decay by the same factor in a step. `factor` stands for the steps since the array was last brought up to
// date, and is applied where a trace is read.
struct Late {
    double product = 1;
    float factor = 1;
    template <typename T> void pass(double decay, T *values, int32_t n)
    {
        product *= decay;
        factor = (float)product;
        if (product < 1e-12)
            settle(values, n);
    }
    template <typename T> void settle(T *values, int32_t n)
    {
        for (int32_t i = 0; i < n; i++)
            values[i] *= factor;
        product = factor = 1;
    }
};

// Whether the next step of a population may be a quick one; see quick.py.
struct Quick {
    bool rests = false;  // whether all that a reset raises is 0 for all neurons
    int32_t pause = 0;   // steps in which arguments are not looked at, since they were large
    static const int32_t BLOCK = 1024, PAUSE = 15;
};

{% for array in late %}
extern Late late{{array}};
{% endfor %}
{% for number in scanned %}
extern bool fires_{{number}};  // whether any neuron fires in this step
extern Quick quick_{{number}};
{% endfor %}
{% for array in rounded %}
extern Vector<float> rounded{{array}};  // slow variables, which only a reset changes, as a step reads them
{% endfor %}
extern int32_t now;  // bin of the step that is being taken

// exp(r) of |r| <= NEAR, and for fast_exp of |r| <= ln(2)/2: P(r) = 1 + r + r^2 Q(r), Q the Chebyshev fit of degree 9.
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

// Up to here, near_exp(x) has the bytes of fast_exp(x), from which it leaves out what only other x need.
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
    const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: the nearest whole number n in the lowest bits
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

// exp(x), whose argument is compared with the largest so far.
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

// pow(x, p), without branches and calls. Of a negative x: for a whole p only, else not a number. Written without nested conditions,
// which compilers turn into branches again, and then do not vectorise.
template <typename T> RESIDENT_INLINE T power(T x, T p)
{
    const T zero = 0, one = 1, two = 2, half = (T)0.5, huge = (T)(sizeof(T) == 8 ? 1e300 : 1e38);
    const T size = std::fabs(x), odd = p - two * std::floor(half * p);  // odd: 0 or 1 for a whole p
    const T sign = one - two * odd + std::sqrt(odd * (odd - one));
    const T at_zero = std::fmax(zero, one - huge * std::fabs(p)) + std::fmax(zero, -huge * p);  // 0, 1 or huge
    const T some = size < std::numeric_limits<T>::min() ? zero : one;
    const T r = fast_exp(p * fast_log(size + (one - some)));
    return (x < zero ? sign : one) * some * r + (one - some) * at_zero;
}

// As C++ computes with a float and a whole number in double, which takes twice as long.
template <typename T, typename U> RESIDENT_INLINE auto fast_pow(T x, U p)
{
    const bool single = std::is_same<T, float>::value && !std::is_same<U, double>::value;
    typedef typename std::conditional<single, float, double>::type R;
    return power<R>((R)x, (R)p);
}

// x, but at least low and at most high.
RESIDENT_INLINE float clip(float x, float low, float high) { return x < low ? low : (x > high ? high : x); }

// An output trace below this has faded: what it still changes in a weight, rounding takes away.
static const double FADED = 1e-30;
// Likewise for delays, which are changed by an output trace times milliseconds, and in seconds.
static const double FADED_FOR_DELAYS = 1e-20;

// Brian2's int(condition), as the number that it is multiplied as.
template <typename T> static inline T indicator(bool condition) { return condition ? (T)1 : (T)0; }

// Neurons of a group that is mostly idle. A neuron whose step changed no bit of its state, that did not fire in that step, and to
// which nothing happens, would do the same in every further step: it sleeps until an event touches it. What is skipped is nothing.
struct Awake {
    std::vector<int32_t> list;  // ascending
    std::vector<char> is;
    // by place in the list: whether the last step changed something; as wide as the state, for a narrower type would have the
    // compiler take 64 neurons at a time, which doubles the time to compile and leaves few neurons without vectors
    std::vector<{{word}}> moved;
    void all(int32_t n)
    {
        list.resize(n);
        for (int32_t i = 0; i < n; i++)
            list[i] = i;
        is.assign(n, 1);
        moved.resize(n);
    }
    void wake(int32_t i)
    {
        if (is[i])
            return;
        is[i] = 1;
        list.insert(std::lower_bound(list.begin(), list.end(), i), i);
    }
    void keep_moved()
    {
        int32_t kept = 0;
        const int32_t n = (int32_t)list.size();
        for (int32_t k = 0; k < n; k++) {
            const int32_t i = list[k];
            if (moved[k])
                list[kept++] = i;
            else
                is[i] = 0;
        }
        list.resize(kept);
    }
};

{% for each in told_later %}
static void settle_arrivals_{{each.number}}(int32_t target);  // bring what arrivals set at the synapses of a neuron up to date
{% endfor %}
{% for number in sleeping %}
extern Awake awake_{{number}};
{% endfor %}

}  // namespace resident

#endif
