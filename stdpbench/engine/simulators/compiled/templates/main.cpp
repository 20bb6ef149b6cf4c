{# What Brian2 does before a simulation: set parameters to their start values, create synapses. #}
RESIDENT_COLD static void set_up()
{
    using namespace brian;

    {{main_lines|autoindent}}
}
