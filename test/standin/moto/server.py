"""moto's server, for tests that make tens of thousands of calls.

moto's threads share dictionaries without a lock, so that some of the calls that come at
the same time end in an Internal Server Error after their effect. This server handles one
call at a time, in one thread, over connections that stay open.

moto spends most of a call's time outside its IAM. At each call it routes the request
through Flask, lists its own folders and the methods of its own classes, tries which names
an attribute may have, checks the names of XML elements letter by letter, draws a request
id of 52 letters, and formats the ARNs of AWS's fourteen hundred managed policies, which it
reads again for each account. This server does all of that once, and calls moto's IAM
directly. The answers are the same, in a third of the time.

This server also lists EC2 instances by their instance profile. For tests with thousands of
sets, a POST to /steps applies the steps of their plans without one call for each.

    python server.py        listens on a free port of 127.0.0.1, and prints its URL
"""

import asyncio
import copy
import functools
import gc
import io
import itertools
import json
import os
import sys
import traceback
import urllib.parse
from xml.sax.saxutils import escape, quoteattr

os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # no browser calls
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import moto.backends
import moto.core.responses
import moto.ec2.utils
from moto.core.constants import MISSING
from moto.core.serialize import AttributePicker, QuerySerializer, XFormedAttributePicker
from moto.core.utils import get_value
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.iam.responses import IamResponse
from moto.server import DomainDispatcherApplication, create_backend_app


class Connection(asyncio.Protocol):
    """One client's connection: HTTP/1.1, one request after another."""

    def __init__(self, application):
        self.application = application
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while request := self.take():
            self.answer(*request)

    def take(self):
        """Returns a request's environment and body, once all of it is there."""
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, protocol = line.split(" ")
        path, _, query = target.partition("?")
        environ = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": urllib.parse.unquote(path, "latin-1"), "QUERY_STRING": query,
            "SERVER_PROTOCOL": protocol, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REQUEST_URI": target, "RAW_URI": target,
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        for line in fields:
            name, _, value = line.partition(":")
            environ[field(name)] = value.strip()
        if "HTTP_TRANSFER_ENCODING" in environ:
            raise NotImplementedError("a body of unknown length")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if len(rest) < length:
            if environ.pop("HTTP_EXPECT", "") and not rest:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        self.received = rest[length:]
        environ["wsgi.input"] = io.BytesIO(rest[:length])
        return environ, environ["REQUEST_METHOD"] == "HEAD"

    def answer(self, environ, without_body):
        lines = []

        def start_response(status, headers, _=None):
            lines.append("HTTP/1.1 " + status)
            lines.extend(f"{name}: {value}" for name, value in headers if name.lower() not in ("content-length", "connection"))

        application = iam if "/iam/aws4_request" in environ.get("HTTP_AUTHORIZATION", "") else self.application
        if environ["PATH_INFO"] == "/steps":
            application = carry_out
        response = application(environ, start_response)
        body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        self.transport.write("\r\n".join(lines).encode("latin-1") + (b"" if without_body else body))
        if environ.get("HTTP_CONNECTION", "").lower() == "close":
            self.transport.close()


def iam(environ, start_response):
    """The WSGI application of IAM: moto's IAM, called as moto's in-process mock calls it."""
    request = Request(environ)
    try:
        status, headers, body = IamResponse.dispatch(request, request.raw_url, request.headers)
    except Exception:
        traceback.print_exc()
        status, headers, body = 500, {}, "Internal Server Error"
    start_response(f"{status} ", headers.items())
    return [body.encode()]


def carry_out(environ, start_response):
    """The WSGI application of /steps: each step does what the call of its name does. It supports the steps that make a set without managed policies."""
    backend = moto.backends.get_backend("iam")[environ["HTTP_X_MOTO_ACCOUNT_ID"]]["aws"]
    status, body = "200 ", ""
    try:
        for step in json.load(environ["wsgi.input"]):
            tags = [{"Key": key, "Value": value} for key, value in sorted((step["Tags"] or {}).items())]
            match step["Call"]:
                case "CreateRole":
                    backend.create_role(step["Role"], step["Document"], step["Path"], step["Boundary"] or None, None, tags, 3600)
                case "PutRolePolicy":
                    backend.put_role_policy(step["Role"], step["Policy"], step["Document"])
                case "CreateInstanceProfile":
                    backend.create_instance_profile(step["InstanceProfile"], step["Path"], [], tags)
                case "AddRoleToInstanceProfile":
                    backend.add_role_to_instance_profile(step["InstanceProfile"], step["Role"])
                case call:
                    raise NotImplementedError(call)
    except Exception:
        status, body = "500 ", traceback.format_exc()
    start_response(status, [])
    return [body.encode()]


