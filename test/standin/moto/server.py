"""moto's server, for tests that make tens of thousands of calls.

Its threads share dictionaries without a lock, so that calls at the same time now and
then end in an Internal Server Error after their effect: here one call is served at a
time. And most of what a call costs is not IAM's work: moto lists its own folders and
the methods of its own classes, and spells out the ARNs of AWS's fourteen hundred
managed policies, at each call, and reads these policies anew for each account. Here
all of that is done once.
"""

import copy
import functools
import threading

import moto.backends
import moto.core.responses
from moto import server
from moto.iam.models import AWSManagedPolicy, IAMBackend


class OneAtATime(server.DomainDispatcherApplication):
    turn = threading.Lock()

    def __call__(self, environ, start_response):
        with self.turn:
            return super().__call__(environ, start_response)


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
AWSManagedPolicy.arn = functools.cached_property(AWSManagedPolicy.arn.fget)
AWSManagedPolicy.arn.__set_name__(AWSManagedPolicy, "arn")
moto.backends.list_of_moto_modules = functools.partial(list, list(moto.backends.list_of_moto_modules()))
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)
server.DomainDispatcherApplication = OneAtATime

server.main()
