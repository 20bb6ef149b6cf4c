{# The input spikes of this step, from the arguments of `resident_present`. #}
{# USES_VARIABLES { _spikespace, N } #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    {% set _train = "resident::" ~ train_of(owner) %}
    const int32_t _count = {{_train}}.count(resident::now);
    const int32_t *_spikes = {{_train}}.at(resident::now);
    for (int32_t _k = 0; _k < _count; _k++)
        {{_spikespace}}[_k] = _spikes[_k];
    {{_spikespace}}[N] = _count;
{% endblock %}
