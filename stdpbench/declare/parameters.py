"""Declaration of parameters.

A plasticity rule, encoder, neuron, data set or read-out, and each section of an experiment, is one frozen class
whose fields have a unit, bounds, a default and one sentence of help. These declarations are used for reading files
and ``--set`` (with errors that name the dotted path and the nearest known key), for the printed reference, for the
forms of the app, and for the ``(shared, constant)`` parameters of the Brian2 model. This module is independent of the
meaning of parameters.

A field is *structural* if it cannot change during a run; others may change between two presentations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError, errors_within, nearest, several, suggestion


def parameter(
    default: Any,
    *,
    help: str,
    unit: str | None = None,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    structural: bool = False,
    files: str = "",
) -> Any:
    """Declare one parameter of a `Parameters` class.

    Parameters
    ----------
    default : Any
        Default value, in `unit`.
    help : str
        One sentence for the reference page and for tooltips.
    unit : str, optional
        Unit of the stored float; ``""`` for a dimensionless quantity; None for parameters that are not quantities
        (counts, names, switches).
    ge, gt, le, lt : float, optional
        Bounds: at least, more than, at most, less than.
    structural : bool
        Whether a change requires another network.
    files : str
        For a parameter that names a file: patterns of file names, such as ``"*.npz *.nir"``.
    """
    return Field(
        default,
        description=help,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        json_schema_extra={"unit": unit, "structural": structural, "files": files},
    )


_SHORT = 12
"""Characters that a field for a number has room for."""


@dataclass(frozen=True)
class Parameter:
    """Declaration of one parameter, as needed by forms, files and reference pages."""

    name: str
    type: str
    unit: str | None
    default: Any
    minimum: float | None
    maximum: float | None
    open_minimum: bool
    open_maximum: bool
    choices: tuple[str, ...]
    help: str
    structural: bool
    optional: bool = False
    required: bool = False
    files: str = ""

    @property
    def allowed(self) -> str:
        """Allowed values: choices, an interval or a type, and ``none`` if the parameter may be unset."""
        allowed = " | ".join(self.choices) or self.bounds or self.type
        return f"{allowed} or none" if self.optional else allowed

    @property
    def bounds(self) -> str:
        """The bounds as an interval, such as ``"(0, 1]"``; empty if there are none."""
        if self.minimum is None and self.maximum is None:
            return ""
        low = "-∞" if self.minimum is None else f"{self.minimum:g}"
        high = "∞" if self.maximum is None else f"{self.maximum:g}"
        left = "(" if self.open_minimum or self.minimum is None else "["
        right = ")" if self.open_maximum or self.maximum is None else "]"
        return f"{left}{low}, {high}{right}"

    @property
    def unset(self) -> str:
        """Meaning of ``none`` from the help, after "none: ", such as ``"one sixth"``; if long, ``"none"``."""
        words = self.help.partition("none: ")[2].partition(".")[0].partition(",")[0]
        return words if 0 < len(words) <= _SHORT else "none"

    def show(self, value: Any) -> str:
        """Format `value` with its unit, long times in seconds."""
        if self.unit is not None and isinstance(value, int | float) and not isinstance(value, bool):
            return units.brief(value, self.unit)
        if isinstance(value, tuple):
            return str(dict(value) if self.type == "table" else list(value))
        return "true" if value is True else "false" if value is False else "–" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Rule for reading the value of a field: unit, number or not, None allowed, default not None."""

    unit: str | None
    number: bool
    optional: bool
    has_default: bool

    @classmethod
    def of(cls, field: FieldInfo) -> _Reading:
        unit, kinds = _extra(field, "unit"), {field.annotation, *get_args(field.annotation)}
        return cls(unit, unit is not None or int in kinds, type(None) in kinds, field.default is not None)


