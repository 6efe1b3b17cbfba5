"""Rules for cfn-lint about Custom::RayIAM, in any template:

    cfn-lint --append-rules tools/cfn-lint -- template.yaml

They state no rule of their own. What the properties may be is the published schema's, which the
provider's function checks them against, and so are the names of the attributes. The schema is looked
for beside this file, and where this repository has it. Intrinsic functions are let pass; of an
Fn::If, every branch is checked.
"""

from __future__ import annotations

import functools
import json
import pathlib

import regex
from cfnlint.rules import CloudFormationLintRule, RuleMatch
from jsonschema import Draft202012Validator, ValidationError, validators

RESOURCE_TYPE = "Custom::RayIAM"
SCHEMA = "custom-rayiam.schema.json"


@functools.cache
def schema():
    here = pathlib.Path(__file__).resolve().parent
    for place in (here / SCHEMA, here.parent.parent / "schema" / SCHEMA):
        if place.exists():
            return json.loads(place.read_text(encoding="utf-8"))
    raise FileNotFoundError(f"{SCHEMA} is neither beside {__file__} nor in ../../schema: copy it there (rayiam schema prints it)")


# Intrinsic functions


def function(value):
    """Return the name and argument of the intrinsic function that a value is, or nothing."""
    if isinstance(value, dict) and len(value) == 1:
        (name, argument), = value.items()
        if name == "Ref" or name.startswith("Fn::"):
            return name, argument
    return None, None


def branches(value):
    """Yield, with its path below the value, each value that an Fn::If may be: the value itself where it is none."""
    name, argument = function(value)
    if name == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
        for i in (1, 2):
            for path, branch in branches(argument[i]):
                yield ["Fn::If", i, *path], branch
    else:
        yield [], value


# Validation


def lenient(keyword):
    """Return a keyword of JSON Schema that lets intrinsic functions pass, and checks each branch of an Fn::If."""

    def check(validator, rule, instance, its_schema):
        name, _ = function(instance)
        if name is None:
            yield from keyword(validator, rule, instance, its_schema) or ()
        elif name == "Fn::If":
            for path, branch in branches(instance):
                if path and function(branch)[0] is None:
                    for error in keyword(validator, rule, branch, its_schema) or ():
                        error.path.extendleft(reversed(path))
                        yield error

    return check


def items(validator, rule, instance, _):
    if isinstance(instance, list):
        for i, item in enumerate(instance):
            yield from validator.descend(item, rule, path=i)


def counted(keyword):
    """Return a keyword that counts entries, for lists whose length a function does not leave open."""

    def check(validator, rule, instance, its_schema):
        if not (isinstance(instance, list) and any(function(item)[0] for item in instance)):
            yield from keyword(validator, rule, instance, its_schema) or ()

    return check


