// Spikes that reach each synapse after a delay of its own.
#ifndef STDPBENCH_DELAYS_H
#define STDPBENCH_DELAYS_H

#include "parts.h"

namespace resident {

// Of a projection whose synapses differ in their delays.
struct Delays {
    int32_t longest = 0;          // in bins
    std::vector<int32_t> first;   // (source, delay): where in the row of the source the synapses of that delay start
    std::vector<int32_t> order;   // places in the row of each source, sorted by delay, then ascending
    std::vector<int32_t> bins;    // the delay of each synapse
    std::vector<int64_t> rows;    // rows[i] to rows[i + 1]: the synapses of source i
    std::vector<int32_t> next;
    Delays();
    ~Delays();
    Delays &operator=(Delays &&) = default;
    // `limit`: the longest delay that there may ever be, where delays learn; else 0.
    void set(const int32_t *values, const int64_t *starts, int32_t n_sources, int32_t limit);
    void release();
    void sort(int32_t source, const int32_t *row);
    // Take delays in seconds, rounded to steps; only rows in which one has changed are sorted again.
    // Gives back false, and takes none, if one is not a number or out of bounds.
    bool update(const double *delays, double steps_per_second);
};

// The next presentation of a projection whose synapses differ in their delays, with weights in the order of delays; see deliveries.py.
template <typename T> struct Delivery {
    typedef int32_t Eight __attribute__((vector_size(32)));
    struct Arrival { int32_t source, target; };
    struct Bounded { int32_t bin, source, target; T weight; };   // what is left of a weight beyond its bounds after its first arrival
    static const int32_t UNIT = 4, AHEAD = 16;
    const Delays *delays = nullptr;
    const Train *train = nullptr;
    bool learns = false;
    int32_t n_sources = 0, n_targets = 0, most_units = 0;
    std::vector<int32_t> first;     // (source, delay): the first of the units of these synapses, which the last ones fill with weights of 0
    std::vector<uint16_t> target;   // of each place in a unit
    std::vector<int32_t> filled;    // places that only fill a unit
    std::vector<int32_t> first_filled;  // of each source
    Vector<T> weight;               // of each place, as of now; 0 of targets that are dealt with one arrival after the other
    std::vector<T> row;
    std::vector<int32_t> sources, first_bin;   // that spike in this presentation, and when first
    std::vector<typename Whole<T>::type> odd;      // by target: whether arrivals are dealt with one after the other
    std::vector<int32_t> list;      // such targets
    std::vector<std::vector<Arrival>> due;     // for such targets, by bin, modulo their number
    std::vector<Bounded> bounded;
    size_t next_bounded = 0;
    std::vector<int32_t> units;     // of this step
    // float: what is to arrive, (step, target), from step `window_start` on; and where in it a spike that leaves in its first step arrives
    static const bool AHEAD_OF_TIME = std::is_same<T, float>::value;
    static const int32_t STEPS = 32;
    Vector<T> window;
    std::vector<uint16_t> small_places;     // of each synapse, if no place is further; else `large_places`
    std::vector<int32_t> large_places;
    int32_t window_start = 0;
    std::vector<char> beyond;       // by source: whether some of its weights are beyond their bounds

    Delivery();
    ~Delivery();
    Delivery &operator=(Delivery &&) = default;
    void release();
    void set(const Delays &given, const Train &spikes, int32_t n);
    int32_t delay(int32_t source, int32_t to) const { return delays->bins[delays->rows[source] + to]; }
    // Find the sources that spike; whether the weights of targets change is then to be asked.
    void begin(int32_t n_bins);
    void bound(int32_t source, int32_t to, T left);
    // Copy weights into the order of delays.
    void load(const T *w);
    T &weight_of(int32_t source, int32_t to);
    // From the next step on, arrivals at a target are dealt with one after the other.
    void single_out(int32_t to, int32_t now);
    // What arrives now is added to the receptors of targets; those dealt with one after the other are left for `due`.
    void arrive(T *__restrict receptor, const T *w, int32_t now);
    void leave_for_due(int32_t now);
    // In float, where sums may be rounded otherwise: spikes add the weights of all their synapses to the steps in which they will arrive.
    // Until then only weights of other targets change, for which these sums are not used.
    void add_ahead_of_time(T *__restrict receptor, const T *__restrict w, int32_t now);
    template <typename P> void add_row(T *__restrict current, const T *__restrict from, const P *__restrict to) const;
    void add_in_order(T *__restrict receptor, int32_t now);
    // Weights beyond their bounds, of which the first spike has arrived, are brought within them.
    void keep_bounds(T *w, int32_t now);
};

// Spikes of the input in a presentation by neuron, from which follows what their last arrivals at synapses were; see arrivals.py.
struct Arrivals {
    std::vector<int32_t> first, bins, next;  // first[i] to first[i + 1]: the bins of the spikes of neuron i, ascending
    Arrivals();
    ~Arrivals();
    void start(const int32_t *index, const int32_t *bin, int32_t n, int32_t n_sources);
    // When the last spike of a source arrived with a delay, until `now`; below 0 if none did in this presentation.
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
