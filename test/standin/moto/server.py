"""moto's server, for tests that make tens of thousands of calls.

Its threads share dictionaries without a lock, so that calls at the same time now and
then end in an Internal Server Error after their effect: here one call is served at a
time, by one thread, over connections that stay open. And most of what a call costs is
not IAM's work: moto lists its own folders and the methods of its own classes, and
spells out the ARNs of AWS's fourteen hundred managed policies, at each call, and reads
these policies anew for each account. Here all of that is done once. And EC2 can be asked
for the instances that have an instance profile.

    python server.py        listens on a free port of 127.0.0.1, and prints its URL
"""

import asyncio
import copy
import functools
import io
import os
import sys
import urllib.parse

os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # no browser calls
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import moto.backends
import moto.core.responses
import moto.ec2.utils
from moto.iam.models import AWSManagedPolicy, IAMBackend
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
        for field in fields:
            name, _, value = field.partition(":")
            name = name.upper().replace("-", "_")
            environ[name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name] = value.strip()
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

        response = self.application(environ, start_response)
        body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        self.transport.write("\r\n".join(lines).encode("latin-1") + (b"" if without_body else body))
        if environ.get("HTTP_CONNECTION", "").lower() == "close":
            self.transport.close()


def read_once(read):
    """Reads AWS's policies once for each Region. An account has copies: it counts its own attachments."""
    policies = {}

    def of_account(backend):
        if backend.region_name not in policies:
            policies[backend.region_name] = read(backend)
        copies = [copy.copy(policy) for policy in policies[backend.region_name]]
        for policy in copies:
            policy.account_id = backend.account_id
        return copies

    return of_account


IAMBackend._init_aws_policies = read_once(IAMBackend._init_aws_policies)
def by_instance_profile(passes):
    """Adds a filter of EC2's that moto does not have.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html"""

    def filtered(instance, filters):
        filters = dict(filters)
        arns = filters.pop("iam-instance-profile.arn", None)
        return (arns is None or (instance.iam_instance_profile or {}).get("Arn") in arns) and passes(instance, filters)

    return filtered


moto.ec2.utils.passes_filter_dict = by_instance_profile(moto.ec2.utils.passes_filter_dict)
AWSManagedPolicy.arn = functools.cached_property(AWSManagedPolicy.arn.fget)
AWSManagedPolicy.arn.__set_name__(AWSManagedPolicy, "arn")
AWSManagedPolicy.__hash__ = object.__hash__  # an account has each of them once
moto.backends.list_of_moto_modules = functools.partial(list, list(moto.backends.list_of_moto_modules()))
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)


def service(name):
    """The application of one service. Flask's debugging takes time, and drops the connection at an error of moto's."""
    application = create_backend_app(name)
    application.debug = False
    return application


async def serve():
    application = DomainDispatcherApplication(service)
    listener = await asyncio.get_running_loop().create_server(lambda: Connection(application), "127.0.0.1", 0)
    print("http://127.0.0.1:%d" % listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


asyncio.run(serve())
