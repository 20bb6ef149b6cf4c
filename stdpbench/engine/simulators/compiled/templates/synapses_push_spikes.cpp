{# Nothing to push: the pathways of this device read the spikes themselves (see synapses.cpp), so no queue exists. #}
{# USES_VARIABLES { _n_sources, _n_targets, delay, _source_dt} #}
{% extends 'common_group.cpp' %}

{% block maincode %}
{% endblock %}
