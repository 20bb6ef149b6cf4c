{# Effect of spikes on synapses, without a queue and without an index per synapse.

   Synapses are ordered by source, `fan_out` for each. Three layouts: from source to targets at once; from target back to all
   sources (only where all are connected to all); from source to targets after a delay of each synapse's own.

   Where a rule says that an input spike needs an output trace, it runs for all targets as if the trace were 0, which leaves
   little to do; those few where the trace has not faded are put back to what they were, and it runs for them in full. #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% set _events = get_array_name(pathway.source.variables[pathway.eventspace_name])|array_of %}
    {% set _fan_out = fan_out(pathway) %}
    {% set _dense = is_dense(pathway) %}
    {% if pathway.prepost == 'post' %}
    const int32_t _n_events = {{_events}}[_num_{{_events}} - 1];
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _target = {{_events}}[_event];
        RESIDENT_INDEPENDENT
        for (int _source = 0; _source < {{n_sources(pathway)}}; _source++)
        {
            const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast|autoindent}}
        }
    }
    {% elif is_delayed(pathway) %}
    for (int32_t _delay = std::min(resident::delays.longest, resident::now); _delay >= 0; _delay--)
    {
        const int32_t _bin = resident::now - _delay;
        for (int32_t _event = resident::input.first[_bin]; _event < resident::input.first[_bin + 1]; _event++)
        {
            const int32_t _source = resident::input.index[_event];
            const int32_t *_group = &resident::delays.first[(size_t)_source * (resident::delays.longest + 2)];
            const int32_t *_targets = &resident::delays.target[(size_t)_source * {{_fan_out}}];
            RESIDENT_INDEPENDENT
            for (int32_t _k = _group[_delay]; _k < _group[_delay + 1]; _k++)
            {
                const int32_t _target = _targets[_k];
                const size_t _idx = (size_t)_source * {{_fan_out}} + _target;
                const size_t _vectorisation_idx = _idx;
                {{vector_code|dense_index('_source', '_target')|fast|autoindent}}
            }
        }
    }
    {% elif needed_trace(pathway) %}
    {% set _trace = vector_code|trace_array(needed_trace(pathway)) %}
    {% set _places = vector_code|changed(n_assigned(variables, pathway.code)) %}
    const int32_t _n_events = {{_events}}[_num_{{_events}} - 1];
    static int32_t _alive[{{_fan_out}}];
    int32_t _n_alive = 0;
    if (_n_events)
        for (int32_t _target = 0; _target < {{_fan_out}}; _target++)
        {
            _alive[_n_alive] = _target;
            _n_alive += {{_trace}}[_target] > resident::FADED;
        }
    {% for place in _places %}
    static double _kept{{loop.index}}[{{_fan_out}}];
    {% endfor %}
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _source = {{_events}}[_event];
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
            {{vector_code|dense_index('_source', '_target')|faded(needed_trace(pathway))|fast|autoindent}}
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
            {{vector_code|dense_index('_source', '_target')|fast|autoindent}}
        }
    }
    {% elif _dense %}
    const int32_t _n_events = {{_events}}[_num_{{_events}} - 1];
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const int32_t _source = {{_events}}[_event];
        const size_t _offset = (size_t)_source * {{_fan_out}};
        RESIDENT_INDEPENDENT
        for (int _target = 0; _target < {{_fan_out}}; _target++)
        {
            const size_t _idx = _offset + _target;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast|autoindent}}
        }
    }
    {% else %}
    const int32_t _n_events = {{_events}}[_num_{{_events}} - 1];
    for (int32_t _event = 0; _event < _n_events; _event++)
    {
        const size_t _idx = {{_events}}[_event];
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
        {% if awake_list(pathway.synapses.target) %}
        resident::{{awake_list(pathway.synapses.target)}}.wake(_postsynaptic_idx);
        {% endif %}
    }
    {% endif %}
{% endblock %}
