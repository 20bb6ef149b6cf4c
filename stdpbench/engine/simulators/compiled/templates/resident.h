// What the generated code of a resident network shares: the presentation that is running, and a vectorisable exp and power.
#ifndef STDPBENCH_RESIDENT_H
#define STDPBENCH_RESIDENT_H

#include "parts.h"
#include "brianlib/common_math.h"
#include "brianlib/stdint_compat.h"
#include "objects.h"
#include "delays.h"
#include "graded.h"
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

{% for each in told_later %}
static void settle_arrivals_{{each.number}}(int32_t target);  // bring what arrivals set at the synapses of a neuron up to date
{% endfor %}
{% for number in sleeping %}
extern Awake<{{word}}> awake_{{number}};
{% endfor %}

}  // namespace resident

#endif
