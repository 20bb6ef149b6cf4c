{# Nothing: there is no run besides `resident_present`. #}
{% macro cpp_file() %}
{% endmacro %}

{% macro h_file() %}
{% endmacro %}
