// Code that is the same in every network: arrays, spikes, and lists of neurons that are awake. Long functions, and functions that run once
// per presentation, are in parts.cpp, which is compiled once for all networks; see parts.py.
#ifndef STDPBENCH_PARTS_H
#define STDPBENCH_PARTS_H

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <vector>

// Only the functions that Python calls are visible outside of the library: arrays and functions are then accessed without the global offset
// table.
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

// The iterations of the following loop touch different elements: vectorisation needs no aliasing checks.
#if defined(__clang__)
#define RESIDENT_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define RESIDENT_INDEPENDENT _Pragma("GCC ivdep")
#else
#define RESIDENT_INDEPENDENT
#endif

// A loop is vectorised only if all functions that it calls are inlined, which compilers do not do for long functions by default.
#if defined(__GNUC__)
#define RESIDENT_INLINE static inline __attribute__((always_inline))
#else
#define RESIDENT_INLINE static inline
#endif

// A function of parts.cpp: if compiled with a network that does not call it, it is omitted.
#if defined(RESIDENT_PARTS_APART)
#define RESIDENT_PART
#else
#define RESIDENT_PART inline
#endif

// A function that runs at most once: not inlined, and compiled for size.
#if defined(__GNUC__)
#define RESIDENT_COLD __attribute__((cold, noinline))
#else
#define RESIDENT_COLD
#endif

#if defined(__GNUC__)
#define RESIDENT_PREFETCH(place) __builtin_prefetch(place)
#else
#define RESIDENT_PREFETCH(place)
#endif

// The body of the following loop is as short as its counter, so it is unrolled.
#if defined(__clang__)
#define RESIDENT_UNROLLED _Pragma("clang loop unroll_count(8)")
#elif defined(__GNUC__)
#define RESIDENT_UNROLLED _Pragma("GCC unroll 8")
#else
#define RESIDENT_UNROLLED
#endif

namespace resident {

// Memory aligned to cache lines, since a vector of 512 bits that crosses two lines needs two accesses.
static const std::align_val_t LINE = std::align_val_t(64);
template <typename T> struct Aligned {
    typedef T value_type;
    Aligned() = default;
    template <typename U> Aligned(const Aligned<U> &) {}
    T *allocate(size_t n) { return static_cast<T *>(::operator new(n * sizeof(T), LINE)); }
    void deallocate(T *array, size_t) { ::operator delete(array, LINE); }
    template <typename U> bool operator==(const Aligned<U> &) const { return true; }
    template <typename U> bool operator!=(const Aligned<U> &) const { return false; }
};
template <typename T> using Vector = std::vector<T, Aligned<T>>;

// Spikes of a population in the presentation and, if projections from it have delays, in the steps before it.
struct Train {
    int32_t before = 0;             // steps before the presentation
    const int32_t *given = nullptr; // for the input: the neuron of each spike, in a stream including the steps before
    std::vector<int32_t> index, bin; // for other populations: neuron and bin of each spike, in order
    std::vector<int32_t> first;     // first[b + before] .. first[b + before + 1]: the spikes of bin b
    double *recent = nullptr;       // spikes of the steps before, in the array of the caller: (before, n), 0 or 1

    Train();
    ~Train();
    int32_t count(int32_t b) const { return b < -before ? 0 : first[b + before + 1] - first[b + before]; }
    const int32_t *at(int32_t b) const { return (given ? given : index.data()) + (b < -before ? 0 : first[b + before]); }
    void give(const int32_t *spikes, const int32_t *bins, int32_t n, int32_t n_bins, int32_t steps);
    void start(int32_t steps, int32_t n, int32_t n_bins);
    void keep_last(int32_t n, int32_t n_bins);
    int32_t start_of_last() const { return first.empty() ? 0 : first[before]; }
    int32_t n_spikes() const { return (int32_t)index.size() - start_of_last(); }
    void copy(int32_t *to_index, int32_t *to_bin) const;
    void take(const int32_t *events, int32_t n, int32_t now)
    {
        if (n)
            add(events, n, now);
        first[(size_t)now + before + 1] = (int32_t)index.size();
    }
    void add(const int32_t *events, int32_t n, int32_t now);
};

// Noise into a population: the neurons that its spikes reach, bin by bin; a neuron may occur several times in a bin.
struct Noise {
    double weight = 0;
    std::vector<int32_t> index;
    std::vector<int32_t> first;   // first[b] .. first[b + 1]: the spikes of bin b
    Noise();
    ~Noise();
    void set(const int32_t *neurons, const int32_t *bins, int32_t n, int32_t n_bins, double per_spike);
    template <typename T> void add(T *receptor, int32_t bin) const
    {
        for (int32_t k = first[bin]; k < first[bin + 1]; k++)
            receptor[index[k]] += (T)weight;
    }
};

// Values that the first n_steps steps add to the receptor of a population: a row of n values each, or one row for all. The caller owns the
// values.
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

// Synapses of a sparse projection, by source and by target. The caller owns the arrays.
struct Rows {
    const int32_t *first = nullptr, *target = nullptr;  // first[i] to first[i + 1]: the synapses of source i; their targets
    const int32_t *first_in = nullptr, *synapse = nullptr, *source = nullptr;  // the same by target: synapses and their sources
    int32_t n_sources = 0;
    const int32_t *weight = nullptr;  // place of the weight of each synapse, if weights are shared
};

// Postponed decay of a trace: all elements decay by the same factor in a step. `factor` is the decay since the last update of the array,
// and is applied when a trace is read.
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

// Whether the next step of a population may use the quick form; see template_functions.py.
struct Quick {
    bool rests = false;  // whether all variables that a reset raises are 0 for all neurons
    int32_t pause = 0;   // steps without a test of arguments, after large ones
    static const int32_t BLOCK = 1024, PAUSE = 15;
};

// Neurons per block of the test for spikes: with more, a large population scans many silent neurons; with fewer, loops are too short.
static const int BLOCK = 128;

// Awake neurons of a group that is mostly idle. A neuron whose step changed no bit of its state, and that neither fired in that step nor
// received an event, would not change in further steps: it sleeps until an event wakes it. Results do not change.
template <typename T> struct Awake {
    std::vector<int32_t> list;  // ascending
    std::vector<char> is;
    // by place in the list: whether the last step changed the state; as wide as the state, since with a narrower type the compiler
    // processes 64 neurons at a time, which doubles the time to compile and leaves few neurons without vectors
    std::vector<T> moved;
    Awake();
    ~Awake();
    void all(int32_t n);
    void wake(int32_t i)
    {
        if (!is[i])
            insert(i);
    }
    void insert(int32_t i);
    void keep_moved();
};

// Integer types as wide as the floating point types, since loops over both vectorise best.
template <typename T> struct Whole;
template <> struct Whole<double> { typedef int64_t type; };
template <> struct Whole<float> { typedef int32_t type; };

// Whether all numbers are finite, by their bits, since arithmetic is compiled with -ffinite-math-only.
bool are_finite(const double *values, size_t n);
bool are_finite(const float *values, size_t n);

}  // namespace resident

#endif