@functools.cache
def compiled(rule):
    """Compile a pattern. Python's $ is also before a line feed at the end, and nobody else's is."""
    parts = regex.findall(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|.", rule, regex.DOTALL)  # escapes, classes, others
    return regex.compile("".join(r"\Z" if part == "$" else part for part in parts))


def pattern(_, rule, instance, __):
    if isinstance(instance, str) and not compiled(rule).search(instance):
        yield ValidationError(f"{instance!r} does not match")


def content(validator, rule, instance, _):
    """Check a policy document that is given as text."""
    if not isinstance(instance, str):
        return
    try:
        document = json.loads(instance, object_pairs_hook=unique)
    except ValueError as error:
        yield ValidationError(f"not JSON: {error}")
        return
    yield from validator.descend(delivered(document), rule)


def unique(pairs):
    keys = [key for key, _ in pairs]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise ValueError(f"an object with the key {twice[0]!r} twice")
    return dict(pairs)


def delivered(value):
    """Return a value as CloudFormation delivers it, with booleans and numbers as strings."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict):
        return {str(key): delivered(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [delivered(entry) for entry in value]
    return value if value is None else str(value)


def additional(validator, rule, instance, its_schema):
    if isinstance(instance, dict) and rule is False:
        known = its_schema.get("properties", {})
        for name in instance:
            if name not in known:
                error = ValidationError(f"unknown property, the known ones are {', '.join(sorted(known))}")
                error.path.append(name)
                yield error


KEYWORDS = Draft202012Validator.VALIDATORS | {
    "items": items,
    "pattern": pattern,
    "contentSchema": content,
    "additionalProperties": additional,
}
for counting in ("minItems", "maxItems"):
    KEYWORDS[counting] = counted(KEYWORDS[counting])
PASSED_ON = ("$ref", "allOf")  # their branches let functions pass by themselves
Validator = validators.create(
    Draft202012Validator.META_SCHEMA,
    {name: keyword if name in PASSED_ON else lenient(keyword) for name, keyword in KEYWORDS.items()},
    type_checker=Draft202012Validator.TYPE_CHECKER,
    id_of=Draft202012Validator.ID_OF,
)


def sentence(error):
    """Say an error as the provider does."""
    place = ""
    for token in error.absolute_path:
        place += f"[{token}]" if isinstance(token, int) else f".{token}"
    return f"{place.removeprefix('.') or 'Properties'}: {reason(error)}"


def reason(error):
    if error.validator in ("required", "additionalProperties", "contentSchema"):
        return error.message
    description = error.schema.get("description") if isinstance(error.schema, dict) else None
    return f"{json.dumps(error.instance)[:80]} is refused: want {description}" if description else error.message


def resources(cfn):
    for name, resource in cfn.template.get("Resources", {}).items():
        if isinstance(resource, dict) and resource.get("Type") == RESOURCE_TYPE:
            yield name, resource


class RayIAMProperties(CloudFormationLintRule):
    """The properties of Custom::RayIAM are those of its schema."""

    id = "E9301"
    shortdesc = "Properties of Custom::RayIAM"
    description = "The properties of Custom::RayIAM are those of the schema that its provider checks them against"
    source_url = "https://github.com/ray-iam/custom-rayiam/blob/main/docs/reference.md"
    tags = ["resources", "custom"]

    def match(self, cfn):
        matches = []
        validator = Validator(schema())
        for name, resource in resources(cfn):
            properties = delivered(resource.get("Properties") or {})
            for error in validator.iter_errors(properties):
                path = ["Resources", name, "Properties", *error.absolute_path]
                matches.append(RuleMatch(path, sentence(error)))
        return matches


class RayIAMAttributes(CloudFormationLintRule):
    """Fn::GetAtt and Fn::Sub read attributes that a Custom::RayIAM has."""

    id = "E9302"
    shortdesc = "Attributes of Custom::RayIAM"
    description = "Fn::GetAtt and Fn::Sub read attributes that a Custom::RayIAM has for its worker groups"
    source_url = "https://github.com/ray-iam/custom-rayiam/blob/main/docs/reference.md"
    tags = ["functions", "custom"]

    def match(self, cfn):
        declared = dict(resources(cfn))
        matches = []
        for path, resource, attribute in reads(cfn):
            if resource in declared:
                fault = missing(attribute, groups(declared[resource]))
                if fault:
                    matches.append(RuleMatch(path, f"{resource} has no attribute {attribute}: {fault}"))
        return matches


def reads(cfn):
    """Yield where a template reads an attribute: the path, the resource and the attribute."""
    for found in cfn.search_deep_keys("Fn::GetAtt"):
        path, value = found[:-1], found[-1]
        if isinstance(value, str):
            value = value.split(".", 1)
        if isinstance(value, list) and len(value) > 1 and all(isinstance(part, str) for part in value):
            yield path, value[0], ".".join(value[1:])
    for found in cfn.search_deep_keys("Fn::Sub"):
        path, value = found[:-1], found[-1]
        own = {}
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
            value, own = value
        if isinstance(value, str):
            for name in regex.findall(r"\$\{([^!${}][^${}]*)\}", value):
                if name not in own and "." in name:
                    yield path, *name.strip().split(".", 1)


def groups(resource):
    """Return the names of the worker groups that a resource may have, or nothing where a function decides."""
    declared = (resource.get("Properties") or {}).get("WorkerGroups", [{"Name": "worker"}])
    names = []
    for _, listed in branches(declared):
        if function(listed)[0] or not isinstance(listed, list):
            return None
        for item in listed:
            for _, group in branches(item):
                if function(group) == ("Ref", "AWS::NoValue"):
                    continue
                name = group.get("Name") if isinstance(group, dict) else None
                if not isinstance(name, (str, int)) or isinstance(name, bool):
                    return None
                names.append(str(name))
    return names


def missing(attribute, names):
    """Say why there is no such attribute; nothing where there is one."""
    rule = schema()["$defs"]["attributeName"]
    if not regex.search(rule["pattern"], attribute):
        return f"want {rule['description']}"
    if attribute.startswith("WorkerGroups."):
        group = attribute.split(".", 1)[1].rsplit(".", 1)[0]
        if names is not None and group not in names:
            return f"the worker groups are {', '.join(names)}"
    return None
