{# Brian2's threshold in two passes over each block of neurons: most blocks have no spike, which the first pass detects without branches.
   For a group that is mostly idle, only awake neurons are tested; those at rest that do not fire fall asleep here: see parts.h. #}
{# USES_VARIABLES { N } #}
{% extends 'common_group.cpp' %}
{% from 'scalars.cpp' import computed_before, decay_since, of_step with context %}

{% block before %}
{{computed_before(codeobj_name, scalar_code|once(variables), scalar_code, pointers_lines)}}
{% endblock %}

{% block maincode %}
{{of_step(codeobj_name, scalar_code|once(variables), scalar_code)}}
{{decay_since(vector_code)}}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    int32_t _count = 0;
    {% set _most = n_learning(owner, eventspace_variable.name) %}
    {% if _most %}
    static int32_t _left;
    if (resident::now == 0)
        _left = {{_most}};
    {% endif %}
    {% if awake_list(owner) %}
    resident::Awake<{{word()}}> &_awake = resident::{{awake_list(owner)}};
    for (int32_t _k = 0; _k < (int32_t)_awake.list.size(); _k++)
    {
        const int32_t _idx = _awake.list[_k];
        const size_t _vectorisation_idx = _idx;
        {{vector_code|typed(scalar_code, variables)|late|autoindent}}
        if (_cond)
        {
            {{_eventspace}}[_count++] = _idx;
            _awake.moved[_k] = 1;  // its reset follows
        }
    }
    _awake.keep_moved();
    {% else %}
    {% set _scanned = scanned(owner) %}
    {% if _scanned is not none %}
    if (!resident::fires_{{_scanned}})
    {
        {{_eventspace}}[N] = 0;
        return;
    }
    {% endif %}
    for (int _start = 0; _start < (int)N; _start += resident::BLOCK)
    {
        const int _end = std::min(_start + resident::BLOCK, (int)N);
        int _any = 0;
        RESIDENT_INDEPENDENT
        for (int _idx = _start; _idx < _end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|typed(scalar_code, variables)|late|autoindent}}
            _any |= (int)_cond;
        }
        if (!_any)
            continue;
        for (int _idx = _start; _idx < _end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{vector_code|typed(scalar_code, variables)|late|autoindent}}
            if (_cond)
                {{_eventspace}}[_count++] = _idx;
        }
    }
    {% endif %}
    {% if winner_of(owner) > 1 %}
    // of each field only the neuron farthest above its threshold fires, the first of equals
    int32_t _n_winners = 0;
    for (int32_t _k = 0; _k < _count; _k++)
    {
        const int32_t _neuron = {{_eventspace}}[_k];
        const int32_t _last = _n_winners ? {{_eventspace}}[_n_winners - 1] : -1;
        if (_last < 0 || _last / {{winner_of(owner)}} != _neuron / {{winner_of(owner)}})
            {{_eventspace}}[_n_winners++] = _neuron;
        else if ({{excess(owner, '_neuron')}} > {{excess(owner, '_last')}})
            {{_eventspace}}[_n_winners - 1] = _neuron;
    }
    _count = _n_winners;
    {% endif %}
    {% if _most %}
    // of the spikes of a presentation only the first are learning spikes, of those of a step the farthest above the threshold
    if (_count > _left)
    {
        int32_t *_events = {{_eventspace}};
        std::stable_sort(_events, _events + _count, [&](int32_t _one, int32_t _other) {
            return {{excess(owner, '_one')}} > {{excess(owner, '_other')}};
        });
        _count = _left;
        std::sort(_events, _events + _count);
    }
    _left -= _count;
    {% endif %}
    {{_eventspace}}[N] = _count;
{% endblock %}
