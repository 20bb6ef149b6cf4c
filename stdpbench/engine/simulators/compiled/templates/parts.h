// What is the same in every network: arrays, spikes, and which neurons are awake. Functions that do much, or run once in a presentation,
// are in parts.cpp, which is compiled once for all networks; see parts.py.
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

// Nothing outside of the library uses what follows, but for the functions that Python calls: arrays are then read, and functions called,
// without a table of addresses.
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

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

// A function of parts.cpp: where that is compiled with a network, which may not call it, it is left out.
#if defined(RESIDENT_PARTS_APART)
#define RESIDENT_PART
#else
#define RESIDENT_PART inline
#endif

// What runs once or never: it is not inlined, and compiled for size.
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

// The loop that follows does so little that counting takes as long.
#if defined(__clang__)
#define RESIDENT_UNROLLED _Pragma("clang loop unroll_count(8)")
#elif defined(__GNUC__)
#define RESIDENT_UNROLLED _Pragma("GCC unroll 8")
#else
#define RESIDENT_UNROLLED
#endif

namespace resident {

// Memory that begins with a line of the processor's cache: a vector of 512 bits that crosses two lines is read and written in two steps.
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

// Spikes of a population: those of the presentation, and, where projections from it have delays, those of the steps before it.
struct Train {
    int32_t before = 0;             // steps before the presentation
    const int32_t *given = nullptr; // of the input: the neuron of each spike, in a stream with those of the steps before
    std::vector<int32_t> index, bin; // of other populations: neuron and bin of each spike, in order
    std::vector<int32_t> first;     // first[b + before] .. first[b + before + 1]: the spikes of bin b
    double *recent = nullptr;       // the spikes of the steps before, as the caller has them: (before, n), 0 or 1

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
    void set(const int32_t *neurons, const int32_t *bins, int32_t n, int32_t n_bins, double each);
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

// Synapses of a projection that connects only some pairs of neurons, from both sides. The arrays belong to the caller.
struct Rows {
    const int32_t *first = nullptr, *target = nullptr;  // first[i] to first[i + 1]: the synapses of source i; their targets
    const int32_t *first_in = nullptr, *synapse = nullptr, *source = nullptr;  // those of each target, and their sources
    int32_t n_sources = 0;
};

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

// Neurons of which it is asked at once whether one fires: with more, a large population scans what did not fire; with fewer, loops
// are too short.
static const int BLOCK = 128;

// Neurons of a group that is mostly idle. A neuron whose step changed no bit of its state, that did not fire in that step, and to
// which nothing happens, would do the same in every further step: it sleeps until an event touches it. What is skipped is nothing.
template <typename T> struct Awake {
    std::vector<int32_t> list;  // ascending
    std::vector<char> is;
    // by place in the list: whether the last step changed something; as wide as the state, for a narrower type would have the
    // compiler take 64 neurons at a time, which doubles the time to compile and leaves few neurons without vectors
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

// Whole numbers as wide as those with a point: loops over both vectorise best.
template <typename T> struct Whole;
template <> struct Whole<double> { typedef int64_t type; };
template <> struct Whole<float> { typedef int32_t type; };

// Whether all numbers are finite, by their bits: arithmetic is compiled as if all were.
bool are_finite(const double *values, size_t n);
bool are_finite(const float *values, size_t n);

}  // namespace resident

#endif
