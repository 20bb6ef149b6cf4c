// Spikes that reach each synapse after an individual delay.
#ifndef STDPBENCH_DELAYS_H
#define STDPBENCH_DELAYS_H

#include "parts.h"

namespace resident {

// Delays of a projection whose synapses have individual delays.
struct Delays {
    int32_t longest = 0;          // in bins
    std::vector<int32_t> first;   // (source, delay): first place in the row of the source with that delay
    std::vector<int32_t> order;   // places in the row of each source, sorted by delay, then ascending
    std::vector<int32_t> bins;    // the delay of each synapse
    std::vector<int64_t> rows;    // rows[i] to rows[i + 1]: the synapses of source i
    std::vector<int32_t> next;
    Delays();
    ~Delays();
    Delays &operator=(Delays &&) = default;
    // `limit`: the longest possible delay if delays learn; else 0.
    void set(const int32_t *values, const int64_t *starts, int32_t n_sources, int32_t limit);
    void release();
    void sort(int32_t source, const int32_t *row);
    // Set delays given in seconds, rounded to steps; only rows with changes are sorted again.
    // Returns false, without changes, if a delay is NaN or out of bounds.
    bool update(const double *delays, double steps_per_second);
};

// A presentation of a projection whose synapses have individual delays, with weights in the order of delays; see deliveries.py.
template <typename T> struct Delivery {
    typedef int32_t Eight __attribute__((vector_size(32)));
    struct Arrival { int32_t source, target; };
    struct Bounded { int32_t bin, source, target; T weight; };   // a weight beyond its bounds, as clipped by its first arrival
    static const int32_t UNIT = 4, AHEAD = 16;
    const Delays *delays = nullptr;
    const Train *train = nullptr;
    bool learns = false;
    int32_t n_sources = 0, n_targets = 0, most_units = 0;
    std::vector<int32_t> first;     // (source, delay): first unit of these synapses; the last unit is padded with weights of 0
    std::vector<uint16_t> target;   // of each place in a unit
    std::vector<int32_t> filled;    // places of padding
    std::vector<int32_t> first_filled;  // of each source
    Vector<T> weight;               // current weight of each place; 0 for targets that are processed arrival by arrival
    std::vector<T> row;
    std::vector<int32_t> sources, first_bin;   // sources that spike in this presentation, and the bin of their first spike
    std::vector<typename Whole<T>::type> odd;      // by target: whether it is processed arrival by arrival
    std::vector<int32_t> list;      // such targets
    std::vector<std::vector<Arrival>> due;     // arrivals at such targets, by bin modulo the length of `due`
    std::vector<Bounded> bounded;
    size_t next_bounded = 0;
    std::vector<int32_t> units;     // of this step
    // float: sums of future arrivals, (step, target), from step `window_start` on; places: where a spike emitted in its first step arrives
    static const bool AHEAD_OF_TIME = std::is_same<T, float>::value;
    static const int32_t STEPS = 32;
    Vector<T> window;
    std::vector<uint16_t> small_places;     // of each synapse, if all fit into 16 bits; else `large_places`
    std::vector<int32_t> large_places;
    int32_t window_start = 0;
    std::vector<char> beyond;       // by source: whether any of its weights is beyond its bounds

    Delivery();
    ~Delivery();
    Delivery &operator=(Delivery &&) = default;
    void release();
    void set(const Delays &given, const Train &spikes, int32_t n);
    int32_t delay(int32_t source, int32_t to) const { return delays->bins[delays->rows[source] + to]; }
    // Find the sources that spike; the caller then determines which targets change their weights.
    void begin(int32_t n_bins);
    void bound(int32_t source, int32_t to, T left);
    // Copy weights into the order of delays.
    void load(const T *w);
    T &weight_of(int32_t source, int32_t to);
    // Process a target arrival by arrival from the next step on.
    void single_out(int32_t to, int32_t now);
    // Add the current arrivals to the receptors of targets, except targets that are processed arrival by arrival, which use `due`.
    void arrive(T *__restrict receptor, const T *w, int32_t now);
    void leave_for_due(int32_t now);
    // In float, where sums may be rounded differently: spikes add the weights of all their synapses to the steps in which they will arrive.
    // Until then, weights change only for targets that do not use these sums.
    void add_ahead_of_time(T *__restrict receptor, const T *__restrict w, int32_t now);
    template <typename P> void add_row(T *__restrict current, const T *__restrict from, const P *__restrict to) const;
    void add_in_order(T *__restrict receptor, int32_t now);
    // Clip weights beyond their bounds whose first spike has arrived.
    void keep_bounds(T *w, int32_t now);
};

// Input spikes of a presentation by neuron, from which the last arrivals at synapses follow; see deliveries.py.
struct Arrivals {
    std::vector<int32_t> first, bins, next;  // first[i] to first[i + 1]: the bins of the spikes of neuron i, ascending
    Arrivals();
    ~Arrivals();
    void start(const int32_t *index, const int32_t *bin, int32_t n, int32_t n_sources);
    // Bin of the last arrival of a source with a given delay up to `now`; below 0 if there is none in this presentation.
    int32_t last(int32_t source, int32_t delay, int32_t now) const
    {
        for (int32_t k = first[source + 1]; k > first[source]; k--)
            if (bins[k - 1] + delay <= now)
                return bins[k - 1] + delay;
        return -1;
    }
};

}  // namespace resident

#endif
