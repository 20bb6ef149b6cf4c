{# Effect of spikes on synapses, without a queue and without an index per synapse.

   Dense synapses are ordered by source, `fan_out` for each. There are loops from source to targets without delay or after one delay, from
   target to all sources, and from source to targets after individual delays. Sparse synapses are also ordered by source, and `rows` gives
   the first synapse of each; targets of a row may repeat, so that arrivals are added one by one. If connections are local, the units
   of a place and their weights are neighbours, and are processed together. Other projections have one synapse per source.

   If the code for a spike is short, spikes of a step that reach the same targets are processed four or two at a time: target variables
   are then read and written once for all. Each target still changes by one spike after the other.

   If a rule declares that an input spike needs an output trace, its code runs for all targets as if the trace were 0, which is cheap; the
   few targets whose trace has not decayed are restored, and the full code runs for them. #}
{% extends 'common_group.cpp' %}
{% from 'scalars.cpp' import computed_before, decay_since, of_step with context %}

{% block before %}
{% if delivered(pathway) %}
{{computed_before(codeobj_name, scalar_code|once(variables), scalar_code, pointers_lines, "_compute")}}
{% set _trace = deciding_trace(pathway) %}
{% set _fan_out = fan_out(pathway) %}

static void _start_{{codeobj_name}}()
{
    using namespace brian;
    using namespace support_{{codeobj_name}};
    _compute_{{codeobj_name}}();
    resident::Delivery<{{real()}}> &_delivery = resident::{{delivery(pathway)}};
    if (_delivery.learns != {{"true" if _trace else "false"}})
        return;
    %CONSTANTS%
    {{pointers_lines|autoindent}}
{{of_step(codeobj_name, scalar_code|once(variables), scalar_code)}}
{{decay_since(vector_code)}}
    _delivery.begin(resident::n_bins_now);
    {% if _trace %}
    {% set _code = vector_code|without_arrivals(pathway)|dense_index('_source', '_target')|without_writes %}
    {{word()}} *_odd = _delivery.odd.data();
    {% if real() == "double" %}
    // a weight of 0 becomes -0 if the change underflows but the trace does not yet, and 0 again at the next spike of the target
    {{word()}} _underflows[{{_fan_out}}];
    const double _left = std::exp(-resident::n_bins_now * {{time_step()}}[0] / {{deciding_tau(pathway)}}[0]);
    for (int _target = 0; _target < {{_fan_out}}; _target++)
    {
        const double _traced = {{vector_code|trace_array(_trace)|held}};
        _underflows[_target] = _traced > 0 && _traced * _left < 1e-290;
    }
    {% endif %}
    for (int32_t _source : _delivery.sources)
    {
        {{word()}} _beyond = 0;
        RESIDENT_INDEPENDENT
        for (int _target = 0; _target < {{_fan_out}}; _target++)
        {
            const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
            const size_t _vectorisation_idx = _idx;
            {{real()}} _kept;
            {
                {{_code|faded(_trace)|fast(scalar_code, variables)|autoindent}}
                _kept = w;
            }
            _beyond |= _kept != {{weights(pathway)}}[_idx];
            {
                {{_code|fast(scalar_code, variables)|reading_weight("_kept")|autoindent}}
                _odd[_target] |= w != _kept;
            }
            {% if real() == "double" %}
            int64_t _bits;
            std::memcpy(&_bits, &_kept, sizeof _bits);
            _odd[_target] |= (_underflows[_target] & (_kept == 0)) | (_bits < 0);
            {% endif %}
        }
        if (!_beyond)
            continue;
        for (int _target = 0; _target < {{_fan_out}}; _target++)
        {
            const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
            const size_t _vectorisation_idx = _idx;
            {{_code|faded(_trace)|fast(scalar_code, variables)|autoindent}}
            if (w != {{weights(pathway)}}[_idx])
                _delivery.bound(_source, _target, w);
        }
    }
    {% endif %}
    _delivery.load({{weights(pathway)}});
}
{% else %}
{{computed_before(codeobj_name, scalar_code|once(variables), scalar_code, pointers_lines)}}
{% endif %}
{% endblock %}

{% block maincode %}
{{of_step(codeobj_name, scalar_code|once(variables), scalar_code)}}
{{decay_since(vector_code)}}
    {% set _events = get_array_name(pathway.source.variables[pathway.eventspace_name])|array_of %}
    {% set _fan_out = fan_out(pathway) %}
    {% set _form = delay_form(pathway) %}
    {% if _form == 'none' %}
    const int32_t _n_events = {{_events}}[_num_{{_events}} - 1];
    const int32_t *_spikes = {{_events}};
    {% elif _form == 'one' %}
    const int32_t _n_events = resident::{{train(pathway)}}.count(resident::now - {{delay_bins(pathway)}});
    const int32_t *_spikes = resident::{{train(pathway)}}.at(resident::now - {{delay_bins(pathway)}});
    {% endif %}
    {% if pathway.prepost == 'post' and is_dense(pathway) %}
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _target = _spikes[_event];
        {% if needs_arrivals(pathway) %}
        resident::settle_{{arrivals(pathway)}}(_target);
        {% endif %}
        RESIDENT_INDEPENDENT
        for (int _source = 0; _source < {{n_sources(pathway)}}; _source++)
        {
            const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
        }
        {% if delivery_of_output(pathway) %}
        resident::{{delivery(pathway)}}.single_out(_target, resident::now);
        {% endif %}
    }
    {% elif pathway.prepost == 'post' and is_sparse(pathway.synapses) %}
    const resident::Rows &_rows = resident::{{rows_of(pathway.synapses)}};
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _target = _spikes[_event];
        RESIDENT_INDEPENDENT
        for (int32_t _k = _rows.first_in[_target]; _k < _rows.first_in[_target + 1]; _k++)
        {
            const int32_t _source = _rows.source[_k];
            const size_t _idx = _rows.synapse[_k];
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
        }
    }
    {% elif delivered(pathway) %}
    resident::Delivery<{{real()}}> &_delivery = resident::{{delivery(pathway)}};
    _delivery.arrive({{vector_code|receptor}}, {{weights(pathway)}}, resident::now);
    {% if deciding_trace(pathway) %}
    auto &_due = _delivery.due[resident::now % _delivery.due.size()];
    for (const auto &_arrival : _due)
    {
        const int32_t _source = _arrival.source, _target = _arrival.target;
        const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
        const size_t _vectorisation_idx = _idx;
        {{vector_code|without_arrivals(pathway)|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
    }
    _due.clear();
    _delivery.keep_bounds({{weights(pathway)}}, resident::now);
    {% endif %}
    {% elif _form == 'each' %}
    {% set _delays = "resident::" ~ delays_of(pathway) %}
    {% set _needed = needed_for_delays(pathway) %}
    {% set _used = "_in_force" if keeps_delays(pathway) else _delays %}
    const resident::Train &_train = resident::{{train(pathway)}};
    for (int32_t _delay = std::min({{_delays}}.longest, resident::now + _train.before); _delay >= 0; _delay--)
    {
        const int32_t _bin = resident::now - _delay;
        const int32_t *_spikes = _train.at(_bin);
        const int32_t _n_events = _train.count(_bin);
        {% if keeps_delays(pathway) %}
        const resident::Delays &_in_force = _bin < 0 ? {{_delays}}_before : {{_delays}};
        {% endif %}
        for (int32_t _event = 0; _event < _n_events; _event++)
        {
            const int32_t _source = _spikes[_event];
            const int32_t *_group = &{{_used}}.first[(size_t)_source * ({{_used}}.longest + 2)];
            {% if is_dense(pathway) %}
            const int32_t *_targets = &{{_used}}.order[(size_t)_source * {{_fan_out}}];
            {% if not _needed and not defers(pathway) %}
            RESIDENT_INDEPENDENT  // short code runs as fast synapse by synapse as with gathers
            {% endif %}
            for (int32_t _k = _group[_delay]; _k < _group[_delay + 1]; _k++)
            {
                const int32_t _target = _targets[_k];
                {% if _needed %}
                if (!({{vector_code|trace_array(_needed)|held}} > resident::FADED_FOR_DELAYS))
                    continue;
                {% endif %}
                const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
                const size_t _vectorisation_idx = _idx;
                {{vector_code|without_arrivals(pathway)|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
            }
            {% elif is_sparse(pathway.synapses) %}
            const resident::Rows &_rows = resident::{{rows_of(pathway.synapses)}};
            const int32_t *_order = {{_used}}.order.data() + _rows.first[_source];
            for (int32_t _k = _group[_delay]; _k < _group[_delay + 1]; _k++)
            {
                const size_t _idx = (size_t)_rows.first[_source] + _order[_k];
                const int32_t _target = _rows.target[_idx];
                {% if _needed %}
                if (!({{vector_code|trace_array(_needed)|held}} > resident::FADED_FOR_DELAYS))
                    continue;
                {% endif %}
                const size_t _vectorisation_idx = _idx;
                {{vector_code|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
            }
            {% else %}
            if (_group[_delay] < _group[_delay + 1])
            {
                const size_t _idx = _source;
                const size_t _vectorisation_idx = _idx;
                {{vector_code|autoindent}}
                {% if awake_list(pathway.synapses.target) %}
                resident::{{awake_list(pathway.synapses.target)}}.wake(_postsynaptic_idx);
                {% endif %}
            }
            {% endif %}
        }
    }
    {% elif is_sparse(pathway.synapses) %}
    const resident::Rows &_rows = resident::{{rows_of(pathway.synapses)}};
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _source = _spikes[_event];
        for (int32_t _place = _rows.first[_source]; _place < _rows.first[_source + 1]; _place += {{together(pathway)}})
        {
            RESIDENT_INDEPENDENT
            for (int32_t _unit = 0; _unit < {{together(pathway)}}; _unit++)
            {
                const size_t _idx = _place + _unit;
                const int32_t _target = _rows.target[_place] + _unit;
                const size_t _vectorisation_idx = _idx;
                {{vector_code|dense_index('_source', '_target', '_rows.weight[_place] + _unit')|fast(scalar_code, variables)|autoindent}}
            }
        }
    }
    {% elif needed_trace(pathway) %}
    {% set _trace = vector_code|trace_array(needed_trace(pathway)) %}
    {% set _places = vector_code|changed(n_assigned(variables, pathway.code)) %}
    static int32_t _alive[{{_fan_out}}];
    int32_t _n_alive = 0;
    if (_n_events)
        for (int32_t _target = 0; _target < {{_fan_out}}; _target++)
        {
            _alive[_n_alive] = _target;
            _n_alive += {{_trace|held}} > resident::FADED;
        }
    {% for place in _places %}
    static std::remove_reference_t<decltype({{place|array_at}}[0])> _kept{{loop.index}}[{{_fan_out}}];
    {% endfor %}
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _source = _spikes[_event];
        const size_t _offset = (size_t)_source * {{_fan_out}};
        for (int32_t _k = 0; _k < _n_alive; _k++)
        {
            const int32_t _postsynaptic_idx = _alive[_k];
            const size_t _idx = _offset + _postsynaptic_idx;
            {% for place in _places %}
            _kept{{loop.index}}[_k] = {{place}};
            {% endfor %}
        }
        RESIDENT_INDEPENDENT
        for (int _target = 0; _target < {{_fan_out}}; _target++)
        {
            const size_t _idx = _offset + _target;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|faded(needed_trace(pathway))|fast(scalar_code, variables)|autoindent}}
        }
        for (int32_t _k = 0; _k < _n_alive; _k++)
        {
            const int32_t _postsynaptic_idx = _alive[_k];
            const size_t _idx = _offset + _postsynaptic_idx;
            {% for place in _places %}
            {{place}} = _kept{{loop.index}}[_k];
            {% endfor %}
        }
        RESIDENT_INDEPENDENT
        for (int32_t _k = 0; _k < _n_alive; _k++)
        {
            const int32_t _target = _alive[_k];
            const size_t _idx = _offset + _target;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
        }
    }
    {% elif is_dense(pathway) %}
    int32_t _event = 0;
    {% set _parts = by_target(vector_code|dense_index('_source', '_target')|fast(scalar_code, variables)) %}
    {% for _rows in (4, 2, 1) if _rows == 1 or _parts %}
    for (; _event + {{_rows}} <= _n_events; _event += {{_rows}})
    {
        {% for _row in range(_rows) %}
        const int32_t _source_{{_row}} = _spikes[_event + {{_row}}];
        const size_t _offset_{{_row}} = (size_t)_source_{{_row}} * {{_fan_out}};
        {% endfor %}
        RESIDENT_INDEPENDENT
        for (int _target = 0; _target < {{_fan_out}}; _target++)
        {
            {% if _parts %}
            {{_parts[0]|autoindent}}
            {% for _row in range(_rows) %}
            {
                const int32_t _source = _source_{{_row}};
                const size_t _idx = _offset_{{_row}} + _target;
                const size_t _vectorisation_idx = _idx;
                {{_parts[1]|autoindent}}
            }
            {% endfor %}
            {{_parts[2]|autoindent}}
            {% else %}
            const size_t _idx = _offset_0 + _target;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source_0', '_target')|fast(scalar_code, variables)|autoindent}}
            {% endif %}
        }
    }
    {% endfor %}
    {% else %}
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const size_t _idx = _spikes[_event];
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
        {% if awake_list(pathway.synapses.target) %}
        resident::{{awake_list(pathway.synapses.target)}}.wake(_postsynaptic_idx);
        {% endif %}
    }
    {% endif %}
{% endblock %}
