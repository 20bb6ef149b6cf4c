// The whole network in one translation unit, with the functions that Python calls. Rendered by stdpbench.simulators.compiled.
#include "resident.h"
{% for name in code_object_names %}
#include "code_objects/{{name}}.h"
{% endfor %}
// What Brian2 does before and after a simulation (set up arrays, read and write files) runs once or never, and takes a compiler as
// long as all the rest: it is not optimised. The headers above come first, for a function keeps the level of its first declaration.
#if defined(__clang__)
#pragma clang optimize off
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("O0")
#endif
#include "objects.cpp"
#include "network.cpp"
#include "run.cpp"
#define main brian_main
#include "main.cpp"
#undef main
#if defined(__clang__)
#pragma clang optimize on
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif
#if __has_include("brianlib/spikequeue.cpp")  // since Brian2 2.10 the queue is no longer all in its header
#include "brianlib/spikequeue.cpp"
#endif
{% for name in code_object_names %}
#include "code_objects/{{name}}.cpp"
{% endfor %}

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace resident {

Input input;
Delays delays;
int32_t now = 0;
Awake awake_inh;

// Denormal numbers, into which idle conductances decay, cost several times the speed: they are flushed to zero while the network
// runs. The processor's mode is given back on every path, since the rest of the process relies on it.
class FlushDenormals {
#if defined(__x86_64__) || defined(_M_X64)
    unsigned saved = _mm_getcsr();
public:
    FlushDenormals() { _mm_setcsr(saved | 0x8040u); }
    ~FlushDenormals() { _mm_setcsr(saved); }
#elif defined(__aarch64__)
    uint64_t saved;
public:
    FlushDenormals()
    {
        __asm__ __volatile__("mrs %0, fpcr" : "=r"(saved));
        __asm__ __volatile__("msr fpcr, %0" : : "r"(saved | (1ull << 24)));
    }
    ~FlushDenormals() { __asm__ __volatile__("msr fpcr, %0" : : "r"(saved)); }
#endif
};

struct Spikes {
    std::vector<int32_t> index, bin;
    void clear() { index.clear(); bin.clear(); }
    void take(const int32_t *events, int32_t n)
    {
        for (int32_t k = 0; k < n; k++) {
            index.push_back(events[k]);
            bin.push_back(now);
        }
    }
};

Spikes found[2];  // exc, inh

inline void step_training()
{
    using namespace brian;
{% for step in training_steps %}
{% if step.needs %}
    if ({% for array in step.needs %}{{array}}[0] != 0{{ " || " if not loop.last }}{% endfor %})
{% endif %}
    _run_{{step.name}}();
{% endfor %}
}

inline void step_frozen()
{
    using namespace brian;
{% for step in frozen_steps %}
{% if step.needs %}
    if ({% for array in step.needs %}{{array}}[0] != 0{{ " || " if not loop.last }}{% endfor %})
{% endif %}
    _run_{{step.name}}();
{% endfor %}
}

// Whether all numbers are finite, by their bits: arithmetic is compiled as if all were.
inline bool are_finite(const double *values, size_t n)
{
    const uint64_t largest = 0x7ff0000000000000ull;
    uint64_t odd = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        odd |= (bits & largest) == largest;
    }
    return !odd;
}

inline bool neurons_are_finite()
{
    using namespace brian;
    bool finite = true;
{% for name in neural %}
    finite &= are_finite({{name}}, _num_{{name}});
{% endfor %}
    return finite;
}

}  // namespace resident

