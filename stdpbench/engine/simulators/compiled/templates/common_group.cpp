{# One translation unit holds all code objects, each with its support code in a separate namespace. #}
{% macro before_run_cpp_file() %}
// EMPTY_CODE_BLOCK
{% endmacro %}

{% macro before_run_h_file() %}
{% endmacro %}

{% macro cpp_file() %}
#include "code_objects/{{codeobj_name}}.h"
#include "resident.h"
{% block extra_headers %}
{% endblock %}
{% for name in user_headers | sort %}
#include {{name}}
{% endfor %}

namespace support_{{codeobj_name}} {
    {{support_code_lines|autoindent}}
}

{{hashdefine_lines|autoindent}}

{% block before %}
static void _start_{{codeobj_name}}() {}
{% endblock %}

void _run_{{codeobj_name}}()
{
    using namespace brian;
    using namespace support_{{codeobj_name}};
    ///// CONSTANTS ///////////
    %CONSTANTS%
    ///// POINTERS ////////////
    {{pointers_lines|autoindent}}

    {% block maincode %}
    {% endblock %}
}

{% block extra_functions_cpp %}
{% endblock %}
{% endmacro %}

{% macro h_file() %}
#ifndef _INCLUDED_{{codeobj_name}}
#define _INCLUDED_{{codeobj_name}}
static void _start_{{codeobj_name}}();  // at the start of a presentation
static void _run_{{codeobj_name}}();
{% block extra_functions_h %}
{% endblock %}
#endif
{% endmacro %}

{% macro after_run_cpp_file() %}
// EMPTY_CODE_BLOCK
{% endmacro %}

{% macro after_run_h_file() %}
{% endmacro %}
