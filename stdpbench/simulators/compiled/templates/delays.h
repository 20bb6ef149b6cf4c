// Spikes that reach each synapse after a delay of its own.
#ifndef STDPBENCH_DELAYS_H
#define STDPBENCH_DELAYS_H

namespace resident {

// Of a projection whose synapses differ in their delays.
struct Delays {
    int32_t longest = 0;          // in bins
    std::vector<int32_t> first;   // (source, delay): where in the row of the source the synapses of that delay start
    std::vector<int32_t> order;   // places in the row of each source, sorted by delay, then ascending
    std::vector<int32_t> bins;    // the delay of each synapse
    std::vector<int64_t> rows;    // rows[i] to rows[i + 1]: the synapses of source i
    std::vector<int32_t> next;
    // `limit`: the longest delay that there may ever be, where delays learn; else 0.
    void set(const int32_t *values, const int64_t *starts, int32_t n_sources, int32_t limit)
    {
        const size_t n = (size_t)starts[n_sources];
        longest = std::max(limit, n ? *std::max_element(values, values + n) : 0);
        first.assign((size_t)n_sources * (longest + 2), 0);
        order.resize(n);
        rows.assign(starts, starts + n_sources + 1);
        bins.assign(values, values + n);
        for (int32_t source = 0; source < n_sources; source++)
            sort(source, values + rows[source]);
    }
    void sort(int32_t source, const int32_t *row)
    {
        const int32_t width = longest + 2, length = (int32_t)(rows[source + 1] - rows[source]);
        int32_t *places = &first[(size_t)source * width];
        std::fill(places, places + width, 0);
        for (int32_t each = 0; each < length; each++)
            places[row[each] + 1]++;
        for (int32_t delay = 0; delay <= longest; delay++)
            places[delay + 1] += places[delay];
        next.assign(places, places + width);
        for (int32_t each = 0; each < length; each++)
            order[rows[source] + next[row[each]]++] = each;
    }
    // Take delays in seconds, rounded to steps; only rows in which one has changed are sorted again.
    // Gives back false, and takes none, if one is not a number or out of bounds.
    RESIDENT_COLD bool update(const double *delays, double steps_per_second)
    {
        uint32_t largest = 0;  // of a negative number or none at all, the conversion is a large one
        for (size_t each = 0; each < bins.size(); each++)
            largest = std::max(largest, (uint32_t)(int32_t)__builtin_rint(delays[each] * steps_per_second));
        if (largest > (uint32_t)longest + 1)  // half a step beyond is rounding
            return false;
        for (size_t source = 0; source + 1 < rows.size(); source++) {
            const int64_t start = rows[source], n = rows[source + 1] - start;
            const double *given = delays + start;
            int32_t *mine = bins.data() + start, changed = 0;
            for (int64_t each = 0; each < n; each++) {
                const int32_t now = std::min((int32_t)__builtin_rint(given[each] * steps_per_second), longest);
                changed |= now ^ mine[each];
                mine[each] = now;
            }
            if (changed)
                sort((int32_t)source, mine);
        }
        return true;
    }
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
    std::vector<{{word}}> odd;      // by target: whether arrivals are dealt with one after the other
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

