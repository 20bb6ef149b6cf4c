// Shared by the generated code of a resident network: the running presentation, and a vectorisable exp and power.
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
{% for population in noisy %}
extern Noise noise_{{population.number}};
{% endfor %}
{% for drive in driven %}
extern Drive drive_{{drive.number}};
{% endfor %}
{% for number in delayed %}
extern Delays delays_{{number}};
{% endfor %}
{% for projection in deliveries %}
extern Delivery<{{projection.real}}> delivery_{{projection.number}};
{% endfor %}
extern int32_t n_bins_now;  // steps of the presentation
{% for number in delays_kept %}
extern Delays delays_{{number}}_before;  // of spikes in flight at the start of the presentation
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
extern Vector<float> rounded{{array}};  // float copies of slow variables, which only a reset changes
{% endfor %}
extern int32_t now;  // bin of the current step

// An output trace below this has decayed: its effect on a weight is lost in rounding.
static const double FADED = 1e-30;
// The same for delays in seconds, which change by an output trace times milliseconds.
static const double FADED_FOR_DELAYS = 1e-20;

// Brian2's int(condition), as a floating point number.
template <typename T> static inline T indicator(bool condition) { return condition ? (T)1 : (T)0; }

{% for projection in deferred %}
static void settle_arrivals_{{projection.number}}(int32_t target);  // update deferred variables of the synapses of a neuron
{% endfor %}
{% for number in sleeping %}
extern Awake<{{word}}> awake_{{number}};
{% endfor %}

}  // namespace resident

#endif
