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
{% for population in noisy %}
Noise noise_{{population.number}};
{% endfor %}
{% for drive in driven %}
Drive drive_{{drive.number}};
{% endfor %}
{% for number in delayed %}
Delays delays_{{number}};
{% endfor %}
{% for projection in deliveries %}
Delivery<{{projection.real}}> delivery_{{projection.number}};
{% endfor %}
int32_t n_bins_now = 0;
{% for projection in deferred %}
Arrivals arrivals_{{projection.number}};
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
const double *factors = nullptr;  // of the input spikes of the presentation, in their order; null: all are 1
{% for projection in graded %}
Graded<{{projection.real}}> graded_{{projection.number}};

// Spikes with factors through projection {{projection.number}} in this step, before and after its generated code.
RESIDENT_COLD static void begin_graded_{{projection.number}}()
{
    using namespace brian;
    auto &graded = graded_{{projection.number}};
    graded.train = &train_{{projection.source}};
    graded.delays = {{ "&delays_" ~ projection.number if projection.delays_differ else "nullptr" }};
    graded.rows = {{ "&rows_" ~ projection.number if projection.sparse else "nullptr" }};
    graded.dense = {{ "true" if projection.dense else "false" }};
    graded.n_targets = {{projection.n_targets}};
    graded.delay = {{projection.delay_bins}};
{% if projection.has_weights %}
    graded.weights = start_of({{projection.weights}});
{% else %}
    graded.weight = {{projection.weights}}[0];
{% endif %}
{% if projection.scale %}
    graded.scale = {{projection.scale}}[0];
{% endif %}
    graded.begin({{projection.receptor}}, factors, now);
}
RESIDENT_COLD static void end_graded_{{projection.number}}() { graded_{{projection.number}}.end(brian::{{projection.receptor}}); }
{% endfor %}
{% for projection in deferred %}

static void settle_arrivals_{{projection.number}}(int32_t target)
{
    using namespace brian;
    const Arrivals &spikes = arrivals_{{projection.number}};
    const int32_t *delays = delays_{{projection.number}}.bins.data();
    for (int32_t source = 0; source < {{projection.n_sources}}; source++) {
        if (spikes.first[source] == spikes.first[source + 1])
            continue;
        const size_t synapse = (size_t)source * {{projection.fan_out}} + target;
        const int32_t bin = spikes.last(source, delays[synapse], now);
        if (bin < 0)
            continue;
        {{projection.last}}[synapse] = bin{{ "" if projection.stream else " * " ~ dt ~ "[0]" }};
{% for array in projection.traces %}
        {{array}}[synapse] = 1;
{% endfor %}
    }
}
{% endfor %}

{% for projection in deferred %}
static void settle_all_arrivals_{{projection.number}}()
{
    using namespace brian;
    const Arrivals &spikes = arrivals_{{projection.number}};
{% if not projection.stream %}
    const double step = {{dt}}[0];
{% endif %}
    for (int32_t source = 0; source < {{projection.n_sources}}; source++) {
        if (spikes.first[source] == spikes.first[source + 1])
            continue;
        const size_t start = (size_t)source * {{projection.fan_out}};
        const int32_t *delays = delays_{{projection.number}}.bins.data() + start, bin = spikes.bins[spikes.first[source + 1] - 1];
        const bool all = bin + delays_{{projection.number}}.longest <= now;  // otherwise some spikes are in flight
        RESIDENT_INDEPENDENT
        for (int32_t target = 0; all && target < {{projection.fan_out}}; target++) {
            {{projection.last}}[start + target] = (bin + delays[target]){{ "" if projection.stream else " * step" }};
{% for array in projection.traces %}
            {{array}}[start + target] = 1;
{% endfor %}
        }
        for (int32_t target = 0; !all && target < {{projection.fan_out}}; target++) {
            const int32_t last = spikes.last(source, delays[target], now);
            if (last < 0)
                continue;
            {{projection.last}}[start + target] = last{{ "" if projection.stream else " * step" }};
{% for array in projection.traces %}
            {{array}}[start + target] = 1;
{% endfor %}
        }
    }
}
{% endfor %}