class Request:
    """A request to IAM, with the attributes that moto reads."""

    from_wsgi_server = True
    content_encoding = None
    query_string = b""
    files = {}

    def __init__(self, environ):
        self.environ = environ
        self.method, self.path, self.raw_path = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["RAW_URI"]
        self.headers = Headers(environ)
        self.raw_url = f"http://{environ['HTTP_HOST']}{self.raw_path}"
        self.content_type = environ["CONTENT_TYPE"]
        self.data = environ["wsgi.input"].read()
        self.form = self.values = dict(urllib.parse.parse_qsl(self.data.decode(), keep_blank_values=True))


class Headers:
    """The header fields in a WSGI environment. Names may be in any case."""

    def __init__(self, environ):
        self.environ = environ

    def get(self, name, default=None):
        return self.environ.get(field(name), default)

    def __getitem__(self, name):
        return self.environ[field(name)]

    def __contains__(self, name):
        return field(name) in self.environ


@functools.cache
def field(name):
    name = name.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name


def xml(name, value):
    """Renders an XML element with its attributes and children, or several elements of one name."""
    if isinstance(value, list):
        return "".join([xml(name, one) for one in value])
    attributes = ""
    if isinstance(value, dict):
        attributes = "".join([f" {key[1:]}={quoteattr(text)}" for key, text in value.items() if key[0] == "@"])
        content = "".join([xml(key, child) for key, child in value.items() if key[0] != "@"])
    else:
        content = "" if value is None else escape(str(value))
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def read_once(read):
    """Reads AWS's policies once for each partition. Each account gets copies, because it counts its own attachments."""
    policies = {}

    def of_account(backend):
        if backend.region_name not in policies:
            policies[backend.region_name] = read(backend)
        copies = [copy.copy(policy) for policy in policies[backend.region_name]]
        for policy in copies:
            policy.account_id = backend.account_id
        return copies

    return of_account


def pick_once(possible_keys):
    """Finds an attribute by its possible names, which depend only on the object's class and on the model."""
    names = {}
    transformations = {}

    def pick(picker, context):
        obj, key = context.obj, context.key
        of = (type(obj), key, context.shape)
        if of not in names:
            names[of] = list(dict.fromkeys(possible_keys(picker, context)))
        for name in names[of]:
            value = get_value(obj, name, MISSING)
            if value is not MISSING:
                break
        else:
            value = None
        path = (id(picker.response_transformers), context.key_path, key)
        if path not in transformations:
            ends = [end for end in picker.response_transformers if f"{context.key_path}.{key}".endswith(end)]
            transformations[path] = picker.response_transformers[ends[0]] if ends else None
        return transformations[path](value) if transformations[path] else value

    return pick


def number_requests(numbers=itertools.count(1)):
    """Gives each request an id. moto draws the ids at random."""

    def request_id(headers):
        headers["x-amzn-requestid"] = f"{next(numbers):052}"
        return headers["x-amzn-requestid"]

    return request_id


IAMBackend._init_aws_policies = read_once(IAMBackend._init_aws_policies)
def by_instance_profile(passes):
    """Adds a filter of EC2's DescribeInstances that moto does not have.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html"""

    def filtered(instance, filters):
        filters = dict(filters)
        arns = filters.pop("iam-instance-profile.arn", None)
        return (arns is None or (instance.iam_instance_profile or {}).get("Arn") in arns) and passes(instance, filters)

    return filtered


moto.ec2.utils.passes_filter_dict = by_instance_profile(moto.ec2.utils.passes_filter_dict)
AWSManagedPolicy.arn = functools.cached_property(AWSManagedPolicy.arn.fget)
AWSManagedPolicy.arn.__set_name__(AWSManagedPolicy, "arn")
AWSManagedPolicy.__hash__ = object.__hash__  # an account has each policy once
AttributePicker.__call__ = pick_once(XFormedAttributePicker.get_possible_keys)
QuerySerializer._serialize_body = lambda _, body: "".join([xml(*root) for root in body.items()])
moto.backends.list_of_moto_modules = functools.partial(list, list(moto.backends.list_of_moto_modules()))
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)
moto.core.responses.camelcase_to_underscores = functools.cache(moto.core.responses.camelcase_to_underscores)
moto.core.responses.gen_amzn_requestid_long = number_requests()


def service(name):
    """The WSGI application of one service, without Flask's debugging, which takes time and drops the connection at an error in moto."""
    application = create_backend_app(name)
    application.debug = False
    return application


async def serve():
    application = DomainDispatcherApplication(service)
    listener = await asyncio.get_running_loop().create_server(lambda: Connection(application), "127.0.0.1", 0)
    print("http://127.0.0.1:%d" % listener.sockets[0].getsockname()[1], flush=True)
    gc.freeze()  # objects that exist by now are never collected
    await listener.serve_forever()


asyncio.run(serve())
