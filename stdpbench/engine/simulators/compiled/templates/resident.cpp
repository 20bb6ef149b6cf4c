// The whole network in one translation unit, with the functions that Python calls. Rendered by stdpbench.engine.simulators.compiled.
#include "bare.h"
#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif
#include "resident.h"
#if !defined(RESIDENT_PARTS_APART)
#include "parts.cpp"
{% if deliveries %}
#include "delivery.cpp"
{% endif %}
#endif
{% for name in code_object_names %}
#include "code_objects/{{name}}.h"
{% endfor %}
#include "objects.cpp"
#include "main.cpp"
{% for name in code_object_names %}
#include "code_objects/{{name}}.cpp"
{% endfor %}

namespace resident {

{% for number in trains %}
Train train_{{number}};
{% endfor %}
{% for each in noisy %}
Noise noise_{{each.number}};
{% endfor %}
{% for each in driven %}
Drive drive_{{each.number}};
{% endfor %}
{% for number in delayed %}
Delays delays_{{number}};
{% endfor %}
{% for each in deliveries %}
Delivery<{{each.real}}> delivery_{{each.number}};
{% endfor %}
int32_t n_bins_now = 0;
{% for each in told_later %}
Arrivals arrivals_{{each.number}};
{% endfor %}
{% for number in delays_kept %}
Delays delays_{{number}}_before;
{% endfor %}
{% for number in sparse %}
Rows rows_{{number}};
{% endfor %}
{% for number in sleeping %}
Awake<{{word}}> awake_{{number}};
{% endfor %}
{% for array in late %}
Late late{{array}};
{% endfor %}
{% for number in scanned %}
bool fires_{{number}} = false;
Quick quick_{{number}};
{% endfor %}
{% for array in rounded %}
Vector<float> rounded{{array}};
{% endfor %}
int32_t now = 0;
const double *factors = nullptr;  // of the input spikes of the presentation, in their order; without them, all are 1
{% for each in graded %}
Graded<{{each.real}}> graded_{{each.number}};

// What spikes with factors bring to projection {{each.number}} in this step, before and after its generated code.
RESIDENT_COLD static void begin_graded_{{each.number}}()
{
    using namespace brian;
    auto &graded = graded_{{each.number}};
    graded.train = &train_{{each.source}};
    graded.delays = {{ "&delays_" ~ each.number if each.delays_differ else "nullptr" }};
    graded.rows = {{ "&rows_" ~ each.number if each.sparse else "nullptr" }};
    graded.dense = {{ "true" if each.dense else "false" }};
    graded.n_targets = {{each.n_targets}};
    graded.delay = {{each.delay_bins}};
{% if each.has_weights %}
    graded.weights = start_of({{each.weights}});
{% else %}
    graded.weight = {{each.weights}}[0];
{% endif %}
{% if each.scale %}
    graded.scale = {{each.scale}}[0];
{% endif %}
    graded.begin({{each.receptor}}, factors, now);
}
RESIDENT_COLD static void end_graded_{{each.number}}() { graded_{{each.number}}.end(brian::{{each.receptor}}); }
{% endfor %}
{% for each in told_later %}

static void settle_arrivals_{{each.number}}(int32_t target)
{
    using namespace brian;
    const Arrivals &spikes = arrivals_{{each.number}};
    const int32_t *delays = delays_{{each.number}}.bins.data();
    for (int32_t source = 0; source < {{each.n_sources}}; source++) {
        if (spikes.first[source] == spikes.first[source + 1])
            continue;
        const size_t synapse = (size_t)source * {{each.fan_out}} + target;
        const int32_t bin = spikes.last(source, delays[synapse], now);
        if (bin < 0)
            continue;
        {{each.last}}[synapse] = bin{{ "" if each.stream else " * " ~ dt ~ "[0]" }};
{% for array in each.traces %}
        {{array}}[synapse] = 1;
{% endfor %}
    }
}
{% endfor %}

{% for each in told_later %}
static void settle_all_arrivals_{{each.number}}()
{
    using namespace brian;
    const Arrivals &spikes = arrivals_{{each.number}};
{% if not each.stream %}
    const double step = {{dt}}[0];
{% endif %}
    for (int32_t source = 0; source < {{each.n_sources}}; source++) {
        if (spikes.first[source] == spikes.first[source + 1])
            continue;
        const size_t start = (size_t)source * {{each.fan_out}};
        const int32_t *delays = delays_{{each.number}}.bins.data() + start, bin = spikes.bins[spikes.first[source + 1] - 1];
        const bool all = bin + delays_{{each.number}}.longest <= now;  // else some spikes are on their way
        RESIDENT_INDEPENDENT
        for (int32_t target = 0; all && target < {{each.fan_out}}; target++) {
            {{each.last}}[start + target] = (bin + delays[target]){{ "" if each.stream else " * step" }};
{% for array in each.traces %}
            {{array}}[start + target] = 1;
{% endfor %}
        }
        for (int32_t target = 0; !all && target < {{each.fan_out}}; target++) {
            const int32_t last = spikes.last(source, delays[target], now);
            if (last < 0)
                continue;
            {{each.last}}[start + target] = last{{ "" if each.stream else " * step" }};
{% for array in each.traces %}
            {{array}}[start + target] = 1;
{% endfor %}
        }
    }
}
{% endfor %}

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

template <typename T> inline bool any(const T *values, int n)
{
    for (int i = 0; i < n; i++)
        if (values[i] != 0)
            return true;
    return false;
}

// One time step; learns[k]: whether projection k learns.
inline void step(const uint8_t *learns)
{
    using namespace brian;
{% for step in steps %}
{% if step.graded %}
    if ({{step.conditions|join(" && ") or "true"}}) {
        if (factors)
            begin_graded_{{step.graded.number}}();
        _run_{{step.name}}();
        if (factors)
            end_graded_{{step.graded.number}}();
    }
{% else %}
{% if step.conditions %}
    if ({{step.conditions|join(" && ")}})
{% endif %}
    _run_{{step.name}}();
{% endif %}
{% if step.spikes_known %}
{% for cells in cells %}
    train_{{cells.number}}.take({{cells.events}}, {{cells.events}}[_num_{{cells.events}} - 1], now);
{% endfor %}
{% for each in noisy %}
    noise_{{each.number}}.add({{each.receptor}}, now);
{% endfor %}
{% for each in driven %}
    if (now < drive_{{each.number}}.n_steps) {
        drive_{{each.number}}.add({{each.receptor}}, {{each.size}}, now);
{% if each.sleeps %}
        awake_{{each.cells}}.all({{each.size}});
{% endif %}
    }
{% endfor %}
{% endif %}
{% endfor %}
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

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif
extern "C" {

// Functions that allocate give back 0, or OUT_OF_MEMORY: no exception may leave them.
static const int OUT_OF_MEMORY = 12, NOT_FINITE = 13;

int resident_start()
{
    RESIDENT_TRY {
        allocate();
        set_up();
        return 0;
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// Frees what was allocated; nothing may be called or read afterwards.
void resident_stop()
{
    using namespace brian;
{% for name in all_arrays %}
    resident::release({{name}});
{% endfor %}
{% for number in delayed %}
    resident::delays_{{number}}.release();
{% endfor %}
{% for each in deliveries %}
    resident::delivery_{{each.number}}.release();
{% endfor %}
{% for number in delays_kept %}
    resident::delays_{{number}}_before.release();
{% endfor %}
{% for each in graded %}
    resident::graded_{{each.number}}.release();
{% endfor %}
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

// The synapses of a sparse projection; see resident::Rows. What they carry is allocated here, and is 0.
int resident_set_rows(int32_t projection, const int32_t *first, const int32_t *target, const int32_t *first_in,
                      const int32_t *synapse, const int32_t *source, int32_t n_sources)
{
    RESIDENT_TRY {
        using namespace brian;
        switch (projection) {
{% for each in rows %}
        case {{each.number}}:
            resident::rows_{{each.number}} = {first, target, first_in, synapse, source, n_sources};
            {{each.n}}[0] = first[n_sources];
{% for array in each.arrays %}
            {{array}}.assign(first[n_sources], 0);
{% endfor %}
            break;
{% endfor %}
        }
        return 0;
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// One delay per synapse of a projection, in bins; rows[i] to rows[i + 1] are those of source i. Where delays learn, `limit` is the
// longest that there may ever be, else 0.
int resident_set_delays(int32_t projection, const int32_t *bins, const int64_t *rows, int32_t n_sources, int32_t limit)
{
    RESIDENT_TRY {
        switch (projection) {
{% for number in delayed %}
        case {{number}}:
            resident::delays_{{number}}.set(bins, rows, n_sources, limit);
{% if number in delays_kept %}
            resident::delays_{{number}}_before.set(bins, rows, n_sources, limit);
{% endif %}
{% for each in deliveries if each.number == number %}
            resident::delivery_{{number}}.set(resident::delays_{{number}}, resident::train_{{each.source}}, {{each.n_targets}});
{% endfor %}
            break;
{% endfor %}
        }
        return 0;
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// Delays of a projection that learns them, in seconds: those of the next presentation, or of the spikes that left before it. Returns
// whether all are within bounds; if not, none are taken.
int32_t resident_update_delays(int32_t projection, int32_t before, const double *delays, double steps_per_second)
{
    switch (projection) {
{% for number in delayed %}
    case {{number}}:
{% if number in delays_kept %}
        if (before)
            return resident::delays_{{number}}_before.update(delays, steps_per_second);
{% endif %}
        return resident::delays_{{number}}.update(delays, steps_per_second);
{% endfor %}
    }
    return 1;
}

// The spikes of a population in the last steps before a presentation, and after it: (n_steps, n_neurons), 0 or 1. The array belongs to
// the caller.
void resident_set_recent(int32_t population, double *recent)
{
    switch (population) {
{% for cells in cells if cells.delay_bins %}
    case {{cells.number}}: resident::train_{{cells.number}}.recent = recent; break;
{% endfor %}
    }
}

// Noise into a population in the next presentation, of n_bins steps, sorted by bins, and what a spike adds.
int resident_set_noise(int32_t population, const int32_t *index, const int32_t *bin, int32_t n, int32_t n_bins, double weight)
{
    RESIDENT_TRY {
        switch (population) {
{% for each in noisy %}
        case {{each.number}}: resident::noise_{{each.number}}.set(index, bin, n, n_bins, weight); break;
{% endfor %}
        }
        return 0;
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// What the first n_steps steps of the next presentation add to a receptor: a row each, or one for all.
void resident_set_drive(int32_t number, const double *values, int32_t n_rows, int32_t n_steps)
{
    switch (number) {
{% for each in driven %}
    case {{each.number}}: resident::drive_{{each.number}} = {values, n_rows, n_steps}; break;
{% endfor %}
    }
}

// Factors of the input spikes of the next presentation, one for each, which belong to the caller; null: all are 1.
void resident_set_factors(const double *factors) { resident::factors = factors; }

static int present(const int32_t *index, const int32_t *bin, int32_t n_spikes, int32_t n_bins, const uint8_t *learns,
                   const int64_t *watched, const int32_t *n_watched, double *courses)
{
    using namespace brian;
{% if input is not none %}
    resident::train_{{input}}.give(index, bin, n_spikes, n_bins, {{input_before}});
{% endif %}
{% for each in told_later %}
    resident::arrivals_{{each.number}}.start(index, bin, n_spikes, {{each.n_sources}});
{% endfor %}
{% for cells in cells %}
    resident::train_{{cells.number}}.start({{cells.delay_bins}}, {{cells.size}}, n_bins);
{% if cells.sleeps %}
    resident::awake_{{cells.number}}.all({{cells.size}});  // between presentations anything may have been written
{% endif %}
{% endfor %}
{% for number in scanned %}
    resident::quick_{{number}} = resident::Quick();
{% endfor %}
{% for array in rounded %}
    resident::rounded{{array}}.assign({{array}}, {{array}} + _num_{{array}});
{% endfor %}
    resident::n_bins_now = n_bins;
{% for each in deliveries %}
    resident::delivery_{{each.number}}.learns = learns[{{each.number}}];
{% endfor %}
{% for step in steps + last_steps %}
    _start_{{step.name}}();
{% endfor %}
    for (resident::now = 0; resident::now < n_bins; resident::now++) {
        {{timestep}}[0] = resident::now;
        {{t}}[0] = resident::now * {{dt}}[0];
        resident::step(learns);
        if (courses) {
            const int64_t *which = watched;
            double *block = courses;
{% for cells in cells %}
            {
                const int32_t n = n_watched[{{loop.index0}}];
                for (int32_t k = 0; k < n; k++) {
                    double *row = block + (size_t)resident::now * n + k;
{% for array in cells.recorded %}
                    row[(size_t){{loop.index0}} * n_bins * n] = {{array}}[which[k]];
{% endfor %}
                }
                which += n;
                block += (size_t){{cells.recorded|length}} * n_bins * n;
            }
{% endfor %}
        }
    }
{% for step in last_steps %}
    if (n_bins && {{step.conditions|join(" && ")}})  // time is still that of the last step
        _run_{{step.name}}();
{% endfor %}
{% for array in late %}
    resident::late{{array}}.settle({{array}}, _num_{{array}});
{% endfor %}
{% for each in told_later %}
    resident::now = n_bins - 1;
    if (learns[{{each.number}}])
        resident::settle_all_arrivals_{{each.number}}();
{% endfor %}
{% for cells in cells if cells.delay_bins %}
    resident::train_{{cells.number}}.keep_last({{cells.size}}, n_bins);
{% endfor %}
    resident::now = 0;
    {{timestep}}[0] = 0;
    {{t}}[0] = 0;
    return resident::neurons_are_finite() ? 0 : NOT_FINITE;
}

// Take n_bins steps from time 0; gives back NOT_FINITE if the state of a neuron is not finite at the end. Input spikes are sorted by
// (bin, index), in a stream also those of the steps before. Of each population in turn, `n_watched` numbers in `watched` say which neurons to record; `courses` receives
// (n_variables, n_bins, n_watched) for each.
int resident_present(const int32_t *index, const int32_t *bin, int32_t n_spikes, int32_t n_bins, const uint8_t *learns,
                     const int64_t *watched, const int32_t *n_watched, double *courses)
{
    resident::FlushDenormals flush;
    RESIDENT_TRY {
        return present(index, bin, n_spikes, n_bins, learns, watched, n_watched, courses);
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// Number of the spikes of a population in the last presentation, and these spikes.
int32_t resident_n_spikes(int32_t population)
{
    switch (population) {
{% for cells in cells %}
    case {{cells.number}}: return resident::train_{{cells.number}}.n_spikes();
{% endfor %}
    default: return 0;
    }
}

void resident_spikes(int32_t population, int32_t *index, int32_t *bin)
{
    switch (population) {
{% for cells in cells %}
    case {{cells.number}}: resident::train_{{cells.number}}.copy(index, bin); break;
{% endfor %}
    }
}

}  // extern "C"
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