class Parameters(BaseModel):
    """Base of all declared classes: frozen, without unknown keys, NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Named sets of values, selected with the key ``preset`` in a file or ``--set``; other keys take precedence."""
    missing: ClassVar[str] = ""
    """In a stand-in for a missing kind: a clause that names the kind and the reason; see `registry.Family.read`."""

    _declarations: ClassVar[tuple[type, dict[str, _Reading], tuple[Parameter, ...]] | None] = None

    @classmethod
    def _declared(cls) -> tuple[type, dict[str, _Reading], tuple[Parameter, ...]]:
        """Return the class, its reading rules and its declarations; cached per class."""
        if cls._declarations is None or cls._declarations[0] is not cls:  # inherited from a base class
            fields = cls.model_fields
            declarations = tuple(_describe_field(name, field) for name, field in fields.items() if name != "kind")
            cls._declarations = cls, {name: _Reading.of(field) for name, field in fields.items()}, declarations
        return cls._declarations

    @field_validator("*", mode="before")
    @classmethod
    def _read_quantity(cls, value: object, info: ValidationInfo) -> object:
        reading = cls._declared()[1].get(info.field_name or "")
        if reading is None:
            return value
        unit = reading.unit
        if isinstance(value, str) and value == "none" and reading.optional:
            return None
        if isinstance(value, bool) and reading.number:
            raise ValueError("expected a number, not true or false")
        if unit is None:
            return value
        try:
            return units.read(value, unit)
        except StdpbenchError as error:
            raise ValueError(str(error)) from None

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table: this class, unless the table itself declares parameters."""
        return cls, dict(mapping)

    @classmethod
    def describe(cls) -> tuple[Parameter, ...]:
        """Describe every parameter except ``kind``, in the order of declaration."""
        return cls._declared()[2]

    def quantities(self) -> dict[str, float]:
        """Return all parameters with a unit, in SI base units as in Brian2."""
        values: dict[str, float] = {}
        for name, reading in self._declared()[1].items():
            unit, value = reading.unit, getattr(self, name)
            if unit is not None and value is not None:
                values[name] = units.to_si(float(value), unit)
        return values

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file: quantities as text with unit, None as ``"none"`` or omitted."""
        mapping: dict[str, Any] = {}
        for name, reading in self._declared()[1].items():
            value, unit = getattr(self, name), reading.unit
            if value is None:
                if reading.has_default:
                    mapping[name] = "none"
                continue
            if unit and isinstance(value, int | float):
                value = units.show(value, unit)
            mapping[name] = list(value) if isinstance(value, tuple) else value
        return mapping


P = TypeVar("P", bound=Parameters)


def build(cls: type[P], mapping: Mapping[str, Any], where: str) -> P:
    """Create a `Parameters` object from values of a file or command line.

    Parameters
    ----------
    cls : type
        Class of the object.
    mapping : mapping of str to Any
        Names and values; quantities may be texts with units.
    where : str
        Dotted path of this section, for error messages.

    Raises
    ------
    StdpbenchError
        One sentence per error, with the dotted path and what would be right.
    """
    if not isinstance(mapping, Mapping):
        raise StdpbenchError(f"{where} must be a table of parameters, not {mapping!r}")
    actual, values = cls.declared_by(_with_preset(cls, mapping, where), where)
    known: Mapping[str, Any] = values if actual.missing else actual.model_fields
    errors = [str(unknown_key(key, known, where)) for key in values if key not in known]
    try:
        instance = actual.model_validate({key: value for key, value in values.items() if key in known})
    except ValidationError as error:
        errors += explain(error, where)
    if errors:
        raise several(errors)
    assert isinstance(instance, cls)
    return instance