extern "C" {

// Functions that allocate give back 0, or OUT_OF_MEMORY: no exception may leave them.
static const int OUT_OF_MEMORY = 12, NOT_FINITE = 13;

int resident_start()
{
    static char name[] = "resident";
    char *arguments[] = {name, nullptr};
    try {
        return brian_main(1, arguments);
    } catch (const std::bad_alloc &) {
        return OUT_OF_MEMORY;
    }
}

// Frees what generated code allocated; nothing may be called or read afterwards. Brian2's own function frees little of it.
void resident_stop()
{
    using namespace brian;
    _dealloc_arrays();
{% for name in plain_arrays %}
    delete[] {{name}};
    {{name}} = nullptr;
{% endfor %}
{% for name in dynamic_arrays %}
    decltype({{name}})().swap({{name}});
{% endfor %}
    resident::delays = resident::Delays();
}

// Address, number of elements and bytes per element of an array, by its number in the symbol table.
void *resident_array(int32_t number, int64_t *size, int64_t *item)
{
    using namespace brian;
    switch (number) {
{% for array in arrays %}
{% if array.dynamic %}
    case {{loop.index0}}: *size = (int64_t){{array.name}}.size(); *item = sizeof({{array.name}}[0]); return {{array.name}}.data();
{% else %}
    case {{loop.index0}}: *size = _num_{{array.name}}; *item = sizeof({{array.name}}[0]); return {{array.name}};
{% endif %}
{% endfor %}
    default: *size = 0; return nullptr;
    }
}

// One delay per synapse, in bins, (n_sources, n_targets).
int resident_set_delays(const int32_t *bins, int32_t n_sources, int32_t n_targets)
try {
    using resident::delays;
    const size_t n = (size_t)n_sources * n_targets;
    delays.longest = n ? *std::max_element(bins, bins + n) : 0;
    const int32_t width = delays.longest + 2;
    delays.first.assign((size_t)n_sources * width, 0);
    delays.target.resize(n);
    for (int32_t source = 0; source < n_sources; source++) {
        const int32_t *row = bins + (size_t)source * n_targets;
        int32_t *first = &delays.first[(size_t)source * width], place = 0;
        for (int32_t delay = 0; delay <= delays.longest; delay++) {
            first[delay] = place;
            for (int32_t target = 0; target < n_targets; target++)
                if (row[target] == delay)
                    delays.target[(size_t)source * n_targets + place++] = target;
        }
        first[delays.longest + 1] = place;
    }
    return 0;
} catch (const std::bad_alloc &) {
    return OUT_OF_MEMORY;
}

// Take n_bins steps from time 0; gives back NOT_FINITE if the state of a neuron is not finite at the end. Spikes are sorted by (bin, index). `courses`, where given, receives (4, n_bins, n_watched).
int resident_present(const int32_t *index, const int32_t *bin, int32_t n_spikes, int32_t n_bins, int32_t plastic,
                     const int64_t *watched, int32_t n_watched, double *courses)
try {
    using namespace brian;
    resident::FlushDenormals flush;
    resident::input.index = index;
    auto &first = resident::input.first;
    first.assign((size_t)n_bins + 1, 0);
    for (int32_t k = 0; k < n_spikes; k++)
        first[bin[k] + 1]++;
    for (int32_t b = 0; b < n_bins; b++)
        first[b + 1] += first[b];
    resident::found[0].clear();
    resident::found[1].clear();
{% if n_inh %}
    resident::awake_inh.all({{n_inh}});  // between presentations anything may have been written
{% endif %}
    for (resident::now = 0; resident::now < n_bins; resident::now++) {
        {{clock}}.timestep[0] = resident::now;
        {{clock}}.t[0] = resident::now * {{clock}}.dt[0];
        if (plastic)
            resident::step_training();
        else
            resident::step_frozen();
{% for layer in layers %}
        resident::found[{{loop.index0}}].take({{layer}}, {{layer}}[_num_{{layer}} - 1]);
{% endfor %}
        for (int32_t k = 0; k < n_watched; k++) {
            double *row = courses + (size_t)resident::now * n_watched + k;
{% for array in recorded %}
            row[(size_t){{loop.index0}} * n_bins * n_watched] = {{array}}[watched[k]];
{% endfor %}
        }
    }
{% for step in last_steps %}
    if (plastic && n_bins)  // time is still that of the last step
        _run_{{step.name}}();
{% endfor %}
    resident::now = 0;
    {{clock}}.timestep[0] = 0;
    {{clock}}.t[0] = 0;
    return resident::neurons_are_finite() ? 0 : NOT_FINITE;
} catch (const std::bad_alloc &) {
    return OUT_OF_MEMORY;
}

// Spikes of the last presentation: layer 0 is exc, 1 is inh.
int32_t resident_spikes(int32_t layer, const int32_t **index, const int32_t **bin)
{
    *index = resident::found[layer].index.data();
    *bin = resident::found[layer].bin.data();
    return (int32_t)resident::found[layer].index.size();
}

}  // extern "C"
