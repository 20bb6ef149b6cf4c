// Delivery of input spikes with factors. Generated code has no factors: it delivers weights. In a presentation with factors, the arrivals of
// a step are added to a copy of the receptor, spike by spike as in generated code, before that code runs for the effects of the rule. The
// receptor is then replaced by the copy.
#ifndef STDPBENCH_GRADED_H
#define STDPBENCH_GRADED_H

#include "delays.h"

namespace resident {

// Of a projection from the input. Functions are in parts.cpp.
template <typename T> struct Graded {
    Vector<T> after;              // the receptor after all current arrivals
    const Train *train = nullptr;
    const Delays *delays = nullptr;   // if they differ
    const Rows *rows = nullptr;       // of a sparse projection
    bool dense = false;
    int32_t n_targets = 0, delay = 0;
    const T *weights = nullptr;   // of each synapse; null: all have `weight`
    T weight = 0, scale = 1;

    Graded();
    ~Graded();
    Graded &operator=(Graded &&) = default;
    void release();
    // Add current arrivals to a copy of the receptor; `factors` belong to the input spikes of the presentation, in their order.
    void begin(const T *receptor, const double *factors, int32_t now);
    void end(T *receptor) const;
    // Add the spikes of a step through all their synapses, or through those with one delay.
    void add_spikes(const double *factors, int32_t bin, int32_t late);
    void add_one(int32_t source, size_t row, int32_t place, T factor);
    void add_row(const T *__restrict from, T factor);
};

template <typename T> inline const T *start_of(const T *array) { return array; }
template <typename T> inline const T *start_of(const Vector<T> &array) { return array.data(); }

}  // namespace resident

#endif
