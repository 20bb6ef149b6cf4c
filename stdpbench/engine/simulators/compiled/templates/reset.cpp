{# Brian2's reset, with postponed decay of traces, and with numbers that depend only on parameters computed once. #}
{# USES_VARIABLES { N } #}
{% extends 'common_group.cpp' %}
{% from 'scalars.cpp' import computed_before, decay_since, of_step with context %}

{% block before %}
{{computed_before(codeobj_name, scalar_code|once(variables), scalar_code, pointers_lines)}}
{% endblock %}

{% block maincode %}
    {% set _eventspace = get_array_name(eventspace_variable) %}
    const int32_t *_events = {{_eventspace}};
    const int32_t _num_events = {{_eventspace}}[N];
    if (!_num_events)
        return;
    {% if scanned(owner) is not none %}
    resident::quick_{{scanned(owner)}}.rests = false;
    {% endif %}
{{of_step(codeobj_name, scalar_code|once(variables), scalar_code)}}
{{decay_since(vector_code)}}
    for (int32_t _event = 0; _event < _num_events; _event++)
    {
        const size_t _idx = _events[_event];
        const size_t _vectorisation_idx = _idx;
        {{vector_code|late|autoindent}}
        {% for array in rounded(owner) %}
        resident::rounded{{array}}[_idx] = {{array}}[_idx];
        {% endfor %}
    }
{% endblock %}
