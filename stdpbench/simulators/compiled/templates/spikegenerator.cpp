{# The spikes of this step, from the presentation that `resident_present` was given. #}
{# USES_VARIABLES { _spikespace, N } #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    const int32_t _first = resident::input.first[resident::now];
    const int32_t _count = resident::input.first[resident::now + 1] - _first;
    for (int32_t _k = 0; _k < _count; _k++)
        {{_spikespace}}[_k] = resident::input.index[_first + _k];
    {{_spikespace}}[N] = _count;
{% endblock %}