{% include "flush_denormals.h" %}

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
{% for population in cells %}
    train_{{population.number}}.take({{population.events}}, {{population.events}}[_num_{{population.events}} - 1], now);
{% endfor %}
{% for population in noisy %}
    noise_{{population.number}}.add({{population.receptor}}, now);
{% endfor %}
{% for drive in driven %}
    if (now < drive_{{drive.number}}.n_steps) {
        drive_{{drive.number}}.add({{drive.receptor}}, {{drive.size}}, now);
{% if drive.sleeps %}
        awake_{{drive.cells}}.all({{drive.size}});
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

// Functions that allocate return 0 or OUT_OF_MEMORY: no exception may leave them.
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

// Free all memory; nothing may be called or read afterwards.
void resident_stop()
{
    using namespace brian;
{% for name in all_arrays %}
    resident::release({{name}});
{% endfor %}
{% for number in delayed %}
    resident::delays_{{number}}.release();
{% endfor %}
{% for projection in deliveries %}
    resident::delivery_{{projection.number}}.release();
{% endfor %}
{% for number in delays_kept %}
    resident::delays_{{number}}_before.release();
{% endfor %}
{% for projection in graded %}
    resident::graded_{{projection.number}}.release();
{% endfor %}
}

// Return address, number of elements and bytes per element of an array, given its number in the symbol table.
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

// Set the synapses of a sparse projection; see resident::Rows. Their variables are allocated here, with the value 0.
int resident_set_rows(int32_t projection, const int32_t *first, const int32_t *target, const int32_t *first_in,
                      const int32_t *synapse, const int32_t *source, int32_t n_sources, const int32_t *weight)
{
    RESIDENT_TRY {
        using namespace brian;
        switch (projection) {
{% for projection in rows %}
        case {{projection.number}}:
            resident::rows_{{projection.number}} = {first, target, first_in, synapse, source, n_sources, weight};
            {{projection.n}}[0] = first[n_sources];
{% for array in projection.arrays %}
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

// Set the delay of each synapse of a projection, in bins; rows[i] to rows[i + 1] belong to source i. If delays learn, `limit` is the
// longest possible delay, else 0.
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
{% for projection in deliveries if projection.number == number %}
            resident::delivery_{{number}}.set(resident::delays_{{number}}, resident::train_{{projection.source}}, {{projection.n_targets}});
{% endfor %}
            break;
{% endfor %}
        }
        return 0;
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// Set learned delays of a projection, in seconds, for the next presentation, or for the spikes that are in flight at its start. Return
// whether all are within bounds; otherwise nothing changes.
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

// Set the array of recent spikes of a population, which a presentation reads and writes: (n_steps, n_neurons), 0 or 1. The caller owns it.
void resident_set_recent(int32_t population, double *recent)
{
    switch (population) {
{% for population in cells if population.delay_bins %}
    case {{population.number}}: resident::train_{{population.number}}.recent = recent; break;
{% endfor %}
    }
}

// Set the noise into a population for the next presentation of n_bins steps, sorted by bins, and the weight of a spike.
int resident_set_noise(int32_t population, const int32_t *index, const int32_t *bin, int32_t n, int32_t n_bins, double weight)
{
    RESIDENT_TRY {
        switch (population) {
{% for population in noisy %}
        case {{population.number}}: resident::noise_{{population.number}}.set(index, bin, n, n_bins, weight); break;
{% endfor %}
        }
        return 0;
    } RESIDENT_OUT_OF_MEMORY {
        return OUT_OF_MEMORY;
    }
}

// Set the rows that the first n_steps steps of the next presentation add to a receptor: one each, or one for all.
void resident_set_drive(int32_t number, const double *values, int32_t n_rows, int32_t n_steps)
{
    switch (number) {
{% for drive in driven %}
    case {{drive.number}}: resident::drive_{{drive.number}} = {values, n_rows, n_steps}; break;
{% endfor %}
    }
}

// Set the factors of the input spikes of the next presentation, owned by the caller; null: all are 1.
void resident_set_factors(const double *factors) { resident::factors = factors; }

static int present(const int32_t *index, const int32_t *bin, int32_t n_spikes, int32_t n_bins, const uint8_t *learns,
                   const int64_t *watched, const int32_t *n_watched, double *courses)
{
    using namespace brian;
{% if input is not none %}
    resident::train_{{input}}.give(index, bin, n_spikes, n_bins, {{input_before}});
{% endif %}
{% for projection in deferred %}
    resident::arrivals_{{projection.number}}.start(index, bin, n_spikes, {{projection.n_sources}});
{% endfor %}
{% for population in cells %}
    resident::train_{{population.number}}.start({{population.delay_bins}}, {{population.size}}, n_bins);
{% if population.sleeps %}
    resident::awake_{{population.number}}.all({{population.size}});  // variables may have been written between presentations
{% endif %}
{% endfor %}
{% for number in scanned %}
    resident::quick_{{number}} = resident::Quick();
{% endfor %}
{% for array in rounded %}
    resident::rounded{{array}}.assign({{array}}, {{array}} + _num_{{array}});
{% endfor %}
    resident::n_bins_now = n_bins;
{% for projection in deliveries %}
    resident::delivery_{{projection.number}}.learns = learns[{{projection.number}}];
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
{% for population in cells %}
            {
                const int32_t n = n_watched[{{loop.index0}}];
                for (int32_t k = 0; k < n; k++) {
                    double *row = block + (size_t)resident::now * n + k;
{% for array in population.recorded %}
                    row[(size_t){{loop.index0}} * n_bins * n] = {{array}}[which[k] % _num_{{array}}];  // neurons may share it
{% endfor %}
                }
                which += n;
                block += (size_t){{population.recorded|length}} * n_bins * n;
            }
{% endfor %}
        }
    }
{% for step in last_steps %}
    if (n_bins && {{step.conditions|join(" && ")}})  // at the time of the last step
        _run_{{step.name}}();
{% endfor %}
{% for array in late %}
    resident::late{{array}}.settle({{array}}, _num_{{array}});
{% endfor %}
{% for projection in deferred %}
    resident::now = n_bins - 1;
    if (learns[{{projection.number}}])
        resident::settle_all_arrivals_{{projection.number}}();
{% endfor %}
{% for population in cells if population.delay_bins %}
    resident::train_{{population.number}}.keep_last({{population.size}}, n_bins);
{% endfor %}
    resident::now = 0;
    {{timestep}}[0] = 0;
    {{t}}[0] = 0;
    return resident::neurons_are_finite() ? 0 : NOT_FINITE;
}

// Take n_bins steps from time 0; return NOT_FINITE if the state of a neuron is not finite at the end. Input spikes are sorted by
// (bin, index), in a stream including those of the steps before. `watched` holds the neurons to record of each population in turn,
// `n_watched` their numbers; `courses` receives (n_variables, n_bins, n_watched) of each population.
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

// Return the number of spikes of a population in the last presentation, and copy the spikes.
int32_t resident_n_spikes(int32_t population)
{
    switch (population) {
{% for population in cells %}
    case {{population.number}}: return resident::train_{{population.number}}.n_spikes();
{% endfor %}
    default: return 0;
    }
}

void resident_spikes(int32_t population, int32_t *index, int32_t *bin)
{
    switch (population) {
{% for population in cells %}
    case {{population.number}}: resident::train_{{population.number}}.copy(index, bin); break;
{% endfor %}
    }
}

}  // extern "C"
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
