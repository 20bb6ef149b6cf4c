// What the generated code of a resident network shares: the presentation that is running, and a vectorisable exp.
#ifndef STDPBENCH_RESIDENT_H
#define STDPBENCH_RESIDENT_H

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>
#include "objects.h"
#include "brianlib/common_math.h"
#include "brianlib/stdint_compat.h"

// The iterations of the loop that follows touch different elements: no aliasing checks are needed to vectorise it.
#if defined(__clang__)
#define RESIDENT_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define RESIDENT_INDEPENDENT _Pragma("GCC ivdep")
#else
#define RESIDENT_INDEPENDENT
#endif

namespace resident {

struct Input {
    const int32_t *index = nullptr;  // input neuron of each spike
    std::vector<int32_t> first;      // first[b] .. first[b + 1]: the spikes of bin b
};

struct Delays {
    int32_t longest = 0;          // in bins
    std::vector<int32_t> first;   // (source, delay): where in `target` the synapses of that delay start
    std::vector<int32_t> target;  // targets of each source, sorted by delay
};

extern Input input;
extern Delays delays;
extern int32_t now;  // bin of the step that is being taken

// exp(x) to one unit in the last place: 2^n * P(r), |r| <= ln(2)/2, P(r) = 1 + r + r^2 Q(r), Q the Chebyshev fit of degree 9.
// Free of branches and calls, so that loops over it vectorise with any compiler, with or without a vector libm.
static inline double fast_exp(double x)
{
    x = x < -708.0 ? -708.0 : (x > 709.0 ? 709.0 : x);
    const double n = __builtin_rint(x * 1.4426950408889634074);
    const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
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
    p = p * (r * r) + r + 1.0;
    const int64_t bits = ((int64_t)n + 1023) << 52;
    double scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

// Brian2's int(condition), as the double that it is multiplied as.
static inline double indicator(bool condition) { return condition ? 1.0 : 0.0; }

// Neurons of a group that is mostly idle. A neuron whose step changed no bit of its state, that did not fire in that step, and to
// which nothing happens, would do the same in every further step: it sleeps until an event touches it. What is skipped is nothing.
struct Awake {
    std::vector<int32_t> list;  // ascending
    std::vector<char> is;
    std::vector<char> moved;    // by place in the list: whether the last step changed something
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

extern Awake awake_inh;

}  // namespace resident

#endif
