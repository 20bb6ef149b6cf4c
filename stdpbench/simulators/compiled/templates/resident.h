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

#include "vector_math.h"

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

}  // namespace resident

#include "delays.h"

namespace resident {

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
{% for each in deliveries %}
extern Delivery<{{each.real}}> delivery_{{each.number}};
{% endfor %}
extern int32_t n_bins_now;  // steps of the presentation
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