    RESIDENT_COLD void set(const Delays &given, const Train &spikes, int32_t n)
    {
        delays = &given;
        train = &spikes;
        n_targets = n;
        n_sources = (int32_t)given.rows.size() - 1;
        const int32_t width = given.longest + 2;
        first.assign((size_t)n_sources * width, 0);
        target.clear();
        filled.clear();
        first_filled.assign(1, 0);
        for (int32_t source = 0; source < n_sources; source++) {
            const int32_t *groups = &given.first[(size_t)source * width];
            for (int32_t delay = 0; delay <= given.longest; delay++) {
                const size_t begin = target.size() / UNIT;
                first[(size_t)source * width + delay] = (int32_t)begin;
                for (int32_t k = groups[delay]; k < groups[delay + 1]; k++)
                    target.push_back((uint16_t)given.order[given.rows[source] + k]);
                while (target.size() % UNIT) {
                    filled.push_back((int32_t)target.size());
                    target.push_back(target.back());
                }
                most_units = std::max(most_units, (int32_t)(target.size() / UNIT - begin));
            }
            first[(size_t)source * width + given.longest + 1] = (int32_t)(target.size() / UNIT);
            first_filled.push_back((int32_t)filled.size());
        }
        row.resize(n_targets);
        if (AHEAD_OF_TIME) {
            window.resize((size_t)(STEPS + given.longest + 1) * n_targets);
            const size_t n_places = given.bins.size();
            const bool all_small = (size_t)(given.longest + 1) * n_targets <= 1 << 16;
            small_places.resize(all_small ? n_places : 0);
            large_places.resize(all_small ? 0 : n_places);
            for (size_t k = 0; k < n_places; k++) {
                const int32_t place = given.bins[k] * n_targets + (int32_t)(k % n_targets);
                all_small ? small_places[k] = (uint16_t)place : large_places[k] = place;
            }
        } else
            weight.assign(target.size(), 0);
        due.resize(given.longest + 1);
    }
    int32_t delay(int32_t source, int32_t to) const { return delays->bins[delays->rows[source] + to]; }
    // Find the sources that spike; whether the weights of targets change is then to be asked.
    void begin(int32_t n_bins)
    {
        sources.clear();
        first_bin.assign(n_sources, -1);
        for (int32_t bin = 0; bin < n_bins; bin++)
            for (int32_t k = 0; k < train->count(bin); k++) {
                const int32_t source = train->at(bin)[k];
                if (first_bin[source] < 0) {
                    first_bin[source] = bin;
                    sources.push_back(source);
                }
            }
        odd.assign(n_targets, 0);
        list.clear();
        for (auto &each : due)
            each.clear();
        bounded.clear();
        next_bounded = 0;
        beyond.assign(n_sources, 0);
        std::fill(window.begin(), window.end(), T(0));
        window_start = 0;
    }
    void bound(int32_t source, int32_t to, T left)
    {
        bounded.push_back({first_bin[source] + delay(source, to), source, to, left});
        beyond[source] = 1;
    }
    // Copy weights into the order of delays.
    void load(const T *w)
    {
        for (int32_t to = 0; to < n_targets; to++)
            if (odd[to])
                list.push_back(to);
        std::stable_sort(bounded.begin(), bounded.end(), [](const Bounded &a, const Bounded &b) { return a.bin < b.bin; });
        const int32_t width = delays->longest + 2;
        for (int32_t source : sources) {
            if (AHEAD_OF_TIME)
                break;
            const T *from = w + (size_t)source * n_targets;
            for (int32_t to = 0; to < n_targets; to++)
                row[to] = odd[to] ? 0 : from[to];
            const int32_t *groups = &first[(size_t)source * width];
            for (size_t place = (size_t)groups[0] * UNIT; place < (size_t)groups[width - 1] * UNIT; place++)
                weight[place] = row[target[place]];
            for (int32_t k = first_filled[source]; k < first_filled[source + 1]; k++)
                weight[filled[k]] = 0;
        }
    }
    T &weight_of(int32_t source, int32_t to)
    {
        size_t place = (size_t)first[(size_t)source * (delays->longest + 2) + delay(source, to)] * UNIT;
        while (target[place] != to)
            place++;
        return weight[place];
    }
    // From the next step on, arrivals at a target are dealt with one after the other.
    void single_out(int32_t to, int32_t now)
    {
        if (odd[to])
            return;
        odd[to] = 1;
        list.push_back(to);
        for (int32_t source : sources)
            if (!AHEAD_OF_TIME)
                weight_of(source, to) = 0;
        for (int32_t bin = std::max(0, now - delays->longest); bin <= now; bin++)
            for (int32_t k = 0; k < train->count(bin); k++) {
                const int32_t source = train->at(bin)[k], arrives = bin + delay(source, to);
                if (arrives > now)
                    due[arrives % due.size()].push_back({source, to});
            }
    }
    // What arrives now is added to the receptors of targets; those dealt with one after the other are left for `due`.
    void arrive(T *__restrict receptor, const T *w, int32_t now)
    {
        leave_for_due(now);
        if (AHEAD_OF_TIME)
            add_ahead_of_time(receptor, w, now);
        else
            add_in_order(receptor, now);
    }
    void leave_for_due(int32_t now)
    {
        const size_t n_due = due.size(), here = now % n_due;
        for (int32_t k = 0; k < train->count(now); k++) {
            const int32_t source = train->at(now)[k], *delays_of_source = &delays->bins[delays->rows[source]];
            for (int32_t to : list) {
                const size_t place = here + delays_of_source[to];
                due[place < n_due ? place : place - n_due].push_back({source, to});
            }
        }
    }
    // In float, where sums may be rounded otherwise: spikes add the weights of all their synapses to the steps in which they will arrive.
    // Until then only weights of other targets change, for which these sums are not used.
    void add_ahead_of_time(T *__restrict receptor, const T *__restrict w, int32_t now)
    {
        if (now == window_start + STEPS) {
            const size_t done = (size_t)STEPS * n_targets;
            std::copy(window.begin() + done, window.end(), window.begin());
            std::fill(window.end() - done, window.end(), T(0));
            window_start = now;
        }
        T *__restrict current = window.data() + (size_t)(now - window_start) * n_targets;
        for (int32_t k = 0; k < train->count(now); k++) {
            const int32_t source = train->at(now)[k];
            const size_t row_of_source = (size_t)source * n_targets;
            const T *from = w + row_of_source;
            if (large_places.empty())
                add_row(current, from, small_places.data() + row_of_source);
            else
                add_row(current, from, large_places.data() + row_of_source);
            if (beyond[source] && first_bin[source] < now)
                for (size_t each = next_bounded; each < bounded.size(); each++)  // the spike before it has yet to bring these within bounds
                    if (bounded[each].source == source)
                        current[delay(source, bounded[each].target) * n_targets + bounded[each].target] +=
                            bounded[each].weight - from[bounded[each].target];
        }
        for (int32_t to = 0; to < n_targets; to++)
            receptor[to] += odd[to] ? T(0) : current[to];
    }
    template <typename P> void add_row(T *__restrict current, const T *__restrict from, const P *__restrict to) const
    {
        RESIDENT_UNROLLED
        for (int32_t each = 0; each < n_targets; each++)
            current[to[each]] += from[each];
    }
    void add_in_order(T *__restrict receptor, int32_t now)
    {
        const int32_t width = delays->longest + 2, begin = std::max(0, now - delays->longest);
        const int32_t n_spikes = (int32_t)(train->at(now) + train->count(now) - train->at(begin));
        units.resize((size_t)n_spikes * most_units + 8 + AHEAD);
        int32_t *of_step = units.data();
        size_t n = 0;
        for (int32_t bin = begin; bin <= now; bin++) {  // longest delay first
            const int32_t *spikes = train->at(bin), count = train->count(bin);
            for (int32_t k = 0; k < count; k++) {
                const int32_t *group = &first[(size_t)spikes[k] * width + (now - bin)];
                const int32_t start = group[0], length = group[1] - start;
                int32_t *mine = of_step + n, done = 0;
                Eight next = Eight{start, start, start, start, start, start, start, start} + Eight{0, 1, 2, 3, 4, 5, 6, 7};
                do {  // more than there are: what is too much is written over by the next
                    std::memcpy(mine + done, &next, sizeof next);
                    next += Eight{8, 8, 8, 8, 8, 8, 8, 8};
                } while ((done += 8) < length);
                n += length;
            }
        }
        const T *weights = weight.data();
        const uint16_t *targets = target.data();
        for (size_t k = 0; k < n; k++) {
            const T *mine = weights + (size_t)of_step[k] * UNIT;
            const uint16_t *to = targets + (size_t)of_step[k] * UNIT;
            RESIDENT_PREFETCH(weights + (size_t)of_step[k + AHEAD] * UNIT);
            RESIDENT_PREFETCH(targets + (size_t)of_step[k + AHEAD] * UNIT);
            for (int32_t each = 0; each < UNIT; each++)
                receptor[to[each]] += mine[each];
        }
    }
    // Weights beyond their bounds, of which the first spike has arrived, are brought within them.
    void keep_bounds(T *w, int32_t now)
    {
        for (; next_bounded < bounded.size() && bounded[next_bounded].bin == now; next_bounded++) {
            const Bounded &each = bounded[next_bounded];
            if (odd[each.target])
                continue;
            w[(size_t)each.source * n_targets + each.target] = each.weight;
            if (!AHEAD_OF_TIME)
                weight_of(each.source, each.target) = each.weight;
        }
    }
};

// Spikes of the input in a presentation by neuron, from which follows what their last arrivals at synapses were; see arrivals.py.
struct Arrivals {
    std::vector<int32_t> first, bins, next;  // first[i] to first[i + 1]: the bins of the spikes of neuron i, ascending
    void start(const int32_t *index, const int32_t *bin, int32_t n, int32_t n_sources)
    {
        first.assign((size_t)n_sources + 1, 0);
        bins.resize(n);
        for (int32_t k = 0; k < n; k++)
            first[index[k] + 1]++;
        for (int32_t i = 0; i < n_sources; i++)
            first[i + 1] += first[i];
        next.assign(first.begin(), first.end());
        for (int32_t k = 0; k < n; k++)
            bins[next[index[k]]++] = bin[k];
    }
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
