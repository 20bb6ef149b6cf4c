// What input spikes with factors deliver. Generated code knows no factors: it delivers weights. In a presentation with factors, what
// arrives at a projection in a step is added to a copy of the receptor, spike by spike as generated code would, before that code runs for
// all that a rule does. The receptor is then what the copy is.
#ifndef STDPBENCH_GRADED_H
#define STDPBENCH_GRADED_H

#include "delays.h"

namespace resident {

// Of a projection from the input. Functions are in parts.cpp.
template <typename T> struct Graded {
    Vector<T> after;              // the receptor, once all that arrives now has been added
    const Train *train = nullptr;
    const Delays *delays = nullptr;   // if they differ
    const Rows *rows = nullptr;       // of a sparse projection
    bool dense = false;
    int32_t n_targets = 0, delay = 0;
    const T *weights = nullptr;   // of each synapse; without them, all have `weight`
    T weight = 0, scale = 1;

    Graded();
    ~Graded();
    Graded &operator=(Graded &&) = default;
    void release();
    // Add what arrives now to a copy of the receptor; `factors` are those of the input spikes of the presentation, in their order.
    void begin(const T *receptor, const double *factors, int32_t now);
    void end(T *receptor) const;
    // Add what spikes of a step bring to all their synapses, or to those with one delay.
    void add_spikes(const double *factors, int32_t bin, int32_t late);
    void add_one(int32_t source, size_t row, int32_t place, T factor);
    void add_row(const T *__restrict from, T factor);
};

template <typename T> inline const T *start_of(const T *array) { return array; }
template <typename T> inline const T *start_of(const Vector<T> &array) { return array.data(); }

}  // namespace resident

#endif