def _with_preset(cls: type[Parameters], mapping: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Add the values of the preset that a mapping names, without replacing its other values."""
    if "preset" not in mapping or not cls.presets:
        return dict(mapping)
    name = str(mapping["preset"])
    if name not in cls.presets:
        raise StdpbenchError(f"{where}.preset: there is no preset {name!r}; {suggestion(name, cls.presets)}")
    return {**cls.presets[name], **{key: value for key, value in mapping.items() if key != "preset"}}


def unknown_key(key: str, known: Mapping[str, Any], where: str) -> StdpbenchError:
    """Return the error for an unknown key, with the nearest known one."""
    prefix = f"{where}." if where else ""
    key = key if key.isprintable() else repr(key)
    near = nearest(key, known)
    hint = f"did you mean {prefix}{near}?" if near else f"known are {', '.join(known)}"
    return StdpbenchError(f"{prefix}{key} is not a known parameter; {hint}")


def explain(error: ValidationError, where: str) -> list[str]:
    """Return one sentence per error of pydantic, and one per line of a validator's message."""
    return [sentence for details in error.errors() for sentence in _explain(details, where)]


def _explain(error: ErrorDetails, where: str) -> list[str]:
    path = ".".join([where, *(str(part) for part in error["loc"])]).strip(".")
    value, context, kind = error["input"], error.get("ctx", {}), error["type"]
    if kind == "value_error":
        message = str(context["error"])
        return [f"{path}: {message}"] if path else message.splitlines()
    if kind == "missing":
        return [f"{path} is missing"]
    expected = {
        "greater_than": "more than {gt:g}",
        "greater_than_equal": "at least {ge:g}",
        "less_than": "less than {lt:g}",
        "less_than_equal": "at most {le:g}",
        "literal_error": "{expected}",
        "int_parsing": "a whole number",
        "int_from_float": "a whole number",
        "int_type": "a whole number",
        "float_parsing": "a number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "bool_parsing": "true or false",
        "bool_type": "true or false",
        "string_type": "a text",
    }.get(kind)
    if expected is None:
        return [f"{path}: {error['msg'][0].lower()}{error['msg'][1:]}, not {value!r}"]
    return [f"{path} must be {expected.format(**context)}, not {value!r}"]


def with_digest(mapping: Mapping[str, Any], name: str, where: str, digest_of: Callable[[Path], str]) -> dict[str, Any]:
    """Return a table with the whole path of the file that it names, and with the file's digest unless it has one.

    Parameters
    ----------
    mapping : mapping
        The table; its key ``sha256`` holds the digest.
    name : str
        Key of the file.
    where : str
        Path of the table, for error messages.
    digest_of : callable
        Reads the file.
    """
    values, file = dict(mapping), mapping.get(name)
    if isinstance(file, str) and file:
        path = Path(file).expanduser().resolve()
        values[name] = str(path)
        if not values.get("sha256"):
            with errors_within(f"{where}.{name}: "):
                values["sha256"] = digest_of(path)
    return values


def _extra(field: FieldInfo, key: str) -> Any:
    extra = field.json_schema_extra
    return extra.get(key) if isinstance(extra, dict) else None


def _type_name(annotation: Any) -> str:
    """Return the name of a type in files: list for a tuple, table for a mapping or for pairs of its items."""
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "table"
    if origin is tuple:
        return "table" if get_origin(get_args(annotation)[0]) is tuple else "list"
    return str(getattr(annotation, "__name__", annotation))


def _describe_field(name: str, field: FieldInfo) -> Parameter:
    bounds: dict[str, float] = {}
    for constraint in field.metadata:
        for bound in ("ge", "gt", "le", "lt"):
            if getattr(constraint, bound, None) is not None:
                bounds[bound] = getattr(constraint, bound)
    annotation: Any = field.annotation
    choices = tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()
    optional = type(None) in get_args(annotation)
    if optional:
        annotation = next(member for member in get_args(annotation) if member is not type(None))
    type_name = "choice" if choices else _type_name(annotation)
    return Parameter(
        name=name,
        type=type_name,
        unit=_extra(field, "unit"),
        default=None if field.is_required() else field.default,
        minimum=bounds.get("ge", bounds.get("gt")),
        maximum=bounds.get("le", bounds.get("lt")),
        open_minimum="gt" in bounds,
        open_maximum="lt" in bounds,
        choices=choices,
        help=field.description or "",
        structural=bool(_extra(field, "structural")),
        optional=optional,
        required=field.is_required(),
        files=_extra(field, "files") or "",
    )
