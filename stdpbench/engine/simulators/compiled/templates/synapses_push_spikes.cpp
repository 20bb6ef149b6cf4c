{# Empty: the pathways of this device read the spikes directly (see synapses.cpp), without queues. #}
{# USES_VARIABLES { _n_sources, _n_targets, delay, _source_dt} #}
{% extends 'common_group.cpp' %}

{% block maincode %}
{% endblock %}
